"""Orders: a buyer signs a purchase and its payment, and anyone submits them (a relayer, who pays the gas).

An order's file holds visas, which are personal: it goes to the relayer alone, by a private channel.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from eth_account.messages import encode_typed_data
from web3.types import TxReceipt

from biodesci.chain.client import Chain
from biodesci.core import documents, typed_data, visa
from biodesci.core.duo import Decision
from biodesci.core.errors import InputError, StateError
from biodesci.core.order import Evidence, Method, Order, Payment, Purpose
from biodesci.market import offers, payment
from biodesci.market.purchase import Purchased, assess, check, purchased

_LATEST: Final = 2**32 - 1  # seconds: a licence's end by its visas has 32 bits
_FORMAT: Final = "biodesci-order/1"
_AGAIN: Final = "Ask the buyer for it again."
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
    require_open(chain, signed)
    wanted = signed.order
    function = chain.licenses.functions.purchaseFor(
        wanted.tuple(), signed.signature, signed.evidence.tuple(), signed.payment.tuple()
    )
    in_ether = offers.get(chain, wanted.offer_id).currency.is_ether
    return purchased(chain, chain.send(function, wanted.price if in_ether else 0))


def require_open(chain: Chain, signed: SignedOrder) -> None:
    """InputError where the order is for another network, StateError where it is void by now."""
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
    if chain.now() > wanted.deadline:
        raise StateError(
            "The order has expired.", "Ask the buyer for another one: biodesci license order OFFER_ID."
        )


def cancel(chain: Chain) -> TxReceipt:
    """All orders that this account signed with its present nonce are void."""
    return chain.send(chain.licenses.functions.cancelOrders())


def load(raw: bytes) -> SignedOrder:
    """An order's file; the signature is for the contract to check."""
    document = documents.read(raw, "order", _AGAIN)
    with documents.spoiled("order", _AGAIN):
        return _parse(document)


def _parse(document: Any) -> SignedOrder:
    documents.require_format(document, _FORMAT, "order")
    order, paid, evidence = document["order"], document["payment"], document["evidence"]
    purpose = order["purpose"]
    return SignedOrder(
        chain_id=documents.whole(document["chainId"]),
        licenses=documents.address(document["contract"]),
        order=Order(
            buyer=documents.address(order["buyer"]),
            offer_id=documents.whole(order["offerId"]),
            purpose=Purpose(
                documents.whole(purpose["duo"], 64),
                documents.whole(purpose["disease"], 32),
                documents.data(purpose["statement"], 32),
            ),
            currency=documents.address(order["currency"]),
            price=documents.whole(order["price"]),
            may_review=documents.truth(order["mayReview"]),
            visas_until=documents.whole(order["visasUntil"], 40),
            nonce=documents.whole(order["nonce"]),
            deadline=documents.whole(order["deadline"]),
        ),
        signature=documents.data(document["signature"]),
        evidence=Evidence(
            tuple(documents.data(step, 32) for step in evidence["diseaseProof"]),
            tuple(map(visa.parse, evidence["visas"])),
        ),
        payment=Payment(
            method=Method[str(paid["method"]).upper()],
            v=documents.whole(paid["v"], 8),
            r=documents.data(paid["r"], 32),
            s=documents.data(paid["s"], 32),
            valid_after=documents.whole(paid["validAfter"]),
            deadline=documents.whole(paid["deadline"]),
            nonce=documents.data(paid["nonce"], 32),
        ),
    )
