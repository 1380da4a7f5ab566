"""What differs between databases: how one is opened and locked, and how it keeps numbers. No other file of
the index knows which database it is; today it is SQLite.

Readers go on while one writes (WAL); the next to write waits for the one before.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote

from sqlalchemy import BigInteger, Engine, Integer, Numeric, Text, create_engine, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.pool import QueuePool
from sqlalchemy.types import TypeDecorator, TypeEngine

_PATIENCE_S: Final = 30.0
_IDLE: Final = 8  # connections that stay open for the next to read
_DIGITS: Final = 78  # of 2**256

# Options of tables, which other databases leave aside: values are of their column's type, and rows with a key
# of several columns lie in the order of that key.
TYPED: Final[dict[str, Any]] = {"sqlite_strict": True}
KEYED: Final[dict[str, Any]] = {"sqlite_strict": True, "sqlite_with_rowid": False}

# 64 bits. Only a column of the type INTEGER can be SQLite's own key of a table.
Whole = BigInteger().with_variant(Integer(), "sqlite")


class Amount(TypeDecorator[int]):
    """A uint256, exact, and sorted as a number: SQLite, whose integers have 64 bits, keeps its 78 digits."""

    impl = Numeric(_DIGITS, 0)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, whose integers have 64 bits; elsewhere a decimal without a fraction."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric(_DIGITS, 0))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | int | None:
        """The number as the column keeps it; on SQLite padded with zeros, so that text sorts as numbers do.

        Raises ValueError outside 0 .. 2²⁵⁶ - 1, the range of an EVM uint256.
        """
        if value is not None and not 0 <= value < 1 << 256:
            raise ValueError("An amount is a whole number below 2**256.")
        return f"{value:0{_DIGITS}}" if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        """The number that a column holds, or None."""
        return None if value is None else int(value)


def for_writing(path: Path) -> Engine:
    """Makes the file where there is none. Each transaction has the right to write from its beginning."""
    engine = _engine(lambda: _writer(path), size=1, overflow=0)
    event.listen(engine, "begin", lambda connection: _begin(connection, "BEGIN IMMEDIATE"))
    return engine


def for_reading(path: Path) -> Engine:
    """As many connections as there are readers, none of which can write or make the file."""
    engine = _engine(lambda: _reader(path), size=_IDLE, overflow=-1)
    event.listen(engine, "begin", lambda connection: _begin(connection, "BEGIN"))
    return engine


def _engine(connect: Callable[[], sqlite3.Connection], *, size: int, overflow: int) -> Engine:
    return create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, pool_size=size, max_overflow=overflow
    )


def _begin(connection: Connection, statement: str) -> None:
    # By the driver: SQLAlchemy's own way takes several times as long, and every request begins one.
    cast("sqlite3.Connection", connection.connection.driver_connection).execute(statement)


def _reader(path: Path) -> sqlite3.Connection:
    db = _connect(path, "rw")  # not "ro": the first to read after a crash writes what the log holds
    db.execute("PRAGMA query_only = ON")
    return db


def _writer(path: Path) -> sqlite3.Connection:
    db = _connect(path, "rwc")
    try:
        _begin_log(db)
        db.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        db.close()
        raise
    return db


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        check_same_thread=False,  # one thread after the other
        isolation_level=None,  # transactions begin where SQLAlchemy says, not where Python guesses
        timeout=_PATIENCE_S,
    )


def _begin_log(db: sqlite3.Connection) -> None:
    """Of processes that begin it at once, SQLite lets one through and makes the others try again."""
    give_up = time.monotonic() + _PATIENCE_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as exc:
            is_busy = exc.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # the rest says why it is
            if not is_busy or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
