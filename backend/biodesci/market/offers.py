"""Offers: what is for sale, in which currency, against which visas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from biodesci.chain import currency, records
from biodesci.chain.client import Chain
from biodesci.chain.currency import ETHER, Currency
from biodesci.core import canonical, duo, duration, visa
from biodesci.core.conditions import Conditions
from biodesci.core.errors import InputError, NotFoundError, StateError
from biodesci.core.onchain import DAY, NOBODY, Right
from biodesci.market import arbitration

RIGHTS: Final = {right.name.lower(): right for right in Right if right is not Right.NONE}


@dataclass(frozen=True)
class Offer:
    """An offer as the contract has it, with the currency that its price is in."""

    id: int
    terms: records.Offer
    currency: Currency
    open: bool

    @property
    def conditions(self) -> list[str]:
        """How its money goes and how disputes end, a sentence each."""
        terms = self.terms
        return Conditions(
            free=terms.price == 0,
            right=terms.right,
            duration=terms.duration,
            uses=terms.uses,
            delivery_window=terms.delivery_window,
            dispute_window=terms.dispute_window,
            pro_rata=terms.pro_rata,
            arbiter=None if terms.arbiter == NOBODY else terms.arbiter,
        ).in_words()

    def __str__(self) -> str:
        parts = [f"{self.terms.right.name.lower()} for {self.currency.show(self.terms.price)}"]
        if self.terms.duration:
            parts.append(f"{duration.show(self.terms.duration)} of access")
        if self.terms.uses:
            parts.append(f"{self.terms.uses} uses")
        if self.terms.visas:
            parts.append(f"with {' and '.join(visa.names(self.terms.visas))}")
        if self.terms.pro_rata:
            parts.append("earned over time")
        by = self.terms.arbiter
        parts.append("no disputes" if by == NOBODY else f"disputes decided by {by}")
        return f"{self.id}: {', '.join(parts)} ({'open' if self.open else 'closed'})"


@dataclass(frozen=True)
class OfferTerms:
    """As `IAccessLicense.Offer`; `price` in smallest units, times in seconds, `currency` zero for ether."""

    right: str = "download"
    price: int = 0
    duration: int = 0
    uses: int = 0
    delivery_window: int = DAY
    dispute_window: int = DAY
    arbiter: str = NOBODY
    currency: str = ETHER
    visas: int = 0
    pro_rata: bool = False

    def check(self, terms: int) -> None:
        """Whether a dataset with these terms (DUO bits) can be sold so; InputError where it cannot."""
        if not self.duration and terms & duo.bits(["TS"]):
            raise InputError(
                "The terms limit the time of use (TS), and the offer has no end.", "Give a duration."
            )
        if self.arbiter != NOBODY and 0 < self.duration < self.dispute_window:
            raise InputError(
                "Access would end while it can still be disputed.",
                "Give a shorter dispute window, or a longer duration.",
            )

    def tuple(self, dataset_id: int = 0) -> tuple[int, int, str, int, int, int, int, int, int, bool, str]:
        """The struct OfferTerms in the order of the ABI. Raises InputError for terms that contradict."""
        if self.right not in RIGHTS:
            raise InputError(f"{self.right!r} is not a right.", "Choose download, train or infer.")
        if self.pro_rata and not self.duration:
            raise InputError("Access without an end is not earned over time.", "Give a duration.")
        return (
            dataset_id, self.price, self.currency, self.duration, self.uses, self.delivery_window,
            self.dispute_window, RIGHTS[self.right], self.visas, self.pro_rata, self.arbiter,
        )  # fmt: skip


def get(chain: Chain, offer_id: int) -> Offer:
    """NotFoundError where there is none."""
    if not 1 <= offer_id <= chain.call(chain.lens.functions.offerCount()):
        raise NotFoundError(
            f"There is no offer {offer_id}.", "See a dataset's offers: biodesci dataset show ID."
        )
    listing = chain.read(records.Listing, offer_id)
    return Offer(offer_id, listing.offer, currency.read(chain, listing.offer.currency), listing.open)


def require_open(offer: Offer) -> None:
    """StateError where nothing is sold by it any more."""
    if not offer.open:
        raise StateError(f"Offer {offer.id} is closed.", "Choose an open one: biodesci dataset show ID.")


def of_dataset(chain: Chain, dataset_id: int) -> list[Offer]:
    """The offers for a dataset, open and closed, in the order in which they were made."""
    first = chain.deployment.contracts["AccessLicense"].block
    logs = chain.events(chain.licenses, "OfferCreated", first, filters={"datasetId": dataset_id})
    return [get(chain, log["args"]["offerId"]) for log in logs]


def create(chain: Chain, dataset_id: int, terms: OfferTerms) -> int:
    """Offers licences for a dataset of this account; the offer's number."""
    made = terms.tuple(dataset_id)
    terms.check(chain.read(records.Sale, dataset_id).terms)
    arbitration.check(chain, terms.arbiter)
    with chain.intent("offer", f"dataset {dataset_id}, terms {canonical.sha256(made).hex()}") as intent:
        receipt = intent.send(chain.licenses.functions.createOffer(made))
        return int(chain.event(receipt, chain.licenses, "OfferCreated")["offerId"])
