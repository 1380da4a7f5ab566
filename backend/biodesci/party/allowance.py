"""How much a day somebody is served at this party's expense: gas and storage are paid by who serves.

The count lies in the home folder, and is written before anything is spent: a restart or a crash does not
start the day anew. A day is one of UTC by the chain's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import ClassVar

from biodesci.core import files
from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import Address, Count, Uint256
from biodesci.core.errors import ConfigurationError


@dataclass(frozen=True)
class Bounds:
    """How many are served a day: of all (None: any number), of those that do not pay for it, and of these for
    one account."""

    all: int | None = 1_000
    unpaid: int = 50
    unpaid_each: int = 3


class Limit(Enum):
    """Which of the bounds was reached."""

    ALL = "all"
    UNPAID = "unpaid"
    EACH = "each"


@dataclass(frozen=True)
class Asked:
    """What is asked for: its number, the account that it is for, and whether it pays for what it costs."""

    id: int
    account: str
    paid: bool


class Entry(Part):
    """One that was served."""

    id: Uint256
    account: Address
    paid: bool


class Served(Document):
    """Those of one day, a number of days since 1970."""

    title: ClassVar = "count of what was served today"
    remedy: ClassVar = "Move the file away: today's count begins anew then."
    limit: ClassVar = 64 << 20
    refusal: ClassVar = ConfigurationError

    day: Count
    entries: tuple[Entry, ...] = ()


class Allowance:
    """The count in one file, and its bounds."""

    def __init__(self, file: Path, bounds: Bounds) -> None:
        self._file = file
        self.bounds = bounds

    def reached(self, asked: Asked, day: int) -> Limit | None:
        """The bound by which this is not served today; None where it may be, or was begun with already."""
        entries = self._of(day).entries
        if any(one.id == asked.id for one in entries):
            return None
        if self.bounds.all is not None and len(entries) >= self.bounds.all:
            return Limit.ALL
        if asked.paid:
            return None
        unpaid = [one for one in entries if not one.paid]
        if len(unpaid) >= self.bounds.unpaid:
            return Limit.UNPAID
        if sum(one.account == asked.account for one in unpaid) >= self.bounds.unpaid_each:
            return Limit.EACH
        return None

    def note(self, asked: Asked, day: int) -> None:
        """Counts it, once; to be called before anything is spent."""
        today = self._of(day)
        if any(one.id == asked.id for one in today.entries):
            return
        entry = Entry(id=asked.id, account=asked.account, paid=asked.paid)
        noted = today.model_copy(update={"entries": (*today.entries, entry)})
        files.write_private(self._file, noted.to_bytes())

    def _of(self, day: int) -> Served:
        if self._file.exists():
            served = Served.parse(self._file.read_bytes())
            if served.day == day:
                return served
        return Served(day=day)
