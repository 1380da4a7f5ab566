"""The index's database: opening, transactions, blocks, event log, rollback, documents.

Idempotent by (chain id, block hash, log index); events, derived rows and cursor change in one transaction.
On a reorg the events above the fork go and the derived tables are replayed from the rest of the log.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    RowMapping,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError

from biodesci.core.errors import ConfigurationError, UnavailableError
from biodesci.index import derive, schema, search, tables, wanted
from biodesci.index.accounts import Account, accounts
from biodesci.index.changes.draft import Draft
from biodesci.index.changes.event import At
from biodesci.index.summary import summarise
from biodesci.index.tables import DERIVED, blocks, documents, events, meta, summaries, unreadable
from biodesci.store import engine
from biodesci.store.engine import INDEX, Location
from biodesci.store.notify import notify

_PAST_ALL: Final = 2**63 - 1
_SUMMARISED: Final = {"card", "model"}
_REPLAYED: Final = 20_000  # events whose rows are in memory at a time
_LONGEST_PAUSE_S: Final = 3_600


@dataclass(frozen=True)
class Block:
    """A block that the index has read; `time` in Unix seconds."""

    number: int
    hash: str
    time: int


@dataclass(frozen=True)
class Event:
    """One log of one of the seven contracts, with its arguments as JSON-ready values."""

    block: Block
    log_index: int
    tx_hash: str
    contract: str
    name: str
    args: dict[str, Any]


@dataclass(frozen=True)
class Unreadable:
    """A document that could not be read; `retry_at` is the time of the next attempt."""

    digest: str
    kind: str
    reason: str
    attempts: int
    retry_at: int


class Store:
    """Writing: one connection, for several threads in turn. Reading: one for each that reads at the moment.

    Only a store that writes makes the tables, or makes them anew; one that is `read_only` says
    UnavailableError until they are there.
    """

    def __init__(self, location: Location, *, read_only: bool = False) -> None:
        engine.check(location)
        self.location = location
        self._lock = threading.RLock()
        self._of_thread = threading.local()
        self._is_closed = False
        self._reading = engine.for_reading(location, INDEX)
        self._writing = self._reading if read_only else engine.for_writing(location, INDEX)
        if not read_only:
            self._prepare()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Connections that are in use are closed when they are given back."""
        self._is_closed = True
        self._reading.dispose()
        self._writing.dispose()

    def _prepare(self) -> None:
        try:
            engine.prepare(self.location)
            with self._writing.connect() as connection:
                schema.prepare(connection)
                connection.commit()
        except (DBAPIError, OSError) as exc:
            self.close()
            raise ConfigurationError(
                f"The index at {engine.shown(self.location)} cannot be opened: {engine.reason(exc)}.",
                "Check that it is there, and free space; it may be deleted, and is rebuilt from the chain.",
            ) from exc
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All that is written inside comes to be at its end, or none of it.

        Raises UnavailableError where the database cannot be written, and IntegrityError of SQLAlchemy for
        rows that contradict those there are.
        """
        try:
            with self._lock, self._opened(self._writing).begin() as connection, self._use(connection):
                yield connection
                notify(connection, INDEX)
        except IntegrityError:
            raise
        except DBAPIError as exc:
            raise UnavailableError(
                f"The index cannot be written: {engine.reason(exc)}.",
                "Check free space and who may write the file; then try again.",
            ) from exc

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """All that this thread reads inside is of one moment, whatever is written meanwhile."""
        try:
            if (current := getattr(self._of_thread, "connection", None)) is not None:
                yield current
                return
            with self._opened(self._reading).connect() as connection, self._use(connection):
                if "is_current" not in connection.info:
                    schema.check(connection)
                    connection.info["is_current"] = True
                yield connection
        except DBAPIError as exc:
            if not engine.exists(self.location):
                raise schema.absent() from exc
            raise UnavailableError(
                f"The index cannot be read: {engine.reason(exc)}.",
                "Try again; if it stays so, start the program anew.",
            ) from exc

    def _opened(self, one: Engine) -> Engine:
        if self._is_closed:
            raise RuntimeError("The index is closed.")
        return one

    @contextmanager
    def _use(self, connection: Connection) -> Iterator[None]:
        """What this thread reads meanwhile, it reads through `connection`."""
        before = getattr(self._of_thread, "connection", None)
        self._of_thread.connection = connection
        try:
            yield
        finally:
            self._of_thread.connection = before

    def rows(self, query: Executable, parameters: dict[str, Any] | None = None) -> Sequence[RowMapping]:
        """The rows that answer `query`, by column name."""
        with self.snapshot() as connection:
            return connection.execute(query, parameters).mappings().all()

    def row(self, query: Executable, parameters: dict[str, Any] | None = None) -> RowMapping | None:
        """The first of them."""
        with self.snapshot() as connection:
            return connection.execute(query, parameters).mappings().first()

    # Cursor and blocks

    def cursor(self) -> Block | None:
        """The last block that was read."""
        return next(self.blocks_down(), None)

    def blocks_down(self) -> Iterator[Block]:
        """Known blocks, newest first; read one by one, as only a reorg needs more than the first."""
        below = _PAST_ALL
        while row := self.row(_BLOCK_BELOW, {"below": below}):
            yield Block(**row)
            below = row["number"]

    def identity(self) -> str | None:
        """Of the chain and the contracts whose events these are."""
        row = self.row(select(meta.c.value).where(meta.c.key == "identity"))
        return None if row is None else str(row["value"])

    def begin(self, identity: str) -> None:
        """Empties the index and binds it to one chain and set of contracts."""
        with self.transaction() as connection:
            _empty(connection, *DERIVED, events, blocks, meta)
            connection.execute(insert(meta), {"key": "identity", "value": identity})

    def clear(self) -> None:
        """Empties the index, and forgets what was read from IPFS."""
        with self.transaction() as connection:
            _empty(connection, *tables.metadata.sorted_tables)
            search.clear(connection)

    # Events

    def apply(self, chain_id: int, incoming: Sequence[Event], head: Block) -> int:
        """Adds events (in block order) and moves the cursor to `head`. Returns how many were new."""
        with self.transaction() as connection:
            _add_blocks(connection, [*(event.block for event in incoming), head])
            new = _new_events(connection, chain_id, incoming)
            draft = Draft(connection)
            rows = []
            for event in new:
                at = At(event.block.number, event.block.time, event.tx_hash, event.log_index)
                derive.derive(draft, at, event.contract, event.name, event.args)
                rows.append(
                    _event_row(chain_id, event, accounts(draft, event.contract, event.name, event.args))
                )
            draft.write()
            if rows:
                connection.execute(insert(events), rows)
        return len(new)

    def roll_back(self, to_block: int) -> int:
        """Forgets everything above `to_block` and replays the rest. Returns how many events went."""
        with self.transaction() as connection:
            gone = connection.execute(delete(events).where(events.c.block_number > to_block)).rowcount
            connection.execute(delete(blocks).where(blocks.c.number > to_block))
            _empty(connection, *DERIVED)
            draft = Draft(connection, from_nothing=True)
            log = select(events).order_by(events.c.block_number, events.c.log_index)
            for some in connection.execute(log).partitions(_REPLAYED):
                for event in some:
                    at = At(event.block_number, event.time, event.tx_hash, event.log_index)
                    derive.derive(draft, at, event.contract, event.name, json.loads(event.args))
                draft.write()
        return gone

    # Documents

    def wanted_documents(self, now: int) -> list[tuple[str, str]]:
        """(digest, kind) of documents that are named on chain, not read yet, and due for an attempt."""
        return [(row["digest"], row["kind"]) for row in self.rows(wanted.WANTED, {"now": now})]

    def put_document(self, digest: str, kind: str, body: dict[str, Any]) -> None:
        """Adds a document that was read, or replaces it, with its summary."""
        key = {"digest": digest, "kind": kind}
        with self.transaction() as connection:
            for forget in wanted.FORGET:
                connection.execute(forget, key)
            connection.execute(insert(documents), {**key, "body": json.dumps(body)})
            if kind in _SUMMARISED:
                summary = summarise(body)
                connection.execute(insert(summaries), {**key, **summary.row()})
                if kind == "card":
                    search.put(connection, digest, summary.searched)

    def put_unreadable(self, digest: str, kind: str, reason: str, now: int) -> None:
        """Notes a failure; the pause until the next attempt doubles up to an hour."""
        key = {"digest": digest, "kind": kind}
        with self.transaction() as connection:
            known = connection.execute(select(unreadable).filter_by(**key)).first()
            attempts = known.attempts if known else 0
            pause = min(_LONGEST_PAUSE_S, 2 << min(attempts, 11))
            noted = {"reason": reason, "attempts": attempts + 1, "retry_at": now + pause}
            if known:
                connection.execute(update(unreadable).filter_by(**key), noted)
            else:
                connection.execute(insert(unreadable), {**key, **noted})

    def unreadable(self) -> list[Unreadable]:
        """What could not be read, and why."""
        rows = self.rows(select(unreadable).order_by(unreadable.c.kind, unreadable.c.digest))
        return [Unreadable(**row) for row in rows]


_BLOCK_BELOW: Final = (
    select(blocks).where(blocks.c.number < bindparam("below")).order_by(blocks.c.number.desc()).limit(1)
)


def _empty(connection: Connection, *emptied: Table) -> None:
    for table in emptied:
        connection.execute(delete(table))


def _add_blocks(connection: Connection, incoming: Sequence[Block]) -> None:
    """Those that are not known yet."""
    by_number = {block.number: block for block in reversed(incoming)}
    between = blocks.c.number.between(min(by_number), max(by_number))
    known = set(connection.scalars(select(blocks.c.number).where(between)))
    if new := [asdict(block) for number, block in by_number.items() if number not in known]:
        connection.execute(insert(blocks), new)


def _new_events(connection: Connection, chain_id: int, incoming: Sequence[Event]) -> list[Event]:
    """Those that are not known yet, each once."""
    if not incoming:
        return []
    numbers = [event.block.number for event in incoming]
    query = select(events.c.block_hash, events.c.log_index).where(
        events.c.chain_id == chain_id, events.c.block_number.between(min(numbers), max(numbers))
    )
    known = {(row.block_hash, row.log_index) for row in connection.execute(query)}
    new = {(event.block.hash, event.log_index): event for event in reversed(incoming)}
    return [event for key, event in reversed(new.items()) if key not in known]


def _event_row(chain_id: int, event: Event, involved: Sequence[Account]) -> dict[str, Any]:
    subject = derive.subject(event.contract, event.name, event.args)
    return {
        "chain_id": chain_id,
        "block_hash": event.block.hash,
        "log_index": event.log_index,
        "block_number": event.block.number,
        "time": event.block.time,
        "tx_hash": event.tx_hash,
        "contract": event.contract,
        "name": event.name,
        "kind": subject.kind,
        "subject": subject.key,
        "args": json.dumps(event.args),
        "accounts": json.dumps(involved),
    }
