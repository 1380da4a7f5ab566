"""Rows as they were before each of the last blocks changed them, so that a reorganisation replays no log."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Table, bindparam, delete, insert, select

from biodesci.index.changes.draft import Image, Values
from biodesci.index.columns import key, key_number, to_json, words
from biodesci.index.tables import DERIVED, meta, metadata, tokens, wanted
from biodesci.store.engine import KEYED
from biodesci.store.rows import Key, insert_rows

# Rows of the derived tables as they were before a block changed them, for the blocks that may yet go.
undo: Final = Table(
    "undo",
    metadata,
    key_number("block"), key("table"), key("key"),  # the primary key, as JSON
    words("row", optional=True),  # JSON; NULL where there was none
    **KEYED,
)  # fmt: skip

_FLOOR: Final = "undo above"
_TABLES: Final = {table.name: table for table in (*DERIVED, wanted, tokens)}


def floor(connection: Connection) -> int:
    """The lowest block that the derived tables can be put back to by images."""
    value = connection.scalar(select(meta.c.value).where(meta.c.key == _FLOOR))
    return -1 if value is None else int(value)


def forget_below(connection: Connection, block: int, reached: int) -> int:
    """Images of `block` and those before go; none is kept of them. Returns the floor.

    Where the index has only `reached` a lower block yet, the floor comes down to that one first: a node that
    once named blocks that there never were would else take away images for ever.
    """
    before = floor(connection)
    above = max(min(before, reached), block)
    if above != before:
        connection.execute(delete(undo).where(undo.c.block <= above))
        _set_floor(connection, above)
    return above


def forget(connection: Connection, block: int) -> None:
    """All of them: from `block` on others are kept."""
    connection.execute(delete(undo))
    _set_floor(connection, block)


def _set_floor(connection: Connection, block: int) -> None:
    connection.execute(delete(meta).where(meta.c.key == _FLOOR))
    connection.execute(insert(meta), {"key": _FLOOR, "value": str(block)})


def keep(connection: Connection, images: Sequence[Image]) -> None:
    """Adds images of blocks above the floor."""
    rows = [
        {
            "block": image.block,
            "table": image.table.name,
            "key": to_json(image.key),
            "row": None if image.row is None else to_json(image.row),
        }
        for image in images
    ]
    insert_rows(connection, undo, rows)


def restore(connection: Connection, to_block: int) -> None:
    """Puts back every row that blocks above `to_block` changed, as it was before the first of them."""
    oldest: dict[Table, dict[Key, Values | None]] = defaultdict(dict)
    query = select(undo).where(undo.c.block > to_block).order_by(undo.c.block.desc())
    for row in connection.execute(query):
        oldest[_TABLES[row.table]][tuple(json.loads(row.key))] = (
            None if row.row is None else json.loads(row.row)
        )
    for table, rows in oldest.items():
        columns = table.primary_key.columns
        one = delete(table).where(*(column == bindparam(f"key_{column.name}") for column in columns))
        keys = [
            {f"key_{column.name}": part for column, part in zip(columns, key, strict=True)} for key in rows
        ]
        connection.execute(one, keys)
        if standing := [row for row in rows.values() if row is not None]:
            insert_rows(connection, table, standing)
    connection.execute(delete(undo).where(undo.c.block > to_block))
