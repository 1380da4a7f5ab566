"""Shamir shares, and fixed-point vectors."""

from __future__ import annotations

import os
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biodesci.core import shamir
from biodesci.core.errors import InputError, IntegrityError
from biodesci.fl import quantize


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=1, max_size=64), st.integers(1, 8), st.data())
def test_any_t_shares_give_the_secret(secret: bytes, count: int, data: st.DataObject) -> None:
    threshold = data.draw(st.integers(1, count))
    shares = shamir.split(secret, threshold, count)
    chosen = data.draw(st.permutations(shares))[: data.draw(st.integers(threshold, count))]
    assert shamir.combine(chosen, threshold) == secret


def test_fewer_shares_do_not_give_the_secret() -> None:
    secret = os.urandom(32)
    shares = shamir.split(secret, 3, 5)
    for pair in combinations(shares, 2):
        with pytest.raises(InputError, match="are needed"):
            shamir.combine(pair, 3)
        try:
            guess = shamir.combine(pair, 2)
        except IntegrityError:
            continue
        assert guess != secret


def test_shares_that_do_not_belong_together_are_refused() -> None:
    shares = shamir.split(b"a" * 32, 2, 4)
    with pytest.raises(InputError, match="same index"):
        shamir.combine([shares[0], shares[0]], 2)
    damaged = shares[3][:-1] + bytes([shares[3][-1] ^ 1])
    with pytest.raises(IntegrityError, match="does not fit"):
        shamir.combine([*shares[:3], damaged], 2)
    with pytest.raises(IntegrityError):
        shamir.combine([shares[0], shares[1][:-1]], 2)
    with pytest.raises(IntegrityError, match="different length"):
        shamir.combine([shares[0], shamir.split(b"b", 2, 2)[1]], 2)


@pytest.mark.parametrize(("threshold", "count"), [(0, 3), (4, 3), (2, 5000)])
def test_impossible_thresholds_are_refused(threshold: int, count: int) -> None:
    with pytest.raises(InputError, match="not possible"):
        shamir.split(b"x", threshold, count)


@given(st.integers(1, 100), st.integers(0, 24), st.data())
def test_the_largest_value_that_is_taken_cannot_wrap_round(
    nodes: int, scale: int, data: st.DataObject
) -> None:
    limit = (2**31 - 1) // nodes
    sign = data.draw(st.sampled_from([1, -1]))
    encoded = quantize.encode([sign * limit / 2**scale], scale, nodes)
    total = np.sum([encoded] * nodes, axis=0, dtype=np.uint32)
    assert quantize.decode(total, scale)[0] == sign * nodes * limit / 2**scale
    with pytest.raises(InputError, match="overflow"):
        quantize.encode([sign * 2**31 / nodes / 2**scale + sign], scale, nodes)


@settings(deadline=None)
@given(st.lists(st.integers(-(2**50), 2**50), min_size=1, max_size=20), st.integers(1, 100))
def test_wide_values_add_up_exactly(values: list[int], nodes: int) -> None:
    encoded = quantize.encode_wide(np.array(values, dtype=float), 0, nodes)
    total = np.sum([encoded] * nodes, axis=0, dtype=np.uint32)
    assert quantize.decode_wide(total, 0).tolist() == [float(v * nodes) for v in values]


@pytest.mark.parametrize("bad", [[float("nan")], [float("inf")], [[1.0]]])
def test_values_that_are_no_update_are_refused(bad: list[float]) -> None:
    with pytest.raises(InputError):
        quantize.encode(bad, 16, 4)
    with pytest.raises(InputError):
        quantize.encode_wide(bad, 16, 4)


def test_wide_values_have_a_limit_too() -> None:
    with pytest.raises(InputError, match="does not fit"):
        quantize.encode_wide([2.0**60], 20, 4)
