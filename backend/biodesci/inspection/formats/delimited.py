"""CSV and TSV: a header line, then rows with as many fields."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Table
from biodesci.inspection.source import Source

_FIELD_LIMIT: Final = 1 << 20
_BATCH: Final = 50_000


class Delimited:
    """Tables of text with a separator."""

    name = "delimited table"
    media_type = "text/csv"

    def recognises(self, source: Source) -> bool:
        """A text whose first line has a separator."""
        if b"\0" in source.head:
            return False
        first = source.head.split(b"\n", 1)[0]
        return b"," in first or b"\t" in first

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """One table of strings."""
        csv.field_size_limit(_FIELD_LIMIT)
        separator = "\t" if b"\t" in source.head.split(b"\n", 1)[0] else ","
        with source.open() as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
            rows = csv.reader(text, delimiter=separator, strict=True)
            header = next(rows, [])
            if not header or len(set(header)) != len(header):
                raise InputError(
                    "The first line is no header of different column names.",
                    "Give each column a name of its own.",
                )
            schema = pa.schema([(name, pa.string()) for name in header])
            yield Table("", schema, _batches(rows, schema))


def _batches(rows: Iterator[list[str]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    kept: list[list[str]] = []

    def batch() -> pa.RecordBatch:
        columns = [[row[i] for row in kept] for i in range(len(schema))]
        return pa.RecordBatch.from_arrays([pa.array(c, pa.string()) for c in columns], schema=schema)

    for number, row in enumerate(rows, start=2):
        if not row:
            continue
        if len(row) != len(schema):
            raise InputError(
                f"Line {number} has {len(row)} fields, not {len(schema)}.", "Mend the line, then repeat."
            )
        kept.append(row)
        if len(kept) == _BATCH:
            yield batch()
            kept = []
    if kept:
        yield batch()
