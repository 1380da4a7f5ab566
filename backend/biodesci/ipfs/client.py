"""Client of an IPFS node's RPC API. It trusts no node.

Reading goes block by block, and each block is checked against the hash that names it before a byte of it is
handed on; adding compares the node's answer with the CID computed here. So the digest on chain decides what
is read, whoever serves it. What a node may cost in memory and time: ipfs/bounded.py.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from biodesci.core import cid
from biodesci.core.errors import InputError, IntegrityError
from biodesci.ipfs import unixfs
from biodesci.ipfs.ahead import Ahead, Blocks
from biodesci.ipfs.connection import Call, Connection
from biodesci.ipfs.unixfs import Link

Progress = Callable[[int], None]
_ADD_SECONDS: Final = 600.0  # for a file of any size; a larger one has more
_LARGEST_BLOCK: Final = 2 << 20  # bytes: what nodes exchange among each other (Bitswap)


class Ipfs:
    """One node, by the address of its API ("http://127.0.0.1:5001"). Safe to use from several threads.

    `timeout` (seconds) is how long the node may look for a block before it counts as not found.
    `authorization` is the value of the header of that name, where the API asks for one.
    """

    def __init__(self, api: str, *, timeout: float = 30.0, authorization: str | None = None) -> None:
        self.api = api
        self._timeout = timeout
        self._connection = Connection(api, authorization)
        self._blocks = Blocks(self._block, patience=self._seconds())

    def ready(self) -> None:
        """Raises UnavailableError unless the node answers."""
        self._connection.do(Call(min(self._timeout, 10.0)), lambda client: client.version())

    def add(self, data: bytes) -> bytes:
        """Adds and pins a blob. Returns the 32-byte digest of its CID."""
        return self._add(lambda: io.BytesIO(data), None)

    def add_file(self, path: Path, progress: Progress | None = None) -> bytes:
        """Adds and pins a file as a stream. `progress` is told how many more bytes were sent.

        Returns the 32-byte digest of its CID. Raises InputError when `path` is not a file.
        """
        if not path.is_file():
            raise InputError(f"{path} is not a file.")
        return self._add(lambda: path.open("rb"), progress)

    def cat(self, digest: bytes, *, max_size: int | None = None) -> bytes:
        """The blob's bytes, checked against the digest.

        NotFoundError: nobody has it. IntegrityError: the node gave something else. InputError: it is larger.
        """
        if max_size is not None and (size := self.size(digest)) > max_size:
            raise InputError(
                f"{cid.from_digest(digest)} has {size} bytes; at most {max_size} are taken here.",
                "It is not the kind of blob that was expected.",
            )
        return b"".join(self.stream(digest))

    def size(self, digest: bytes) -> int:
        """Size of the blob in bytes."""
        return unixfs.size(self._block, digest)

    def stream(self, digest: bytes, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The blob's bytes from `start` to `stop` in order, each piece checked."""
        with self._blocks.reading() as blocks:
            yield from unixfs.read(blocks.fetch, digest, start, stop, blocks.expect)

    def download(self, digest: bytes, target: Path, progress: Progress | None = None) -> None:
        """Writes the blob to `target`, which appears when complete.

        An interrupted download goes on where it stopped: what there is lies beside it, in `….part`.
        `progress` is told how many more bytes are there, those of an earlier attempt included.
        """
        part = target.with_name(f"{target.name}.{digest.hex()[:16]}.part")
        target.parent.mkdir(parents=True, exist_ok=True)
        size = self.size(digest)
        with part.open("ab") as output:
            done = output.tell()
            if done > size:
                output.truncate(0)
                done = 0
            if progress is not None:
                progress(done)
            for piece in self.stream(digest, done):
                output.write(piece)
                if progress is not None:
                    progress(len(piece))
            output.flush()
            os.fsync(output.fileno())
        part.replace(target)

    def pin(self, digest: bytes) -> None:
        """Asks the node to fetch the blob and keep it."""
        text = cid.to_v0(digest)
        self._connection.do(
            Call(self._seconds(), text), lambda client: client.pin.add(text, opts=self._opts())
        )

    def _add(self, opened: Callable[[], BinaryIO], progress: Progress | None) -> bytes:
        with opened() as source:
            expected = unixfs.digest_of(source)
            size = source.tell()

        def send(client: Any) -> str:
            with opened() as source:
                sent = source if progress is None else _Watched(source, progress)
                answer = client.add(sent, cid_version=0, raw_leaves=False, pin=True, chunker=_CHUNKER)
            try:
                return str(answer["Hash"])
            except (KeyError, TypeError) as exc:
                raise IntegrityError(
                    "The IPFS node does not say what it stored.", "Use another node: it is faulty."
                ) from exc

        got = cid.to_digest(self._connection.do(Call(_ADD_SECONDS + size / Ahead.SLOWEST), send))
        if got != expected:
            raise IntegrityError(
                f"The IPFS node stored {cid.from_digest(got)} instead of {cid.from_digest(expected)}.",
                "The file changed meanwhile, or the node is faulty: try again or use another node.",
            )
        return expected

    def _block(self, link: Link) -> bytes:
        call = Call(self._seconds(), link.cid, _LARGEST_BLOCK)
        return self._connection.do(call, lambda client: bytes(client.block.get(link.cid, opts=self._opts())))

    def _opts(self) -> dict[str, str]:
        return {"timeout": f"{self._timeout:g}s"}

    def _seconds(self) -> float:
        return self._timeout + 5.0  # the node's own deadline comes first, and says more


_CHUNKER: Final = f"size-{unixfs.CHUNK}"


class _Watched(io.RawIOBase):
    """A file that tells how much of it was read."""

    def __init__(self, source: BinaryIO, progress: Progress) -> None:
        self._source = source
        self._progress = progress

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self._source.read(size)
        if piece:
            self._progress(len(piece))
        return piece
