"""The event log in the database: what is added to it, what a reorganisation takes away, what comes late.

Whatever is in `events`, `aside` and the derived tables is a function of the chain's logs alone: the same logs
give the same rows, in whatever pieces they came, and whatever was taken back between.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, tuple_
from sqlalchemy.exc import SQLAlchemyError

from biodesci.core.errors import BioDeSciError, UnavailableError
from biodesci.core.onchain import DEEPEST_REORG
from biodesci.index import derive, gaps, touched, undo
from biodesci.index.accounts import accounts
from biodesci.index.changes.draft import Draft, NotMadeError
from biodesci.index.changes.event import At
from biodesci.index.columns import to_json
from biodesci.index.tables import DERIVED, aside, blocks, events, wanted
from biodesci.index.tables import tokens as tokens_table
from biodesci.store.rows import insert_tuples

_log = logging.getLogger(__name__)
_AT_ONCE: Final = 2_000  # events whose rows are in memory at a time
_KNOWN: Final = 4_096  # blocks below the head of which those are known where the reader stood
KEPT: Final = DEEPEST_REORG  # blocks below the head that are taken back without replaying the log


@dataclass(frozen=True, slots=True)
class Block:
    """A block that the index has read; `time` in Unix seconds."""

    number: int
    hash: str
    time: int


class Event(NamedTuple):
    """One log of one of the eight contracts, with its arguments as JSON-ready values.

    `args` is None where it could not be decoded: `why` says the reason. A log of a topic that the contract
    does not have has no name.
    """

    block: Block
    log_index: int
    tx_hash: str
    contract: str
    name: str
    args: dict[str, Any] | None
    why: str = ""

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands in the chain."""
        return self.block.number, self.log_index


_CURSOR: Final = select(blocks).order_by(blocks.c.number.desc()).limit(1)


def cursor(connection: Connection) -> Block | None:
    """The last block that was read."""
    row = connection.execute(_CURSOR).first()
    return None if row is None else Block(*row)


def add(
    connection: Connection, incoming: Sequence[Event], head: Block, after: Block | None, latest: int
) -> int:
    """Applies events and moves the cursor to `head`. Returns how many were new.

    `after` is the block that they follow, `latest` the last that the chain has. Raises UnavailableError where
    the index stands elsewhere by now.
    """
    reached = cursor(connection)
    if after is not None and reached != after:
        raise UnavailableError(
            "Another indexer has moved this index on.", "Run one indexer for one index; this one stands by."
        )
    by_place = {event.place: event for event in incoming}
    ordered = [by_place[place] for place in sorted(by_place)]
    late = [event for event in ordered if reached is not None and event.block.number <= reached.number]
    number = _add_late(connection, late) if late else 0
    ahead = ordered[len(late) :]
    if reached is None or head.number > reached.number:
        lowest = -1 if reached is None else reached.number
        certain = undo.forget_below(connection, max(head.number, latest) - KEPT, lowest)
        draft = Draft(connection, certain=certain)
        for some in _chunks(ahead):
            _apply(draft, some)
        _stand_at(connection, head)
    return number + len(ahead)


def _add_late(connection: Connection, late: Sequence[Event]) -> int:
    """Events of blocks that were read before: what stands after them is applied once more."""
    known: dict[tuple[int, int], str] = {}
    first, last = late[0].block.number, late[-1].block.number
    for table in (events, aside):
        query = select(table.c.block_number, table.c.log_index, table.c.block_hash)
        for row in connection.execute(query.where(table.c.block_number.between(first, last))):
            known[row.block_number, row.log_index] = row.block_hash
    if any(known.get(event.place, event.block.hash) != event.block.hash for event in late):
        raise UnavailableError("Blocks changed while they were read again.", "Try again.")
    new = [event for event in late if event.place not in known]
    if new:
        below = new[0].block.number - 1
        _restore(connection, below)
        draft = Draft(connection, certain=undo.floor(connection))
        for some in _after(connection, below, new):
            _apply(draft, some)
    return len(new)


def take_back(connection: Connection, to_block: int) -> int:
    """Forgets everything above `to_block`. Returns how many events went."""
    _restore(connection, to_block)
    gone = 0
    for table in (events, aside):
        gone += connection.execute(delete(table).where(table.c.block_number > to_block)).rowcount
    connection.execute(delete(blocks).where(blocks.c.number > to_block))
    below = known_below(connection, to_block + 1, 1)
    if below and cursor(connection) != below[0]:
        _stand_at(connection, below[0])
    gaps.forget_above(connection, to_block)
    return gone


def _restore(connection: Connection, to_block: int) -> None:
    """Puts the derived tables back to where they were after `to_block`."""
    if to_block >= undo.floor(connection):
        undo.restore(connection, to_block)
        return
    undo.forget(connection, to_block)
    for table in (*DERIVED, wanted, tokens_table):
        connection.execute(delete(table))
    draft = Draft(connection, from_nothing=True)
    place, log = (-1, -1), select(events).where(events.c.block_number <= to_block)
    while some := _next(connection, log, events, place):
        touched.load(draft, some)
        for event in some:
            assert event.args is not None
            with draft.event(event.block.number):
                derive.derive(draft, _at(event), event.contract, event.name, event.args)
        draft.write()
        place = some[-1].place


