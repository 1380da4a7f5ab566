"""Whatever bytes a stranger sends: readers of containers, envelopes and Crypt4GH give an error of ours,
and takes no more memory than a bound that is written down.
"""

from __future__ import annotations

import io
import os
import tracemalloc

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from biodesci.core.crypt4gh import header
from biodesci.core.errors import IntegrityError, WrongKeyError
from tests.fuzzing.readers import PRIVATE, READERS, good, refused

BOUND = 160 << 20  # two segments of 16 MiB, in the clear and sealed, on each of two cores
_QUICK = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
_LONG = settings(max_examples=5_000, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def damaged(draw: st.DrawFn, name: str) -> bytes:
    """The good one with some bytes changed, put in or left out, most of them near its beginning."""
    raw = bytearray(good(name))
    near = st.integers(0, min(200, len(raw))) | st.integers(0, len(raw))
    for _ in range(draw(st.integers(1, 4))):
        start, length = draw(near), draw(st.integers(0, 40) | st.just(len(raw)))
        raw[start : start + length] = draw(st.binary(max_size=40) | st.sampled_from([b"\xff" * 4, bytes(8)]))
    return bytes(raw)


def try_(name: str, raw: bytes) -> None:
    """Either it is taken, or refused with an error of ours that says something and holds no key."""
    tracemalloc.start()
    try:
        refused(READERS[name], raw)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < BOUND


@pytest.mark.parametrize("name", READERS)
def test_the_good_ones_are_taken(name: str) -> None:
    if name == "container's front":
        with pytest.raises(IntegrityError, match="content root"):
            READERS[name](good(name))
    else:
        READERS[name](good(name))


@pytest.mark.parametrize("name", READERS)
@_QUICK
@given(data=st.data())
def test_damaged_bytes(name: str, data: st.DataObject) -> None:
    try_(name, data.draw(damaged(name)))


@pytest.mark.parametrize("name", READERS)
@_QUICK
@given(raw=st.binary(max_size=2_000))
@example(raw=b"crypt4gh\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(200))
@example(raw=b"BDSC\x01\x18" + bytes(10) + os.urandom(4_000))
def test_any_bytes(name: str, raw: bytes) -> None:
    try_(name, raw)


@pytest.mark.deep
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", READERS)
@_LONG
@given(data=st.data())
def test_damaged_bytes_for_long(name: str, data: st.DataObject) -> None:
    try_(name, data.draw(damaged(name) | st.binary(max_size=4_000)))


class Endless(io.RawIOBase):
    """A header of as many and as long packets as are read, behind which zeros follow without an end."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        assert 0 <= size <= header.LARGEST_PACKET
        first, self.taken = self.taken == 0, self.taken + size
        said = b"crypt4gh\x01\0\0\0\0\x04\0\0" if first else b"\0\0\1\0"
        return said.ljust(size, b"\0")


def test_a_header_without_end_is_read_packet_by_packet_up_to_a_bound() -> None:
    source = Endless()
    with pytest.raises(WrongKeyError):
        header.open_(source, PRIVATE)  # type: ignore[arg-type]
    assert source.taken == 16 + header.MOST_PACKETS * header.LARGEST_PACKET
