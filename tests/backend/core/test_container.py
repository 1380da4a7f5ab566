"""Containers: what went in comes out, and nothing else ever does."""

from __future__ import annotations

import hashlib
import io
import os
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biodesci.core import container
from biodesci.core.container import ContainerInfo, Readers, Sealed
from biodesci.core.errors import InputError, IntegrityError, WrongKeyError

SEGMENT = 1 << 16
KEY = bytes(range(32))
SIZES = (0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 11 * SEGMENT + 7)


def sealed(plaintext: bytes) -> tuple[bytes, ContainerInfo]:
    target = io.BytesIO()
    info = container.encrypt(io.BytesIO(plaintext), target, KEY, segment_size=SEGMENT)
    return target.getvalue(), info


@cache
def sample() -> tuple[bytes, bytes, ContainerInfo]:
    """Three segments, the last one short."""
    plaintext = os.urandom(2 * SEGMENT + 100)
    return plaintext, *sealed(plaintext)


def opened(raw: bytes, root: bytes | None = None, key: bytes = KEY) -> bytes:
    target = io.BytesIO()
    container.decrypt(io.BytesIO(raw), target, key, expected_root=root)
    return target.getvalue()


def refused(raw: bytes) -> None:
    """Neither with the root nor without; and what was released before is a beginning of the plaintext."""
    plaintext, _, info = sample()
    for root in (None, info.content_root):
        target = io.BytesIO()
        with pytest.raises(IntegrityError):
            container.decrypt(io.BytesIO(raw), target, KEY, expected_root=root)
        released = target.getvalue()
        assert plaintext.startswith(released)
        assert len(released) % SEGMENT == 0 or released == plaintext


@pytest.mark.parametrize("size", SIZES)
def test_round_trip(size: int) -> None:
    plaintext = os.urandom(size)
    raw, info = sealed(plaintext)
    assert opened(raw, info.content_root) == plaintext
    assert (info.size, info.plaintext_size, info.segment_size) == (len(raw), size, SEGMENT)
    assert info.sha256 == hashlib.sha256(raw).digest()
    assert container.content_root(io.BytesIO(raw)) == info.content_root


def test_same_file_twice_shares_no_ciphertext() -> None:
    first, second = (sealed(b"x" * 1000)[0] for _ in range(2))
    assert first[16:48] != second[16:48]
    assert first[48:] != second[48:]


@settings(max_examples=60, deadline=None)
@given(st.integers(0), st.integers(0, 7))
def test_every_flipped_bit_is_refused(position: int, bit: int) -> None:
    raw = bytearray(sample()[1])
    raw[position % len(raw)] ^= 1 << bit
    refused(bytes(raw))


@pytest.mark.parametrize("position", [0, 3, 4, 5, 6, 15, 16, 47, 48])
@pytest.mark.parametrize("bit", range(8))
def test_every_bit_of_the_header_counts(position: int, bit: int) -> None:
    raw = bytearray(sample()[1])
    raw[position] ^= 1 << bit
    refused(bytes(raw))


@settings(max_examples=40, deadline=None)
@given(st.integers(0))
def test_every_truncation_is_refused(length: int) -> None:
    raw = sample()[1]
    refused(raw[: length % len(raw)])


def pieces() -> tuple[bytes, list[bytes]]:
    raw = sample()[1]
    whole = SEGMENT + 16
    return raw[:48], [raw[48 : 48 + whole], raw[48 + whole : 48 + 2 * whole], raw[48 + 2 * whole :]]


@pytest.mark.parametrize(
    "order",
    [(0,), (0, 1), (1, 2), (0, 2), (1, 0, 2), (0, 0, 1, 2), (0, 1, 1, 2), (0, 1, 2, 2), (2, 0, 1), ()],
)
def test_missing_moved_and_repeated_segments_are_refused(order: tuple[int, ...]) -> None:
    header, segments = pieces()
    refused(header + b"".join(segments[i] for i in order))


@settings(max_examples=20, deadline=None)
@given(st.binary(min_size=1, max_size=SEGMENT + 32))
def test_trailing_bytes_are_refused(extra: bytes) -> None:
    refused(sample()[1] + extra)


def test_segments_of_another_file_under_the_same_key_are_refused() -> None:
    header, segments = pieces()
    other = sealed(os.urandom(2 * SEGMENT + 100))[0]
    refused(header + segments[0] + other[48 + SEGMENT + 16 :])