def _chunks(ordered: Sequence[Event]) -> Iterator[Sequence[Event]]:
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def _after(connection: Connection, block: int, new: Sequence[Event]) -> Iterator[list[Event]]:
    """All logs above `block`, those in the database and `new` ones, in order; taken out of the database."""
    coming, place = list(new), (block + 1, -1)
    while True:
        stored = [*_next(connection, select(events), events, place)]
        stored += _next(connection, select(aside), aside, place)
        stored = sorted(stored, key=lambda event: event.place)[:_AT_ONCE]
        if not stored:
            yield coming
            return
        before, place = place, stored[-1].place
        for table in (events, aside):
            standing = tuple_(table.c.block_number, table.c.log_index)
            connection.execute(delete(table).where(standing > tuple_(*before), standing <= tuple_(*place)))
        between = [event for event in coming if event.place <= place]
        coming = coming[len(between) :]
        yield sorted((*stored, *between), key=lambda event: event.place)


def _next(connection: Connection, query: Any, table: Any, place: tuple[int, int]) -> list[Event]:
    """The first of `table` that stand after `place`."""
    standing = tuple_(table.c.block_number, table.c.log_index)
    query = query.where(standing > tuple_(bindparam("block"), bindparam("index")))
    query = query.order_by(table.c.block_number, table.c.log_index).limit(_AT_ONCE)
    rows = connection.execute(query, {"block": place[0], "index": place[1]})
    return [
        Event(
            Block(row.block_number, row.block_hash, row.time),
            row.log_index,
            row.tx_hash,
            row.contract,
            row.name,
            None if row.args is None else json.loads(row.args),
            getattr(row, "why", ""),
        )
        for row in rows
    ]


def _at(event: Event) -> At:
    return At(event.block.number, event.block.time, event.tx_hash, event.log_index)


def _apply(draft: Draft, some: Sequence[Event]) -> None:
    """Events in order, none of which is in the database. One that cannot be applied is set aside."""
    connection = draft.connection
    touched.load(draft, some)
    applied, put_aside = [], []
    for event in some:
        if event.args is None:
            put_aside.append(_aside_row(event, event.why))
            continue
        try:
            with draft.event(event.block.number):
                derive.derive(draft, _at(event), event.contract, event.name, event.args)
                applied.append(_event_row(event, draft))
        except (SQLAlchemyError, UnavailableError, MemoryError, OSError):
            raise  # of the database or the machine, not of the event
        except Exception as exc:  # noqa: BLE001 - one event that nobody thought of must not stop the index
            put_aside.append(_aside_row(event, _why(exc)))
            _log.warning("block %d: %s set aside: %s", event.block.number, event.name, _why(exc))
            if isinstance(exc, NotMadeError):
                gaps.suspect(connection, event.block.number, f"{event.name}: {exc.message}")
    draft.write()
    insert_tuples(connection, events, applied)
    insert_tuples(connection, aside, put_aside)
    undo.keep(connection, draft.images)
    draft.images.clear()


def _why(exc: Exception) -> str:
    return exc.message if isinstance(exc, BioDeSciError) else f"{type(exc).__name__}: {exc}"


def _log_row(event: Event) -> tuple[Any, ...]:
    """What `events` and `aside` begin with."""
    block, log_index, tx_hash, contract, name, _, _ = event
    return block.number, log_index, block.hash, block.time, tx_hash, contract, name


def _event_row(event: Event, draft: Draft) -> tuple[Any, ...]:
    """In the order of the columns of `events`."""
    args = event.args
    assert args is not None
    involved = accounts(draft, event.contract, event.name, args)
    return (
        *_log_row(event),
        *derive.subject(event.contract, event.name, args),
        to_json(args),
        to_json([one.stored() for one in involved]),
    )


def _aside_row(event: Event, why: str) -> tuple[Any, ...]:
    """In the order of the columns of `aside`."""
    return (*_log_row(event), None if event.args is None else to_json(event.args), why)


def _stand_at(connection: Connection, head: Block) -> None:
    connection.execute(insert(blocks), {"number": head.number, "hash": head.hash, "time": head.time})
    connection.execute(delete(blocks).where(blocks.c.number < head.number - _KNOWN))


_BLOCK_BELOW: Final = (
    select(blocks).where(blocks.c.number < bindparam("below")).order_by(blocks.c.number.desc()).limit(1)
)
_EVENT_BELOW: Final = (
    select(events.c.block_number, events.c.block_hash, events.c.time)
    .where(events.c.block_number < bindparam("below"))
    .order_by(events.c.block_number.desc())
    .limit(1)
)


def known_below(connection: Connection, number: int, most: int) -> list[Block]:
    """Blocks below `number` whose hashes are known, newest first, `most` at most."""
    found: list[Block] = []
    while len(found) < most:
        rows = [
            connection.execute(query, {"below": number}).first() for query in (_BLOCK_BELOW, _EVENT_BELOW)
        ]
        candidates = [Block(*row) for row in rows if row is not None]
        if not candidates:
            break
        found.append(max(candidates, key=lambda block: block.number))
        number = found[-1].number
    return found
