"""Values in one spelling: what disguises an identifier, by chance or on purpose, is taken off first."""

from __future__ import annotations

import pyarrow as pa
import pytest

from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers import check_text
from biodesci.inspection.identifiers.spelling import plain, plain_array, spaced
from tests.backend.inspection.identifiers.looking import levels

DISGUISED = {
    "An\u200bna We\u00adber": "Anna Weber",
    "\u202eAnna\u2060 Weber\ufeff": "Anna Weber",
    "Anna\u3164 \ufe0fWeber": "Anna Weber",
    "Anna\u00a0\u2009Weber": "Anna Weber",
    "Anna\t  Weber": "Anna Weber",
    "We\u200bbe\u0301r": "Webér",
    "078\u201105\u20111121": "078-05-1121",
    "078–05—1121": "078-05-1121",
    "078−05−1121": "078-05-1121",
    "٠٧٨-٠٥-١١٢١": "078-05-1121",
    "०७८-०५-११२१": "078-05-1121",
    "１９５０－０３－０７": "1950-03-07",
    "jane．doe＠example．org": "jane.doe@example.org",
    "jane\u200b.doe@example.org": "jane.doe@example.org",
    "𝐀𝐧𝐧𝐚 𝐖𝐞𝐛𝐞𝐫": "Anna Weber",
    "Аnnа Wеbеr": "Anna Weber",
    "03ー1234ー5678": "03-1234-5678",
    "O’Brien": "O'Brien",
}


@pytest.mark.parametrize(("disguised", "expected"), DISGUISED.items())
def test_a_disguise_is_taken_off(disguised: str, expected: str) -> None:
    assert plain(disguised) == expected
    assert plain(expected) == expected


@pytest.mark.parametrize(
    "text", ["Müller", "コーヒー", "Анна Вебер", "Γιώργος", "山田太郎", "김민수", "αSMA 5 µg"]
)
def test_other_scripts_stay(text: str) -> None:
    assert plain(text) == text.replace("µ", "μ")


def test_numbers_in_arrays_are_spelled_as_single_texts_are() -> None:
    values = [
        "x",
        "٩٣",
        None,
        "９３ years",
        "１２．５",
        "1\u200b234",
        "−5",
        "",
        "Müller",
        "naïve – text",
        "5 µg",
    ]
    array = pa.array(values, pa.string())
    expected = ["93", None, "93 years", "12.5", "1234", "-5", "", "Müller", "naïve – text", "5 µg"]
    assert plain_array(array.slice(1)).to_pylist() == expected
    assert expected[:6] == [value and plain(value) for value in values[1:7]]
    assert plain_array(array.slice(7, 2)).to_pylist() == ["", "Müller"]
    assert plain_array(pa.array([], pa.string())).to_pylist() == []
    assert plain_array(pa.array([None], pa.string())).to_pylist() == [None]


def test_arrays_of_plain_text_are_not_copied() -> None:
    array = pa.array(["a", "Müller", None, "12.5"])
    assert plain_array(array) is array


@pytest.mark.parametrize(
    "disguised", [text for text in DISGUISED if text not in {"O’Brien", "We\u200bbe\u0301r"}]
)
def test_a_disguised_identifier_stops_in_a_cell_and_in_a_public_text(disguised: str) -> None:
    others = [str(number % 97) for number in range(59)]
    assert Level.STOP in levels("x7", [*others, disguised]).values()
    found = check_text("the public description", f"Contact: {disguised}")
    assert Level.STOP in {finding.level for finding in found}


@pytest.mark.parametrize(
    "name", ["pa\u200btient_name", "ｐａｔｉｅｎｔ＿ｎａｍｅ", "patient\u2011name", "pаtient_name"]
)
def test_a_disguised_heading_is_read(name: str) -> None:
    assert spaced(name) == "patient name"
    assert levels(name, ["Xq Zrt"])["name"] is Level.STOP


def test_numbers_of_other_scripts_are_numbers() -> None:
    assert levels("age", ["٩٣", "٤٥", "30"])["age over 89"] is Level.STOP
    assert levels("dob", ["١٩٥٠", "١٩٦١"])["year of birth"] is Level.NOTE
