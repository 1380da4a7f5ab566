"""Names of columns of numbers are understood by their nouns and what stands beside them, in 14 languages.

`numbered_headings.txt` has a line for each language, of names with a pattern of their values (# is a digit,
@ a letter); `ordinary_headings.txt` has names of numbers and codes that are nobody's. Names of several parts
are in `alternative_headings.txt` and `alternative_ordinary.txt`, those of people by role in
`role_headings.txt`.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks import identifier_sets
from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers.headings import read
from tests.backend.inspection.identifiers.looking import findings, levels

_HERE = Path(__file__)


def _by_language(file: str) -> dict[str, list[str]]:
    lines = _HERE.with_name(file).read_text().splitlines()
    return {language: names.split("; ") for language, names in (line.split(": ", 1) for line in lines)}


def _with_patterns(file: str) -> dict[str, list[tuple[str, str]]]:
    by_language = _by_language(file).items()
    return {
        language: [(name, values) for name, _, values in (pair.partition(" = ") for pair in pairs)]
        for language, pairs in by_language
    }


HEADINGS = _with_patterns("numbered_headings.txt")
ALTERNATIVES = _with_patterns("alternative_headings.txt")
ROLES = _by_language("role_headings.txt")
ORDINARY = _HERE.with_name("ordinary_headings.txt").read_text().split()
ORDINARY_PARTS = _HERE.with_name("alternative_ordinary.txt").read_text().strip().split("; ")
# People whom no list has; of plants, makers and kin none is a person.
PEOPLE = {"ja": ["四十物谷 欽哉", "榊ヶ原 澪子"]}
UNLISTED = ["Barnaby Thistlethwaithe", "Expedita Cavalcantinho"]
NOBODY = [
    ["Maternal Grandmother", "Legal Guardian", "Other Relative"],
    ["Consultant Surgeon", "Trauma Surgeon", "Senior Registrar"],
    ["Brazilian Portuguese", "Mandarin Chinese", "British Sign Language"],
    ["Ehefrau des Patienten", "Mutter und Vater", "Tochter"],
    ["yes", "no", "unknown"],
]
CATEGORIES = [["Quercus robur", "Tilia cordata"], ["Nortek Instruments", "Acuson Sequoia", "Beckman Coulter"]]
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


@pytest.mark.parametrize("language", ALTERNATIVES)
def test_a_part_of_a_name_that_is_a_numbers_suffices(language: str) -> None:
    named = ALTERNATIVES[language]
    missed = [name for name, values in named if Level.STOP not in levels(name, _values(values)).values()]
    assert missed == []


@pytest.mark.parametrize("language", ROLES)
def test_people_in_no_list_stop_below_a_role(language: str) -> None:
    people = PEOPLE.get(language, UNLISTED) * 20
    assert [name for name in ROLES[language] if Level.STOP not in levels(name, people).values()] == []


@pytest.mark.parametrize("role", ["Carer", "Tutor", "Surgeon", "Vormund", "Responsável", "Tuteur"])
@pytest.mark.parametrize("values", NOBODY, ids=lambda values: values[0])
def test_what_somebody_is_stops_below_no_role(role: str, values: list[str]) -> None:
    assert Level.STOP not in levels(role, values * 10).values()


@pytest.mark.parametrize("values", [*map(_values, ("#####", "1#", "@###")), *CATEGORIES], ids=str)
def test_ordinary_names_of_parts_stop_nowhere(values: list[str]) -> None:
    stopped = [name for name in ORDINARY_PARTS if Level.STOP in levels(name, (values * 20)[:40]).values()]
    assert stopped == []


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
    cases = identifier_sets.cases("third", SEED)
    sample = [case for case in cases if case.mode in {"named", "remarks"}][::16]
    stops = [Level.STOP in {f.level for f in findings({c.heading: c.values})} for c in sample]
    assert sum(stops) >= 0.95 * len(stops) > 0
