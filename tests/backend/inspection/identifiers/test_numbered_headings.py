"""Names of columns of numbers are understood by their nouns and what stands beside them, in 14 languages.

`numbered_headings.txt` has a line for each language, of names with a pattern of their values (# is a digit,
@ a letter); `ordinary_headings.txt` has names of numbers and codes that are nobody's.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks import identifier_third
from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers.headings import read
from tests.backend.inspection.identifiers.looking import findings, levels

_HERE = Path(__file__)
_LINES = _HERE.with_name("numbered_headings.txt").read_text().splitlines()
HEADINGS = {
    language: [tuple(pair.split(" = ")) for pair in pairs.split("; ")]
    for language, pairs in (line.split(": ", 1) for line in _LINES)
}
ORDINARY = _HERE.with_name("ordinary_headings.txt").read_text().split()
ROWS = 40
SEED = 2027  # the benchmark's, so that each floor is of columns that it measures, too


def _values(pattern: str) -> list[str]:
    dice = random.Random(pattern)
    drawn = {"#": "0123456789", "@": "ABCDEFGHKLMNPRSTVWXYZ"}
    return ["".join(dice.choice(drawn.get(c, c)) for c in pattern) for _ in range(ROWS)]


def test_there_are_two_hundred() -> None:
    assert sum(map(len, HEADINGS.values())) > 200
    assert len(HEADINGS) == 14


@pytest.mark.parametrize("language", HEADINGS)
def test_a_number_stops_in_a_column_that_is_called_so(language: str) -> None:
    named = HEADINGS[language]
    missed = [name for name, values in named if Level.STOP not in levels(name, _values(values)).values()]
    assert missed == []


def test_the_names_alone_say_so() -> None:
    names = [name for pairs in HEADINGS.values() for name, _ in pairs]
    assert sum(read(name).kind is not None for name in names) >= 0.97 * len(names)


@pytest.mark.parametrize("digits", ["#####", "1#", "@###"])
def test_ordinary_numbers_and_codes_stop_nowhere(digits: str) -> None:
    values = _values(digits)
    stopped = [name for name in ORDINARY if Level.STOP in levels(name, values).values()]
    assert stopped == []


@pytest.mark.parametrize("name", ["Identifiant du patient", "Patiënt-ID", "患者識別番号", "Encounter no."])
@pytest.mark.parametrize("pattern", ["sub-{:02d}", "{}", "P{:04d}"])
def test_pseudonyms_below_a_patients_id_are_noted(name: str, pattern: str) -> None:
    found = levels(name, [pattern.format(number) for number in range(1, ROWS)])
    assert set(found.values()) <= {Level.NOTE}


def test_recall_of_the_third_set() -> None:
    """A sample of columns whose name says what they hold, and of remarks; what was missed was mended."""
    cases = identifier_third.cases(identifier_third.THIRD, SEED)
    sample = [case for case in cases if case.mode in {"named", "remarks"}][::16]
    stops = [Level.STOP in {f.level for f in findings({c.heading: c.values})} for c in sample]
    assert sum(stops) >= 0.95 * len(stops) > 0
