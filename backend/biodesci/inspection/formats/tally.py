"""Counts what is found at many places: a series of 10,000 images gives one line for each attribute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from biodesci.inspection.content import Passage
from biodesci.inspection.finding import Finding, Level

_MOST_PLACES: Final = 2_000
_MOST_TEXTS: Final = 100_000


class Tally:
    """Findings that differ in the record or file that they are of alone, with how often they were met.

    `where` is the source's, which the places begin with: empty for what the steward named itself.
    """

    def __init__(self, where: str = "") -> None:
        self._start = f"{where}: " if where else ""
        self._met: Counter[tuple[str, str, Level, str]] = Counter()
        self._texts: set[tuple[str, str]] = set()

    def add(self, place: str, kind: str, level: Level, reason: str, rows: int = 1) -> None:
        """Takes a finding in; beyond 2,000 different places those of one kind are counted together."""
        key = (f"{self._start}{place}", kind, level, reason)
        if key not in self._met and len(self._met) >= _MOST_PLACES:
            key = (f"{self._start}further places", kind, level, reason)
        self._met[key] += rows

    def passages(self, place: str, text: str) -> Iterator[Passage]:
        """The text as a passage, the first time that it is met at this place."""
        text = text.strip()
        if not text or (place, text) in self._texts:
            return
        if len(self._texts) < _MOST_TEXTS:
            self._texts.add((place, text))
        yield Passage(f"{self._start}{place}", text)

    def findings(self) -> list[Finding]:
        """Everything that was taken in, the grave first."""
        order = list(Level)
        findings = [Finding(*key, rows=rows) for key, rows in self._met.items()]
        return sorted(findings, key=lambda finding: order.index(finding.level))
