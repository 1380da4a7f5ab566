"""Marks of what the index holds, for those who remember what they made of it.

A block without an event of ours changes neither. They are random: a number would come again in an index that
is made anew.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, ScalarSelect, delete, insert, select

from biodesci.index.tables import blocks, meta

_ALL: Final = "content"
_BESIDE: Final = "content beside"


@dataclass(frozen=True, slots=True)
class Standing:
    """The last block that was read (0 before the first), its time in Unix seconds, and the marks of then.

    `content` changes with whatever an answer may be made of; `beside` with all of that but new logs on top
    of those there were. Empty: not known.
    """

    block: int
    hash: str
    time: int
    content: str
    beside: str


def grew(connection: Connection) -> None:
    """Logs were added on top of those there were."""
    _mark(connection, _ALL)


def changed(connection: Connection) -> None:
    """Anything may be another than before."""
    _mark(connection, _ALL, _BESIDE)


def _mark(connection: Connection, *keys: str) -> None:
    connection.execute(delete(meta).where(meta.c.key.in_(keys)))
    connection.execute(insert(meta), [{"key": key, "value": secrets.token_hex(8)} for key in keys])


def _marked(key: str) -> ScalarSelect[str]:
    return select(meta.c.value).where(meta.c.key == key).scalar_subquery()


STANDING: Final = (
    select(
        blocks.c.number,
        blocks.c.hash,
        blocks.c.time,
        _marked(_ALL).label("content"),
        _marked(_BESIDE).label("beside"),
    )
    .order_by(blocks.c.number.desc())
    .limit(1)
)


def standing(row: Mapping[str, Any] | None) -> Standing:
    """From the row of `STANDING`."""
    if row is None:
        return Standing(0, "0x", 0, "", "")
    number, hash_, time, content, beside = row.values()
    return Standing(number, hash_, time, content or "", beside or "")
