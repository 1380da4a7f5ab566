"""Three hundred ordinary names of clinical columns, in six languages, which name nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers.header import check_names
from tests.backend.inspection.identifiers.looking import levels

_LINES = Path(__file__).with_name("clinical_names.txt").read_text().splitlines()
NAMES = {language: names.split(", ") for language, names in (line.split(": ") for line in _LINES)}


def test_there_are_three_hundred() -> None:
    assert {language: len(set(names)) for language, names in NAMES.items()} == dict.fromkeys(NAMES, 50)


@pytest.mark.parametrize("language", NAMES)
def test_ordinary_names_neither_stop_nor_ask(language: str) -> None:
    assert [name for name in NAMES[language] if check_names([name, "x1", "x2"], "")] == []
    assert check_names(NAMES[language], "") == []


@pytest.mark.parametrize("language", NAMES)
def test_measurements_below_them_neither_stop_nor_ask(language: str) -> None:
    values = ["41.5", "38.2", "44", "50.1", "39.9"] * 4
    assert [name for name in NAMES[language] if set(levels(name, values).values()) - {Level.NOTE}] == []


@pytest.mark.parametrize("name", ["JohnsonJohnson", "Johnson_Johnson", "simPersLiberty"])
def test_an_equal_word_twice_is_no_person(name: str) -> None:
    assert Level.STOP not in {finding.level for finding in check_names([name, "age"], "")}
