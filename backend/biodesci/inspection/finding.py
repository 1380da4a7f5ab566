"""What an inspection finds, and how grave it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """What a finding asks of the steward.

    STOP: people may be recognised, or nobody can tell; only a reason given for this file publishes it.
    ASK: what a person who knows the data has to confirm, such as a column that looks like codes.
    NOTE: worth knowing; it stops nothing.
    """

    STOP = "stop"
    ASK = "ask"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that was found at one place. Neither `place` nor `reason` may hold a value of the data.

    `place` is the steward's to find it: "column 'x7'", "tag (0010,0010)", "member 2 of the archive".
    `kind` is the identifier's or fault's kind, in words that stand on the public card, too.
    `rows` is how many values or places it is of; the steward alone is told it.
    """

    place: str
    kind: str
    level: Level
    reason: str
    rows: int = 0

    def __str__(self) -> str:
        return f"{self.what} ({self.reason})"

    @property
    def what(self) -> str:
        """What was found, where, and in how many values."""
        amount = f" in {self.rows:,} value{'s' * (self.rows != 1)}" if self.rows else ""
        return f"{self.place}: {self.kind}{amount}"
