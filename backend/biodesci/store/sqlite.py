"""SQLite: one file, which its owner alone can read. Readers go on while one writes (WAL)."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, cast
from urllib.parse import quote

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import QueuePool

from biodesci.core.files import PRIVATE

_PATIENCE_S: Final = 30.0
_CACHE_KIB: Final = 32 << 10
_IDLE: Final = 8  # connections that stay open for the next to read


def for_writing(path: Path, *, durable: bool) -> Engine:
    """Makes the file where there is none. Each transaction has the right to write from its beginning."""
    engine = _engine(lambda: _writer(path, durable=durable), size=1, overflow=0)
    # By SQLAlchemy, which translates what the driver raises where another process writes for too long.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE") and None)
    return engine


def for_reading(path: Path) -> Engine:
    """As many connections as there are readers, none of which can write or make the file."""
    engine = _engine(lambda: _reader(path), size=_IDLE, overflow=-1)
    event.listen(engine, "begin", _begin)
    return engine


def _engine(connect: Callable[[], sqlite3.Connection], *, size: int, overflow: int) -> Engine:
    return create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=overflow,
        hide_parameters=True,
    )


def _begin(connection: Connection) -> None:
    # By the driver: SQLAlchemy's own way takes several times as long, and every request begins one.
    cast("sqlite3.Connection", connection.connection.driver_connection).execute("BEGIN")


def _reader(path: Path) -> sqlite3.Connection:
    db = connect(path, "rw")  # not "ro": the first to read after a crash writes what the log holds
    db.execute("PRAGMA query_only = ON")
    return db


def _writer(path: Path, *, durable: bool) -> sqlite3.Connection:
    try:
        # SQLite's own files would be everybody's to read; those it makes beside have this one's mode.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE))
    except OSError as exc:
        raise sqlite3.OperationalError(exc.strerror) from exc
    db = connect(path, "rw")
    try:
        _begin_log(db)
        db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        if not durable:  # what is read anew comes in long transactions, at all places of its indices
            db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    except BaseException:
        db.close()
        raise
    return db


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """The file, for one thread after the other; `mode` is that of SQLite's URI: rw, rwc, ro."""
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


def copy(path: Path) -> bytes:
    """The file as it is at one moment, also while others write it, as the bytes of a SQLite file."""
    source, copied = connect(path, "rw"), sqlite3.connect(":memory:")
    try:
        source.backup(copied)
        return copied.serialize()
    finally:
        source.close()
        copied.close()
