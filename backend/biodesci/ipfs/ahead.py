"""Blocks of a file ahead of their reader: several at once, a few in memory, none slower than a limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import ClassVar, Final

from biodesci.core.errors import UnavailableError
from biodesci.ipfs.unixfs import Link

_AT_ONCE: Final = 8  # questions to a node at a time, over all files that are read


class Blocks:
    """Fetches blocks for readers of files. Its threads start with the first file that has several."""

    def __init__(self, fetch: Callable[[Link], bytes], patience: float) -> None:
        """`fetch` gets one block; `patience` is how many seconds a reader waits beyond the slowest pace."""
        self._fetch, self._patience = fetch, patience
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="ipfs")

    @contextmanager
    def reading(self) -> Iterator[Ahead]:
        """Blocks for one reading; what was asked for ahead and is not wanted any more is dropped."""
        ahead = Ahead(self._fetch, self._pool, self._patience)
        try:
            yield ahead
        finally:
            ahead.close()


class Ahead:
    """One reading's blocks: what unixfs.read asks, and tells."""

    SLOWEST: ClassVar = 16 << 10  # bytes a second; a node that gives less is hanging

    def __init__(self, fetch: Callable[[Link], bytes], pool: ThreadPoolExecutor, patience: float) -> None:
        self._fetch, self._pool, self._patience = fetch, pool, patience
        self._coming: dict[Link, Future[bytes]] = {}
        self._waited = 0.0  # seconds
        self._received = 0  # bytes

    def expect(self, links: Sequence[Link]) -> None:
        """Has the blocks fetched, each by a thread that is free."""
        for link in links:
            if link not in self._coming:
                self._coming[link] = self._pool.submit(self._fetch, link)

    def fetch(self, link: Link) -> bytes:
        """The block. Raises what fetching it raises, and UnavailableError where the file comes too slowly:
        each block in time, and all of them in years."""
        began = time.monotonic()
        coming = self._coming.pop(link, None)
        block = self._fetch(link) if coming is None else coming.result()
        self._waited += time.monotonic() - began
        self._received += len(block)
        if self._waited > self._patience + self._received / self.SLOWEST:
            raise UnavailableError(
                f"The IPFS node gives less than {self.SLOWEST >> 10} KiB a second.", "Try another node."
            )
        return block

    def close(self) -> None:
        """Asks for no more."""
        for future in self._coming.values():
            future.cancel()
        self._coming.clear()
