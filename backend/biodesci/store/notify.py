"""When a database was written: for those who show its state live, so that nobody asks it again and again.

PostgreSQL says so itself (LISTEN, NOTIFY); of SQLite's file, the counter of its commits is looked at four
times a second, which reads one page that is in memory.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from sqlalchemy import Connection, func, select

from biodesci.core.pauses import Seldom
from biodesci.store import postgresql
from biodesci.store.engine import Location, Part
from biodesci.store.sqlite import connect

if TYPE_CHECKING:
    from psycopg import AsyncConnection

_LOOK_S: Final = 0.25
_AGAIN_S: Final = 1.0  # after a connection broke
_log = logging.getLogger(__name__)


def notify(connection: Connection, part: Part) -> None:
    """In a transaction that writes: tells all who wait, if and when it is committed."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_notify(part.schema, "")))


class Changes(ABC):
    """For one who waits; several each have their own, or share what one tells them."""

    @abstractmethod
    async def wait(self, timeout: float) -> bool:
        """True as soon as there was a commit since the last True (or since this was made), which may have
        written nothing new; False after `timeout` seconds without one.

        Where the database is away it raises nothing: it waits, and says True whenever it has connected, as
        something may have been missed.
        """

    @abstractmethod
    async def close(self) -> None:
        """Ends the connection."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def changes(location: Location, part: Part) -> Changes:
    """`async with changes(..) as news: await news.wait(15)`. Connects when it is first waited for."""
    return _OfFile(location) if isinstance(location, Path) else _OfServer(location, part)


class _OfFile(Changes):
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: sqlite3.Connection | None = None
        self._seen = self._version()

    def _version(self) -> tuple[int, int]:
        """Of the file, which may be replaced, and of its last commit."""
        try:
            inode = self._path.stat().st_ino
            if self._file is not None and self._seen[0] != inode:
                self._file.close()
                self._file = None
            if self._file is None:
                self._file = connect(self._path, "rw")
            # The number says only on one and the same connection whether another one has committed.
            return inode, int(self._file.execute("PRAGMA data_version").fetchone()[0])
        except (OSError, sqlite3.Error):
            return 0, 0  # not there yet, or being made

    async def wait(self, timeout: float) -> bool:
        give_up = time.monotonic() + timeout
        while (version := self._version()) == self._seen:
            left = give_up - time.monotonic()
            if left <= 0:
                return False
            await asyncio.sleep(min(_LOOK_S, left))
        self._seen = version
        return True

    async def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class _OfServer(Changes):
    def __init__(self, url: str, part: Part) -> None:
        self._url = url
        self._channel = part.schema
        self._connection: AsyncConnection[Any] | None = None
        self._said = Seldom()

    async def wait(self, timeout: float) -> bool:
        from psycopg import Error  # noqa: PLC0415 - late: who has SQLite doesn't need it

        give_up = time.monotonic() + timeout
        while (left := give_up - time.monotonic()) > 0:
            try:
                if self._connection is None:
                    self._connection = await asyncio.wait_for(self._open(), left)
                    if self._said.over():
                        _log.info("PostgreSQL, on news of the index: it answers again")
                    return True
                async for _ in self._connection.notifies(timeout=left, stop_after=1):
                    return True
            except TimeoutError:
                await self.close()
            except Error as exc:
                if self._said.is_due(words := " ".join(str(exc).split())):
                    _log.warning("PostgreSQL, on news of the index: %s", words)
                await self.close()
                await asyncio.sleep(min(_AGAIN_S, max(give_up - time.monotonic(), 0)))
        return False

    async def _open(self) -> AsyncConnection[Any]:
        return await postgresql.open_listener(self._url, self._channel)

    async def close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()
