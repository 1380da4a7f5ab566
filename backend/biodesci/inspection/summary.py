"""What a card may tell of a table's columns, fed batch by batch."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from biodesci.core import croissant
from biodesci.core.documents.dataset_card import Column
from biodesci.inspection.content import Declared

_MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}


@dataclass(frozen=True)
class TableSummary:
    """What may be told of a table: its columns, and its number of rows (the caller suppresses small ones)."""

    name: str
    records: int
    columns: tuple[Column, ...]


class Summary:
    """Sums up a table whose batches are fed one after the other."""

    def __init__(self, name: str, schema: pa.Schema, declared: Declared) -> None:
        self._name, self._declared, self._records = name, declared, 0
        self._columns: dict[str, list[str | None]] = {column: [] for column in schema.names}

    def feed(self, batch: pa.RecordBatch) -> None:
        """Takes more rows in."""
        self._records += batch.num_rows
        for name in batch.schema.names:
            texts = batch.column(name).cast(pa.string()).to_pylist()
            self._columns[name] += [
                None if text is None or text.strip().lower() in _MISSING else text.strip() for text in texts
            ]

    def finish(self) -> TableSummary:
        """What may be told of all rows."""
        columns = tuple(_summary(name, values) for name, values in self._columns.items())
        return TableSummary(self._name, self._records, columns)


def _summary(name: str, values: list[str | None]) -> Column:
    present = [value for value in values if value is not None]
    if present and {value.lower() for value in present} <= {"true", "false"}:
        return croissant.summarize(name, values, "boolean")
    try:
        numbers = [None if value is None else float(value) for value in values]
    except ValueError:
        return croissant.summarize(name, values, "text")
    whole = bool(present) and all(n is None or n.is_integer() for n in numbers)
    return croissant.summarize(name, numbers, "integer" if whole else "number")
