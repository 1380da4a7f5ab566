"""Crypt4GH files: each side opens what the other wrote, and what was tampered with is not opened here."""

from __future__ import annotations

import hashlib
import hmac
import io
import itertools
import os
import tracemalloc
from functools import cache
from pathlib import Path

import pytest

from biodesci.core import container, merkle
from biodesci.core.crypt4gh import body, header, keyfiles, whole
from biodesci.core.crypt4gh.body import SEALED, SEGMENT, Opened, Writer
from biodesci.core.crypt4gh.committed import Committed
from biodesci.core.errors import InputError, IntegrityError, WrongKeyError
from tests.backend.core.crypt4gh import peer
from tests.backend.core.crypt4gh.tampering import BY_ROOT_ALONE, KINDS, Sample

SIZES = (1, 100, SEGMENT - 1, SEGMENT, SEGMENT + 1, 16 * SEGMENT, 16 * SEGMENT + 1, 40 * SEGMENT + 7)
ROOT, KEY = bytes(range(32)), bytes(range(32, 64))
BODY = "7c86279c515864d1e20a80aa11f907ca4c4fda737b145fe1c014a4265ac484a0"  # of 200,000 times "x"


def encrypted(plain: bytes, *readers: bytes) -> bytes:
    target = io.BytesIO()
    whole.encrypt(io.BytesIO(plain), target, readers)
    return target.getvalue()


def decrypted(raw: bytes, private: bytes) -> tuple[bytes, Opened]:
    target = io.BytesIO()
    opened = whole.decrypt(io.BytesIO(raw), target, private)
    return target.getvalue(), opened


@cache
def sample() -> Sample:
    return Sample.new()


