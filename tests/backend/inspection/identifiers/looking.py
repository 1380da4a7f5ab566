"""Columns of tests as the check sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.identifiers import TableCheck


def findings(columns: Mapping[str, Sequence[object]], declared: Declared | None = None) -> list[Finding]:
    """What is found in a table that comes in one batch."""
    batch = pa.RecordBatch.from_pydict({name: list(values) for name, values in columns.items()})
    check = TableCheck(batch.schema, declared or Declared())
    check.feed(batch)
    return check.finish()


def levels(name: str, values: Sequence[object], declared: Declared | None = None) -> dict[str, Level]:
    """kind -> level of what is found in one column."""
    return {finding.kind: finding.level for finding in findings({name: values}, declared)}
