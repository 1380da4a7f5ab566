"""What was done to a copy, so that a steward can read it and a report can hold it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from biodesci.inspection.content import MovedColumn


class Action(StrEnum):
    """What became of values."""

    REMOVED = "removed"
    EMPTIED = "emptied"
    REPLACED = "replaced by a pseudonym"
    SHIFTED = "shifted in time"
    GENERALISED = "generalised"
    LEFT_OUT = "left out"
    REWRITTEN = "written in another format"


@dataclass(frozen=True)
class Mend:
    """One thing that was done at one place, to `rows` values. `place` holds no value of the data."""

    place: str
    action: Action
    reason: str
    rows: int = 0

    def __str__(self) -> str:
        amount = f" in {self.rows:,} place{'s' * (self.rows != 1)}" if self.rows else ""
        return f"{self.place}: {self.action}{amount} ({self.reason})"


@dataclass(frozen=True)
class Deidentified:
    """What was done to make a copy, and in which of its columns days are moved ones."""

    mends: list[Mend]
    moved: frozenset[MovedColumn]


class Mends:
    """Counts mends that are the same but for the file or record."""

    def __init__(self) -> None:
        self._done: Counter[tuple[str, Action, str]] = Counter()

    def add(self, place: str, action: Action, reason: str, rows: int = 1) -> None:
        """Takes a mend in."""
        self._done[place, action, reason] += rows

    def all(self) -> list[Mend]:
        """Every mend, by place."""
        return [Mend(*key, rows=rows) for key, rows in sorted(self._done.items())]
