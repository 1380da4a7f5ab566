"""Findings of very many files as few: of 100,000 members with one fault, one line says how many there are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from biodesci.inspection.finding import Finding, Level

_NUMBERED: Final = re.compile(r"\b(?:member|file|part) \d+(?: by name)?")
_APART: Final = 20  # findings of one kind, up to which each is told by itself


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """The findings in their order. More than 20 that differ in the number of a member or file alone are one
    at the first of them, which says of how many more it is; its rows are those of all."""
    alike: dict[tuple[str, str, Level, str], list[Finding]] = {}
    for finding in findings:
        place = _NUMBERED.sub("#", finding.place)
        alike.setdefault((place, finding.kind, finding.level, finding.reason), []).append(finding)
    return [finding for group in alike.values() for finding in _together(group)]


def _together(group: list[Finding]) -> list[Finding]:
    if len(group) <= _APART:
        return group
    first = group[0]
    place = f"{first.place}, and {len(group) - 1:,} other places like it"
    rows = sum(finding.rows for finding in group)
    return [Finding(place, first.kind, first.level, first.reason, rows)]
