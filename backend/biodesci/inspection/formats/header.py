"""What the columns of a table without types are called, and whether its first line says so at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.identifiers.spelling import plain

_NUMBER: Final = re.compile(r"[+-]?(?:\d[\d ]*[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?")
_DATE: Final = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T]\d{1,2}:\d{2}.*)?")
_SENTENCE: Final = re.compile(r"(?:\S+\s+){3,}\S*[^\W\d_]\)?[.!]")  # a question may be a column of a survey
_LONG: Final = 10  # words, from which on a text that doesn't ask is a sentence without its full stop
_SEQUENCE: Final = 3  # so many numbers in rising order are years or positions, and no record


@dataclass(frozen=True)
class Header:
    """Names of columns, each different. `present` is False where the first line is a record like others."""

    names: list[str]
    present: bool
    findings: list[Finding] = field(default_factory=list)


def header(first: Sequence[str], rows: Sequence[Sequence[str]], declared: Declared, place: str) -> Header:
    """What the columns are called, given the first line and some of those after it, all of one width.

    A first line that seems to be a record gives no names: the card would print the first patient.
    """
    numbered = [f"column_{number}" for number in range(1, len(first) + 1)]
    if declared.header is False:
        return Header(numbered, False)
    if declared.header is None and seems_record(first, rows):
        reason = (
            "it holds values or a sentence rather than names, so columns are called column_1, column_2, ..."
        )
        return Header(numbered, False, [Finding(place, "first line that seems a record", Level.ASK, reason)])
    return _named(first, place)


def seems_record(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a first line holds values rather than names: numbers over numbers, dates, a value twice,
    sentences."""
    cells = [plain(cell).strip() for cell in first]
    if any(map(_is_sentence, cells)):
        return True
    numbers = [float(cell.replace(",", ".").replace(" ", "")) for cell in cells if _NUMBER.fullmatch(cell)]
    if numbers == list(range(len(numbers))) and len(numbers) == sum(map(bool, cells)):
        return False  # pandas' names of columns without names
    rising = len(numbers) >= _SEQUENCE and all(a < b for a, b in pairwise(numbers))
    dates = sum(_DATE.fullmatch(cell) is not None for cell in cells)
    for index, cell in enumerate(cells):
        if not cell:
            continue
        if _DATE.fullmatch(cell):
            if dates < _SEQUENCE or dates < len(cells) / 2:
                return True
            continue
        below = [plain(row[index]).strip() for row in rows if index < len(row)]
        filled = [value for value in below if value]
        if _NUMBER.fullmatch(cell):
            if not rising and all(map(_NUMBER.fullmatch, filled)):
                return True
        elif "@" in cell[1:] or cell in filled:
            return True
    return False


def _is_sentence(cell: str) -> bool:
    """Whether a text says something; a label with a unit, or a question of a survey, does not."""
    return _SENTENCE.fullmatch(cell) is not None or (len(cell.split()) >= _LONG and "?" not in cell)


def distinct(given: Sequence[str]) -> list[str]:
    """Names of columns that are all different and none of them empty, as near to what is given as may be."""
    names = []
    reserved, taken = set(given), set[str]()
    uses: Counter[str] = Counter()
    for number, cell in enumerate(given, 1):
        name = base = cell
        if not cell.strip():
            name = base = "index" if number == 1 else f"column_{number}"
        while name in taken or (name != cell and name in reserved):
            uses[base] += 1
            name = f"{base}_{uses[base] + 1}"
        taken.add(name)
        names.append(name)
    return names


def _named(first: Sequence[str], place: str) -> Header:
    findings = []
    filled = [cell for cell in first if cell.strip()]
    if len(filled) < len(first):
        reason = 'columns without a name are called "index" or by their number'
        findings.append(Finding(place, "unnamed column", Level.NOTE, reason))
    if len(set(filled)) < len(filled):
        reason = "columns of the same name got a number behind it"
        findings.append(Finding(place, "column name used twice", Level.NOTE, reason))
    return Header(distinct(first), True, findings)
