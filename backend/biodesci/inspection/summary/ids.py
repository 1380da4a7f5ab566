"""Ids of persons as they are counted: spelled one way, and whether they are of persons at all.

One person may be `S-1`, `s001` and `S 1` in one column, and `P001_T0` to `P001_T11` are one person's visits.
What is spelled one way makes fewer people of a table and never more; what may be of visits is counted by
nobody until the steward says what it is.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from biodesci.inspection.hashing import hashed, mixed
from biodesci.inspection.patterns import fitting
from biodesci.inspection.summary import texts
from biodesci.inspection.summary.column import is_text

SPELLED: Final = (
    (r"^([^\p{N}]*[0-9]+)\.0+(?:[^\p{L}\p{N}]*)$", r"\1"),  # a number that a spreadsheet wrote: 17.0
    (r"[^\p{L}\p{N}]+", " "),
    (r"(^|[^0-9])0+([0-9])", r"\1\2"),
    (r"([\p{L}]) ([0-9])", r"\1\2"),
    (r"^([^\p{N}]*[0-9]+)([\p{L}]+[0-9]*)$", r"\1 \2"),  # P1a, P1T0
)
"""Patterns by which ids are spelled one way, one after the other, and what takes their place."""
LETTERS_AND_NUMBER: Final = r"^[\p{L}]+(?P<number>[0-9]+)$"
_MOST: Final = 32_000_000  # bytes of different ids that are looked at for visits
_MOST_PAIRS: Final = 2_000_000  # rows of which two columns of persons are compared
_PARTS: Final = 3  # at the end of an id that may say which visit it is: "month 3", "2021 3 7"
_ALIKE: Final = 0.95  # of the ids: where fewer are left without such a part, ids share it
_DAY: Final = (
    r"^ (?:(?:19|20)[0-9]{2}(?: [0-9]{1,2}){1,2}|(?:19|20)[0-9]{6}|[0-9]{1,2} [0-9]{1,2} (?:19|20)[0-9]{2})$"
)
_VISITS: Final = (
    "many ids of column {!r} are the same but for a part at one end (a visit, a month, a site), so that "
    "they may be of visits and not of persons"
)
_PREFIXES: Final = (
    "the same numbers stand in column {!r} with letters before them and without, so that one person may "
    "have several ids"
)
_RIVALS: Final = "columns {!r} and {!r} may both be of persons, and disagree on which rows are one person's"


def spelled(array: pa.Array) -> pa.Array:
    """Ids in one spelling (n rows -> n texts): without case, marks, zeros in front, and `.0`. Null where
    there is none, or a text that stands for none. Values of other types are given back as they are."""
    if pa.types.is_floating(array.type):
        array = pc.cast(array, pa.string())
    if not is_text(array.type):
        return array
    coded = array if pa.types.is_dictionary(array.type) else pc.dictionary_encode(array)
    values = pc.utf8_lower(pc.utf8_trim_whitespace(pc.cast(coded.dictionary, pa.string())))
    nobody = pa.scalar(None, pa.string())
    values = pc.if_else(pc.is_in(values, value_set=pa.array(sorted(texts.MISSING))), nobody, values)
    for pattern, replacement in SPELLED:
        values = pc.replace_substring_regex(values, fitting(pattern, values), replacement)
    values = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.equal(values, ""), nobody, values).take(coded.indices)


class Ids:
    """The different ids of a column, as far as 32 MB hold them, and what is doubtful of them."""

    def __init__(self, name: str) -> None:
        self._name, self._size = name, 0
        self._parts: list[pa.Array] = []

    def feed(self, ids: pa.Array) -> None:
        """Takes more ids in, as `spelled` gives them."""
        if self._size < _MOST and is_text(ids.type):
            self._parts.append(pc.unique(ids).drop_null())
            self._size += self._parts[-1].nbytes

    def doubt(self) -> str | None:
        """Why they may be no persons', in words without an id; None where nothing says so."""
        ids = pc.unique(pa.chunked_array(self._parts, pa.string()))
        if not len(ids):
            return None
        with_parts = pc.sum(pc.match_substring(ids, " ")).as_py()
        if with_parts > (1 - _ALIKE) * len(ids) and any(
            _share_ends(ids, parts) for parts in range(1, _PARTS + 1)
        ):
            return _VISITS.format(self._name)
        bare = ids.filter(pc.match_substring_regex(ids, r"^[0-9]+$"))
        pattern = fitting(LETTERS_AND_NUMBER, ids)
        after = pc.struct_field(pc.extract_regex(ids, pattern), "number").drop_null()
        common = pc.sum(pc.is_in(pc.unique(after), value_set=bare)).as_py() or 0
        return _PREFIXES.format(self._name) if common > (1 - _ALIKE) * len(ids) else None


def _share_ends(ids: pa.Array, parts: int) -> bool:
    """Whether ids are the same but for so many parts at their end, or at their beginning, and these are the
    same ones again and again, or days."""
    cut = pc.extract_regex(ids, rf"^(?P<stem>.+?)(?P<end>(?: [^ ]+){{{parts}}})$")
    ends = pc.fill_null(pc.struct_field(cut, "end"), "")
    stems = _different(pc.coalesce(pc.struct_field(cut, "stem"), ids))
    most = _ALIKE * len(ids)
    days = pc.sum(pc.match_substring_regex(ends, _DAY)).as_py() or 0
    return stems <= most and (_different(ends) <= most or 2 * days > len(ids))


class Rival:
    """Another column that may be of persons beside the one that is taken. `is_sure` says that its name is
    one of ids of persons; another one counts if it makes fewer persons of them."""

    def __init__(self, names: tuple[str, str], *, is_sure: bool) -> None:
        self._names, self._is_sure = names, is_sure
        self._pairs: list[NDArray[np.uint64]] = []  # of the one, of the other, of both together
        self._rows = 0

    def feed(self, taken: pa.Array, other: pa.Array) -> None:
        """Takes more rows in, as `spelled` gives them; one that lacks either says nothing."""
        if self._rows > _MOST_PAIRS:
            return
        has_both = pc.and_(taken.is_valid(), other.is_valid()).to_numpy(zero_copy_only=False)
        one, two = hashed(taken)[has_both], hashed(other)[has_both]
        pairs = np.stack([one, two, one ^ mixed(two)])
        self._rows += pairs.shape[1]
        self._pairs.append(pairs)

    def doubt(self) -> str | None:
        """Why the taken column may be no persons'; None where both name the same persons."""
        rows = np.concatenate([np.zeros((3, 0), np.uint64), *self._pairs], axis=1)
        taken, other, both = (len(np.unique(each)) for each in rows)
        agree = taken == other == both if self._is_sure else not other < taken == both
        return None if agree else _RIVALS.format(*self._names)


def _different(array: pa.Array) -> int:
    return int(pc.count_distinct(array).as_py())
