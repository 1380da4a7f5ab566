"""Orders: a buyer signs a purchase and its payment, and anyone submits them (a relayer, who pays the gas).

An order's file holds visas, which are personal: it goes to the relayer alone, by a private channel.
"""

from __future__ import annotations

from typing import Final

from web3.types import TxReceipt

from biodesci.chain import signatures
from biodesci.chain.client import Chain
from biodesci.chain.records import Sale
from biodesci.core import typed_data
from biodesci.core.documents.order import Order, SignedOrder
from biodesci.core.errors import InputError, StateError
from biodesci.market import offers, payment
from biodesci.market.purchase import Deal, Purchased, check, next_nonce, purchased

_LATEST: Final = 2**32 - 1  # seconds: a licence's end by its visas has 32 bits


def order(chain: Chain, agreed: Deal, *, seconds: int) -> SignedOrder:
    """Signs a purchase at the offer's price, with its payment. Costs nothing and sends nothing."""
    check(chain, agreed)
    offer, evidence = agreed.offer, agreed.evidence
    deadline = chain.now() + seconds
    paid = payment.signed(chain, offer.currency, offer.terms.price, deadline)
    wanted = Order(
        buyer=chain.address,
        offer_id=offer.id,
        offer_hash=offer.terms.hash,
        version=agreed.version,
        purpose=agreed.purpose,
        currency=offer.currency.address,
        price=offer.terms.price,
        # A relayer could show other evidence: less of a proof, or an older visa.
        may_review=agreed.needs_review,
        visas_until=min((min(signed.visa.expires, _LATEST) for signed in evidence.visas), default=0),
        nonce=next_nonce(chain),
        deadline=deadline,
    )
    licenses = str(chain.licenses.address)
    document = typed_data.order(chain.chain_id, licenses, wanted)
    signature = signatures.sign(chain, document)
    return SignedOrder(
        chain_id=chain.chain_id,
        licenses=licenses,
        order=wanted,
        signature=signature,
        evidence=evidence,
        payment=paid,
    )


def relay(chain: Chain, signed: SignedOrder) -> Purchased:
    """Submits a buyer's order from this account, which pays the gas and, of an offer in ether, the price."""
    with chain.intent("order", signed.signature.hex()) as intent:
        receipt = intent.resume()
        if receipt is None:
            require_open(chain, signed)
            wanted = signed.order
            function = chain.licenses.functions.purchaseFor(
                wanted.struct(), signed.signature, signed.evidence.struct(), signed.payment.struct()
            )
            in_ether = offers.get(chain, wanted.offer_id).currency.is_ether
            receipt = intent.send(function, wanted.price if in_ether else 0)
        return purchased(chain, receipt)


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
    terms = offers.get(chain, wanted.offer_id).terms
    if terms.hash != wanted.offer_hash:
        raise StateError(
            f"Offer {wanted.offer_id} is not the one that the buyer signed for: another has its number now.",
            "Ask the buyer for another order: biodesci license order OFFER_ID.",
        )
    sold = chain.read(Sale, terms.dataset_id).version
    if sold != wanted.version:
        raise StateError(
            f"The order is for version {wanted.version}, and version {sold} is sold now.",
            "Ask the buyer for another one: biodesci license order OFFER_ID.",
        )
    if chain.now() > wanted.deadline:
        raise StateError(
            "The order has expired.", "Ask the buyer for another one: biodesci license order OFFER_ID."
        )


def deal_of(chain: Chain, signed: SignedOrder) -> Deal:
    """What an order buys, for whoever submits it to read: the order says more than the chain does."""
    wanted = signed.order
    offer = offers.get(chain, wanted.offer_id)
    return Deal(offer, wanted.version, wanted.purpose, signed.evidence, wanted.may_review)


def cancel(chain: Chain) -> TxReceipt:
    """All orders that this account signed with its present nonce are void."""
    return chain.send(chain.licenses.functions.cancelOrders())
