"""No text makes a pattern of the inspection try for minutes: strangers' files hold what they like."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

import biodesci.inspection
from biodesci.inspection.identifiers import check_text, headings

UNITS = (
    "A1-", "A-", "A ", "A.", "a", "A", "1", "1 ", "1-", "1.", "1,", "a.", "a-", "a ", "Aa", "aA", "a1",
    "_", "-", " ", ".", "a@", "@", "/", "http://", "(", "[", "né ", "*", "geb. ", "Dr. ", "St. ",
    "12 rue ", "No. ", "患", "患者", "の", "市", "김", "시 ", "з. ", "\n", "\t", "0", "'", "’", "a'",
    "A' ", "A, ", "A B, ", "n° ", "1/", "1:", "a:", "a=", '"',
)  # fmt: skip
LONG = 1_500  # characters: what backtracks without an end takes seconds here, what is linear a millisecond
MOST = 1.0  # seconds of the processor


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    for module in pkgutil.walk_packages(biodesci.inspection.__path__, "biodesci.inspection."):
        for name, value in vars(importlib.import_module(module.name)).items():
            for pattern in within(value):
                yield f"{module.name}.{name}", pattern


def within(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list | set | frozenset):
        for part in value:
            yield from within(part)
    elif isinstance(value, dict):
        yield from within(tuple(value.values()))


def test_no_pattern_tries_without_an_end() -> None:
    tried = 0
    for name, pattern in patterns():
        for unit in UNITS:
            text = unit * (LONG // len(unit)) + "!"
            began = time.process_time()
            pattern.search(text.encode() if isinstance(pattern.pattern, bytes) else text)
            assert time.process_time() - began < MOST, (name, unit, pattern.pattern)
            tried += 1
    assert tried > 200 * len(UNITS)


@pytest.mark.parametrize("unit", ["A1-", "A-", "Aa", "Weber-", "Am Markt-", "nº ", "患者"])
def test_a_long_text_costs_as_much_as_it_is_long(unit: str) -> None:
    began = time.process_time()
    check_text("", unit * (15_000 // len(unit)))
    assert time.process_time() - began < 5 * MOST


@pytest.mark.parametrize("unit", ["pass", "code", "number", "patientennummer", "a_", "Nr.", "患者番号"])
def test_the_name_of_a_column_costs_as_much_as_it_is_long(unit: str) -> None:
    for times in (10, 14, 200):
        began = time.process_time()
        headings.read(unit * times + "qq")
        assert time.process_time() - began < MOST
