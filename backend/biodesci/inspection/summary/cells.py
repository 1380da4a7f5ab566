"""Fine cells of numbers: what is kept of a column of too many numbers to count each.

A cell is as wide as a power of ten, and there are some thousands of them between the smallest and the
largest number, so bins whose edges are multiples of 1, 2 or 5 times a power of ten can be made of them in
the end, when the range is known. When it grows, ten cells become one.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from biodesci.core.airlock.moments import Cell
from biodesci.core.airlock.rules import SMALL

_MOST = 20_000
_DIGITS = 4  # of the range, that cells are first made for
_EXACT = 14  # decimal digits of a number that are told apart for sure
# A number that stands on an edge but for the last bits of its float belongs above it, as its text says.
_HAIR = 1e-7


class FineCells:
    """Counts, sums and sums of squares by cell. `usable` is False once a range is too large for a float."""

    def __init__(self) -> None:
        self.exponent = 0
        self.usable = True
        self.whole = True
        self._first = 0
        self._low = self._high = math.nan
        self._sums = np.zeros((3, 0))

    def add(self, numbers: NDArray[np.float64], weights: NDArray[np.float64] | None = None) -> None:
        """Takes in finite numbers; `weights` says how often each is there."""
        if not numbers.size or not self.usable:
            return
        low, high = float(numbers.min()), float(numbers.max())
        is_first = not self._sums.size
        self._low = low if is_first else min(low, self._low)
        self._high = high if is_first else max(high, self._high)
        if not math.isfinite(self._high - self._low):
            self.usable = False
            return
        self.whole = self.whole and bool((numbers == np.floor(numbers)).all())
        self._widen(is_first)
        index = self._index(numbers)
        self._cover(int(index.min()), int(index.max()))
        where = (index - self._first).astype(np.int64)
        size = self._sums.shape[1]
        with np.errstate(over="ignore", invalid="ignore"):
            once = weights if weights is not None else np.ones_like(numbers)
            self._sums[0] += np.bincount(where, weights, size)
            self._sums[1] += np.bincount(where, numbers * once, size)
            self._sums[2] += np.bincount(where, numbers * numbers * once, size)

    @property
    def filled(self) -> int:
        """How many cells have a number: at most as many as there are different numbers."""
        return int((self._sums[0] > 0).sum())

    @property
    def low(self) -> float:
        """The smallest number, which nobody is told."""
        return self._low

    @property
    def high(self) -> float:
        """The largest number, which nobody is told."""
        return self._high

    def step(self, bins: int) -> int:
        """How many cells make a bin: 1, 2 or 5 times a power of ten, and of whole numbers one number at
        least. About so many bins cover all numbers but 10 at either end, which so widen no bin."""
        below = np.cumsum(self._sums[0])
        first, last = np.searchsorted(below, (SMALL, below[-1] - SMALL + 1))
        cells = max(1, -(-max(int(last - first) + 1, 1) // bins))
        step, power = 1, 1
        while step < cells or (self.whole and step * 10.0**self.exponent < 1):
            step, power = next(
                (factor * power, power) if factor < 10 else (10 * power, 10 * power)
                for factor in (2, 5, 10)
                if factor * power > step
            )
        return step

    def bins(self, step: int) -> dict[int, int]:
        """How many numbers are in each bin of `step` cells; the bin i begins at `edge(i, step)`."""
        filled = np.flatnonzero(self._sums[0])
        number = (filled + self._first) // step
        first = int(number[0])
        counts = np.bincount(number - first, self._sums[0][filled])
        return {first + i: round(count) for i, count in enumerate(counts.tolist())}

    def bin_of(self, numbers: NDArray[np.float64], step: int) -> NDArray[np.int64]:
        """The bin of `step` cells that each of these finite numbers is in."""
        bins: NDArray[np.int64] = np.floor(self._index(numbers) / step).astype(np.int64)
        return bins

    def edge(self, number: int, step: int) -> float:
        """The lower edge of a bin."""
        return float(f"{number * step * 10.0**self.exponent:.12g}")

    def inside(self, numbers: set[int], step: int) -> list[Cell]:
        """The cells of these bins, for the airlock's moments."""
        width = 10.0**self.exponent
        filled = np.flatnonzero(self._sums[0])
        return [
            Cell(round(count), total, squares, (self._first + i) * width, (self._first + i + 1) * width)
            for i, (count, total, squares) in zip(
                filled.tolist(), self._sums[:, filled].T.tolist(), strict=True
            )
            if (self._first + i) // step in numbers
        ]

    @property
    def _scale(self) -> float:
        return 10.0**-self.exponent

    def _index(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """The cell that each is in, as a whole number."""
        index: NDArray[np.float64] = np.floor(numbers * self._scale + _HAIR)
        return index

    def _widen(self, is_first: bool) -> None:
        spread, largest = self._high - self._low, max(abs(self._high), abs(self._low))
        least = math.ceil(math.log10(largest)) - _EXACT if largest else 0
        wanted = max(least, math.ceil(math.log10(spread or largest or 1.0)) - _DIGITS)
        if is_first:
            self.exponent = max(wanted, -300)
            return
        while spread * self._scale > _MOST or self.exponent < least:
            self._coarsen()

    def _coarsen(self) -> None:
        """Makes one cell of ten."""
        before = self._first % 10
        after = -(before + self._sums.shape[1]) % 10
        padded = np.pad(self._sums, ((0, 0), (before, after)))
        self._sums = padded.reshape(3, -1, 10).sum(axis=2)
        self._first //= 10
        self.exponent += 1

    def _cover(self, low: int, high: int) -> None:
        if not self._sums.size:
            self._first, self._sums = low, np.zeros((3, high - low + 1))
            return
        before = max(0, self._first - low)
        after = max(0, high - (self._first + self._sums.shape[1] - 1))
        self._sums = np.pad(self._sums, ((0, 0), (before, after)))
        self._first -= before
