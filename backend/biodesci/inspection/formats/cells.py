"""Rows of Python values as batches of strings."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

import pyarrow as pa

_ROWS: Final = 20_000


def text(value: object) -> str | None:
    """A value as a text: whole numbers without a point, days without a time; None for what is missing."""
    if value is None or value == "" or isinstance(value, str):
        return value or None
    match value:
        case bool():
            return str(value).lower()
        case float():
            whole = value.is_integer() and abs(value) < 1e15
            return None if math.isnan(value) else str(int(value)) if whole else repr(value)
        case datetime.datetime():
            midnight = value.time() == datetime.time()
            return value.date().isoformat() if midnight else value.isoformat(" ")
    return str(value)


def batches(rows: Iterable[Sequence[object]], names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Batches of rows that have as many values as there are names; missing ones at a row's end are null."""
    schema = pa.schema([(name, pa.string()) for name in names])
    rows = iter(rows)
    while kept := list(islice(rows, _ROWS)):
        columns = [
            pa.array([text(row[i]) if i < len(row) else None for row in kept], pa.string())
            for i in range(len(names))
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)
