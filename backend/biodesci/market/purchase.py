"""Buying a licence: one transaction, with all that the buyer declares and shows. Nothing is paid twice."""

from __future__ import annotations

from dataclasses import dataclass

from hexbytes import HexBytes
from web3.contract.contract import ContractFunction
from web3.types import TxReceipt

from biodesci.chain import records
from biodesci.chain.client import Chain
from biodesci.core import duo, visa
from biodesci.core.documents.order import NEVER, Evidence, Method, Order, Payment, Purpose
from biodesci.core.documents.visa import SignedVisa
from biodesci.core.errors import AccessDeniedError, StateError
from biodesci.core.onchain import LicenseState
from biodesci.market import offers, old_notes, payment
from biodesci.market import visa as visas_of
from biodesci.market.license import held_by, is_active
from biodesci.market.offers import Offer


@dataclass(frozen=True)
class Purchased:
    """`bought` is False where a licence that serves the same end was held already."""

    license_id: int
    needs_review: bool
    bought: bool
    tx_hash: str | None
    gas: int


def purchase(
    chain: Chain,
    offer_id: int,
    purpose: Purpose | int,
    evidence: Evidence | None = None,
    *,
    again: bool = False,
    note: payment.Note = lambda _text: None,
) -> Purchased:
    """Buys a licence, unless one from this offer's dataset with the same right is held or on its way."""
    declared = Purpose(duo=purpose) if isinstance(purpose, int) else purpose
    evidence = evidence or Evidence()
    offer = offers.get(chain, offer_id)
    with chain.intent("purchase", f"offer {offer_id}") as intent:
        old_notes.adopt(chain, intent, "purchases", offer_id)
        if (receipt := intent.resume()) is not None:
            note("A run before signed this purchase and did not see its end: it is carried out now.")
            return purchased(chain, receipt)
        if not again:
            for licence in held_by(chain, chain.address, offer.terms.dataset_id):
                waits = licence.state in {LicenseState.IN_REVIEW, LicenseState.PURCHASED}
                if licence.right == offer.terms.right and (waits or is_active(chain, licence.id)):
                    return Purchased(licence.id, licence.state is LicenseState.IN_REVIEW, False, None, 0)
        check(chain, offer, declared, evidence)
        with payment.own(chain, offer.currency, offer.terms.price, note) as paid:
            function = _function(chain, offer, declared, evidence, paid)
            receipt = intent.send(function, offer.terms.price if offer.currency.is_ether else 0)
        return purchased(chain, receipt)


def _function(
    chain: Chain, offer: Offer, purpose: Purpose, evidence: Evidence, paid: Payment
) -> ContractFunction:
    plain = paid.method is Method.DIRECT and purpose == Purpose(duo=purpose.duo) and not evidence.visas
    if plain:
        return chain.licenses.functions.purchase(offer.id, purpose.duo)
    # The buyer calls, so that neither nonce nor signature counts.
    order = Order(
        buyer=chain.address,
        offer_id=offer.id,
        purpose=purpose,
        currency=offer.currency.address,
        price=offer.terms.price,
        may_review=True,
        visas_until=0,
        nonce=0,
        deadline=NEVER,
    )
    return chain.licenses.functions.purchaseFor(order.struct(), b"", evidence.struct(), paid.struct())


def purchased(chain: Chain, receipt: TxReceipt) -> Purchased:
    """The licence that a transaction bought, by its LicensePurchased event."""
    event = chain.event(receipt, chain.licenses, "LicensePurchased")
    tx_hash = HexBytes(receipt["transactionHash"]).to_0x_hex()
    return Purchased(event["licenseId"], event["needsReview"], True, tx_hash, int(receipt["gasUsed"]))


def check(chain: Chain, offer: Offer, purpose: Purpose, evidence: Evidence) -> None:
    """Whether this account's purchase would go through, said in words before anything is signed."""
    offers.require_open(offer)
    dataset_id = offer.terms.dataset_id
    sale = chain.read(records.Sale, dataset_id)
    if sale.withdrawn:
        raise AccessDeniedError(
            f"Consent to use dataset {dataset_id}, version {sale.version}, was withdrawn: it is not sold.",
            "Choose another dataset: biodesci dataset list.",
        )
    _check_purpose(chain, offer, purpose, evidence)
    check_visas(chain, offer, evidence.visas)
    if not chain.call(chain.keys.functions.hasKey(chain.address)):
        raise StateError(
            f"{chain.address} has no encryption key on chain, so nothing could be delivered to it.",
            "Register one first: biodesci key register.",
        )


def assess(chain: Chain, offer_id: int, purpose: Purpose, evidence: Evidence) -> duo.Decision:
    """How the contract would take this purpose now."""
    proof = list(evidence.disease_proof)
    return duo.Decision(chain.call(chain.licenses.functions.assess(offer_id, purpose.struct(), proof)))


def _check_purpose(chain: Chain, offer: Offer, purpose: Purpose, evidence: Evidence) -> None:
    if assess(chain, offer.id, purpose, evidence) is not duo.Decision.DENY:
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
