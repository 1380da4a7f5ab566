"""Ids are spelled one way, and doubted, however they come: the short way gives what the long one does."""

from __future__ import annotations

import random

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from biodesci.inspection.hashing import hashed
from biodesci.inspection.summary import ids, texts
from biodesci.inspection.summary.ids import Ids, spelled

_PIECES = (
    *("0", "0", "1", "2", "9", "a", "b", "S", "é", "日", "٣", "½", " ", "-", "_", ".", ".0", "00", "/", "("),
    *("*", "\t", "\u00a0", "\0", "NA", "P", "sub-", "T", "nan", "ß", "İ"),
)  # fmt: skip


def _the_long_way(values: list[str | None]) -> list[str | None]:
    array = pc.utf8_lower(pc.utf8_trim_whitespace(pa.array(values, pa.string())))
    array = pa.array([None if value in texts.MISSING else value for value in array.to_pylist()], pa.string())
    for pattern, replacement in ids.SPELLED:
        array = pc.replace_substring_regex(array, pattern, replacement)
    return [value or None for value in pc.utf8_trim_whitespace(array).to_pylist()]


def _made_up(count: int) -> list[str | None]:
    chance = random.Random(5)
    return [
        "".join(chance.choices(_PIECES, k=chance.randint(0, 7))) if chance.random() > 0.05 else None
        for _ in range(count)
    ]


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_ids_are_spelled_one_way(type_: pa.DataType) -> None:
    values = _made_up(20_000)
    expected = _the_long_way(values)
    assert len({value for value in expected if value is not None}) > 2_000
    array = pa.array(values, pa.string()).cast(type_)
    given = spelled(array)
    assert given.to_pylist() == expected
    assert given.null_count == expected.count(None)
    assert hashed(given).tolist() == hashed(pa.array(expected, pa.string())).tolist()
    # Of one row at a time it is the same.
    assert [spelled(array.slice(i, 1))[0].as_py() for i in range(100)] == expected[:100]


def test_values_of_a_dictionary_that_are_in_no_row_are_no_ids() -> None:
    array = pa.DictionaryArray.from_arrays(pa.array([0, 2], pa.int8()), pa.array(["P1", "P2_T1", "P3"]))
    assert spelled(array).dictionary.to_pylist() == ["p1", "p3"]


@pytest.mark.parametrize(
    ("form", "word"),
    [("P{0:03d}_T{1}", "visits"), ("P{0}T{1}", "visits"), ("P{0}_2024-0{1}-11", "visits"),
     ("V{1}-P{0}", "visits"), ("sub-{0:05d}{1}", None), ("{0}{1}", None), ("S {0}{1}|{0}{1}", "letters")],
)  # fmt: skip
@pytest.mark.parametrize("at_once", [7, 100, 5_000])
def test_ids_are_doubted_alike_in_any_batches(
    form: str, word: str | None, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ids, "_AT_ONCE", 100)
    texts_ = [one for i in range(400) for one in form.format(i // 8 + 1, i % 8 + 1).split("|")] * 2
    random.Random(1).shuffle(texts_)
    watched = Ids("patient")
    for start in range(0, len(texts_), at_once):
        watched.feed(spelled(pa.array(texts_[start : start + at_once])))
    doubt = watched.doubt()
    assert doubt is None if word is None else word in (doubt or "")
