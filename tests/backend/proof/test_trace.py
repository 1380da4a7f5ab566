"""A trace's root binds every row to its place; rows open one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biodesci.core import checkpoint
from biodesci.core.errors import InputError, IntegrityError
from biodesci.proof.trace import Product, Trace, check_opening, context

CONTRACT = "0x" + "ab" * 20
PLACE = context(31337, CONTRACT, 5)


def trace(place: bytes = PLACE) -> Trace:
    rng = np.random.default_rng(1)
    shapes = [(4, 3, 6), (4, 6, 2), (8, 2, 2)]
    return Trace(
        place, tuple(Product(rng.normal(size=(n, k)), rng.normal(size=(n, m))) for n, k, m in shapes)
    )


def changed(t: Trace, number: int, **arrays: np.ndarray) -> Trace:
    products = list(t.products)
    products[number] = replace(products[number], **arrays)
    return Trace(t.context, tuple(products))


def bumped(a: np.ndarray, row: int = 1, column: int = 1) -> np.ndarray:
    b = a.copy()
    b[row, column] = np.nextafter(b[row, column], np.inf)
    return b


def swapped(a: np.ndarray, i: int = 0, j: int = 2) -> np.ndarray:
    b = a.copy()
    b[[i, j]] = b[[j, i]]
    return b


TAMPERINGS = {
    "one bit of an input": lambda t: changed(t, 0, x=bumped(t.products[0].x)),
    "one bit of an output": lambda t: changed(t, 1, y=bumped(t.products[1].y)),
    "rows swapped": lambda t: changed(t, 0, x=swapped(t.products[0].x), y=swapped(t.products[0].y)),
    "outputs of two rows swapped": lambda t: changed(t, 0, y=swapped(t.products[0].y)),
    "products swapped": lambda t: Trace(t.context, (t.products[1], t.products[0], t.products[2])),
    "a product left out": lambda t: Trace(t.context, t.products[:2]),
    "a product repeated": lambda t: Trace(t.context, (*t.products, t.products[2])),
    "a row cut": lambda t: changed(t, 2, x=t.products[2].x[:-1], y=t.products[2].y[:-1]),
    "another request": lambda t: Trace(context(31337, CONTRACT, 6), t.products),
    "another chain": lambda t: Trace(context(1, CONTRACT, 5), t.products),
    "another contract": lambda t: Trace(context(31337, "0x" + "cd" * 20, 5), t.products),
    "a column moved from x to y": lambda t: changed(
        t, 0, x=t.products[0].x[:, :2], y=np.hstack([t.products[0].x[:, 2:], t.products[0].y])
    ),
}


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_a_changed_trace_has_another_root(kind: str) -> None:
    honest = trace()
    root = honest.root()
    honest.check_root(root)
    with pytest.raises(IntegrityError, match="not the one that was committed"):
        TAMPERINGS[kind](honest).check_root(root)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_row_opens_and_only_at_its_place(data) -> None:
    t = trace()
    number = data.draw(st.integers(0, 2))
    row = data.draw(st.integers(0, len(t.products[number].x) - 1))
    opening = t.open_row(number, row)
    values = check_opening(t.root(), PLACE, opening)
    np.testing.assert_array_equal(
        values, np.concatenate([t.products[number].x[row], t.products[number].y[row]])
    )
    with pytest.raises(IntegrityError, match="not row"):
        check_opening(t.root(), PLACE, replace(opening, row=row + 1))
    with pytest.raises(IntegrityError, match="not row"):
        check_opening(t.root(), context(31337, CONTRACT, 6), opening)
    with pytest.raises(IntegrityError, match="inclusion proof"):
        check_opening(t.root(), PLACE, replace(opening, index=(opening.index + 1) % opening.size))
    with pytest.raises(IntegrityError, match="inclusion proof"):
        check_opening(
            t.root(), PLACE, replace(opening, leaf=opening.leaf[:-1] + bytes([opening.leaf[-1] ^ 1]))
        )
    with pytest.raises(IntegrityError, match="inclusion proof"):
        check_opening(bytes(32), PLACE, opening)


def test_rows_that_do_not_exist_do_not_open() -> None:
    with pytest.raises(InputError, match="no row 4 of product 0"):
        trace().open_row(0, 4)
    with pytest.raises(InputError, match="no row 0 of product 3"):
        trace().open_row(3, 0)


def test_it_travels_as_safetensors() -> None:
    t = trace()
    back = Trace.from_tensors(PLACE, checkpoint.load(checkpoint.dump(t.to_tensors())))
    assert back.root() == t.root()


def test_incomplete_or_foreign_files_are_refused() -> None:
    tensors = trace().to_tensors()
    lacking = {k: v for k, v in tensors.items() if k != "00001.y"}
    with pytest.raises(IntegrityError, match="lacks a product"):
        Trace.from_tensors(PLACE, lacking)
    with pytest.raises(IntegrityError, match="float64"):
        Trace.from_tensors(PLACE, {k: v.astype(np.float32) for k, v in tensors.items()})
    with pytest.raises(IntegrityError, match="output rows"):
        Trace.from_tensors(PLACE, {**tensors, "00000.y": tensors["00000.y"][:2]})
    with pytest.raises(InputError, match="float64 matrices"):
        Trace.from_tensors(PLACE, {**tensors, "00000.x": tensors["00000.x"].reshape(-1)})
