"""Hashes of a column's values: the same however rows come, and different for different values."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from biodesci.inspection.hashing import hashed

_TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "ba",
    "a\0",
    "\0",
    "Müller",
    *("x" * n for n in (7, 8, 9, 16, 255, 256, 257, 999)),
]


def test_different_texts_have_different_hashes():
    chance = random.Random(1)
    texts = {*_TEXTS, *(f"sub-{i:07d}" for i in range(20_000))}
    texts |= {"".join(chance.choices("01", k=chance.randint(8, 40))) for _ in range(20_000)}
    hashes = hashed(pa.array(sorted(texts)))
    assert len(set(hashes.tolist())) == len(texts)
    # Samples are taken by the last bits: about half of the values have any of them.
    for bit in range(20):
        assert np.mean(hashes >> np.uint64(bit) & np.uint64(1)) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("type_", [pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary()])
def test_a_value_has_one_hash_in_any_type_and_slice(type_):
    plain = hashed(pa.array(_TEXTS)).tolist()
    typed = pa.array(["before", *_TEXTS]).cast(type_)
    assert hashed(typed.slice(1)).tolist() == plain
    assert [hashed(typed.slice(i, 1))[0] for i in range(1, len(typed))] == plain
    assert hashed(pa.array([*_TEXTS, *_TEXTS]).dictionary_encode()).tolist() == plain * 2


def test_the_hashes_stay_the_same():
    hashes = hashed(pa.array(["sub-01", "a text that is longer than eight bytes"])).tolist()
    assert hashes == [9349366942664198799, 15546294479173182063]


@pytest.mark.parametrize(
    "array",
    [
        pa.array([1, 2, 3]), pa.array([1.5, -0.5, 2.0]),
        pa.array([Decimal("1.5"), Decimal("2.5"), Decimal("3")]),
        pa.array([date(2020, 1, 1), date(2020, 1, 2), date(2020, 1, 3)]), pa.array([[1], [2], [3]]),
        pa.array([{"a": 1}, {"a": 2}, {"a": 3}]), pa.array([np.float16(1), np.float16(2), np.float16(3)]),
        pa.array([b"\xff", b"\xfe", b""]), pa.array([b"a" * 16, b"b" * 16, b"c" * 16], pa.uuid()),
    ],
)  # fmt: skip
def test_every_type_has_hashes(array):
    hashes = hashed(pa.concat_arrays([array, pa.nulls(2, array.type), array]))
    assert len(set(hashes.tolist())) == 4
    assert hashes[:3].tolist() == hashes[5:].tolist()
    assert hashes[3] == hashes[4]


def test_nothing_has_no_hash():
    assert hashed(pa.array([], pa.string())).tolist() == []
    assert len(set(hashed(pa.nulls(3)).tolist())) == 1
