"""Numbers with decimal commas, or with a sign between thousands, as programs calculate with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from biodesci.inspection.identifiers.screening import MISSING

# As RE2 and Python read them. A number with a zero in front is a code.
_COMMA: Final = r"^[+-]?(?:0|[1-9]\d*),\d+$"
_GROUPS_AND_COMMA: Final = r"^[+-]?(?:[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?|(?:0|[1-9]\d*),\d+)$"
_GROUPS: Final = r"^[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$"
_PLAIN: Final = re.compile(r"[+-]?(?:0|[1-9]\d*)(?:\.\d+)?")
_MISSING: Final = frozenset(map(str.lower, MISSING))


class Decimals:
    """Rewrites such numbers in the columns that hold nothing else, in the rows that were looked at first.

    `decimal` and `thousands` are the signs that the table has, `rows` are those first rows.
    """

    def __init__(self, rows: Sequence[Sequence[str]], decimal: str, thousands: str) -> None:
        self._decimal, self._thousands = decimal, thousands
        if decimal == ",":
            self._pattern = _GROUPS_AND_COMMA if thousands else _COMMA
        else:
            self._pattern = _GROUPS
        self.columns = self._numeric(rows) if decimal == "," or thousands else frozenset()

    def plain(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with "1.234,5" as "1234.5"; other cells stay as they stand."""
        columns = list(batch.columns)
        for index in self.columns:
            columns[index] = self._plain(columns[index])
        return pa.RecordBatch.from_arrays(columns, schema=batch.schema)

    def _plain(self, column: pa.Array) -> pa.Array:
        numbers = pc.fill_null(pc.match_substring_regex(column, self._pattern), False)
        written = column
        if self._thousands:
            written = pc.replace_substring(written, self._thousands, "")
        if self._decimal == ",":
            written = pc.replace_substring(written, ",", ".")
        return pc.if_else(numbers, written, column)

    def _numeric(self, rows: Sequence[Sequence[str]]) -> frozenset[int]:
        written = re.compile(self._pattern)
        columns = set()
        for index in range(max(map(len, rows), default=0)):
            cells = [row[index] for row in rows if index < len(row) and row[index].lower() not in _MISSING]
            foreign = sum(written.match(cell) is not None for cell in cells)
            if foreign and all(written.match(cell) or _PLAIN.fullmatch(cell) for cell in cells):
                columns.add(index)
        return frozenset(columns)
