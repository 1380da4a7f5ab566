"""UnixFS files as blocks: parsing, verified reading, and the CID that a file gets.

dag-pb: https://ipld.io/specs/codecs/dag-pb/spec/; UnixFS v1: https://specs.ipfs.tech/unixfs/. The layout
built here is Kubo's default for CIDv0: chunks of 262,144 bytes, dag-pb leaves, balanced tree with 174 links.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO, Final

from biodesci.core import cid
from biodesci.core.errors import InputError, IntegrityError

CHUNK: Final = 262_144
_FANOUT: Final = 174
_MAX_DEPTH: Final = 32
_FREE_BLOCKS: Final = 64
_BYTES_A_BLOCK: Final = 1_024  # far below what any chunker makes
_AHEAD: Final = 8  # blocks that are asked for at once
_LARGEST_LEAF: Final = 2 << 20
_DAG_PB: Final = 0x70
_RAW: Final = 0x55
_TYPE_RAW, _TYPE_DIRECTORY, _TYPE_FILE, _TYPE_SHARD = 0, 1, 2, 5


@dataclass(frozen=True)
class Link:
    """A block's name: its SHA-256 digest and whether the block is dag-pb or plain bytes."""

    digest: bytes
    raw: bool = False
    name: str = ""

    @property
    def cid(self) -> str:
        """The CID in text, as the RPC API takes it."""
        return "f0155" + "1220" + self.digest.hex() if self.raw else cid.to_v0(self.digest)


@dataclass(frozen=True)
class Node:
    """A parsed block: the bytes it holds itself, then its children with the file size under each."""

    data: bytes
    links: tuple[Link, ...]
    sizes: tuple[int, ...]
    directory: bool = False

    @property
    def size(self) -> int:
        """Bytes of the file under this block; 0 for a directory."""
        return len(self.data) + sum(self.sizes)


Fetch = Callable[[Link], bytes]
Expect = Callable[[Sequence[Link]], None]


def parse(link: Link, block: bytes) -> Node:
    """Checks the block against its digest and parses it. Raises IntegrityError."""
    if not hmac.compare_digest(hashlib.sha256(block).digest(), link.digest):
        raise IntegrityError(
            f"The block of {link.cid} has a different hash than its name says.",
            "The node's copy is damaged or the node lies: fetch from another one, or add the file again.",
        )
    if link.raw:
        return Node(block, (), ())
    try:
        return _parse_dag_pb(block)
    except (ValueError, IndexError, InputError) as exc:
        raise IntegrityError(f"{link.cid} is not a UnixFS file.", "Use the CID of a file.") from exc


def size(fetch: Fetch, digest: bytes) -> int:
    """Size of the file in bytes."""
    link = Link(digest)
    return parse(link, fetch(link)).size


def read(
    fetch: Fetch, digest: bytes, start: int = 0, stop: int | None = None, expect: Expect = lambda _: None
) -> Iterator[bytes]:
    """The file's bytes from `start` to `stop`, block by block, each checked before it is handed on.

    `expect` is told which blocks are asked for next, in this order, so that they may be on their way.
    Raises InputError for a directory, and IntegrityError for a block that is not what its name or its parent
    says, or a tree with more or deeper blocks than the file needs.
    """
    root = Link(digest)
    node = parse(root, fetch(root))
    if node.directory:
        raise InputError(f"{root.cid} is a directory.", "Use the CID of a file.")
    end = node.size if stop is None else min(stop, node.size)
    yield from _Reading(fetch, expect, root, node.size).read(root, node, (start, end), 0)


class _Reading:
    """Walks a file's tree, depth first. It takes no more blocks than a file of this size can need: a few
    small blocks can name a tree without end."""

    def __init__(self, fetch: Fetch, expect: Expect, root: Link, size: int) -> None:
        self._take, self._tell, self._root = fetch, expect, root
        self._left = _FREE_BLOCKS + size // _BYTES_A_BLOCK

    def read(self, link: Link, node: Node, span: tuple[int, int], depth: int) -> Iterator[bytes]:
        """The bytes of `span` (start and stop, from the node's own first byte) under `node`."""
        if depth > _MAX_DEPTH:
            raise IntegrityError(f"The tree under {link.cid} is too deep.", "It was not made by IPFS tools.")
        start, stop = span
        own = node.data[max(start, 0) : max(stop, 0)]
        if own:
            yield own
        wanted = []
        offset = len(node.data)
        for child, length in zip(node.links, node.sizes, strict=True):
            if start < offset + length and stop > offset:
                wanted.append((child, length, offset))
            offset += length
        for position, (child, length, offset) in enumerate(wanted):
            self._expect(wanted[position : position + _AHEAD])
            inner = parse(child, self._fetch(child))
            if inner.size != length:
                raise IntegrityError(f"A block under {link.cid} has another size than announced.")
            yield from self.read(child, inner, (start - offset, stop - offset), depth + 1)

    def _expect(self, children: Sequence[tuple[Link, int, int]]) -> None:
        """Leaves alone: what is under an inner node comes before the next one."""
        if len(children) > 1 and all(length <= _LARGEST_LEAF for _, length, _ in children):
            self._tell([child for child, _, _ in children])

    def _fetch(self, link: Link) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise IntegrityError(f"The tree under {self._root.cid} has too many blocks.", "Use another file.")
        return self._take(link)


