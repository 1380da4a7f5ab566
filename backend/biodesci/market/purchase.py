"""Buying a licence: one transaction, with all that the buyer declares and shows. Nothing is paid twice."""

from __future__ import annotations

from dataclasses import dataclass

from hexbytes import HexBytes
from web3.contract.contract import ContractFunction
from web3.types import TxReceipt

from biodesci.chain import records
from biodesci.chain.client import Chain
from biodesci.core import duo, duration, visa
from biodesci.core.documents.order import NEVER, Evidence, Method, Order, Payment, Purpose
from biodesci.core.documents.visa import SignedVisa
from biodesci.core.errors import AccessDeniedError, StateError
from biodesci.core.onchain import LicenseState
from biodesci.market import offers, payment
from biodesci.market import visa as visas_of
from biodesci.market.license import held_by, is_active
from biodesci.market.offers import Offer


@dataclass(frozen=True)
class Deal:
    """What a buyer agrees to, as the chain has it when the buyer is asked: nothing else is bought.

    `version` is the dataset's, `needs_review` whether a person decides before anything is delivered.
    """

    offer: Offer
    version: int
    purpose: Purpose
    evidence: Evidence
    needs_review: bool

    def in_words(self) -> list[str]:
        """What it is, what it costs and how its money goes, a sentence each."""
        offer = self.offer
        token = "" if offer.currency.is_ether else f" (the token {offer.currency.address})"
        total = f"{offer.currency.show(offer.terms.price)}{token}"
        subject = f"version {self.version} of dataset {offer.terms.dataset_id}"
        first = f"Offer {offer}: {subject}. Total: {total}."
        silence = duration.show(offer.terms.delivery_window)
        review = (
            "The data access committee decides on this purpose first. You may cancel as long as it has not "
            f"(biodesci license cancel); after {silence} of silence anybody can send the price back to you."
        )
        return [first, *([review] if self.needs_review else []), *offer.conditions]


@dataclass(frozen=True)
class Purchased:
    """`bought` is False where a licence that serves the same end was held already."""

    license_id: int
    needs_review: bool
    bought: bool
    tx_hash: str | None
    gas: int


def deal(chain: Chain, offer_id: int, purpose: Purpose | int, evidence: Evidence | None = None) -> Deal:
    """What the offer sells now for this purpose (DUO bits, or all that a buyer declares)."""
    declared = Purpose(duo=purpose) if isinstance(purpose, int) else purpose
    evidence = evidence or Evidence()
    offer = offers.get(chain, offer_id)
    version = chain.read(records.Sale, offer.terms.dataset_id).version
    needs_review = assess(chain, offer_id, declared, evidence) is duo.Decision.REVIEW
    return Deal(offer, version, declared, evidence, needs_review)


def purchase(
    chain: Chain,
    offer_id: int,
    purpose: Purpose | int,
    evidence: Evidence | None = None,
    *,
    again: bool = False,
    note: payment.Note = lambda _text: None,
) -> Purchased:
    """Buys what the offer sells now. `carry_out` is for people, who are asked before."""
    return carry_out(chain, deal(chain, offer_id, purpose, evidence), again=again, note=note)


def carry_out(
    chain: Chain, agreed: Deal, *, again: bool = False, note: payment.Note = lambda _text: None
) -> Purchased:
    """Buys a licence, unless one from this offer's dataset with the same right is held or on its way.

    Where the number is another offer's by now, another version is sold, or a person would have to decide who
    had not before, the contract refuses, and nothing is paid.
    """
    offer = agreed.offer
    with chain.intent("purchase", f"offer {offer.id}") as intent:
        if (receipt := intent.resume()) is not None:
            note("A run before signed this purchase and did not see its end: it is carried out now.")
            return purchased(chain, receipt)
        if not again:
            for licence in held_by(chain, chain.address, offer.terms.dataset_id):
                waits = licence.state in {LicenseState.IN_REVIEW, LicenseState.PURCHASED}
                if licence.right == offer.terms.right and (waits or is_active(chain, licence.id)):
                    return Purchased(licence.id, licence.state is LicenseState.IN_REVIEW, False, None, 0)
        check(chain, agreed)
        with payment.own(chain, offer.currency, offer.terms.price, note) as paid:
            receipt = intent.send(
                _function(chain, agreed, paid), offer.terms.price if offer.currency.is_ether else 0
            )
        return purchased(chain, receipt)


