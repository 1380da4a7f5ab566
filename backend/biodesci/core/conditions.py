"""How the money of an offer goes and how disputes end, in words: they are read before anything is paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from biodesci.core import duration
from biodesci.core.onchain import ARBITRATION, Right

_DELIVERED: Final = {
    Right.DOWNLOAD: "The key is sealed to the buyer within {window} of the purchase",
    Right.TRAIN: "Training access is opened within {window} of the purchase (the data owner's node trains, "
    "and no key leaves it)",
    Right.INFER: "Access is opened within {window} of the purchase (the data owner's node answers, and no "
    "key leaves it)",
}


@dataclass(frozen=True)
class Conditions:
    """What an offer says of money and disputes: `free` where nothing is paid, times in seconds, `duration` 0
    for access without an end, `uses` 0 where they are not counted, `arbiter` None where nobody decides
    disputes."""

    free: bool
    right: Right
    duration: int
    uses: int
    delivery_window: int
    dispute_window: int
    pro_rata: bool
    arbiter: str | None

    def in_words(self) -> list[str]:
        """A sentence each, in the order in which things happen; the same for buyer and owner."""
        return [self._delivery(), *self._disputes(), self._end()]

    def _delivery(self) -> str:
        within = _DELIVERED[self.right].format(window=duration.show(self.delivery_window))
        if self.free:
            return (
                f"Nothing is paid. {within}, or not at all: a custodian serves a number of free licences a "
                "day, which it chooses."
            )
        return f"The price waits in escrow. {within}, or the price is the buyer's again."

    def _disputes(self) -> list[str]:
        window = duration.show(self.dispute_window)
        paid = "is paid" if not self.pro_rata else "begins to earn"
        ways = ["confirms", *self._first_use(), f"lets {window} pass after delivery"]
        settles = f"{', '.join(ways[:-1])} or {ways[-1]}"
        if self.arbiter is None:
            return [
                "No arbiter is named: nothing can be disputed after delivery, even if it is wrong.",
                f"The owner {paid} when the buyer {settles}.",
            ]
        return [
            f"Disputes are decided by {self.arbiter}, whom the data owner named and who agreed to it; "
            "whether it is a friend of the owner's cannot be seen here.",
            f"The buyer may dispute within {window} of delivery, unless the owner is paid already. Access "
            f"stops then, and within {duration.show(ARBITRATION)} the arbiter says who gets the whole price; "
            "if it says nothing, the buyer does.",
            f"Without a dispute the owner {paid} when the buyer {settles}.",
        ]

    def _first_use(self) -> list[str]:
        """Nobody sees how often a copy is read: of a download, the buyer's own program counts.

        What the owner's node did in a round is for the buyer to judge.
        """
        if self.right is Right.TRAIN or (self.right is Right.DOWNLOAD and not self.uses):
            return []
        return ["uses the licence for the first time"]

    def _end(self) -> str:
        if not self.pro_rata:
            return "Once the owner is paid, nothing comes back: not if the owner revokes the licence either."
        ends = ["the owner revokes the licence", "a visa is taken back"]
        if self.right is Right.TRAIN:
            ends.append("consent is withdrawn")
        return (
            f"The price is earned second by second over {duration.show(self.duration)} of access: when "
            f"{', '.join(ends[:-1])} or {ends[-1]} before that, what is not earned is the buyer's again."
        )
