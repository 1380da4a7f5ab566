"""Marks of what the index holds, for those who remember what they made of it.

A block without an event of ours changes neither. They are random: a number would come again in an index that
is made anew.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select

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


_STANDING: Final = (
    select(
        blocks.c.number,
        blocks.c.hash,
        blocks.c.time,
        *(select(meta.c.value).where(meta.c.key == key).scalar_subquery() for key in (_ALL, _BESIDE)),
    )
    .order_by(blocks.c.number.desc())
    .limit(1)
)


def standing(connection: Connection) -> Standing:
    """Of this moment."""
    row = connection.execute(_STANDING).first()
    if row is None:
        return Standing(0, "0x", 0, "", "")
    number, hash_, time, content, beside = row
    return Standing(number, hash_, time, content or "", beside or "")
