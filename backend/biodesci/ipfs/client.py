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
from typing import Any, BinaryIO, Final, TypeVar

from biodesci.core import cid
from biodesci.core.errors import InputError, IntegrityError, UnavailableError
from biodesci.ipfs import unixfs
from biodesci.ipfs.ahead import Ahead, Blocks
from biodesci.ipfs.connection import Call, Connection
from biodesci.ipfs.pins import Pins
from biodesci.ipfs.unixfs import Link

Progress = Callable[[int], None]
_Kind = TypeVar("_Kind")
_ADD_SECONDS: Final = 600.0  # for a file of any size; a larger one has more
_GC_SECONDS: Final = 600.0
_LARGEST_LIST: Final = 16 << 20  # bytes of a list of CIDs or peers
_LARGEST_BLOCK: Final = 2 << 20  # bytes: what nodes exchange among each other (Bitswap)


class Ipfs:
    """One node, by the address of its API ("http://127.0.0.1:5001"). Safe to use from several threads.

    `timeout` (seconds) is how long the node may look for a block before it counts as not found.
    `authorization` is the value of the header of that name, where the API asks for one; `pins` is
    where it is noted what the node is to keep, and why.
    """

    def __init__(
        self,
        api: str,
        *,
        timeout: float = 30.0,
        authorization: str | None = None,
        pins: Pins | None = None,
    ) -> None:
        self.api = api
        self._timeout = timeout
        self._pins = pins
        self._connection = Connection(api, authorization)
        self._blocks = Blocks(self._block, patience=self._seconds())

    def ready(self) -> None:
        """Raises UnavailableError unless the node answers."""
        self._connection.do(Call(min(self._timeout, 10.0)), lambda client: client.version())

    def add(self, data: bytes, why: str = "added") -> bytes:
        """Adds and pins a blob; `why` is noted. Returns the 32-byte digest of its CID."""
        return self._add(lambda: io.BytesIO(data), why, None)

    def add_file(
        self,
        path: Path,
        progress: Progress | None = None,
        why: str = "added",
        *,
        expected: bytes | None = None,
    ) -> bytes:
        """Adds and pins a file as a stream. `progress` is told how many more bytes were sent.

        `expected` is the digest that the file has to get, where the caller has hashed it (unixfs.Hasher):
        without it, the file is read once more. Returns the 32-byte digest of its CID. Raises InputError when
        `path` is not a file.
        """
        if not path.is_file():
            raise InputError(f"{path} is not a file.")
        return self._add(lambda: path.open("rb"), why, progress, expected)

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

    def pin(self, digest: bytes, why: str = "pinned", *, seconds: float | None = None) -> None:
        """Asks the node to fetch the blob and keep it, within `seconds`; `why` is noted."""
        text = cid.to_v0(digest)
        until = self._timeout if seconds is None else seconds
        self._connection.do(
            Call(until + 5.0, text), lambda client: client.pin.add(text, opts={"timeout": f"{until:g}s"})
        )
        self._note(digest, why)

    def unpin(self, digest: bytes) -> None:
        """The node need not keep the blob any more: it goes with the next garbage."""
        text = cid.to_v0(digest)
        try:
            self._connection.do(Call(self._seconds()), lambda client: client.pin.rm(text))
        except UnavailableError as exc:
            if "not pinned" not in exc.message:
                raise
        if self._pins is not None:
            self._pins.forget(digest)

    def is_pinned(self, digest: bytes) -> bool:
        """Whether the node promises to keep the blob."""
        text = cid.to_v0(digest)
        try:
            answer = self._connection.do(
                Call(self._seconds()), lambda client: client.pin.ls(text, type="recursive")
            )
        except UnavailableError as exc:
            if "not pinned" in exc.message:
                return False
            raise
        return text in _part(answer, "Keys", dict)

    def collect_garbage(self) -> int:
        """Has the node forget what it does not keep: about how many blocks that were.

        It is asked not to list them (`silent`), as the list may be longer than any answer that is read.
        """
        call = Call(_GC_SECONDS, largest=_LARGEST_LIST)
        before = self._blocks_there()
        lines = self._connection.do(call, lambda client: list(client.repo.gc(opts={"silent": "true"})))
        if any("Error" in line.as_json() for line in lines):
            raise UnavailableError("The IPFS node could not collect all garbage.", "Look at the node's log.")
        return max(0, before - self._blocks_there())

    def _blocks_there(self) -> int:
        answer = self._connection.do(Call(self._seconds()), lambda client: client.repo.stat())
        return _part(answer, "NumObjects", int)

    def version(self) -> str:
        """The node's version, such as "0.22.0"; its own words, of at most 40 characters."""
        answer = self._connection.do(Call(min(self._timeout, 10.0)), lambda client: client.version())
        return _part(answer, "Version", str)[:40]

    def usage(self) -> tuple[int, int]:
        """Bytes that the node's repository takes, and those that it may take."""
        answer = self._connection.do(Call(self._seconds()), lambda client: client.repo.stat())
        return _part(answer, "RepoSize", int), _part(answer, "StorageMax", int)

    def addresses(self) -> list[str]:
        """The node's own multiaddresses, under which other nodes reach it."""
        answer = self._connection.do(Call(self._seconds()), lambda client: client.id())
        return [_address(one) for one in _part(answer, "Addresses", list) or []]

    def peers(self) -> list[str]:
        """The multiaddresses of the nodes that it is connected to."""
        call = Call(self._seconds(), largest=_LARGEST_LIST)
        peers = _part(self._connection.do(call, lambda client: client.swarm.peers()), "Peers", list) or []
        return [
            f"{_address(_part(one, 'Addr', str))}/p2p/{_address(_part(one, 'Peer', str))}" for one in peers
        ]

    def holds(self, digest: bytes, start: int) -> None:
        """Has the node show, out of its own repository, all blocks on the way to the byte at `start`.

        NotFoundError: it lacks one. IntegrityError: it shows something else.
        """

        def own(link: Link) -> bytes:
            call = Call(self._seconds(), link.cid, _LARGEST_BLOCK)
            return self._connection.do(call, lambda client: bytes(client.block.get(link.cid, offline=True)))

        for _ in unixfs.read(own, digest, start, start + 1):
            continue

    def _add(
        self,
        opened: Callable[[], BinaryIO],
        why: str,
        progress: Progress | None,
        expected: bytes | None = None,
    ) -> bytes:
        with opened() as source:
            expected = expected or unixfs.digest_of(source)
            size = source.seek(0, io.SEEK_END)

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
        self._note(expected, why)
        return expected

    def _note(self, digest: bytes, why: str) -> None:
        if self._pins is not None:
            self._pins.note(digest, why)

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


def _part(answer: Any, name: str, kind: type[_Kind]) -> _Kind:
    """A field of a node's answer. Raises IntegrityError where it is missing or of another type."""
    raw = answer.as_json() if hasattr(answer, "as_json") else answer
    value = raw.get(name) if isinstance(raw, dict) else None
    if type(value) is not kind:
        raise IntegrityError(f"The IPFS node's answer has no {name}.", "Use another node: it is faulty.")
    return value


def _address(text: object) -> str:
    """A node's own words for where somebody is, fit for a terminal."""
    shown = str(text)[:200]
    return "".join(letter if letter.isprintable() else "?" for letter in shown)
