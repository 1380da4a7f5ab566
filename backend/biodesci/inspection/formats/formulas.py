"""Cells that a spreadsheet would run: what a table of texts may do to who opens it."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pyarrow as pa

from biodesci.inspection.finding import Finding, Level

# "=1+2", "=cmd|..."; of "+", "-" and "@" only what calls something: "-ve", "+/+" and "@home" are no formulas.
_FORMULA: Final = re.compile(r"\s*(?:=[\w@+\-(\"'$.\[]|[+\-@].*[A-Za-z]\w*(?:\(|\|.*!|!\$?[A-Z]))", re.DOTALL)
_FIRST: Final = np.isin(np.arange(256), np.frombuffer(b"=+-@\t\r", np.uint8))
_DIGIT: Final = np.isin(np.arange(256), np.frombuffer(b"0123456789.,", np.uint8))


class Formulas:
    """Counts cells that are formulas, by column, in batches of one table."""

    def __init__(self, place: str) -> None:
        self._place, self._rows = place, dict[str, int]()

    def feed(self, batch: pa.RecordBatch) -> None:
        """Looks at more rows; columns that aren't strings have no formulas."""
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if pa.types.is_string(column.type) and (hits := _hits(column)):
                self._rows[name] = self._rows.get(name, 0) + hits

    def findings(self) -> list[Finding]:
        """One for each column with formulas."""
        reason = "a spreadsheet would run this when the table is opened: put an apostrophe before it"
        return [
            Finding(f"{self._place}column {name!r}", "formula", Level.STOP, reason, rows)
            for name, rows in self._rows.items()
        ]


def _hits(column: pa.StringArray) -> int:
    """How many values are formulas. Nearly all are passed by their first byte."""
    _, offsets, data = column.buffers()
    if data is None or data.size == 0:
        return 0
    starts = np.frombuffer(offsets, np.int32, len(column) + 1, column.offset * 4)
    texts = np.frombuffer(data, np.uint8)
    filled = np.flatnonzero(starts[1:] > starts[:-1])
    suspect = filled[_FIRST[texts[starts[filled]]]]
    if not len(suspect):
        return 0
    second = texts[np.minimum(starts[suspect] + 1, len(texts) - 1)]
    numbers = _DIGIT[second] & (texts[starts[suspect]] != ord("="))
    # A payload may begin as a number does ("-2+3+cmd|...").
    long = starts[suspect + 1] - starts[suspect] > 16
    suspect = suspect[~numbers | long]
    values = column.take(pa.array(suspect)).to_pylist()
    return sum(_FORMULA.match(value) is not None for value in values)
