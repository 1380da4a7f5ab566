"""An issuer's signature under a visa (EIP-712). Nothing is sent."""

from __future__ import annotations

from eth_account.messages import encode_typed_data

from biodesci.chain.client import Chain
from biodesci.core import typed_data
from biodesci.core.documents.visa import SignedVisa, Visa


def sign(chain: Chain, visa: Visa) -> SignedVisa:
    """The visa, signed by this account for the VisaRegistry of this chain."""
    registry = str(chain.visas.address)
    document = typed_data.visa(chain.chain_id, registry, visa)
    signature = bytes(chain.signer().sign_message(encode_typed_data(full_message=document)).signature)
    return SignedVisa(chain_id=chain.chain_id, registry=registry, visa=visa, signature=signature)
