"""A column while its batches stream by: how often each value stands there as long as there are few different
ones, then fine cells of numbers, or nothing but how many are missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from biodesci.inspection.summary import texts
from biodesci.inspection.summary.cells import FineCells
from biodesci.inspection.summary.coded import MISSING, Coded, text_of

_LONGEST: Final = 256  # bytes of a text, on average, of which values are counted one by one
_SAMPLE: Final = 200  # values by which the kind of a column is guessed that has too many; all are checked
_CODE_LIKE: Final = r"^(?:[-+]?0[0-9]|\+)|[0-9]{16}"


RowValues = NDArray[np.int32] | NDArray[np.float64] | NDArray[np.bool_]
"""What stands in each row of a batch: the code of its value (coded.py), its number (not finite where there is
none), or whether there is a value."""


class ColumnTally:
    """What is kept of a column. `limit` is how many different values are counted one by one.

    `values` is None once there are more. `cells` then has the numbers, if all values are such.
    """

    def __init__(self, type_: pa.DataType, limit: int) -> None:
        self._limit = limit
        self.rows = self.missing = 0
        self.cells: FineCells | None = None
        self.kind = "text"
        self._coded: Coded | None = Coded(limit)
        self._of_codes = np.array([np.nan])
        self._is_text = is_text(type_)
        if pa.types.is_date(type_):
            self.kind, self._coded = "date", None
        elif pa.types.is_timestamp(type_):
            self.kind, self._coded = "time", None
        elif not (self._is_text or pa.types.is_boolean(type_) or is_number(type_)):
            self._coded = None

    def feed(self, array: pa.Array) -> RowValues:
        """Takes more rows in: what stands in each of them."""
        self.rows += len(array)
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if pa.types.is_float16(array.type):
            array = array.cast(pa.float32())  # nothing is counted in halves
        if self._coded is not None:
            codes = None if self._is_long(array) else self._coded.add(array)
            if codes is not None:
                if len(self._coded) > self._limit:
                    self._overflow(array)
                return codes
            self._overflow(array)
        return self._add_numbers(array) if self.kind == "number" else self._skip(array)

    def finish(self) -> None:
        """Decides what the values are."""
        if self._coded is None:
            return
        values = self._coded.values
        self.missing += self._coded.missing
        self.kind = texts.kind_of(values)
        if self.kind == "number":
            self._to_cells(values)

    @property
    def values(self) -> dict[str, int] | None:
        """How often each value is there, in the order of their codes; None where they are too many."""
        return None if self._coded is None else self._coded.values

    @property
    def distinct(self) -> int | None:
        """How many different values there are; None where they were too many to count."""
        return None if self._coded is None else len(self._coded)

    def numbers(self, rows: RowValues) -> NDArray[np.float64]:
        """The numbers of rows that `feed` gave, of a column of numbers; one that is not finite is none."""
        if rows.dtype == np.float64:
            return cast(NDArray[np.float64], rows)
        return cast(NDArray[np.float64], self._of_codes[rows])

    def _is_long(self, array: pa.Array) -> bool:
        return self._is_text and array.nbytes > _LONGEST * (len(array) + 1)

    def _overflow(self, array: pa.Array) -> None:
        sample = map(text_of, array.drop_null().slice(0, _SAMPLE).to_pylist())
        assert self._coded is not None, "values are counted until there are too many"
        counted = self._coded.values
        self.missing += self._coded.missing
        values = counted or [text.strip() for text in sample if not texts.is_missing(text)]
        self.kind = texts.kind_of(values) if self._is_text else "number"
        if self.kind == "number":
            self._to_cells(counted)
        self._coded = None

    def _to_cells(self, values: Mapping[str, int]) -> None:
        self.cells = FineCells()
        numbers = np.array([float(value) for value in values], np.float64)
        finite = np.isfinite(numbers)
        weights = np.array(list(values.values()), np.float64)
        self.missing += int(weights[~finite].sum())
        self.cells.add(numbers[finite], weights[finite])
        self._of_codes = np.append(numbers, np.nan)  # the last one is of rows without a value

    def _add_numbers(self, array: pa.Array) -> RowValues:
        numbers = _numbers(array) if self._is_text else pc.cast(array, pa.float64(), safe=False)
        if numbers is None:
            self.kind, self.cells = "text", None
            return self._skip(array)
        assert self.cells is not None, "a column of numbers has cells"
        plain: NDArray[np.float64] = numbers.to_numpy(zero_copy_only=False)
        is_finite = np.isfinite(plain)
        finite = plain if is_finite.all() else plain[is_finite]
        self.missing += len(array) - finite.size
        self.cells.add(finite)
        return plain

    def _skip(self, array: pa.Array) -> RowValues:
        is_present = array.is_valid()
        if self._is_text:
            is_present = pc.and_not(is_present, _is_missing(array))
            if self.kind in ("date", "time"):
                pattern = texts.DATE if self.kind == "date" else texts.TIME
                matched = _true(pc.match_substring_regex(array, f"^(?:{pattern})$"))
                if matched < len(array) - array.null_count:
                    self.kind = "text"
        self.missing += len(array) - _true(is_present)
        present: NDArray[np.bool_] = is_present.to_numpy(zero_copy_only=False)
        return present


def is_present(rows: RowValues) -> NDArray[np.bool_]:
    """Which of the rows that `feed` gave have a value."""
    if rows.dtype == np.bool_:
        return cast(NDArray[np.bool_], rows)
    return rows != MISSING if rows.dtype == np.int32 else np.isfinite(rows)


def _numbers(array: pa.Array) -> pa.Array | None:
    """The numbers that texts are; null where one is missing, and None where one is no number."""
    try:
        numbers = pc.cast(array, pa.float64())
    except pa.ArrowInvalid:
        array = pc.utf8_trim_whitespace(array)
        array = pc.if_else(_is_missing(array), pa.scalar(None, array.type), array)
        try:
            numbers = pc.cast(array, pa.float64())
        except pa.ArrowInvalid:
            return None
    return None if _true(_may_be_code(array)) else numbers


def _is_missing(array: pa.Array) -> pa.Array:
    """Which texts stand for no value (texts.MISSING)."""
    lowered = pc.ascii_lower(pc.utf8_trim_whitespace(array))
    return pc.is_in(lowered, value_set=pa.array(sorted(texts.MISSING), lowered.type))


def _may_be_code(array: pa.Array) -> pa.Array:
    """Which texts read as numbers and are none; only those that begin as such, or are long, are looked at."""
    first = pc.or_(pc.starts_with(array, "0"), pc.or_(pc.starts_with(array, "-"), pc.starts_with(array, "+")))
    suspects = array.filter(pc.or_(first, pc.greater(pc.binary_length(array), 15)))
    return pc.match_substring_regex(suspects, _CODE_LIKE)


def _true(mask: pa.Array) -> int:
    return pc.sum(mask).as_py() or 0


def is_text(type_: pa.DataType) -> bool:
    """Whether values of this Arrow type are texts."""
    if pa.types.is_dictionary(type_):
        return is_text(type_.value_type)
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(type_) for test in tests)


def is_number(type_: pa.DataType) -> bool:
    """Whether values of this Arrow type are numbers."""
    return any(test(type_) for test in (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal))