@pytest.mark.parametrize("size", SIZES)
def test_each_opens_what_the_other_wrote(size: int) -> None:
    plain, private = os.urandom(size), keyfiles.generate()
    public = keyfiles.public_key(private)
    ours, theirs = encrypted(plain, public), peer.written(plain, public)
    assert peer.opened(ours, private) == plain
    assert decrypted(ours, private) == (plain, Opened(size, is_ordered=True))
    assert decrypted(theirs, private) == (plain, Opened(size, is_ordered=False))
    assert len(ours) == len(theirs) == 124 + size + 28 * -(-size // SEGMENT)


def test_a_file_of_nothing_is_a_header_for_both() -> None:
    private = keyfiles.generate()
    raw = encrypted(b"", keyfiles.public_key(private))
    assert len(raw) == 124
    assert peer.opened(raw, private) == b""
    with pytest.raises(IntegrityError, match="holds no data"):
        decrypted(raw, private)  # it may have been cut off


def test_several_readers_open_one_file() -> None:
    plain, privates = os.urandom(70_000), [keyfiles.generate() for _ in range(3)]
    raw = encrypted(plain, *map(keyfiles.public_key, privates))
    for private in privates:
        assert decrypted(raw, private)[0] == peer.opened(raw, private) == plain


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_tampered_with_does_not_open(kind: str) -> None:
    file = sample()
    raw = KINDS[kind](file)
    assert raw != file.raw
    target = io.BytesIO()
    if kind == BY_ROOT_ALONE:
        assert len(decrypted(raw, file.private)[0]) == len(file.plain)
        return
    with pytest.raises((IntegrityError, WrongKeyError)) as caught:
        whole.decrypt(io.BytesIO(raw), target, file.private)
    for_another = {"a header for somebody else", "a bit of the sealed data key", "a bit of the writer's key"}
    is_wrong_key = kind in for_another | {"a packet of another method"}
    assert isinstance(caught.value, WrongKeyError) == is_wrong_key
    assert caught.value.hint
    assert file.plain.startswith(target.getvalue()) or kind in {"all but the last left out"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_tampered_with_is_not_the_committed_file(kind: str) -> None:
    """Whoever made it: the plaintext that a damaged file gives has another content root."""
    file = sample()
    sealed = io.BytesIO()
    info = container.encrypt(io.BytesIO(file.plain), sealed, KEY, segment_size=1 << 16)
    front = sealed.getvalue()[: container.HEADER_SIZE]
    whole_file = Committed(front, KEY)
    whole_file.write(file.plain)
    whole_file.check(info.content_root)
    committed = Committed(front, KEY)
    with pytest.raises((IntegrityError, WrongKeyError)):
        whole.decrypt(io.BytesIO(KINDS[kind](file)), committed, file.private)  # type: ignore[arg-type]
        committed.check(info.content_root)


@pytest.mark.parametrize("order", [*itertools.permutations(range(3)), (0, 0, 1, 2), (0, 1), (1, 2), ()])
def test_segments_of_others_tell_no_order(order: tuple[int, ...]) -> None:
    """Which is why a steward is told, and a licensee's file is compared with the chain."""
    plain, private = os.urandom(3 * SEGMENT), keyfiles.generate()
    raw = peer.written(plain, keyfiles.public_key(private))
    pieces = [raw[124 + at * SEALED :][:SEALED] for at in range(3)]
    target = io.BytesIO()
    moved = b"".join(pieces[index] for index in order)
    keys = header.open_(io.BytesIO(raw), private)
    opened = body.decrypt(io.BytesIO(moved), target, keys)
    assert opened == Opened(len(order) * SEGMENT, is_ordered=False)
    assert target.getvalue() == b"".join(plain[index * SEGMENT :][:SEGMENT] for index in order)


def test_ours_and_others_segments_do_not_mix() -> None:
    """Under one data key: nobody passes a file of ours for one that tells no order."""
    key, plain = os.urandom(32), os.urandom(SEGMENT)
    ours, theirs = io.BytesIO(), peer.segment(plain, key)
    with Writer(ours, key) as writer:
        writer.write(plain)
    for mixed in (ours.getvalue() + theirs, theirs + ours.getvalue()):
        with pytest.raises(IntegrityError, match="moved, repeated, left out or added"):
            body.decrypt(io.BytesIO(mixed), io.BytesIO(), (key,))


@pytest.mark.parametrize("size", [*SIZES, 0])
@pytest.mark.parametrize("segment_size", [1 << 16, 1 << 20])
def test_a_licensees_file_is_compared_with_the_container(size: int, segment_size: int) -> None:
    plain = os.urandom(size)
    sealed = io.BytesIO()
    info = container.encrypt(io.BytesIO(plain), sealed, KEY, segment_size=segment_size)
    front = sealed.getvalue()[: container.HEADER_SIZE]
    for step in (1_000, 1 << 20):
        committed = Committed(front, KEY)
        for at in range(0, size, step):
            committed.write(plain[at : at + step])
        committed.check(info.content_root)
    changed = [plain + b"\0"]
    if plain:
        changed += [plain[:-1], bytes([plain[0] ^ 1]) + plain[1:]]
    for other in changed:
        committed = Committed(front, KEY)
        committed.write(other)
        with pytest.raises(IntegrityError, match="content root"):
            committed.check(info.content_root)


def test_all_licensees_have_one_body_and_it_is_of_one_file() -> None:
    key = body.data_key(KEY, ROOT)
    bodies = []
    for _ in range(2):
        target = io.BytesIO()
        with Writer(target, key) as writer:
            writer.write(b"x" * 200_000)
        bodies.append(target.getvalue())
    assert bodies[0] == bodies[1]
    assert body.data_key(KEY, merkle.leaf_hash(ROOT)) != key != body.data_key(ROOT, ROOT)
    assert KEY not in key
    # RFC 5869, with hmac alone: files that were handed out stay what they are.
    extracted = hmac.digest(ROOT, KEY, "sha256")
    assert key == hmac.digest(extracted, b"biodesci/crypt4gh/v1\1", "sha256")
    assert hashlib.sha256(bodies[0]).hexdigest() == BODY


def test_a_header_alone_gives_another_reader_the_file() -> None:
    """What a re-grant is: 124 bytes, whatever the size of the data."""
    key, plain = body.data_key(KEY, ROOT), os.urandom(300_000)
    data = io.BytesIO()
    with Writer(data, key) as writer:
        writer.write(plain)
    for _ in range(2):
        private = keyfiles.generate()
        front = header.seal(key, [keyfiles.public_key(private)])
        assert len(front) == 124
        assert peer.opened(front + data.getvalue(), private) == plain


def test_memory_is_bounded(tmp_path) -> None:
    private = keyfiles.generate()
    small, large = tmp_path / "plain", tmp_path / "sealed"
    with small.open("wb") as file:
        for _ in range(64):
            file.write(os.urandom(1 << 20))
    tracemalloc.start()
    with small.open("rb") as source, large.open("wb") as target:
        whole.encrypt(source, target, [keyfiles.public_key(private)])
    with large.open("rb") as source, Path(os.devnull).open("wb") as target:
        assert whole.decrypt(source, target, private).size == 64 << 20
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 << 20


def test_bad_readers_are_refused() -> None:
    for readers in ([], [bytes(32)], [b"short"], [keyfiles.public_key(keyfiles.generate())] * 1_025):
        with pytest.raises(InputError):
            header.seal(bytes(32), readers)
