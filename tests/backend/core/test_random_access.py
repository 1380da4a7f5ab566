"""Parts of a container are what the whole has there, and nothing else opens."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biodesci.core import container
from biodesci.core.errors import InputError, IntegrityError
from biodesci.core.random_access import RandomAccess

KEY = b"\x07" * 32
SEGMENT = 1 << 16


def sealed(plaintext: bytes) -> bytes:
    target = io.BytesIO()
    container.encrypt(io.BytesIO(plaintext), target, KEY, segment_size=SEGMENT)
    return target.getvalue()


PLAIN = os.urandom(3 * SEGMENT + 1_000)
WHOLE = sealed(PLAIN)


def opened(raw: bytes, key: bytes = KEY) -> RandomAccess:
    return RandomAccess(lambda start, stop: raw[start:stop], len(raw), key)


@given(st.integers(0, len(PLAIN)), st.integers(0, len(PLAIN)))
@settings(max_examples=60, deadline=None)
def test_a_part_is_what_the_whole_has_there(one, other):
    start, stop = min(one, other), max(one, other)
    assert b"".join(opened(WHOLE).read(start, stop)) == PLAIN[start:stop]


@pytest.mark.parametrize("size", [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT])
def test_files_of_all_lengths(size):
    plain = os.urandom(size)
    assert b"".join(opened(sealed(plain)).read(0, size)) == plain


def test_only_the_segments_that_hold_it_are_fetched():
    fetched = []

    def fetch(start, stop):
        fetched.append((start, stop))
        return WHOLE[start:stop]

    assert (
        b"".join(RandomAccess(fetch, len(WHOLE), KEY).read(SEGMENT + 5, SEGMENT + 9))
        == PLAIN[SEGMENT + 5 :][:4]
    )
    assert sum(stop - start for start, stop in fetched) == 48 + SEGMENT + 16


def test_what_was_changed_moved_or_cut_does_not_open():
    length = SEGMENT + 16
    first, second = WHOLE[48 : 48 + length], WHOLE[48 + length : 48 + 2 * length]
    swapped = WHOLE[:48] + second + first + WHOLE[48 + 2 * length :]
    flipped = bytearray(WHOLE)
    flipped[60] ^= 1
    for raw in (swapped, bytes(flipped), WHOLE[: 48 + length]):
        with pytest.raises(IntegrityError, match="does not open"):
            list(opened(raw).read(0, 10))
    with pytest.raises(IntegrityError, match="does not open"):
        list(opened(WHOLE, b"\x08" * 32).read(0, 10))
    for size in (0, 30, 48, 50, 63):
        with pytest.raises(IntegrityError):
            opened(WHOLE[:size])


def test_a_part_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="and not those"):
        list(opened(WHOLE).read(0, len(PLAIN) + 1))
