"""What the embedded node serves: files of its repository, or of connected peers."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Final

from biodesci.core.errors import NotFoundError, UnavailableError
from biodesci.ipfs import unixfs
from biodesci.ipfs.kubo import Kubo
from biodesci.ipfs.unixfs import Link

DEFAULT_TIMEOUT: Final = 30.0
_AGAIN: Final = 3


class Files:
    """Verified reading over a Kubo repository. Safe to use from several threads."""

    def __init__(self, kubo: Kubo, storage_max: int) -> None:
        """`storage_max` is how many bytes the repository may have before what nobody keeps goes."""
        self.kubo = kubo
        self.storage_max = storage_max
        self._adding = threading.Lock()

    def add(self, pieces: Iterator[bytes], *, only_hash: bool, pin: bool) -> tuple[bytes, int]:
        """Stores a stream as a file. Returns digest and size. OSError when the disk is full."""
        path = self.kubo.incoming / f"{threading.get_ident()}-{id(pieces)}"
        try:
            with path.open("xb") as target:
                for piece in pieces:
                    target.write(piece)
                size = target.tell()
            # Kubo's adder takes the repository's lock anyway; queueing here keeps its memory flat.
            with self._adding:
                digest = self.kubo.add(path, only_hash=only_hash)
                if pin and not only_hash:
                    self.kubo.pin(digest)
        finally:
            path.unlink(missing_ok=True)
        return digest, size

    def keep(self, digest: bytes, timeout: float) -> None:
        """Pins a file, after all of it was fetched from peers where the repository lacks it."""
        for _ in range(_AGAIN):
            collections = self.kubo.collections
            for _ in self.read(digest, 0, None, timeout):
                continue
            with self._adding:
                if collections == self.kubo.collections:
                    self.kubo.pin(digest)
                    return
        raise UnavailableError("Garbage is collected too often to keep a file.", "Try again.")

    def collect(self) -> list[Link]:
        """Removes what no pin holds. What is being added waits."""
        with self._adding:
            return self.kubo.collect()

    def collect_if_full(self) -> bool:
        """Collects garbage when nine tenths of the room are used, as Kubo does; whether it did."""
        if self.size_of_repository()[1] < self.storage_max * 9 // 10:
            return False
        self.collect()
        return True

    def size_of_repository(self) -> tuple[int, int]:
        """How many blocks the repository has, and their bytes."""
        sizes = []
        for path in (self.kubo.incoming.parent / "blocks").glob("*/*.data"):
            with contextlib.suppress(FileNotFoundError):  # it was garbage
                sizes.append(path.stat().st_size)
        return len(sizes), sum(sizes)

    def block(self, link: Link, timeout: float, *, offline: bool = False) -> bytes:
        """One checked block, from a peer if need be and not `offline`."""
        data = self.kubo.block(link) if offline else self._local_or_fetched(link, link, timeout)
        unixfs.parse(link, data)
        return data

    def size(self, digest: bytes, timeout: float) -> int:
        """Size of a file. NotFoundError, IntegrityError."""
        root = Link(digest)
        return unixfs.size(lambda link: self._local_or_fetched(link, root, timeout), digest)

    def read(self, digest: bytes, start: int, stop: int | None, timeout: float) -> Iterator[bytes]:
        """A file's bytes in order, each block checked before it is handed on."""
        root = Link(digest)
        return unixfs.read(lambda link: self._local_or_fetched(link, root, timeout), digest, start, stop)

    def _local_or_fetched(self, link: Link, root: Link, timeout: float) -> bytes:
        try:
            return self.kubo.block(link)
        except NotFoundError:
            self.kubo.fetch(root, timeout)
            return self.kubo.block(link)
