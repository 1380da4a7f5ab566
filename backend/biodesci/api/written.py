"""Where the index stands, without asking the index itself at each request."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

from fastapi.concurrency import run_in_threadpool

from biodesci.core.errors import BioDeSciError
from biodesci.index.content import Standing
from biodesci.index.database import Store
from biodesci.store.engine import INDEX
from biodesci.store.notify import changes
from biodesci.store.sqlite import connect

_log = logging.getLogger(__name__)
_LONGEST_S: Final = 30.0
_AGAIN_S: Final = 1.0  # after an error


class Written:
    """Reads where the index stands after each commit to it. For one thread: the server's loop.

    SQLite's file is asked at each request whether there was one, from a page that is in memory. PostgreSQL
    says so; while nobody listens (`follow`), nothing is known.
    """

    def __init__(self, store: Store) -> None:
        self._store, self._location = store, store.location
        self._file: sqlite3.Connection | None = None
        self._seen = 0, 0
        self._standing: Standing | None = None
        self._waiters: set[Callable[[], None]] = set()

    def standing(self) -> Standing | None:
        """Where the index stands; None where that cannot be said."""
        if isinstance(self._location, Path):
            self._look(self._location)
        return self._standing

    def _look(self, path: Path) -> None:
        try:
            inode = path.stat().st_ino
            if self._file is None or inode != self._seen[0]:
                self._close()
                self._file = connect(path, "rw")
            # Of one connection: it says whether another one has committed.
            seen = inode, int(self._file.execute("PRAGMA data_version").fetchone()[0])
            if seen != self._seen or self._standing is None:
                self._seen, self._standing = seen, None
                self._standing = self._store.standing()
        except (OSError, sqlite3.Error, BioDeSciError):
            self._close()
            self._standing = None

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
        while True:
            try:
                async with changes(self._location, INDEX) as news:
                    self._call()  # of what came while nobody listened
                    while True:
                        if await news.wait(_LONGEST_S):
                            if not isinstance(self._location, Path):
                                await self._hear()
                            self._call()
            except Exception as exc:  # noqa: BLE001 - whatever it is, commits are heard of after it
                _log.error("news of the index broke off", exc_info=exc)
            finally:
                self._standing = None  # however it ended: nothing may be taken for unchanged from here on
            await asyncio.sleep(_AGAIN_S)

    def _call(self) -> None:
        for call in tuple(self._waiters):
            call()

    async def _hear(self) -> None:
        self._standing = None
        with contextlib.suppress(BioDeSciError):
            self._standing = await run_in_threadpool(self._store.standing)
