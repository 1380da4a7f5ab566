"""Lengths of time as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biodesci.core import duration
from biodesci.core.errors import InputError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("45", 45),
        ("45s", 45),
        ("90m", 5_400),
        ("12h", 43_200),
        ("30d", 2_592_000),
        ("2w", 1_209_600),
    ],
)
def test_units(text: str, seconds: int) -> None:
    assert duration.parse(text) == seconds
    assert duration.parse(f" {text.upper()} ") == seconds


def test_parts_add_up() -> None:
    assert duration.parse("1d12h30m") == 131_400


@pytest.mark.parametrize(
    "text", ["", "-5", "-5d", "1.5d", "d", "30 days", "30x", "1d x", "\u0663d", "1e3", "9" * 13 + "d"]
)
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="length of time"):
        duration.parse(text)


@given(st.integers(0, 2**40))
def test_a_number_is_of_seconds(number: int) -> None:
    assert duration.parse(str(number)) == number


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 minute"), (7_200, "2 hours"), (2_592_000, "30 days")],
)
def test_shown_in_the_largest_unit_that_counts_it_whole(seconds: int, text: str) -> None:
    assert duration.show(seconds) == text
