"""What the embedded node serves: files of its repository, or of connected peers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Final

from biodesci.core.errors import NotFoundError
from biodesci.ipfs import unixfs
from biodesci.ipfs.kubo import Kubo
from biodesci.ipfs.unixfs import Link

DEFAULT_TIMEOUT: Final = 30.0


class Files:
    """Verified reading over a Kubo repository. Safe to use from several threads."""

    def __init__(self, kubo: Kubo) -> None:
        self.kubo = kubo
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

    def block(self, link: Link, timeout: float) -> bytes:
        """One checked block, from a peer if need be."""
        data = self._local_or_fetched(link, link, timeout)
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