def test_an_empty_segment_behind_a_full_one_is_refused() -> None:
    # Well encrypted, by somebody with the key: one file must have one container.
    plaintext = os.urandom(SEGMENT)
    header = container.Header.new(SEGMENT)
    cipher = header.cipher(KEY)
    forged = header.raw + cipher.encrypt(container.nonce(0, False), plaintext, header.raw)
    forged += cipher.encrypt(container.nonce(1, True), b"", header.raw)
    with pytest.raises(IntegrityError):
        opened(forged)


def test_another_container_of_the_key_holder_is_not_the_committed_one() -> None:
    plaintext, _, info = sample()
    with pytest.raises(IntegrityError, match="content root"):
        opened(sealed(plaintext)[0], info.content_root)


@pytest.mark.parametrize("size", SIZES)
def test_wrong_key_on_the_committed_bytes_is_told_from_damage(size: int) -> None:
    raw, info = sealed(os.urandom(size))
    target = io.BytesIO()
    with pytest.raises(WrongKeyError):
        container.decrypt(io.BytesIO(raw), target, os.urandom(32), expected_root=info.content_root)
    assert target.getvalue() == b""
    damaged = bytearray(raw)
    damaged[-1] ^= 1
    with pytest.raises(IntegrityError):
        opened(bytes(damaged), info.content_root, os.urandom(32))
    with pytest.raises(IntegrityError):
        opened(raw, None, os.urandom(32))


def test_a_source_that_gives_little_at_a_time() -> None:
    class Trickle(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self.rest = io.BytesIO(data)

        def readinto(self, buffer: memoryview) -> int:
            return self.rest.readinto(memoryview(buffer)[:777])

    plaintext, raw, info = sample()
    target = io.BytesIO()
    container.decrypt(Trickle(raw), target, KEY, expected_root=info.content_root)
    assert target.getvalue() == plaintext


def test_progress_adds_up() -> None:
    told: list[int] = []
    plaintext = os.urandom(5 * SEGMENT + 1)
    target = io.BytesIO()
    container.encrypt(io.BytesIO(plaintext), target, KEY, segment_size=SEGMENT, progress=told.append)
    assert sum(told) == len(plaintext)
    told.clear()
    target.seek(0)
    container.decrypt(target, io.BytesIO(), KEY, expected_root=None, progress=told.append)
    assert sum(told) == len(plaintext)


@pytest.mark.parametrize("size", [0, 1, 1 << 15, (1 << 16) + 1, 1 << 25])
def test_segment_sizes_outside_the_format(size: int) -> None:
    with pytest.raises(InputError):
        container.encrypt(io.BytesIO(), io.BytesIO(), KEY, segment_size=size)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_keys_of_a_wrong_length(size: int) -> None:
    with pytest.raises(InputError):
        container.encrypt(io.BytesIO(), io.BytesIO(), bytes(size))


@pytest.mark.parametrize("size", SIZES)
def test_who_reads_along_reads_what_goes_in_and_what_comes_out(size: int) -> None:
    plaintext, target = os.urandom(size), io.BytesIO()
    before, sealed_bytes, whole = hashlib.sha256(), bytearray(), hashlib.sha256()
    readers = Readers(plaintext=(before.update,), sealed=(sealed_bytes.extend, whole.update))
    made = container.seal(io.BytesIO(plaintext), target, KEY, segment_size=SEGMENT, readers=readers)
    assert before.digest() == hashlib.sha256(plaintext).digest()
    assert bytes(sealed_bytes) == target.getvalue()
    assert whole.digest() == hashlib.sha256(target.getvalue()).digest()
    assert made == Sealed(
        container.content_root(io.BytesIO(target.getvalue())), len(target.getvalue()), size, SEGMENT
    )


def test_a_reader_that_fails_ends_the_work() -> None:
    def full(_: memoryview) -> None:
        raise OSError(28, "No space left on device")

    for readers in (Readers(plaintext=(full,)), Readers(sealed=(full,))):
        with pytest.raises(OSError, match="No space"):
            container.seal(
                io.BytesIO(bytes(9 * SEGMENT)), io.BytesIO(), KEY, segment_size=SEGMENT, readers=readers
            )


def test_a_failing_target_ends_the_work() -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        container.encrypt(io.BytesIO(bytes(9 * SEGMENT)), Full(), KEY, segment_size=SEGMENT)
