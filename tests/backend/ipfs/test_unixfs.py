"""Blocks and request bodies, without a node."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biodesci.core import cid
from biodesci.core.errors import BioDeSciError, InputError, IntegrityError
from biodesci.ipfs import multipart, unixfs
from biodesci.ipfs.unixfs import Link


@pytest.mark.parametrize(
    ("data", "known"),
    [
        (b"", "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH"),
        (b"hello", "QmWfVY9y3xjsixTgbd9AorQxH7VtMpzfx2HaWtsoUYecaX"),
        (b"hello world\n", "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"),
    ],
)
def test_well_known_cids(data: bytes, known: str) -> None:
    assert cid.to_v0(unixfs.digest_of(io.BytesIO(data))) == known


@pytest.mark.parametrize("size", [0, 1, unixfs.CHUNK, unixfs.CHUNK + 1, 3 * unixfs.CHUNK - 1])
@pytest.mark.parametrize("step", [48, 65_536, 262_160, 1 << 20])
def test_a_file_hashed_by_pieces_of_any_size_gets_the_same_cid(size: int, step: int) -> None:
    data = os.urandom(size)
    hasher = unixfs.Hasher()
    for start in range(0, size, step):
        hasher.update(memoryview(data)[start : start + step])
    assert hasher.digest() == unixfs.digest_of(io.BytesIO(data))


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_arbitrary_blocks_never_crash_the_parser(block: bytes) -> None:
    link = Link(hashlib.sha256(block).digest())
    with contextlib.suppress(IntegrityError):
        unixfs.parse(link, block)
    with pytest.raises(IntegrityError):
        unixfs.parse(link, block + b"\x00")


def test_a_tree_that_contradicts_itself_is_refused() -> None:
    leaf = unixfs._field(1, unixfs._unixfs(b"12345", 5, ()))
    digest = hashlib.sha256(leaf).digest()
    blocks = {digest: leaf}
    inner = unixfs._field(2, unixfs._field(1, b"\x12\x20" + digest) + unixfs._field(2, b"") + b"\x18\x0b")
    root = inner + unixfs._field(1, unixfs._unixfs(b"", 4, (4,)))
    blocks[hashlib.sha256(root).digest()] = root
    fetch: Callable[[Link], bytes] = lambda link: blocks[link.digest]  # noqa: E731
    with pytest.raises(IntegrityError, match="another size"):
        b"".join(unixfs.read(fetch, hashlib.sha256(root).digest()))


def body(parts: list[bytes], boundary: bytes = b"xyz") -> bytes:
    framed = b"".join(
        b"--" + boundary + b"\r\nContent-Disposition: form-data; name=file\r\n\r\n" + part + b"\r\n"
        for part in parts
    )
    return framed + b"--" + boundary + b"--\r\n"


def chunked(raw: bytes, size: int) -> bytes:
    pieces = [raw[i : i + size] for i in range(0, len(raw), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.one_of(st.binary(max_size=80), st.just(b"\r\n--xy\r\n--"), st.just(b"\r\n")), max_size=4),
    st.integers(1, 40),
)
def test_multipart_round_trip(parts: list[bytes], size: int) -> None:
    if any(b"\r\n--xyz" in b"\r\n" + part for part in parts):
        return
    raw = body(parts)
    for source in (
        multipart.LengthBody(io.BytesIO(raw), len(raw)),
        multipart.ChunkedBody(io.BytesIO(chunked(raw, size))),
    ):
        found = [b"".join(pieces) for pieces in multipart.files(source, "multipart/form-data; boundary=xyz")]
        assert found == parts


def test_broken_bodies_are_input_errors() -> None:
    raw = body([b"content"])
    for cut in range(len(raw) - 4):
        with pytest.raises(BioDeSciError):
            for pieces in multipart.files(
                multipart.LengthBody(io.BytesIO(raw[:cut]), len(raw)), 'a/b; boundary="xyz"'
            ):
                list(pieces)
    with pytest.raises(InputError):
        multipart.ChunkedBody(io.BytesIO(b"zz\r\n")).read(10)
    with pytest.raises(InputError):
        list(multipart.files(multipart.LengthBody(io.BytesIO(raw), len(raw)), "text/plain"))


def tree(leaf: bytes, size: int, levels: int, own: bytes = b"") -> tuple[dict[bytes, bytes], bytes]:
    """Blocks of which each names the one below 64 times, and the root's digest."""
    block = unixfs._field(1, unixfs._unixfs(leaf, len(leaf), ()))
    blocks, digest = {hashlib.sha256(block).digest(): block}, hashlib.sha256(block).digest()
    for level in range(levels):
        link = unixfs._field(2, unixfs._field(1, b"\x12\x20" + digest) + unixfs._field(2, b"") + b"\x18\x0b")
        data = own if level == levels - 1 else b""
        block = 64 * link + unixfs._field(1, unixfs._unixfs(data, 64 * size + len(data), 64 * (size,)))
        digest, size = hashlib.sha256(block).digest(), 64 * size
        blocks[digest] = block
    return blocks, digest


def test_links_to_nothing_are_refused() -> None:
    """64^20 blocks out of 21: a reader could pass over them, but a node that pins the file could not."""
    blocks, digest = tree(b"", 0, 20, own=b"x")
    reads: list[Link] = []

    def fetch(link: Link) -> bytes:
        reads.append(link)
        return blocks[link.digest]

    with pytest.raises(IntegrityError, match="is not a UnixFS file"):
        unixfs.size(fetch, digest)
    with pytest.raises(IntegrityError, match="is not a UnixFS file"):
        b"".join(unixfs.read(fetch, digest))
    assert len(reads) == 2


def test_a_file_of_many_tiny_blocks_is_refused() -> None:
    blocks, digest = tree(b"x", 1, 3)
    with pytest.raises(IntegrityError, match="too many blocks"):
        b"".join(unixfs.read(lambda link: blocks[link.digest], digest))