def _function(chain: Chain, agreed: Deal, paid: Payment) -> ContractFunction:
    purpose, offer = agreed.purpose, agreed.offer
    plain = paid.method is Method.DIRECT and purpose == Purpose(duo=purpose.duo) and not agreed.evidence.visas
    if plain:
        return chain.licenses.functions.purchase(
            offer.id, offer.terms.hash, agreed.version, purpose.duo, agreed.needs_review
        )
    # The buyer calls, so that no signature is needed. The nonce is used up, with whatever else was signed for
    # it: a second sending of this purchase is refused, and so is an order that waits with a relayer.
    order = Order(
        buyer=chain.address,
        offer_id=offer.id,
        offer_hash=offer.terms.hash,
        version=agreed.version,
        purpose=purpose,
        currency=offer.currency.address,
        price=offer.terms.price,
        may_review=agreed.needs_review,
        visas_until=0,
        nonce=next_nonce(chain),
        deadline=NEVER,
    )
    evidence = agreed.evidence.struct()
    return chain.licenses.functions.purchaseFor(order.struct(), b"", evidence, paid.struct())


def next_nonce(chain: Chain) -> int:
    """The number that this account's next order has to carry: each is taken once."""
    return int(chain.call(chain.licenses.functions.nonces(chain.address)))


def purchased(chain: Chain, receipt: TxReceipt) -> Purchased:
    """The licence that a transaction bought, by its LicensePurchased event."""
    event = chain.event(receipt, chain.licenses, "LicensePurchased")
    tx_hash = HexBytes(receipt["transactionHash"]).to_0x_hex()
    return Purchased(event["licenseId"], event["needsReview"], True, tx_hash, int(receipt["gasUsed"]))


def check(chain: Chain, agreed: Deal) -> None:
    """Whether this account's purchase would go through, said in words before anything is signed."""
    offer = agreed.offer
    offers.require_open(offer)
    dataset_id = offer.terms.dataset_id
    sale = chain.read(records.Sale, dataset_id)
    if sale.withdrawn:
        raise AccessDeniedError(
            f"Consent to use dataset {dataset_id}, version {sale.version}, was withdrawn: it is not sold.",
            "Choose another dataset: biodesci dataset list.",
        )
    if sale.version != agreed.version:
        raise StateError(
            f"Dataset {dataset_id} has a version {sale.version} now, and you agreed to version "
            f"{agreed.version}: nothing was paid.",
            f"Look at what is sold now, and repeat: biodesci dataset show {dataset_id}.",
        )
    _check_purpose(chain, agreed)
    check_visas(chain, offer, agreed.evidence.visas)
    if not chain.call(chain.keys.functions.hasKey(chain.address)):
        raise StateError(
            f"{chain.address} has no encryption key on chain, so nothing could be delivered to it.",
            "Register one first: biodesci key register.",
        )


def assess(chain: Chain, offer_id: int, purpose: Purpose, evidence: Evidence) -> duo.Decision:
    """How the contract would take this purpose now."""
    proof = list(evidence.disease_proof)
    return duo.Decision(chain.call(chain.lens.functions.assess(offer_id, purpose.struct(), proof)))


def _check_purpose(chain: Chain, agreed: Deal) -> None:
    offer, purpose = agreed.offer, agreed.purpose
    if assess(chain, offer.id, purpose, agreed.evidence) is not duo.Decision.DENY:
        return
    terms = chain.read(records.Sale, offer.terms.dataset_id).terms
    raise AccessDeniedError(
        f"The terms of dataset {offer.terms.dataset_id} don't allow this purpose. "
        f"Terms: {' '.join(duo.describe(terms))}",
        f"Declared purpose: {' '.join(duo.describe_purpose(purpose.duo)) or 'none'} Choose another dataset, "
        "or declare all that applies.",
    )


def check_visas(chain: Chain, offer: Offer, visas: tuple[SignedVisa, ...]) -> None:
    """By the contract itself, for this account as subject."""
    if lacking := visa.missing(offer.terms.visas, (signed.visa.type for signed in visas)):
        raise AccessDeniedError(
            f"Offer {offer.id} requires visas that were not shown: {', '.join(visa.names(lacking))}.",
            "Show each with --visa FILE; `biodesci visa trusted OWNER` says whose count.",
        )
    if idle := [visa.NAMES[one.visa.type] for one in visas if not offer.terms.visas >> one.visa.type & 1]:
        raise AccessDeniedError(
            f"Offer {offer.id} asks for no visa of the type {idle[0]}.",
            "Leave it out: what is shown is public, and it would open nothing.",
        )
    for signed in visas:
        if (signed.chain_id, signed.registry) != (chain.chain_id, chain.visas.address):
            raise AccessDeniedError(
                "A visa is for another chain, or for other contracts than these.",
                "Ask its issuer for one for this network.",
            )
    if visas:
        visas_of.ask(chain, offer.terms.dataset_id, chain.address, offer.terms.visas, visas)
