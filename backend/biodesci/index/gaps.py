"""Blocks whose logs are to be read again, as an event rests on a log that is not there.

They are read again once, and then at most once an hour, whatever else is set aside meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Table, delete, insert, select, update

from biodesci.core.pauses import doubled
from biodesci.index.columns import key_number, number, words
from biodesci.index.tables import meta, metadata
from biodesci.store.engine import TYPED

# Blocks whose logs are to be read (again), as something says that they were not all read.
gaps: Final = Table(
    "gaps",
    metadata,
    key_number("first"), number("last"), words("why"), number("attempts"), number("retry_at"),
    **TYPED,
)  # fmt: skip

_READ_AGAIN: Final = "read again at"
_FIRST_PAUSE_S: Final = 5
_PAUSE_S: Final = 3_600


@dataclass(frozen=True)
class Gap:
    """`retry_at` in Unix seconds."""

    first: int
    last: int
    why: str
    attempts: int
    retry_at: int


def suspect(connection: Connection, block: int, why: str) -> None:
    """A log before `block`, or in it, is missing."""
    if connection.execute(select(gaps.c.first)).first() is not None:
        connection.execute(update(gaps).where(gaps.c.last < block), {"last": block})
        return
    before = connection.scalar(select(meta.c.value).where(meta.c.key == _READ_AGAIN))
    row = {"first": 0, "last": block, "why": why, "attempts": 0}
    connection.execute(insert(gaps), {**row, "retry_at": int(before or 0)})


def forget_above(connection: Connection, block: int) -> None:
    """Blocks above went with a reorganisation."""
    connection.execute(delete(gaps).where(gaps.c.first > block))
    connection.execute(update(gaps).where(gaps.c.last > block), {"last": block})


def read_until(connection: Connection, block: int, now: int) -> None:
    """The logs up to `block` were read again, at `now`; what is behind is still to be read."""
    connection.execute(delete(gaps).where(gaps.c.last <= block))
    connection.execute(update(gaps), {"first": block + 1})
    connection.execute(delete(meta).where(meta.c.key == _READ_AGAIN))
    connection.execute(insert(meta), {"key": _READ_AGAIN, "value": str(now + _PAUSE_S)})


def failed(connection: Connection, why: str, now: int) -> None:
    """They could not be read; the pause doubles up to an hour."""
    for row in connection.execute(select(gaps)).all():
        pause = int(doubled(row.attempts + 1, _FIRST_PAUSE_S, _PAUSE_S))
        connection.execute(
            update(gaps).where(gaps.c.first == row.first),
            {"why": why, "attempts": row.attempts + 1, "retry_at": now + pause},
        )


def of(connection: Connection) -> list[Gap]:
    """Those there are."""
    return [Gap(*row) for row in connection.execute(select(gaps).order_by(gaps.c.first))]
