"""The identifier check of one table, fed batch by batch, and of single texts."""

from __future__ import annotations

import pyarrow as pa

from biodesci.core import identifiers
from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Finding, Level


class TableCheck:
    """Looks at a table whose batches are fed one after the other."""

    def __init__(self, schema: pa.Schema, declared: Declared, place: str = "") -> None:
        self._place = f"{place}: " if place else ""
        self._declared = declared
        self._columns: dict[str, list[object]] = {name: [] for name in schema.names}

    def feed(self, batch: pa.RecordBatch) -> None:
        """Looks at more rows."""
        for name in batch.schema.names:
            self._columns[name] += batch.column(name).to_pylist()

    def finish(self) -> list[Finding]:
        """What was found in all rows."""
        return [
            Finding(f"{self._place}column {old.column!r}", old.kind, Level.STOP, old.reason, old.rows)
            for old in identifiers.check(self._columns)
        ]


def check_text(place: str, text: str) -> list[Finding]:
    """What a single text, such as a tag or a public sentence, may say of a person."""
    return [Finding(place, old.kind, Level.STOP, old.reason) for old in identifiers.check({"text": [text]})]
