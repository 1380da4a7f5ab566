"""The index's database: opening, transactions, and what is done with it.

Events, the rows derived from them and the cursor change in one transaction (`log.py`); so an event counts
once, whoever reads it how often.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    SelectBase,
    Table,
    delete,
    insert,
    select,
)

from biodesci.core.documents.institution import Asked
from biodesci.core.errors import UnavailableError
from biodesci.index import beside, condition, content, gaps, institutions, log, schema, search, tables, undo
from biodesci.index.beside import Unreadable
from biodesci.index.condition import Condition
from biodesci.index.content import Standing
from biodesci.index.gaps import Gap
from biodesci.index.log import Block, Event
from biodesci.index.tables import DERIVED, LOG, READING, meta, tokens, wanted
from biodesci.store import engine, prepared
from biodesci.store.database import Database
from biodesci.store.engine import INDEX, Location
from biodesci.store.notify import notify

__all__ = ["Block", "Event", "Row", "Store", "Unreadable"]
Row: TypeAlias = Mapping[str, Any]
_IDENTITY: Final = select(meta.c.value).where(meta.c.key == "identity")


class Store(Database):
    """Writing: one connection, for several threads in turn. Reading: one for each that reads at the moment.

    Only a store that writes makes the tables, or makes them anew; one that is `read_only` says
    UnavailableError until they are there.
    """

    part = INDEX
    called = "The index"
    advice = "It may be deleted, and is rebuilt from the chain."
    comfort = "Nothing is lost: the indexer goes on from the block that it had reached."

    def __init__(self, location: Location, *, read_only: bool = False) -> None:
        self._lock = threading.RLock()
        self._of_thread = threading.local()
        self._is_closed = False
        super().__init__(location, read_only=read_only)

    def close(self) -> None:
        """As of `Database`; nothing is read or written any more."""
        self._is_closed = True
        super().close()

    def _make(self, connection: Connection) -> None:
        schema.prepare(connection)

    @contextmanager
    def transaction(self, *, marks: bool = True) -> Iterator[Connection]:
        """All that is written inside comes to be at its end, or none of it. With `marks`, what was made of
        the index before holds no longer (`content.changed`); without, the caller says so.

        Raises UnavailableError where the database cannot be written, and IntegrityError of SQLAlchemy for
        rows that contradict those there are.
        """
        with (
            self._translated("written"),
            self._lock,
            self._opened(self._writing).begin() as connection,
            self._use(connection),
        ):
            yield connection
            if marks:
                content.changed(connection)
            notify(connection, INDEX)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """All that this thread reads inside is of one moment, whatever is written meanwhile."""
        if (current := getattr(self._of_thread, "connection", None)) is not None:
            yield current
            return
        try:
            with (
                self._translated("read"),
                self._opened(self._reading).connect() as connection,
                self._use(connection),
            ):
                if "is_current" not in connection.info:
                    schema.check(connection)
                    connection.info["is_current"] = True
                if not connection.in_transaction():
                    connection.begin()
                yield connection
        except UnavailableError as exc:
            if not engine.exists(self.location):
                raise schema.absent() from exc
            raise

    def _opened(self, one: Engine) -> Engine:
        if self._is_closed:
            raise RuntimeError("The index is closed.")
        return one

    @contextmanager
    def _use(self, connection: Connection) -> Iterator[None]:
        """What this thread reads meanwhile, it reads through `connection`."""
        before = getattr(self._of_thread, "connection", None)
        self._of_thread.connection, self._of_thread.standing = connection, None
        try:
            yield
        finally:
            self._of_thread.connection, self._of_thread.standing = before, None

    def rows(self, query: Executable, parameters: dict[str, Any] | None = None) -> Sequence[Row]:
        """The rows that answer `query`, by column name."""
        with self.snapshot() as connection:
            if connection.dialect.name == "sqlite":
                return prepared.rows(connection, cast(SelectBase, query), parameters or {})
            return [dict(row) for row in connection.execute(query, parameters).mappings()]

    def row(self, query: Executable, parameters: dict[str, Any] | None = None) -> Row | None:
        """The first of them."""
        return next(iter(self.rows(query, parameters)), None)

    # What was read of the chain

    def cursor(self) -> Block | None:
        """The last block that was read."""
        with self.snapshot() as connection:
            return log.cursor(connection)

    def standing(self) -> Standing:
        """Where the index stands. In a snapshot it is read once."""
        with self.snapshot():
            if (known := self._of_thread.standing) is None:
                known = self._of_thread.standing = content.standing(self.row(content.STANDING))
            return cast(Standing, known)

    def known_below(self, number: int, most: int) -> list[Block]:
        """Blocks below `number` that were read, newest first: `most` at most."""
        with self.snapshot() as connection:
            return log.known_below(connection, number, most)

    def identity(self) -> str | None:
        """Of the chain and the contracts whose events these are."""
        row = self.row(_IDENTITY)
        return None if row is None else str(row["value"])

    def begin(self, identity: str) -> None:
        """Empties the index and binds it to one chain and set of contracts."""
        with self.transaction() as connection:
            _empty(connection, *LOG, *DERIVED, *READING, wanted, tokens, gaps.gaps, undo.undo)
            institutions.forget_proofs(connection)
            connection.execute(insert(meta), {"key": "identity", "value": identity})

    def clear(self) -> None:
        """Empties the index, and forgets what was read from IPFS."""
        with self.transaction() as connection:
            _empty(connection, *tables.metadata.sorted_tables)
            search.clear(connection)

    def apply(
        self, incoming: Sequence[Event], head: Block, *, after: Block | None = None, latest: int = 0
    ) -> int:
        """Adds events and moves the cursor to `head`. Returns how many were new.

        Those of blocks that were read before are put in their place, and what stands after them is applied
        once more. `after` is the block that all of them follow: UnavailableError where the index stands
        elsewhere. `latest` is the last block that the chain has: what is far below it is taken back, if ever,
        by applying the log again, so that catching up is quick.
        """
        with self.transaction(marks=False) as connection:
            reached = log.cursor(connection)
            new = log.add(connection, incoming, head, after, latest)
            if new and any(reached is None or event.block.number <= reached.number for event in incoming):
                content.changed(connection)
            elif new:
                content.grew(connection)
            return new

    def roll_back(self, to_block: int) -> int:
        """Forgets everything above `to_block`. Returns how many events went."""
        with self.transaction() as connection:
            return log.take_back(connection, to_block)

    # What is read elsewhere

    def wanted_documents(self, now: int, limit: int = 200) -> list[tuple[str, str]]:
        """(digest, kind) of documents that are named on chain, not read yet, and due for an attempt."""
        return [(row["digest"], row["kind"]) for row in self.rows(beside.DUE, {"now": now, "limit": limit})]

    def put_document(self, digest: str, kind: str, body: dict[str, Any]) -> None:
        """Adds a document that was read, or replaces it, with its summary."""
        with self.transaction() as connection:
            beside.put_document(connection, digest, kind, body)

    def put_unreadable(self, digest: str, kind: str, reason: str, now: int) -> None:
        """Notes a failure; the pause until the next attempt doubles up to an hour."""
        with self.transaction() as connection:
            beside.put_unreadable(connection, digest, kind, reason, now)

    def unreadable(self) -> list[Unreadable]:
        """What could not be read, and why."""
        return [Unreadable(**row) for row in self.rows(beside.UNREADABLE)]

    def wanted_tokens(self, now: int, limit: int = 50) -> list[str]:
        """Addresses of tokens that are to be asked what they say of themselves."""
        return [row["address"] for row in self.rows(beside.DUE_TOKENS, {"now": now, "limit": limit})]

    def put_token(self, address: str, symbol: str | None, decimals: int | None, block: int) -> None:
        """Adds what a token said of itself at `block`."""
        with self.transaction() as connection:
            beside.put_token(connection, address, symbol, decimals, block)

    def put_silent(self, address: str, now: int) -> None:
        """Notes that a token could not be asked; the pause until the next attempt doubles up to an hour."""
        with self.transaction(marks=False) as connection:
            beside.put_silent(connection, address, now)

    def due_institutions(self, now: int) -> list[Asked]:
        """Domains that are to be asked who is behind an account, with how it went the last time."""
        return [institutions.asked(row) for row in self.rows(institutions.DUE, {"now": now})]

    def put_institution(self, asked: Asked) -> None:
        """Notes how asking a domain went."""
        with self.transaction(marks=False) as connection:
            if institutions.put(connection, asked):
                content.changed(connection)

    # How it is

    @property
    def engine_name(self) -> str:
        """SQLite or PostgreSQL, and where it is, without user or password."""
        kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[self._reading.dialect.name]
        return f"{kind} at {engine.shown(self.location)}"

    def condition(self) -> Condition:
        """Where it stands, and what is amiss."""
        with self.snapshot() as connection:
            return condition.of(connection)

    def note_trouble(self, message: str, now: int, short_from: int | None) -> None:
        """Notes an error of the reader, which lasts until `trouble_is_over`; the same one is noted once."""
        with self.snapshot() as connection:
            before = condition.last_trouble(connection)
        if before is None or before.over_at is not None or before.message != message:
            with self.transaction(marks=False) as connection:
                condition.note(connection, condition.Trouble(now, message, short_from))

    def trouble_is_over(self, now: int) -> None:
        """The reader goes on."""
        with self.snapshot() as connection:
            before = condition.last_trouble(connection)
        if before is not None and before.over_at is None:
            with self.transaction(marks=False) as connection:
                condition.note(connection, replace(before, over_at=now))

    def due_gap(self, now: int) -> Gap | None:
        """Blocks whose logs are to be read again by now."""
        with self.snapshot() as connection:
            return next((gap for gap in gaps.of(connection) if gap.retry_at <= now), None)

    def read_again(self, until: int, now: int) -> None:
        """The logs up to the block `until` were read again."""
        with self.transaction(marks=False) as connection:
            gaps.read_until(connection, until, now)

    def could_not_read_again(self, why: str, now: int) -> None:
        """Notes a failure; the pause until the next attempt doubles up to an hour."""
        with self.transaction(marks=False) as connection:
            gaps.failed(connection, why, now)


def _empty(connection: Connection, *emptied: Table) -> None:
    for table in emptied:
        connection.execute(delete(table))
