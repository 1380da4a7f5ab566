"""Which state of the index an answer is of, without asking the index itself."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Hashable
from pathlib import Path
from typing import Final

from biodesci.store.engine import INDEX, Location
from biodesci.store.notify import changes
from biodesci.store.sqlite import connect

_LONGEST_S: Final = 30.0


class Written:
    """A value that changes with each commit to the index. For one thread: the server's loop.

    Of SQLite's file it is read at each request, from a page that is in memory. PostgreSQL says that there was
    a commit; while nobody listens (`follow`), there is no such value.
    """

    def __init__(self, location: Location) -> None:
        self._location = location
        self._file: sqlite3.Connection | None = None
        self._inode = 0
        self._count = 0
        self._is_heard = False
        self._waiters: set[Callable[[], None]] = set()

    def state(self) -> Hashable | None:
        """Equal to a former one if nothing was written in between; None where that cannot be said."""
        if not isinstance(self._location, Path):
            return self._count if self._is_heard else None
        try:
            inode = self._location.stat().st_ino
            if self._file is None or inode != self._inode:
                self._close()
                self._file, self._inode = connect(self._location, "rw"), inode
            # Of one connection: it says whether another one has committed.
            return inode, self._file.execute("PRAGMA data_version").fetchone()[0]
        except (OSError, sqlite3.Error):
            self._close()
            return None

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def on_change(self, call: Callable[[], None]) -> Callable[[], None]:
        """Calls `call` after each commit while `follow` runs; returns what ends that."""
        self._waiters.add(call)
        return lambda: self._waiters.discard(call)

    @contextlib.asynccontextmanager
    async def follow(self) -> AsyncIterator[None]:
        """Hears of commits meanwhile."""
        task = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            self._close()

    async def _listen(self) -> None:
        try:
            async with changes(self._location, INDEX) as news:
                while True:
                    if await news.wait(_LONGEST_S):
                        self._is_heard = True
                        self._count += 1
                        for call in tuple(self._waiters):
                            call()
        finally:
            self._is_heard = False  # however it ended: nothing may be taken for unchanged from here on
