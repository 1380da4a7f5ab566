"""How a table of text is written: its delimiter, what stands before the header, its decimal sign."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from typing import Final

FIELD_LIMIT: Final = 1 << 20
_LOOKED_AT: Final = 500  # lines
_DELIMITERS: Final = ("\t", ";", "|", ",")
_SPACES: Final = re.compile(" {2,}")
_DECIMAL: Final = re.compile(r"[+-]?\d+,\d+|[+-]?\d{1,3}(?:\.\d{3})+,\d+")
_THREE: Final = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")  # 1,234 may be 1234 or 1.234
_POINT: Final = re.compile(r"[+-]?\d*\.\d+")
_THOUSANDS: Final = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_GROUPED: Final = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?")
_WORDY: Final = 2  # words in a cell on average, from which on lines with some commas are prose
_PROSE: Final = 3  # the same of lines that have as many commas or semicolons each, as short texts may
_SHORT: Final = 64  # characters of a line, up to which lines without a delimiter are one column


@dataclass(frozen=True)
class Dialect:
    """A guess from the first rows: `first` is the header or the first record, `rows` are those after it.

    `lines` are how many lines of the file end with `first`, `before` the texts of those before it.
    `short` says that `first` has one cell less than the rows, as R writes row names.
    """

    delimiter: str
    escape: str | None
    first: list[str]
    rows: list[list[str]]
    lines: int
    before: list[str]
    short: bool


@lru_cache(maxsize=2)
def guess(text: str, whole: bool) -> Dialect | None:
    """How a text is written as a table, by its first lines; None for one that seems to be no table."""
    lines = list(islice(io.StringIO(text, newline=""), _LOOKED_AT))
    if not whole and 1 < len(lines) < _LOOKED_AT:
        lines.pop()  # cut off
    escape = "\\" if '\\"' in text and '""' not in text else None
    readings = [_Reading(lines, delimiter, escape) for delimiter in _DELIMITERS]
    readings = [reading for reading in readings if reading.width > 1 and reading.share >= 0.5]
    # Columns that are aligned by spaces; lines of a text have as many words each by chance alone.
    spaced = _Reading([f"{squeezed(line)}\n" for line in lines], " ", escape)
    regular = spaced.width > 2 and len(spaced.kept) > 2 and spaced.share > (0.95 if spaced.numeric else 0.99)
    if regular and all(reading.share < spaced.share for reading in readings):
        return spaced.dialect()
    if not readings:
        single = _Reading(lines, ",", escape)
        return single.dialect() if single.is_column(lines) else None
    best = max(readings, key=lambda reading: (round(reading.share, 1), reading.width))
    for other in readings:
        # Decimal commas give a second, as regular reading: "1,5;2,3".
        if best.delimiter == "," and other.delimiter in "\t;" and other.share >= best.share and other.commas:
            best = other
    return best.dialect() if best.is_regular() or best.words < _WORDY or best.is_titled() else None


def decimal_signs(rows: Sequence[Sequence[str]]) -> tuple[str, str]:
    """The decimal sign and the one between thousands ("" for none), by the cells of some rows."""
    cells = [cell.strip() for row in rows for cell in row]
    commas = sum(bool(_DECIMAL.fullmatch(cell)) and not _THREE.fullmatch(cell) for cell in cells)
    # Beside numbers with decimal commas, 1.234 is 1234.
    points = sum(bool(_POINT.fullmatch(cell)) and not _GROUPED.fullmatch(cell) for cell in cells)
    if commas > points:
        return ",", "." if any(map(_GROUPED.fullmatch, cells)) else ""
    return ".", "," if any(map(_THOUSANDS.fullmatch, cells)) else ""


def squeezed(line: str) -> str:
    """A line of columns that are aligned by spaces, with one space between them."""
    return _SPACES.sub(" ", line.strip(" \r\n"))


class _Reading:
    """The first lines, read with one delimiter."""

    def __init__(self, lines: list[str], delimiter: str, escape: str | None) -> None:
        csv.field_size_limit(FIELD_LIMIT)
        self.delimiter, self._escape, self._lines = delimiter, escape, lines
        reader = csv.reader(iter(lines), delimiter=delimiter, escapechar=escape)
        rows: list[tuple[int, list[str]]] = []
        with suppress(csv.Error):  # a field beyond the limit: what was read before it is judged
            rows.extend((reader.line_num, row) for row in reader)
        self.rows = [(line, row) for line, row in rows if any(cell.strip() for cell in row)]
        self.kept = [row for _, row in self.rows if not _remark(row)] or [r for _, r in self.rows]
        widths = Counter(map(len, self.kept))
        self.width = widths.most_common(1)[0][0] if widths else 0
        # R's first line has a cell less, above the names of rows.
        short = bool(self.kept) and len(self.kept[0]) == self.width - 1
        self.share = (widths[self.width] + short) / len(self.kept) if widths else 0.0

    @cached_property
    def words(self) -> float:
        """How many words a cell has on average."""
        return sum(len(cell.split()) for cell in self._cells) / max(1, len(self._cells))

    @cached_property
    def commas(self) -> bool:
        """Whether there is a number with a decimal comma."""
        return any(map(_DECIMAL.fullmatch, self._cells))

    @cached_property
    def numeric(self) -> bool:
        """Whether most cells are numbers."""
        return sum(cell.replace(".", "").isdigit() for cell in self._cells) > len(self._cells) / 2

    @cached_property
    def _cells(self) -> list[str]:
        return [cell for row in self.kept for cell in row if cell]

    def is_column(self, lines: list[str]) -> bool:
        """Whether lines without a delimiter are one column: short ones, and not sentences."""
        short = bool(lines) and max(map(len, lines)) <= _SHORT
        return len(self.kept) > 1 and short and self.width == self.share == 1 and self.words <= 2

    def is_regular(self) -> bool:
        """Whether nearly all lines have as many cells, and not by the punctuation of sentences."""
        return self.share >= 0.9 and (self.delimiter not in ",;" or self.words < _PROSE)

    def is_titled(self) -> bool:
        """Whether the first line is one of short names, as no sentence is."""
        first = self.kept[0]
        return len(first) > 1 and all(cell and len(cell.split()) < 3 and cell[-1] != "." for cell in first)

    def dialect(self) -> Dialect:
        """The reading's first line that has as many cells as most, and what stands around it."""
        wide = (i for i, (_, row) in enumerate(self.rows) if len(row) == self.width and not _remark(row))
        at = next(wide, 0)
        short = at > 0 and len(self.rows[at - 1][1]) == self.width - 1 > 1 and self._is_record(at)
        at -= short
        marked = (
            at > 0 and self.rows[at - 1][1][0].startswith("#") and len(self.rows[at - 1][1]) == self.width
        )
        if marked and not self.rows[at - 1][1][0].startswith("##") and self._is_record(at):
            at -= 1  # "#chrom" is a header, too
        line, first = self.rows[at]
        start = self.rows[at - 1][0] if at else 0
        before = "".join(self._lines[:start]).splitlines()
        rows = [row for _, row in self.rows[at + 1 :]]
        return Dialect(self.delimiter, self._escape, first, rows, line, before, short)

    def _is_record(self, at: int) -> bool:
        return any(cell.replace(".", "").isdigit() for cell in self.rows[at][1])


def _remark(row: list[str]) -> bool:
    return row[0].startswith(("#", "sep="))  # Excel's line that names the delimiter
