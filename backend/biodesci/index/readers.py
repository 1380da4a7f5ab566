"""Connections for readers in several threads, so that a slow answer holds up no other."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_IDLE: Final = 8  # connections that stay open for the next to read


class Readers:
    """As many connections as threads read at once; `connect` opens one more."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._idle: deque[sqlite3.Connection] = deque()
        self._held = threading.local()
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def one(self) -> Iterator[sqlite3.Connection]:
        """This thread's; the same one again inside."""
        held: sqlite3.Connection | None = getattr(self._held, "db", None)
        if held is not None:
            yield held
            return
        db = self._take()
        self._held.db = db
        try:
            yield db
        finally:
            self._held.db = None
            self._give_back(db)

    def close(self) -> None:
        """Those in use are closed when they are given back."""
        with self._lock:
            self._closed = True
            idle = list(self._idle)
            self._idle.clear()
        for db in idle:
            db.close()

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise sqlite3.ProgrammingError("the index is closed")
            if self._idle:
                return self._idle.pop()
        db = self._connect()
        db.execute("PRAGMA query_only = ON")
        return db

    def _give_back(self, db: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < _IDLE and not db.in_transaction:
                self._idle.append(db)
                return
        db.close()