class Hasher:
    """The digest that Kubo gives a file, of bytes that come piece by piece: what `add` has to answer."""

    def __init__(self) -> None:
        self._chunk = memoryview(bytearray(CHUNK))
        self._filled = 0
        self._leaves: list[tuple[bytes, int, int]] = []  # digest, file size, cumulative block size

    def update(self, piece: bytes | memoryview) -> None:
        """More bytes of the file."""
        rest = memoryview(piece)
        while rest:
            taken = min(len(rest), CHUNK - self._filled)
            self._chunk[self._filled : self._filled + taken] = rest[:taken]
            self._filled += taken
            rest = rest[taken:]
            if self._filled == CHUNK:
                self._end_chunk()

    def digest(self) -> bytes:
        """The 32-byte digest of the file's CID, behind its last bytes."""
        if self._filled or not self._leaves:
            self._end_chunk()
        level = self._leaves
        while len(level) > 1:
            level = [_inner(level[i : i + _FANOUT]) for i in range(0, len(level), _FANOUT)]
        return level[0][0]

    def _end_chunk(self) -> None:
        # The block is hashed in pieces: to put it together first would cost as much as to hash it.
        head, tail = _around(self._filled)
        hashed = hashlib.sha256(head)
        hashed.update(self._chunk[: self._filled])
        hashed.update(tail)
        self._leaves.append((hashed.digest(), self._filled, len(head) + self._filled + len(tail)))
        self._filled = 0


def digest_of(source: BinaryIO) -> bytes:
    """The digest that Kubo gives this file."""
    hasher = Hasher()
    while piece := source.read(CHUNK):
        hasher.update(piece)
    return hasher.digest()


def _inner(children: list[tuple[bytes, int, int]]) -> tuple[bytes, int, int]:
    links = b"".join(
        _field(2, _field(1, b"\x12\x20" + digest) + _field(2, b"") + b"\x18" + _varint(cumulative))
        for digest, _, cumulative in children
    )
    sizes = tuple(length for _, length, _ in children)
    block = links + _field(1, _unixfs(b"", sum(sizes), sizes))
    cumulative = len(block) + sum(child[2] for child in children)
    return hashlib.sha256(block).digest(), sum(sizes), cumulative


@lru_cache(8)
def _around(length: int) -> tuple[bytes, bytes]:
    """What stands before and behind the data of a leaf's block that has so many bytes of a file."""
    block = _field(1, _unixfs(bytes(length), length, ()))
    tail = b"\x18" + _varint(length)
    return block[: len(block) - len(tail) - length], tail


def _unixfs(data: bytes, length: int, sizes: tuple[int, ...]) -> bytes:
    own = _field(2, data) if data else b""
    return b"\x08\x02" + own + b"\x18" + _varint(length) + b"".join(b"\x20" + _varint(s) for s in sizes)


def _field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def _parse_dag_pb(block: bytes) -> Node:
    links: list[Link] = []
    payload = b""
    for number, value in _fields(block):
        if number == 2 and isinstance(value, bytes):
            links.append(_link(value))
        elif number == 1 and isinstance(value, bytes):
            payload = value
    data, kind, sizes = b"", -1, []
    for number, value in _fields(payload):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 2 and isinstance(value, bytes):
            data = value
        elif number == 4 and isinstance(value, int):
            sizes.append(value)
    if kind in (_TYPE_DIRECTORY, _TYPE_SHARD):
        return Node(b"", tuple(links), (0,) * len(links), directory=True)
    if kind not in (_TYPE_RAW, _TYPE_FILE) or len(sizes) != len(links):
        raise ValueError("not a file")
    if not all(sizes):
        # No reader follows such a link, but what pins the file does, to whatever its publisher put there.
        raise ValueError("a link to nothing")
    return Node(data, tuple(links), tuple(sizes))


def _link(message: bytes) -> Link:
    hashed, name = b"", ""
    for number, value in _fields(message):
        if number == 1 and isinstance(value, bytes):
            hashed = value
        elif number == 2 and isinstance(value, bytes):
            name = value.decode()
    if len(hashed) == 34 and hashed.startswith(b"\x12\x20"):
        return Link(hashed[2:], name=name)
    if len(hashed) == 36 and hashed[0] == 1 and hashed[1] in (_DAG_PB, _RAW) and hashed[2:4] == b"\x12\x20":
        return Link(hashed[4:], raw=hashed[1] == _RAW, name=name)
    raise ValueError("unknown kind of link")


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Protocol Buffers wire format, varint and length-delimited fields: all that dag-pb has."""
    position = 0
    while position < len(message):
        tag, position = _read_varint(message, position)
        value, position = _read_varint(message, position)
        if tag & 7 == 0:
            yield tag >> 3, value
        elif tag & 7 == 2:
            if position + value > len(message):
                raise ValueError("cut short")
            yield tag >> 3, message[position : position + value]
            position += value
        else:
            raise ValueError("unknown wire type")


def _read_varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise ValueError("number too long")
