"""Orders: a buyer signs a purchase and its payment, and anyone submits them (a relayer, who pays the gas).

An order's file holds visas, which are personal: it goes to the relayer alone, by a private channel.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from eth_account.messages import encode_typed_data
from eth_utils.address import to_checksum_address
from web3.types import TxReceipt

from biodesci.chain.client import Chain
from biodesci.core import typed_data, visa
from biodesci.core.duo import Decision
from biodesci.core.errors import InputError, StateError
from biodesci.core.order import Evidence, Method, Order, Payment, Purpose
from biodesci.services import offers, payment
from biodesci.services.purchase import Purchased, assess, check, purchased

_LATEST: Final = 2**32 - 1  # seconds: a licence's end by its visas has 32 bits
_FORMAT: Final = "biodesci-order/1"
_WARNING: Final = (
    "Private: whoever holds this file can carry out the purchase, and it may hold visas, which are personal. "
    "Give it to the one who submits it, and to nobody else."
)


@dataclass(frozen=True, repr=False)
class SignedOrder:
    chain_id: int
    licenses: str
    order: Order
    signature: bytes
    evidence: Evidence
    payment: Payment

    def __repr__(self) -> str:
        return f"SignedOrder(offer {self.order.offer_id})"

    def dump(self) -> bytes:
        order, paid = self.order, self.payment
        document = {
            "format": _FORMAT,
            "warning": _WARNING,
            "chainId": self.chain_id,
            "contract": self.licenses,
            "order": {
                "buyer": order.buyer,
                "offerId": order.offer_id,
                "purpose": {
                    "duo": str(order.purpose.duo),
                    "disease": order.purpose.disease,
                    "statement": "0x" + order.purpose.statement.hex(),
                },
                "currency": order.currency,
                "price": str(order.price),
                "mayReview": order.may_review,
                "visasUntil": order.visas_until,
                "nonce": str(order.nonce),
                "deadline": order.deadline,
            },
            "signature": "0x" + self.signature.hex(),
            "evidence": {
                "diseaseProof": ["0x" + step.hex() for step in self.evidence.disease_proof],
                "visas": [shown.document() for shown in self.evidence.visas],
            },
            "payment": {
                "method": paid.method.name.lower(),
                "v": paid.v,
                "r": "0x" + paid.r.hex(),
                "s": "0x" + paid.s.hex(),
                "validAfter": paid.valid_after,
                "deadline": paid.deadline,
                "nonce": "0x" + paid.nonce.hex(),
            },
        }
        return (json.dumps(document, indent=2) + "\n").encode()


def order(chain: Chain, offer_id: int, purpose: Purpose, evidence: Evidence, *, seconds: int) -> SignedOrder:
    """Signs a purchase at the offer's price, with its payment. Costs nothing and sends nothing."""
    offer = offers.get(chain, offer_id)
    check(chain, offer, purpose, evidence)
    deadline = chain.now() + seconds
    paid = payment.signed(chain, offer.currency, offer.price, deadline)
    nonce = chain.call(chain.licenses.functions.nonces(chain.address))
    wanted = Order(
        buyer=chain.address,
        offer_id=offer_id,
        purpose=purpose,
        currency=offer.currency.address,
        price=offer.price,
        # A relayer could show other evidence: less of a proof, or an older visa.
        may_review=assess(chain, offer_id, purpose, evidence) is Decision.REVIEW,
        visas_until=min((min(shown.visa.expires, _LATEST) for shown in evidence.visas), default=0),
        nonce=nonce,
        deadline=deadline,
    )
    licenses = str(chain.licenses.address)
    document = typed_data.order(chain.chain_id, licenses, wanted)
    signature = bytes(chain.signer().sign_message(encode_typed_data(full_message=document)).signature)
    return SignedOrder(chain.chain_id, licenses, wanted, signature, evidence, paid)


def relay(chain: Chain, signed: SignedOrder) -> Purchased:
    """Submits a buyer's order from this account, which pays the gas and, of an offer in ether, the price."""
    if (signed.chain_id, signed.licenses) != (chain.chain_id, str(chain.licenses.address)):
        raise InputError(
            f"The order is for chain {signed.chain_id}, AccessLicense {signed.licenses}: another network.",
            "Set BIODESCI_DEPLOYMENT to that network's file.",
        )
    wanted = signed.order
    if wanted.nonce != chain.call(chain.licenses.functions.nonces(wanted.buyer)):
        raise StateError(
            "The order was carried out or cancelled already.",
            f"See biodesci license list --account {wanted.buyer}.",
        )
    function = chain.licenses.functions.purchaseFor(
        wanted.tuple(), signed.signature, signed.evidence.tuple(), signed.payment.tuple()
    )
    in_ether = offers.get(chain, wanted.offer_id).currency.is_ether
    return purchased(chain, chain.send(function, wanted.price if in_ether else 0))


def cancel(chain: Chain) -> TxReceipt:
    """All orders that this account signed with its present nonce are void."""
    return chain.send(chain.licenses.functions.cancelOrders())


def load(raw: bytes) -> SignedOrder:
    try:
        return _parse(json.loads(raw))
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise InputError("This is no order: a field is missing or spoiled.", "Ask the buyer again.") from exc


def _parse(document: Any) -> SignedOrder:
    if document["format"] != _FORMAT:
        raise InputError("This is no order of a format that is known.", "Update the program.")
    order, paid, evidence = document["order"], document["payment"], document["evidence"]
    purpose = order["purpose"]
    return SignedOrder(
        chain_id=int(document["chainId"]),
        licenses=to_checksum_address(document["contract"]),
        order=Order(
            buyer=to_checksum_address(order["buyer"]),
            offer_id=int(order["offerId"]),
            purpose=Purpose(int(purpose["duo"]), int(purpose["disease"]), _bytes(purpose["statement"])),
            currency=to_checksum_address(order["currency"]),
            price=int(order["price"]),
            may_review=bool(order["mayReview"]),
            visas_until=int(order["visasUntil"]),
            nonce=int(order["nonce"]),
            deadline=int(order["deadline"]),
        ),
        signature=_bytes(document["signature"]),
        evidence=Evidence(
            tuple(map(_bytes, evidence["diseaseProof"])), tuple(map(visa.parse, evidence["visas"]))
        ),
        payment=Payment(
            method=Method[paid["method"].upper()],
            v=int(paid["v"]),
            r=_bytes(paid["r"]),
            s=_bytes(paid["s"]),
            valid_after=int(paid["validAfter"]),
            deadline=int(paid["deadline"]),
            nonce=_bytes(paid["nonce"]),
        ),
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
