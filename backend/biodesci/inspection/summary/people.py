"""How many people a cell is of, where a person may have several rows.

Of each row is kept whose it is, as a hash of 64 bits, and what its columns' tallies made of it: the code of a
value, a number, or whether there is one. Up to 8 million cells all rows are, which takes up to 100 MB. Of a
larger table the rows of a sample of the persons are kept, chosen by their hash, so that each of them is there
with all of their rows (Gibbons, "Distinct Sampling for Highly-Accurate Answers to Distinct Values Queries and
Event Reports", VLDB 2001): every count is then the sample's, times what it stands for. A cell with fewer than
11 persons of the sample is as one with fewer than 11: what is released is of 11 at least.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from biodesci.core.airlock.rules import SMALL
from biodesci.inspection.hashing import hashed
from biodesci.inspection.summary.cells import FineCells
from biodesci.inspection.summary.coded import MISSING
from biodesci.inspection.summary.column import ColumnTally, RowValues, is_present

_MOST_CELLS: Final = 8_000_000
_MOST_HALVED: Final = 40
_MOST_MARKS: Final = 1 << 25  # bytes of a table of persons by cell, in which a byte says that both meet
_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True)
class Counted:
    """How many persons each cell is of, how many have a value at all, and how many a row without one."""

    cells: Mapping[Any, int]
    present: int
    missing: int


class People:
    """The rows of a table with a column of persons, in which distinct persons are counted: all of them, or a
    sample of one in 2^`halved`."""

    def __init__(self, tallies: Sequence[ColumnTally]) -> None:
        self._tallies = tallies
        self._persons: list[NDArray[np.uint64]] = []
        self._columns: list[list[RowValues]] = [[] for _ in tallies]
        self._kept = 0
        self.halved = 0
        self.repeat = False

    def feed(self, persons: pa.Array, columns: Sequence[RowValues]) -> None:
        """Takes more rows in: whose they are, and what each tally made of them. A row of nobody is left out;
        where two persons have one hash, fewer are counted."""
        hashes = hashed(persons)
        is_kept = self._is_in_sample(hashes)
        if persons.null_count:
            is_kept &= persons.is_valid().to_numpy(zero_copy_only=False)
        keep = np.flatnonzero(is_kept)
        if not keep.size:
            return
        self._persons.append(hashes[keep])
        for kept, rows in zip(self._columns, columns, strict=True):
            kept.append(rows[keep])
        self._kept += len(self._persons[-1])
        while self._kept * (len(self._tallies) + 1) > _MOST_CELLS and self.halved < _MOST_HALVED:
            self._halve()

    def _halve(self) -> None:
        """Keeps the rows of half of the persons."""
        self.halved += 1
        keep = [self._is_in_sample(hashes) for hashes in self._persons]
        self._persons = [hashes[rows] for hashes, rows in zip(self._persons, keep, strict=True)]
        for place, kept in enumerate(self._columns):
            self._columns[place] = [values[rows] for values, rows in zip(kept, keep, strict=True)]
        self._kept = sum(map(len, self._persons))

    def _is_in_sample(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        is_in: NDArray[np.bool_] = hashes & np.uint64((1 << self.halved) - 1) == 0
        return is_in

    def _stands_for(self, count: int) -> int:
        """How many persons there are of whom `count` are in the sample; fewer than 11 are never more."""
        return count if count < SMALL else count << self.halved

    @cached_property
    def _numbered(self) -> tuple[int, NDArray[np.int64]]:
        """How many persons are kept, and the number of each row's person."""
        if not self._persons:
            return 0, np.zeros(0, np.int64)
        different, rows = np.unique(np.concatenate(self._persons), return_inverse=True)
        self._persons.clear()
        return len(different), rows

    def number(self) -> int:
        """How many persons there are; `repeat` then says whether one of them has several rows. No rows may be
        fed afterwards."""
        count, _ = self._numbered
        self.repeat = count < self._kept
        return self._stands_for(count)

    def values(self, column: int) -> Counted:
        """Persons by value, of a column whose values are few enough to be counted."""
        values = self._tallies[column].values or {}
        counts, present, missing = self._counted(self._rows(column, _codes), len(values))
        return Counted(dict(zip(values, counts, strict=True)), present, missing)

    def others(self, column: int, named: Collection[str]) -> int:
        """How many persons have a value that is none of `named`."""
        codes = [code for code, text in enumerate(self._tallies[column].values or {}) if text in named]
        return self._different(~np.isin(self._rows(column, _codes), [*codes, MISSING]))

    def presence(self, column: int) -> Counted:
        """Persons with a value, under True, and without one."""
        has_value = self._rows(column, is_present)
        present, missing = self._different(has_value), self._different(~has_value)
        return Counted({True: present}, present, missing)

    def bins(self, column: int, cells: FineCells, step: int) -> Counted:
        """Persons by bin of `step` cells (cells.py); what is no finite number counts as missing."""
        numbers = self._rows(column, self._tallies[column].numbers)
        is_number = np.isfinite(numbers)
        bins = cells.bin_of(numbers[is_number], step)
        first = int(bins.min()) if bins.size else 0
        places = np.full(len(numbers), MISSING, np.int64)
        places[is_number] = bins - first
        counts, present, missing = self._counted(places, int(places.max()) + 1)
        return Counted({first + place: count for place, count in enumerate(counts)}, present, missing)

    def _rows(self, column: int, read: Callable[[RowValues], NDArray[_Scalar]]) -> NDArray[_Scalar]:
        return np.concatenate([read(rows) for rows in self._columns[column]])

    def _counted(self, cells: NDArray[np.int64], size: int) -> tuple[list[int], int, int]:
        """Persons by cell, 0 to `size` - 1, and with and without one, where each row is in one or MISSING."""
        people, persons = self._numbered
        if size * people <= _MOST_MARKS:
            marks = np.zeros((size + 1, people), np.bool_)
            marks[cells, persons] = True  # MISSING is the last
            counts = np.count_nonzero(marks[:-1], axis=1)
        else:
            is_in = cells != MISSING
            pairs = np.unique(cells[is_in] * people + persons[is_in])
            counts = np.bincount(pairs // people, minlength=size)
        present, missing = self._different(cells != MISSING), self._different(cells == MISSING)
        return [self._stands_for(count) for count in counts.tolist()], present, missing

    def _different(self, rows: NDArray[np.bool_]) -> int:
        """How many persons these rows are of."""
        people, persons = self._numbered
        marks = np.zeros(people, np.bool_)
        marks[persons[rows]] = True
        return self._stands_for(int(marks.sum()))


def _codes(rows: RowValues) -> NDArray[np.int64]:
    return rows.astype(np.int64)
