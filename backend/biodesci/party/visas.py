"""An issuer's signature under a visa (EIP-712), and what it is revoked by. Nothing is sent."""

from __future__ import annotations

from biodesci.chain import signatures
from biodesci.chain.client import Chain
from biodesci.core import typed_data, visa
from biodesci.core.documents.visa import SignedVisa, Visa


def sign(chain: Chain, claim: Visa) -> SignedVisa:
    """The visa, signed by this account for the VisaRegistry of this chain."""
    registry = str(chain.visas.address)
    document = typed_data.visa(chain.chain_id, registry, claim)
    signature = signatures.sign(chain, document)
    return SignedVisa(chain_id=chain.chain_id, registry=registry, visa=claim, signature=signature)


def hash_of(signed: SignedVisa) -> bytes:
    """What its issuer signed, and revokes it by (`VisaRegistry.hashOf`)."""
    return typed_data.digest(typed_data.visa(signed.chain_id, signed.registry, signed.visa))


def is_revoked(chain: Chain, issuer: str, visa_hash: bytes) -> bool:
    """Whether an issuer has revoked a visa on chain."""
    return bool(chain.call(chain.visas.functions.isRevoked(visa.visa_id(issuer, visa_hash))))
