"""Which distinct values of a column are worth a look: Arrow and RE2 drop the others at memory's speed.

Numbers below a million, short codes and what was looked at before never reach Python. Of a high number of
values of one shape, such as `GENE00012345`, the first thousands are looked at: what none of them is, the
others are not taken for either.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from biodesci.inspection.identifiers.spelling import plain_array
from biodesci.inspection.patterns import fitting

MISSING: Final = (
    "",
    "na",
    "n/a",
    "nan",
    "null",
    "none",
    "?",
    "-",
    ".",
    "NA",
    "N/A",
    "NaN",
    "NULL",
    "None",
    "nil",
    "<NA>",
    "#N/A",
    "NaT",
)
_NUMBER: Final = r"^\s*[+-]?[0-9]+(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]+)?\s*$"
_OVER_89: Final = (
    r"^\s*(?:9[0-9]|1[01][0-9]|12[0-5])(?:[.,][0-9]+)?\s*(?:years?|yrs?|y|jahre|ans|años|anni|歳)?\s*$"
)
LONG_NUMBER: Final = 1_000_000
"""Numbers from here on have seven digits, and are looked at."""
_LONG_INTEGER: Final = r"^\s*\+?[0-9]{6,}(?:[.,]0{1,6})?\s*$"
HARMLESS: Final = (
    r"^[^\p{L}\p{N}]*$|^[^\p{L}\p{N}]*[A-Za-z0-9][^\p{L}\p{N}]*$|"
    r"^\s*[<>~=±+-]{0,2}[0-9]{0,6}(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]+)?\s*%?\s*$"
)
_DATE_OF_DIGITS: Final = 6  # numbers that are all so long may be ddmmyy, or records that begin with zeros
_PROBE: Final = 32
_TRIED: Final = 3  # batches of which not all texts are numbers, after which no more are tried
_REMEMBERED: Final = 1_000  # values of a column that were looked at
_REMEMBERED_BYTES: Final = 64
_CHUNK: Final = 1_000
_LIMIT_CODES: Final = 2_000  # values of one shape that has digits
_LIMIT_WORDS: Final = 50_000
_SHAPES: Final = 24
_TEXT: Final = 32  # characters from which on a value has no shape


class Screen:
    """The state of one column. `rows` are values that are not missing, `numbers` those that are numbers.

    `low`, `high` are of the numbers; `over_89` counts those beyond 89 where all are looked at;
    `shortest`, `longest` are lengths in bytes of what is text in the file.
    """

    __slots__ = (
        "_failures",
        "_gaps",
        "_looked_at",
        "_seen",
        "_skip",
        "every",
        "high",
        "longest",
        "low",
        "numbers",
        "over_89",
        "rows",
        "shortest",
    )

    def __init__(self, *, every: bool) -> None:
        self.every = (
            every  # whether short values and small numbers are looked at, too (the column's name asks for it)
        )
        self.rows = self.numbers = self.over_89 = 0
        self.low, self.high = float("inf"), float("-inf")
        self.shortest, self.longest = 1 << 30, 0
        self._failures = 0
        self._gaps = False
        self._seen: pa.Array | None = None
        self._looked_at: Counter[str] | None = None
        self._skip: str | None = None

    def distinct(self, array: pa.Array) -> Iterator[tuple[str, int]]:
        """The distinct texts of a batch that are worth a look, each with its number of rows."""
        kind = array.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            yield from self._texts(plain_array(array.cast(pa.string()) if kind != pa.string() else array))
        elif pa.types.is_floating(kind):
            yield from self._numbers(array.cast(pa.float64()), None)
        elif pa.types.is_integer(kind) or pa.types.is_decimal(kind):
            yield from self._numbers(array.cast(pa.float64(), safe=False), array)

    @property
    def takes_numbers(self) -> bool:
        """Whether texts of the column are tried as numbers: not where they were none again and again."""
        return self._failures < _TRIED

    def take_numbers(self, rows: int, extremes: tuple[float, float], lengths: tuple[int, int]) -> bool:
        """Counts numbers written as texts, by their least and most, where none of them is to be looked at;
        False, and counts nothing, where they are."""
        shortest, longest = min(self.shortest, lengths[0]), max(self.longest, lengths[1])
        if shortest == longest >= _DATE_OF_DIGITS:
            return False
        self.rows += rows
        self.numbers += rows
        self.low, self.high = min(self.low, extremes[0]), max(self.high, extremes[1])
        self.shortest, self.longest = shortest, longest
        return True

    def _texts(self, array: pa.StringArray) -> Iterator[tuple[str, int]]:
        lengths = pc.min_max(pc.binary_length(array)).as_py()
        if lengths["max"] is None:
            return
        if self.takes_numbers and (numbers := self._as_numbers(array)) is not None:
            self.shortest, self.longest = (
                min(self.shortest, lengths["min"]),
                max(self.longest, lengths["max"]),
            )
            yield from self._numbers(numbers, array)
            return
        counted = pc.value_counts(array)
        values, counts = counted.field(0), counted.field(1)
        present = pc.invert(pc.fill_null(pc.is_in(values, value_set=_missing_values()), True))
        present = pc.and_(present, values.is_valid())
        values, counts = values.filter(present), counts.filter(present)
        if len(values):
            self.rows += pc.sum(counts).as_py()
            least_most = pc.min_max(pc.binary_length(values)).as_py()
            self.shortest, self.longest = (
                min(self.shortest, least_most["min"]),
                max(self.longest, least_most["max"]),
            )
            numbers = counts.filter(pc.match_substring_regex(values, _NUMBER))
            self.numbers += pc.sum(numbers).as_py() or 0
        if self.every and len(values):
            old = pc.match_substring_regex(values, _OVER_89)
            self.over_89 += pc.sum(counts.filter(old)).as_py() or 0
        yield from self._worth_it(values, counts, every=self.every)

    def _as_numbers(self, array: pa.StringArray) -> pa.Array | None:
        """Arrow is slow to say that a text is no number, so a few values are tried before all are."""
        if len(array) > _PROBE and _cast(array.slice(0, _PROBE), gaps=True) is None:
            self._failures += 1
            return None
        numbers = None if self._gaps else _cast(array, gaps=False)
        if numbers is None:
            self._gaps = True
            numbers = _cast(array, gaps=True)
        self._failures += numbers is None
        return numbers

    def _numbers(self, numbers: pa.Array, written: pa.Array | None) -> Iterator[tuple[str, int]]:
        """Numbers, with how they are written where they are not binary floats."""
        found = len(numbers) - numbers.null_count
        self.rows += found
        self.numbers += found
        extremes = pc.min_max(numbers).as_py()
        if extremes["max"] is None:
            return
        self.low, self.high = min(self.low, extremes["min"]), max(self.high, extremes["max"])
        if self.every:
            self.over_89 += pc.sum(pc.greater(numbers, 89)).as_py() or 0
        padded = written is not None and self.shortest == self.longest >= _DATE_OF_DIGITS
        if not self.every and extremes["max"] < LONG_NUMBER and not padded:
            return
        if written is None:
            whole = pc.and_(pc.equal(numbers, pc.floor(numbers)), pc.less(pc.abs(numbers), 1e18))
            written = pc.if_else(whole, numbers, None).cast(pa.int64()) if not self.every else numbers
        if pa.types.is_decimal(written.type):
            written = written.cast(pa.float64())
        texts = written if pa.types.is_string(written.type) else written.cast(pa.string())
        if not self.every:
            texts = texts.filter(pc.match_substring_regex(texts, _LONG_INTEGER))
        counted = pc.value_counts(texts.drop_null())
        yield from self._worth_it(counted.field(0), counted.field(1), every=self.every or padded)

    def _worth_it(self, values: pa.Array, counts: pa.Array, *, every: bool) -> Iterator[tuple[str, int]]:
        if self._seen is not None:
            new = pc.invert(pc.is_in(values, value_set=self._seen))
            values, counts = values.filter(new), counts.filter(new)
        if not every and len(values):
            suspicious = pc.invert(pc.match_substring_regex(values, fitting(HARMLESS, values)))
            values, counts = values.filter(suspicious), counts.filter(suspicious)
        while len(values):
            if self._skip is not None:
                kept = pc.invert(pc.match_substring_regex(values, self._skip))
                values, counts = values.filter(kept), counts.filter(kept)
            chunk = values.slice(0, _CHUNK)
            yield from zip(chunk.to_pylist(), counts.slice(0, _CHUNK).to_pylist(), strict=True)
            self._remember(chunk)
            values, counts = values.slice(_CHUNK), counts.slice(_CHUNK)

    def _remember(self, looked_at: pa.Array) -> None:
        known = 0 if self._seen is None else len(self._seen)
        if known < _REMEMBERED:
            short = looked_at.filter(pc.less_equal(pc.binary_length(looked_at), _REMEMBERED_BYTES))
            self._seen = short if self._seen is None else pa.concat_arrays([self._seen, short])
        elif self._looked_at is None:
            self._looked_at = Counter()
        if self._looked_at is not None:
            self._looked_at.update(shape(value) for value in looked_at.to_pylist() if len(value) < _TEXT)
            self._learn()

    def _learn(self) -> None:
        """Of shapes that were looked at often, further values are dropped."""
        assert self._looked_at is not None
        often = [
            form for form, number in self._looked_at.most_common(_SHAPES)
            if number >= (_LIMIT_CODES if "9" in form or "-" in form else _LIMIT_WORDS)
        ]  # fmt: skip
        if often:
            self._skip = f"^(?:{'|'.join(map(_pattern, often))})$"
        if len(self._looked_at) > 5_000:  # values without a shape in common
            self._looked_at = Counter(dict(self._looked_at.most_common(500)))


@cache
def _missing_values() -> pa.Array:
    """Made when first needed: to make an array imports pandas, which takes a quarter second and 40 MB."""
    return pa.array(MISSING)


def _cast(array: pa.StringArray, *, gaps: bool) -> pa.Array | None:
    """The numbers that texts are; None where one is none. With `gaps`, what stands for nothing is null."""
    if gaps:
        array = pc.if_else(pc.is_in(array, value_set=_missing_values()), None, array)
    try:
        return array.cast(pa.float64())
    except pa.ArrowInvalid:
        return None


def shape(value: str) -> str:
    """A value's shape: digits as 9, words as A, Aa or a, other characters as they are."""
    return re.sub(r"[^\W\d_]+", _word, re.sub(r"\d", "9", value))


def _word(match: re.Match[str]) -> str:
    word = match[0]
    if word.isupper():
        return "A"
    return "Aa" if word[0].isupper() else "a"


def _pattern(form: str) -> str:
    """A shape as RE2 reads it."""
    escaped = re.sub(r"[^\w\s]", lambda match: "\\" + match[0] if match[0].isascii() else match[0], form)
    words = re.sub(
        r"Aa|A|a", lambda match: {"Aa": r"\p{Lu}\p{L}+", "A": r"\p{Lu}+", "a": r"\p{L}+"}[match[0]], escaped
    )
    return re.sub(r"9+", lambda match: f"[0-9]{{{len(match[0])}}}", words)
