"""Columns of a wide table that hold small numbers alone, screened many at a time.

A call of Arrow takes microseconds whatever it is of, and a column is screened by a dozen: of 100,000 columns
with few rows each, that is most of what looking at them takes. What is done here gives what `Screen.distinct`
gives of each column by itself: nothing to look at, and the same counts and limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from biodesci.inspection.identifiers.screening import LONG_NUMBER, Screen

_FEWEST: Final = 64  # columns of a table
_TOGETHER: Final = 256  # columns: where one has a text, all of these are screened by themselves
_MOST_ROWS: Final = 2_048  # of a batch: of more, what a call takes by itself is little


def screened(columns: Sequence[pa.Array], screens: Sequence[Screen]) -> list[bool]:
    """Which columns of a batch were screened here; the others are left to their `Screen`."""
    done = [False] * len(columns)
    if len(columns) < _FEWEST or not 0 < len(columns[0]) <= _MOST_ROWS:
        return done
    mine = [
        place
        for place, (column, screen) in enumerate(zip(columns, screens, strict=True))
        if column.type == pa.string() and not screen.every and screen.takes_numbers
    ]
    for start in range(0, len(mine), _TOGETHER):
        places = mine[start : start + _TOGETHER]
        if (together := _Together.of([columns[place] for place in places])) is not None:
            for place, is_done in zip(places, together.taken([screens[p] for p in places]), strict=True):
                done[place] = is_done
    return done


class _Together:
    """Columns of as many texts each, all of which are numbers: `numbers` and `lengths` (columns x rows)."""

    def __init__(
        self, numbers: NDArray[np.float64], lengths: NDArray[np.int32], there: NDArray[np.bool_]
    ) -> None:
        self._there = there
        self._low = np.where(there, numbers, np.inf).min(axis=1).tolist()
        self._high = np.where(there, numbers, -np.inf).max(axis=1).tolist()
        self._shortest = np.where(there, lengths, np.iinfo(np.int32).max).min(axis=1).tolist()
        self._longest = np.where(there, lengths, 0).max(axis=1).tolist()

    @classmethod
    def of(cls, columns: Sequence[pa.StringArray]) -> _Together | None:
        """None where a text is no number, or one that is none (NaN)."""
        flat = pa.concat_arrays(columns)
        try:
            numbers = flat.cast(pa.float64())
        except pa.ArrowInvalid:
            return None
        form = (len(columns), len(columns[0]))
        there: NDArray[np.bool_] = flat.is_valid().to_numpy(zero_copy_only=False).reshape(form)
        plain = pc.fill_null(numbers, 0.0).to_numpy().reshape(form)
        if np.isnan(plain).any():
            return None
        lengths = pc.fill_null(pc.binary_length(flat), 0).to_numpy().reshape(form)
        return cls(plain, cast(NDArray[np.int32], lengths), there)

    def taken(self, screens: Sequence[Screen]) -> list[bool]:
        """Which columns have small numbers alone, whose screens then know of them."""
        rows = self._there.sum(axis=1).tolist()
        limits = zip(self._low, self._high, self._shortest, self._longest, strict=True)
        return [
            # A column without a value says nothing.
            not count or (high < LONG_NUMBER and screen.take_numbers(count, (low, high), (shortest, longest)))
            for screen, count, (low, high, shortest, longest) in zip(screens, rows, limits, strict=True)
        ]
