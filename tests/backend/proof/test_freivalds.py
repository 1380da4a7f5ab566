"""Freivalds' test: honest products pass whatever their scale, one wrong element does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biodesci.core.errors import InputError, IntegrityError
from biodesci.proof import freivalds
from biodesci.proof.freivalds import check_product, largest_difference

SIZES = st.integers(1, 40)
SEEDS = st.integers(0, 2**32 - 1)


def product(seed: int, n: int, k: int, m: int, scale: float = 1.0):
    rng = np.random.default_rng(seed)
    x, w, b = scale * rng.normal(size=(n, k)), rng.normal(size=(m, k)), rng.normal(size=m)
    return x, w, b, x @ w.T + b


@settings(max_examples=150, deadline=None)
@given(SEEDS, SIZES, SIZES, SIZES, st.sampled_from([1e-12, 1e-3, 1.0, 1e6, 1e100]))
def test_honest_products_always_pass(seed: int, n: int, k: int, m: int, scale: float) -> None:
    x, w, b, y = product(seed, n, k, m, scale)
    found = check_product(x, w, y, b)
    assert found.rows == n
    assert found.residual <= found.tolerance


def test_another_order_of_summation_passes() -> None:
    x, w, b, _ = product(1, 50, 300, 40)
    shuffled = np.random.default_rng(2).permutation(300)
    one_by_one = sum(np.outer(x[:, i], w[:, i]) for i in shuffled) + b
    check_product(x, w, one_by_one, b)


@settings(max_examples=150, deadline=None)
@given(st.data(), SEEDS, SIZES, SIZES, SIZES)
def test_one_wrong_element_is_found_in_its_row(data, seed: int, n: int, k: int, m: int) -> None:
    x, w, b, y = product(seed, n, k, m)
    row, column = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, m - 1))
    y[row, column] += data.draw(st.sampled_from([-1.0, 1e-4, 1e-3, 1e9]))
    with pytest.raises(IntegrityError, match=f"op 7: row {row} is not the product"):
        check_product(x, w, y, b, what="op 7")


def test_wrong_weights_and_wrong_bias_are_found() -> None:
    x, w, b, y = product(3, 20, 16, 8)
    other = w.copy()
    other[5, 3] += 1e-6
    with pytest.raises(IntegrityError, match="row"):
        check_product(x, other, y, b)
    with pytest.raises(IntegrityError, match="row"):
        check_product(x, w, y, b + 1e-6)
    with pytest.raises(IntegrityError, match="row"):
        check_product(x, w, y)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_does_not_pass(value: float) -> None:
    x, w, b, y = product(4, 5, 6, 7)
    y[2, 2] = value
    with np.errstate(invalid="ignore"), pytest.raises(IntegrityError, match="row 2"):
        check_product(x, w, y, b)


def test_errors_that_cancel_under_known_coins_do_not_cancel_under_fresh_ones() -> None:
    x, w, b, y = product(5, 4, 6, 8)
    known = freivalds.coins(8, 1)[:, 0]
    error = np.zeros(8)
    error[0], error[1] = known[1], -known[0]  # orthogonal to the known coins
    y[1] += error
    assert abs(error @ known) < 1e-15
    with pytest.raises(IntegrityError, match="row 1"):
        check_product(x, w, y, b)


def test_the_miss_bound_holds_where_it_can_be_measured() -> None:
    # an error of 4 times the tolerance, one column: missed with probability at most 1/4
    x, w, b, y = product(6, 1, 30, 30)
    tolerance = np.median([check_product(x, w, y, b, columns=1).tolerance for _ in range(50)])
    y[0, 0] += 4 * tolerance
    missed, trials = 0, 800
    for _ in range(trials):
        try:
            check_product(x, w, y, b, columns=1)
            missed += 1
        except IntegrityError:
            pass
    assert missed / trials < 0.25 + 4 * (0.25 * 0.75 / trials) ** 0.5


def test_coins_differ_and_fill_their_range() -> None:
    first, second = freivalds.coins(1000, 3), freivalds.coins(1000, 3)
    assert not np.array_equal(first, second)
    assert first.min() >= -1 and first.max() < 1
    assert abs(first.mean()) < 0.1 and first.std() == pytest.approx(3**-0.5, rel=0.1)


def test_shapes_and_types_are_checked() -> None:
    x, w, b, y = product(7, 3, 4, 5)
    with pytest.raises(IntegrityError, match="do not give"):
        check_product(x, w, y[:, :4], b)
    with pytest.raises(IntegrityError, match="do not give"):
        check_product(x, w, y[:2], b)
    with pytest.raises(InputError, match="float64"):
        check_product(x.astype(np.float32), w, y, b)
    with pytest.raises(InputError, match="column"):
        check_product(x, w, y, b, columns=0)


def test_largest_difference() -> None:
    a = np.array([[1.0, 2.0]])
    assert largest_difference(a, a + np.array([[0.0, 0.5]])) == 0.5
    assert largest_difference(a, a[:, :1]) == float("inf")
    assert largest_difference(a * np.nan, a) == float("inf")
    assert largest_difference(np.zeros((0, 2)), np.zeros((0, 2))) == 0.0
