"""The names and types of all columns of a table as a file of its own, for one with more than a card has."""

from __future__ import annotations

import io
from typing import Final

import pyarrow as pa

from biodesci.core.documents.dataset_card import LONGEST_NAME

_TYPES: Final = (
    *(pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal),
    *(pa.types.is_date, pa.types.is_time, pa.types.is_timestamp),
)


def schema_file(schema: pa.Schema) -> bytes:
    """A Parquet file with these columns and no row, for everybody to read.

    The names have been checked as those of a card are, and one that is too long for a card is left out. The
    source's own labels and metadata are, too.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 - 60 ms, for wide tables alone

    fields = [pa.field(one.name, _plain(one.type)) for one in schema if len(one.name) <= LONGEST_NAME]
    sink = io.BytesIO()
    # Without a row group, which would describe each column again, and without Arrow's copy of the schema.
    pq.ParquetWriter(sink, pa.schema(fields), store_schema=False).close()
    return sink.getvalue()


def _plain(type_: pa.DataType) -> pa.DataType:
    """The type of a number, a truth or a time; of a dictionary that of its values, which would be data; and a
    text for any other."""
    if pa.types.is_dictionary(type_):
        return _plain(type_.value_type)
    return type_ if any(is_one(type_) for is_one in _TYPES) else pa.string()
