"""The SQLite file: opening, migrations, blocks, event log, rollback. Tables: `*.sql`.

Idempotent by (chain id, block hash, log index); events, derived rows and cursor change in one transaction.
On a reorg the events above the fork go and the derived tables are replayed from the rest of the log.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from biodesci.core.errors import ConfigurationError, UnavailableError
from biodesci.index import derive, summary
from biodesci.index.changes.event import At
from biodesci.index.readers import Readers

DERIVED: Final = (
    "datasets", "versions", "parents", "offers", "currencies", "licenses", "license_visas", "models",
    "model_versions", "codecs", "rounds", "enrolments", "inferences", "attestations",
)  # fmt: skip
_PATIENCE_S: Final = 30.0
_PAST_ALL: Final = 2**63 - 1
_SUMMARISED: Final = {"card", "model"}


@dataclass(frozen=True)
class Block:
    number: int
    hash: str
    time: int


@dataclass(frozen=True)
class Event:
    """One log of one of the six contracts, with its arguments as JSON-ready values."""

    block: Block
    log_index: int
    tx_hash: str
    contract: str
    name: str
    args: dict[str, Any]


class Store:
    """Writing: one connection, for several threads in turn. Reading: one for each that reads at the moment.

    Readers go on during writes (WAL).
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._readers = Readers(self._connect) if read_only else None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.db = self._connect()
            # For the migration that summarises the documents there are.
            self.db.create_function("summary_part", 2, _summary_part, deterministic=True)
            self._begin_log()
            self.db.execute("PRAGMA synchronous = NORMAL")
            self._migrate()
            if read_only:
                self.db.execute("PRAGMA query_only = ON")
        except (sqlite3.Error, OSError) as exc:
            raise ConfigurationError(
                f"The index at {path} cannot be opened: {exc}.",
                "Check the folder and free space; the file may be deleted, it is rebuilt from the chain.",
            ) from exc

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._readers is not None:
            self._readers.close()
        self.db.close()

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=_PATIENCE_S)
        db.row_factory = sqlite3.Row
        return db

    def _begin_log(self) -> None:
        """Of processes that begin it at once, SQLite lets one through and makes the others try again."""
        give_up = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self.db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as exc:
                is_busy = exc.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # the rest says why it is
                if not is_busy or time.monotonic() > give_up:
                    raise
                time.sleep(0.02)

    def _migrate(self) -> None:
        folder = files("biodesci.index")
        names = sorted(f.name for f in folder.iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", f.name))
        if self._version() == len(names):
            return
        # Asked again inside: another process may have been faster.
        with self.transaction():
            done = self._version()
            if done > len(names):
                raise ConfigurationError(
                    f"The index at {self.path} was written by a newer version of this program.",
                    "Update the program, or delete the file: it is rebuilt from the chain.",
                )
            for name in names[done:]:
                for statement in _statements((folder / name).read_text()):
                    self.db.execute(statement)
            self.db.execute(f"PRAGMA user_version = {len(names)}")

    def _version(self) -> int:
        return int(self.db.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self.lock:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                # A full disk ends it by itself.
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    @contextmanager
    def _turn(self) -> Iterator[sqlite3.Connection]:
        """The connection that this thread may use now."""
        if self._readers is not None:
            with self._readers.one() as db:
                yield db
        else:
            with self.lock:
                yield self.db

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that this thread reads inside is of one moment, whatever is written meanwhile."""
        with self._turn() as db:
            db.execute("BEGIN")
            try:
                yield
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        try:
            with self._turn() as db:
                return [dict(row) for row in db.execute(sql, parameters)]
        except sqlite3.OperationalError as exc:
            raise UnavailableError(
                f"The index cannot be read: {exc}.", "Try again; if it stays so, start the program anew."
            ) from exc

    def row(self, sql: str, *parameters: Any) -> dict[str, Any] | None:
        found = self.rows(sql, *parameters)
        return found[0] if found else None

    # Cursor and blocks

    def cursor(self) -> Block | None:
        """The last block that was read."""
        found = self.row("SELECT * FROM blocks ORDER BY number DESC LIMIT 1")
        return Block(**found) if found else None

    def blocks_down(self) -> Iterator[Block]:
        """Known blocks, newest first; read one by one, as only a reorg needs more than the first."""
        below = _PAST_ALL
        while row := self.row("SELECT * FROM blocks WHERE number < ? ORDER BY number DESC LIMIT 1", below):
            yield Block(**row)
            below = row["number"]

    def identity(self) -> str | None:
        found = self.row("SELECT value FROM meta WHERE key = 'identity'")
        return str(found["value"]) if found else None

    def begin(self, identity: str) -> None:
        """Empties the index and binds it to one chain and set of contracts."""
        with self.transaction():
            self._empty((*DERIVED, "events", "blocks", "meta"))
            self.db.execute("INSERT INTO meta VALUES ('identity', ?)", (identity,))

    def clear(self) -> None:
        with self.transaction():
            self._empty((*DERIVED, "events", "blocks", "meta", "documents", "summaries", "unreadable"))

    def _empty(self, tables: Sequence[str]) -> None:
        for table in tables:
            self.db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the constant above

    # Events

    def apply(self, chain_id: int, events: Sequence[Event], head: Block) -> int:
        """Adds events (in block order) and moves the cursor to `head`. Returns how many were new."""
        new = 0
        with self.transaction():
            for event in events:
                self.db.execute(
                    "INSERT OR IGNORE INTO blocks VALUES (?, ?, ?)",
                    (event.block.number, event.block.hash, event.block.time),
                )
                subject = derive.subject(event.contract, event.name, event.args)
                done = self.db.execute(
                    "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        chain_id, event.block.hash, event.log_index, event.block.number, event.block.time,
                        event.tx_hash, event.contract, event.name, subject, json.dumps(event.args),
                    ),
                )  # fmt: skip
                if done.rowcount == 1:
                    derive.derive(self.db, _at(event), event.contract, event.name, event.args)
                    new += 1
            self.db.execute(
                "INSERT OR IGNORE INTO blocks VALUES (?, ?, ?)", (head.number, head.hash, head.time)
            )
        return new

    def roll_back(self, to_block: int) -> int:
        """Forgets everything above `to_block` and replays the rest. Returns how many events went."""
        with self.transaction():
            gone = self.db.execute("DELETE FROM events WHERE block_number > ?", (to_block,)).rowcount
            self.db.execute("DELETE FROM blocks WHERE number > ?", (to_block,))
            self._empty(DERIVED)
            for row in self.rows("SELECT * FROM events ORDER BY block_number, log_index"):
                at = At(row["block_number"], row["time"], row["tx_hash"], row["log_index"])
                derive.derive(self.db, at, row["contract"], row["name"], json.loads(row["args"]))
        return gone

    # Documents

    def wanted_documents(self, now: int) -> list[tuple[str, str]]:
        """(digest, kind) of documents that are named on chain, not read yet, and due for an attempt."""
        found = self.rows(
            """
            WITH named(digest, kind) AS (
              SELECT card, 'card' FROM versions UNION SELECT card, 'model' FROM models
              UNION SELECT plan, 'plan' FROM rounds
              UNION SELECT result, 'result' FROM rounds WHERE result IS NOT NULL)
            SELECT n.digest, n.kind FROM named n
            LEFT JOIN documents d USING (digest, kind) LEFT JOIN unreadable u USING (digest, kind)
            WHERE d.digest IS NULL AND (u.retry_at IS NULL OR u.retry_at <= ?)
            ORDER BY u.retry_at IS NOT NULL, n.kind, n.digest""",
            now,
        )
        return [(row["digest"], row["kind"]) for row in found]

    def put_document(self, digest: str, kind: str, body: dict[str, Any]) -> None:
        text = json.dumps(body)
        shown = [(digest, kind, *summary.row(text))] if kind in _SUMMARISED else []
        with self.transaction():
            self.db.execute("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", (digest, kind, text))
            self.db.executemany("INSERT OR REPLACE INTO summaries VALUES (?, ?, ?, ?, ?)", shown)
            self.db.execute("DELETE FROM unreadable WHERE digest = ? AND kind = ?", (digest, kind))

    def put_unreadable(self, digest: str, kind: str, reason: str, now: int) -> None:
        """Notes a failure; the pause until the next attempt doubles up to an hour."""
        with self.transaction():
            self.db.execute(
                """
                INSERT INTO unreadable VALUES (?1, ?2, ?3, 1, ?4 + 2)
                ON CONFLICT DO UPDATE SET reason = ?3, attempts = attempts + 1,
                  retry_at = ?4 + min(3600, 2 << min(attempts, 11))""",
                (digest, kind, reason, now),
            )

    def unreadable(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM unreadable ORDER BY kind, digest")


def _at(event: Event) -> At:
    return At(event.block.number, event.block.time, event.tx_hash, event.log_index)


def _summary_part(body: str, part: int) -> str | None:
    return summary.row(body)[part]


def _statements(script: str) -> Iterator[str]:
    """One by one, as `executescript` would end the transaction that they stand in."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
