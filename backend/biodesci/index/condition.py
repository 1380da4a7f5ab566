"""How the index is: where it stands, what is missing, what was set aside, and what went wrong last."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from biodesci.index import gaps, log
from biodesci.index.gaps import Gap
from biodesci.index.tables import aside, events, meta, wanted

_TROUBLE: Final = "last trouble"
# Blocks that the index may differ by from the last that counts before it is said: an idle indexer looks every
# 10 s, and some chains make four blocks a second.
BEHIND: Final = 50
_NAMED: Final = 100  # events aside, at most


@dataclass(frozen=True)
class Trouble:
    """The last error of the reader. Times are Unix seconds; `over_at` is None while it lasts.

    `short_from`: from this block on the node's logs could not be checked to be all there are.
    """

    at: int
    message: str
    short_from: int | None = None
    over_at: int | None = None


@dataclass(frozen=True)
class Aside:
    """A log that could not be applied."""

    block: int
    log_index: int
    contract: str
    name: str
    why: str


@dataclass(frozen=True)
class Condition:
    """`block` is the last one read, None before the first; `ignored` counts logs of topics nobody knows."""

    block: int | None
    time: int | None
    events: int
    gaps: tuple[Gap, ...]
    aside: tuple[Aside, ...]
    aside_count: int
    ignored: int
    unreadable: int
    trouble: Trouble | None


def of(connection: Connection) -> Condition:
    """As it is at this moment."""
    cursor, trouble = log.cursor(connection), last_trouble(connection)
    known = aside.c.name != ""
    named = select(aside.c.block_number, aside.c.log_index, aside.c.contract, aside.c.name, aside.c.why)
    ordered = named.where(known).order_by(aside.c.block_number, aside.c.log_index).limit(_NAMED)
    missing = gaps.of(connection)
    if trouble is not None and trouble.short_from is not None and trouble.over_at is None:
        missing.append(Gap(trouble.short_from, trouble.short_from, trouble.message, 0, 0))

    def count(*where: object) -> int:
        return int(connection.scalar(select(func.count()).where(*where)) or 0)  # type: ignore[arg-type]

    return Condition(
        block=None if cursor is None else cursor.number,
        time=None if cursor is None else cursor.time,
        events=int(connection.scalar(select(func.count()).select_from(events)) or 0),
        gaps=tuple(missing),
        aside=tuple(Aside(*row) for row in connection.execute(ordered)),
        aside_count=count(known),
        ignored=count(aside.c.name == ""),
        unreadable=count(wanted.c.reason.is_not(None)),
        trouble=trouble,
    )


def last_trouble(connection: Connection) -> Trouble | None:
    """What went wrong last, if anything ever did."""
    value = connection.scalar(select(meta.c.value).where(meta.c.key == _TROUBLE))
    return None if value is None else Trouble(**json.loads(value))


def note(connection: Connection, trouble: Trouble) -> None:
    """In place of the one before."""
    connection.execute(delete(meta).where(meta.c.key == _TROUBLE))
    connection.execute(insert(meta), {"key": _TROUBLE, "value": json.dumps(asdict(trouble))})
