"""Freivalds' test of a float64 matrix product: y = x wᵀ + b is checked in O(n²) instead of O(n³).

R. Freivalds, "Probabilistic machines can use less running time" (1977): for random r, compare y r with x (wᵀ
r) + b·r.

For floats both what may differ honestly and what may be missed have to be stated:

- *No false alarm.* With u = 2⁻⁵³ and γ_n = n u / (1 - n u), any order of summation keeps a dot product of
  length n within γ_n |a|·|b| (Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., section
  3.1). Both sides of the comparison together differ by at most 2 (γ_{k+1} + γ_m) (‖x_i‖₂ ‖w‖_F + ‖b‖₂) ‖r‖₂
  in row i: the tolerance used here. An honest product never exceeds it, whatever BLAS, thread count or FMA
  was used (Strassen-like algorithms are outside this bound).
- *Miss.* r is uniform in [-1, 1) with 53 bits. If the largest error in a row is e, then for all coins but
  that element's fixed, an interval of length 2 tol / e of its 2 is missed: at most tol / e a column, (tol /
  e)^c for c columns. An error e ≤ tol may pass: floats give no more than that. An integer runtime would lift
  this limit.

The coins come from the operating system after the product was fixed; a prover who knows them can pass any
product.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biodesci.core.errors import InputError, IntegrityError

Array = NDArray[np.float64]
COLUMNS = 3
_UNIT_ROUNDOFF = 2.0**-53


@dataclass(frozen=True)
class Freivalds:
    """What a passed test says: no element is off by more than `tolerance`.

    An element that is off by `error` goes unnoticed with a probability of at most
    min(1, tolerance / error) ** columns.
    """

    rows: int
    columns: int
    tolerance: float
    residual: float


def coins(length: int, columns: int) -> Array:
    """(length, columns) values uniform in [-1, 1), 53 bits each, from the operating system."""
    words = np.frombuffer(os.urandom(8 * length * columns), dtype=np.uint64) >> np.uint64(11)
    return (words.astype(np.float64) * 2.0**-52 - 1.0).reshape(length, columns)


def check_product(
    x: Array,
    w: Array,
    y: Array,
    bias: Array | None = None,
    *,
    columns: int = COLUMNS,
    what: str = "matrix product",
) -> Freivalds:
    """Checks y = x wᵀ + bias for x (n, k), w (m, k), y (n, m), bias (m,). An IntegrityError names the row."""
    _shapes(x, w, y, bias, columns, what)
    (n, k), m = x.shape, w.shape[0]
    if n == 0:
        return Freivalds(rows=0, columns=columns, tolerance=0.0, residual=0.0)
    r = coins(m, columns)
    claimed = y @ r
    expected = x @ (w.T @ r)
    scale = np.sqrt(np.einsum("ij,ij->i", x, x)) * np.sqrt(np.vdot(w, w))
    if bias is not None:
        expected += bias @ r
        scale += np.sqrt(np.vdot(bias, bias))
    length = np.sqrt(np.einsum("ij,ij->j", r, r))
    tolerance = 2 * (_gamma(k + 1) + _gamma(m)) * scale[:, None] * length
    residual = np.abs(claimed - expected)
    wrong = ~(residual <= tolerance)  # written so that a NaN counts as wrong
    if wrong.any():
        row = int(np.flatnonzero(wrong.any(axis=1))[0])
        raise IntegrityError(
            f"{what}: row {row} is not the product of its factors "
            f"(residual {residual[row].max():.3g}, rounding explains at most {tolerance[row].max():.3g}).",
            "Treat this result as wrong; where its request names an arbiter, dispute it in time.",
        )
    return Freivalds(
        rows=n, columns=columns, tolerance=float(tolerance.max()), residual=float(residual.max())
    )


def _gamma(n: int) -> float:
    return n * _UNIT_ROUNDOFF / (1 - n * _UNIT_ROUNDOFF)


def _shapes(x: Array, w: Array, y: Array, bias: Array | None, columns: int, what: str) -> None:
    arrays = [x, w, y] if bias is None else [x, w, y, bias]
    if any(a.dtype != np.float64 for a in arrays):
        raise InputError(f"{what}: Freivalds' test here is for float64.", "Convert the factors first.")
    fits = (
        x.ndim == w.ndim == y.ndim == 2 and x.shape[1] == w.shape[1] and y.shape == (x.shape[0], w.shape[0])
    )
    if not fits or (bias is not None and bias.shape != (w.shape[0],)):
        raise IntegrityError(
            f"{what}: shapes {x.shape}, {w.shape} do not give {y.shape}.",
            "The trace belongs to another model.",
        )
    if columns < 1:
        raise InputError("At least one column of coins is needed.", "Pass columns >= 1.")


def largest_difference(claimed: NDArray[Any], expected: NDArray[Any]) -> float:
    """max |claimed - expected|; infinite where the shapes or a NaN make them incomparable."""
    if claimed.shape != expected.shape:
        return math.inf
    gap = float(np.abs(np.asarray(claimed, np.float64) - np.asarray(expected, np.float64)).max(initial=0.0))
    return math.inf if math.isnan(gap) else gap
