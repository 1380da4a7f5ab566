"""Patterns that are built faster for ASCII find there what those of Unicode find."""

from __future__ import annotations

import random
import string

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from biodesci.inspection import patterns
from biodesci.inspection.identifiers import screening
from biodesci.inspection.summary import ids

_REPLACED = [*ids.SPELLED, (ids.LETTERS_AND_NUMBER, "x")]


def _texts(characters: str) -> pa.StringArray:
    dice = random.Random(7)
    kinds = ("0123456789", "0123456789.", "aZ0 9", characters)
    return pa.array(["".join(dice.choices(dice.choice(kinds), k=dice.randrange(9))) for _ in range(20_000)])


@pytest.mark.parametrize(("pattern", "replacement"), _REPLACED)
def test_ascii_is_replaced_as_unicode_is(pattern: str, replacement: str) -> None:
    texts = _texts("".join(map(chr, range(128))))
    fast = patterns.fitting(pattern, texts)
    assert r"\p" not in fast
    assert pc.replace_substring_regex(texts, fast, replacement) == pc.replace_substring_regex(
        texts, pattern, replacement
    )


def test_ascii_is_screened_as_unicode_is() -> None:
    texts = _texts(string.printable)
    fast = patterns.fitting(screening.HARMLESS, texts)
    assert r"\p" not in fast
    assert pc.match_substring_regex(texts, fast) == pc.match_substring_regex(texts, screening.HARMLESS)


@pytest.mark.parametrize(
    "texts", [pa.array(["P1", "é1"]), pa.array(["é", "P1", "ß2"]).slice(1), pa.array(["P1", None, "患者"])]
)
def test_other_texts_keep_the_classes_of_unicode(texts: pa.StringArray) -> None:
    assert patterns.fitting(screening.HARMLESS, texts) == screening.HARMLESS


@pytest.mark.parametrize(
    "texts",
    [pa.array([], pa.string()), pa.array([None], pa.string()), pa.array(["é", "P1", "é"]).slice(1, 1)],
)
def test_what_is_cut_off_of_an_array_does_not_count(texts: pa.StringArray) -> None:
    assert patterns.fitting(r"[\p{L}]", texts) == "[A-Za-z]"


def test_ids_of_other_letters_are_spelled_by_unicode() -> None:
    spelled = ids.spelled(pa.array(["É-007", "é7", "患者 ０１", "P-01", "17.0"]))
    assert spelled.to_pylist()[:2] == ["é7", "é7"]
    assert spelled.to_pylist()[3:] == ["p1", "17"]
