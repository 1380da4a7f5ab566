"""A long text is looked at to its end, and costs as much as it is long, whatever it is made of."""

from __future__ import annotations

import time

import pytest

from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers.evidence import Evidence
from biodesci.inspection.identifiers.header import check_names
from tests.backend.inspection.identifiers.looking import levels

UNITS = (
    *(
        "a@a.",
        "İ",
        "ab:",
        "A\u0301",
        "A.",
        "A^",
        "a.a",
        "a-",
        "Aa",
        "a_",
        "1.",
        "1-",
        "A. ",
        "with A ",
        "Anna-",
    ),
    *(
        "0000 ",
        "+49 ",
        "@a",
        "Mc Mac ",
        "Dr. med. ",
        "'",
        "O'",
        "\u200b",
        "王",
        "김",
        "ssn ",
        "&nbsp;",
        "12/",
    ),
)


def _seconds(text: str) -> float:
    began = time.process_time()
    Evidence().take(text, 1)
    return time.process_time() - began


@pytest.mark.parametrize("unit", UNITS)
def test_twice_the_text_costs_no_more_than_thrice(unit: str) -> None:
    Evidence().take("Anna Weber", 1)  # loads the lists
    text = unit * (10_000 // len(unit))
    once = min(_seconds(text) for _ in range(2))
    assert min(_seconds(text * 2 + "!") for _ in range(2)) < 3 * once + 0.1
    began = time.process_time()
    check_names([text[:8_000]], "")
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("value", "kind"),
    [(" Anna Weber", "name"), (" 07.03.1950", "date"), (" anna.weber@example.org", "e-mail")],
)
def test_what_stands_behind_20000_characters_is_seen(value: str, kind: str) -> None:
    for text in (
        "ACGT" * 5_001 + value,
        "stable " * 5_000 + value,
        "ACGT " * 5_000 + value + " ACGT" * 5_000,
    ):
        assert levels("x7", [text, "ACGT"])[kind] is Level.STOP
