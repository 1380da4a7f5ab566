"""Ids of persons as they are counted: spelled one way, and whether they are of persons at all.

One person may be `S-1`, `s001` and `S 1` in one column, and `P001_T0` to `P001_T11` are one person's visits.
What is spelled one way makes fewer people of a table and never more; what may be of visits is counted by
nobody until the steward says what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
# Letters, marks, zeros and a number, as most ids are: what the above leave of them, in one look, is \1\2.
_PLAIN: Final = r"^([a-z]*)[ -/:-@]*0*([1-9][0-9]*)$"
_MOST: Final = 32_000_000  # bytes of different ids that are looked at for visits
_AT_ONCE: Final = 1 << 16  # hashes that are sorted together, which takes five times their room
_MOST_PAIRS: Final = 2_000_000  # rows of which two columns of persons are compared
_PARTS: Final = 3  # at the end of an id that may say which visit it is: "month 3", "2021 3 7"
_ALIKE: Final = 0.95  # of the ids: where fewer are left without such a part, ids share it
_DAY: Final = (
    r"^ (?:(?:19|20)[0-9]{2}(?: [0-9]{1,2}){1,2}|(?:19|20)[0-9]{6}|[0-9]{1,2} [0-9]{1,2} (?:19|20)[0-9]{2})$"
)
# Ends that are numbered through the whole table are of persons of a site, unless what stands before them is
# marked as a person's, or they as a visit's.
_MARKED: Final = (
    r"(?:^| )(?:p|pt|pat|patient|sub|subj|subject|participant|person|proband|vp|tn|teilnehmer|donor|sujet|"
    r"paciente|paziente|患者)[0-9]+ [^ ]*[0-9]+$|"
    r" (?:v|vis|visit|visite|visita|besuch|ses|session|enc|encounter|tp|week|wk|month|scan|exam)[0-9]+$"
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
    """Ids in one spelling (n rows -> n texts, as a dictionary whose values may repeat): without case, marks,
    zeros in front, and `.0`. Null where there is none, or a text that stands for none. Values of other types
    are given back as they are."""
    if pa.types.is_floating(array.type):
        array = pc.cast(array, pa.string())
    if not is_text(array.type):
        return array
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()  # a file's dictionary may have values that are in no row
    coded = pc.dictionary_encode(array)
    values, places = _spelled(pc.cast(coded.dictionary, pa.string())), coded.indices
    if values.null_count:
        places = pc.if_else(values.is_valid().take(places), places, pa.scalar(None, places.type))
    return pa.DictionaryArray.from_arrays(places, values)


def _spelled(values: pa.Array) -> pa.Array:
    values = pc.utf8_lower(pc.utf8_trim_whitespace(values))
    nobody = pa.scalar(None, pa.string())
    values = pc.if_else(pc.is_in(values, value_set=pa.array(sorted(texts.MISSING))), nobody, values)
    is_other = pc.invert(pc.match_substring_regex(values, _PLAIN))
    others = values.filter(is_other)
    values = pc.replace_substring_regex(values, _PLAIN, r"\1\2")
    if not len(others):
        return values
    for pattern, replacement in SPELLED:
        others = pc.replace_substring_regex(others, fitting(pattern, others), replacement)
    others = pc.utf8_trim_whitespace(others)
    others = pc.if_else(pc.equal(others, ""), nobody, others)
    return pc.replace_with_mask(values, pc.fill_null(is_other, False), others)


class Ids:
    """The different ids of a column, as far as 32 MB hold them, and what is doubtful of them. They are looked
    at a batch at a time, and counted by their hashes, so that this takes little more memory than they do."""

    def __init__(self, name: str) -> None:
        self._name, self._size = name, 0
        self._parts: list[pa.Array] = []

    def feed(self, ids: pa.Array) -> None:
        """Takes more ids in, as `spelled` gives them."""
        if self._size < _MOST and is_text(ids.type):
            self._parts.append(pc.unique(ids.dictionary).drop_null())
            self._size += self._parts[-1].nbytes

    def doubt(self) -> str | None:
        """Why they may be no persons', in words without an id; None where nothing says so. It can be asked
        once."""
        parts, self._parts = _each_once(self._parts), []
        size = sum(map(len, parts))
        few = (1 - _ALIKE) * size
        if sum(pc.sum(pc.match_substring(ids, " ")).as_py() for ids in parts) > few and any(
            _share_ends(parts, count) for count in range(1, _PARTS + 1)
        ):
            return _VISITS.format(self._name)
        bare = _hashes((ids.filter(pc.match_substring_regex(ids, r"^[0-9]+$")) for ids in parts), size)
        if len(bare) <= few:
            return None
        cuts = (pc.extract_regex(ids, fitting(LETTERS_AND_NUMBER, ids)) for ids in parts)
        after = _hashes((pc.struct_field(cut, "number").drop_null() for cut in cuts), size)
        return _PREFIXES.format(self._name) if len(np.intersect1d(bare, after)) > few else None


def _each_once(parts: Sequence[pa.Array]) -> list[pa.Array]:
    """The same ids, each of which is in one part alone; parts without any are left out."""
    hashes = _hashes(parts, sum(map(len, parts)))
    is_first = np.zeros(len(hashes), np.bool_)
    groups = 1 + len(hashes) // _AT_ONCE
    group = (hashes % np.uint64(groups)).astype(np.int32)
    for number in range(groups):
        rows = np.flatnonzero(group == number)
        is_first[rows[np.unique(hashes[rows], return_index=True)[1]]] = True
    ends = np.cumsum([len(ids) for ids in parts], dtype=np.int64)
    once = (
        ids.filter(pa.array(is_first[end - len(ids) : end])) for ids, end in zip(parts, ends, strict=True)
    )
    return [ids for ids in once if len(ids)]


def _share_ends(parts: Sequence[pa.Array], count: int) -> bool:
    """Whether ids are the same but for so many parts at their end, or at their beginning, and these are the
    same ones again and again, or days, or marked as visits."""
    size = sum(map(len, parts))
    pattern = rf"^(?P<stem>.+?)(?P<end>(?: [^ ]+){{{count}}})$"
    cuts = (pc.extract_regex(ids, pattern) for ids in parts)
    stems = (pc.coalesce(pc.struct_field(cut, "stem"), ids) for cut, ids in zip(cuts, parts, strict=True))
    if _different(_hashes(stems, size)) > _ALIKE * size:
        return False
    ends = [pc.fill_null(pc.struct_field(pc.extract_regex(ids, pattern), "end"), "") for ids in parts]
    days = sum(pc.sum(pc.match_substring_regex(end, _DAY)).as_py() for end in ends)
    if _different(_hashes(ends, size)) <= _ALIKE * size or 2 * days > size:
        return True
    return (
        count == 1 and 2 * sum(pc.sum(pc.match_substring_regex(ids, _MARKED)).as_py() for ids in parts) > size
    )


def _hashes(arrays: Iterable[pa.Array], most: int) -> NDArray[np.uint64]:
    """The hashes of all values, of which there are so many at most."""
    hashes, size = np.empty(most, np.uint64), 0
    for array in arrays:
        hashes[size : size + len(array)] = hashed(array)
        size += len(array)
    return hashes[:size]


def _different(hashes: NDArray[np.uint64]) -> int:
    """How many of these hashes, which are sorted in their place, are different ones."""
    hashes.sort()
    return min(len(hashes), 1) + int(np.count_nonzero(hashes[1:] != hashes[:-1]))


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
