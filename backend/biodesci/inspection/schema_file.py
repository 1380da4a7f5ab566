"""The names and types of all columns of a table as a file of its own, for one with more than a card tells."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Final

import pyarrow as pa

MEDIA_TYPE: Final = "application/vnd.apache.parquet"


def schema_file(schema: pa.Schema, labels: Mapping[str, str] | None = None) -> bytes:
    """A Parquet file with these columns and no row. `labels` become the fields' metadata `label`.

    Metadata that the source's own fields or file carry is left out: nobody looked into it. The names and
    labels have to be checked before, as everybody may read them.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 - 60 ms, for wide tables alone

    told = labels or {}
    fields = [
        pa.field(
            field.name,
            _plain(field.type),
            metadata={"label": told[field.name]} if field.name in told else None,
        )
        for field in schema
    ]
    sink = io.BytesIO()
    pq.ParquetWriter(
        sink, pa.schema(fields)
    ).close()  # without a row group, which would describe each column again
    return sink.getvalue()


def _plain(type_: pa.DataType) -> pa.DataType:
    """The type without dictionaries, whose values would be data, and of nested ones without inner names."""
    if pa.types.is_dictionary(type_):
        return type_.value_type
    return pa.string() if pa.types.is_nested(type_) else type_
