"""A column while its batches stream by: how often each value stands there as long as there are few different
ones, then fine cells of numbers, or nothing but how many are missing."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from biodesci.inspection.summary import texts
from biodesci.inspection.summary.cells import FineCells

_LONGEST: Final = 256  # bytes of a text, on average, of which values are counted one by one
_SAMPLE: Final = 200  # values by which the kind of a column is guessed that has too many; all are checked
_CODE_LIKE: Final = r"^(?:[-+]?0[0-9]|\+)|[0-9]{16}"


class ColumnTally:
    """What is kept of a column. `limit` is how many different values are counted one by one.

    `values` is None once there are more. `cells` then has the numbers, if all values are such.
    """

    def __init__(self, type_: pa.DataType, limit: int) -> None:
        self._limit = limit
        self.rows = self.missing = 0
        self.cells: FineCells | None = None
        self.values: dict[str, int] | None = {}
        self.kind = "text"
        self._is_text = is_text(type_)
        if pa.types.is_date(type_):
            self.kind, self.values = "date", None
        elif pa.types.is_timestamp(type_):
            self.kind, self.values = "time", None
        elif not (self._is_text or pa.types.is_boolean(type_) or is_number(type_)):
            self.values = None

    def feed(self, array: pa.Array) -> None:
        """Takes more rows in."""
        self.rows += len(array)
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if pa.types.is_float16(array.type):
            array = array.cast(pa.float32())  # nothing is counted in halves
        if self.values is not None:
            counted = self._counted(array)
            if counted is not None:
                for value, count in counted:
                    self._count(value, count)
                if len(self.values) > self._limit:
                    self._overflow(array)
                return
            self._overflow(array)
        if self.kind == "number":
            self._add_numbers(array)
        else:
            self._skip(array)

    def finish(self) -> None:
        """Decides what the values are."""
        if self.values is None:
            return
        self.kind = texts.kind_of(self.values)
        if self.kind == "number":
            self._to_cells()

    @property
    def distinct(self) -> int | None:
        """How many different values there are; None where they were too many to count."""
        return None if self.values is None else len(self.values)

    def _count(self, value: object, count: int) -> None:
        assert self.values is not None, "values are counted until there are too many"
        text = _text(value)
        if texts.is_missing(text):
            self.missing += count
        else:
            text = text.strip()
            self.values[text] = self.values.get(text, 0) + count

    def _counted(self, array: pa.Array) -> list[tuple[object, int]] | None:
        """The batch's values, each with how often it is there; None where they are too many, or too long."""
        if self._is_text and array.nbytes > _LONGEST * (len(array) + 1):
            return None
        counts = pc.value_counts(array)
        if len(counts) > self._limit:
            return None
        return list(zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True))

    def _overflow(self, array: pa.Array) -> None:
        sample = map(_text, array.drop_null().slice(0, _SAMPLE).to_pylist())
        values = self.values or [text.strip() for text in sample if not texts.is_missing(text)]
        self.kind = texts.kind_of(values) if self._is_text else "number"
        if self.kind == "number":
            self._to_cells()
        self.values = None

    def _to_cells(self) -> None:
        self.cells = FineCells()
        values = self.values or {}
        numbers = np.array([float(value) for value in values], np.float64)
        finite = np.isfinite(numbers)
        weights = np.array(list(values.values()), np.float64)
        self.missing += int(weights[~finite].sum())
        self.cells.add(numbers[finite], weights[finite])

    def _add_numbers(self, array: pa.Array) -> None:
        numbers = _numbers(array) if self._is_text else pc.cast(array, pa.float64(), safe=False)
        if numbers is None:
            self.kind, self.cells = "text", None
            self._skip(array)
            return
        assert self.cells is not None, "a column of numbers has cells"
        plain = numbers.drop_null().to_numpy(zero_copy_only=False)
        finite = plain[np.isfinite(plain)] if not np.isfinite(plain).all() else plain
        self.missing += len(array) - finite.size
        self.cells.add(finite)

    def _skip(self, array: pa.Array) -> None:
        self.missing += array.null_count
        if self._is_text:
            self.missing += _true(pc.is_in(array, value_set=pa.array(texts.SPELLINGS, array.type)))
            if self.kind in ("date", "time"):
                pattern = texts.DATE if self.kind == "date" else texts.TIME
                matched = _true(pc.match_substring_regex(array, f"^(?:{pattern})$"))
                if matched < len(array) - array.null_count:
                    self.kind = "text"


def _numbers(array: pa.Array) -> pa.Array | None:
    """The numbers that texts are; null where one is missing, and None where one is no number."""
    try:
        numbers = pc.cast(array, pa.float64())
    except pa.ArrowInvalid:
        array = pc.utf8_trim_whitespace(array)
        is_missing = pc.is_in(array, value_set=pa.array(texts.SPELLINGS, array.type))
        array = pc.if_else(is_missing, pa.scalar(None, array.type), array)
        try:
            numbers = pc.cast(array, pa.float64())
        except pa.ArrowInvalid:
            return None
    return None if _true(_may_be_code(array)) else numbers


def _may_be_code(array: pa.Array) -> pa.Array:
    """Which texts read as numbers and are none; only those that begin as such, or are long, are looked at."""
    first = pc.or_(pc.starts_with(array, "0"), pc.or_(pc.starts_with(array, "-"), pc.starts_with(array, "+")))
    suspects = array.filter(pc.or_(first, pc.greater(pc.binary_length(array), 15)))
    return pc.match_substring_regex(suspects, _CODE_LIKE)


def _true(mask: pa.Array) -> int:
    return pc.sum(mask).as_py() or 0


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_text(type_: pa.DataType) -> bool:
    """Whether values of this Arrow type are texts."""
    if pa.types.is_dictionary(type_):
        return is_text(type_.value_type)
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(type_) for test in tests)


def is_number(type_: pa.DataType) -> bool:
    """Whether values of this Arrow type are numbers."""
    return any(test(type_) for test in (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal))
