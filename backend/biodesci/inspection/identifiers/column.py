"""A column whose last row was read, and what may be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers.evidence import Evidence
from biodesci.inspection.identifiers.headings import Heading
from biodesci.inspection.identifiers.names import Grade
from biodesci.inspection.identifiers.screening import Screen

_FLAGS: Final = frozenset(
    (
        *("0", "1", "2", "0.0", "1.0", "2.0", "true", "false", "yes", "no", "y", "n", "t", "f", "unknown"),
        *("other", "missing", "ja", "nein", "j", "oui", "non", "si", "sí", "vero", "falso", "はい", "いいえ"),
        *("有", "無", "あり", "なし"),
    )
)
NAMED: Final = (Grade.AMBIGUOUS, Grade.PART, Grade.PAIR, Grade.LIKELY, Grade.FULL, Grade.SURE)


@dataclass(frozen=True)
class Verdict:
    """One finding before it has a place."""

    kind: str
    level: Level
    reason: str
    rows: int


@dataclass(frozen=True)
class Column:
    """What is known of a column when its last row was read. `name` is its name."""

    name: str
    heading: Heading
    screen: Screen
    evidence: Evidence
    declared: Declared

    @property
    def numeric(self) -> bool:
        """Whether nearly all values are numbers."""
        return self.screen.numbers >= 0.9 * self.screen.rows

    @property
    def coded(self) -> bool:
        """Whether the values are flags or small codes alone, which name nobody."""
        sample = {value.lower() for value in self.evidence.sample}
        return self.evidence.distinct == len(self.evidence.sample) and sample <= _FLAGS

    @property
    def share_of_names(self) -> float:
        """How many of the values with letters are a name or a part of one."""
        return sum(self.evidence.grades[grade] for grade in NAMED) / max(self.evidence.texts, 1)
