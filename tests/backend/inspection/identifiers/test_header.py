"""A first record that stands where columns' names belong is noticed by whom it names."""

from __future__ import annotations

import pytest

from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers.header import check_names
from tests.backend.inspection.identifiers.looking import findings


@pytest.mark.parametrize(
    "header",
    [
        ["Anna Weber", "1950-03-07", "233"],
        ["Anna Weber", "I25.1", "yes"],
        ["sub", "07.03.1950", "a"],
        ["jane@example.org", "x"],
        ["田中 太郎", "男", "45"],
        ["12345678Z", "a", "b"],
        ["+49 30 1234567", "b"],
        ["hb_Anna_Weber", "hb"],
        ["Weber|Anna|1950", "hb"],
        ["v", "who.Anna Weber.hb"],
    ],
)
def test_a_record_as_header_stops_without_being_quoted(header: list[str]) -> None:
    (finding,) = check_names(header, "table: ")
    assert finding.level is Level.STOP
    assert finding.place == "table: names of columns"
    assert not any(name in str(finding) for name in header if len(name) > 1)
    assert finding.kind in {found.kind for found in findings({name: ["1", "2"] for name in header})}


@pytest.mark.parametrize(
    "header",
    [
        ["age", "sex", "chol"],
        ["gene", "1", "2", "3", "4"],
        ["place", "2020-01-22", "2020-01-23", "2020-01-24", "2020-01-25"],
        ["patient_name", "date_of_birth", "ssn"],
        ["Patient Name", "Date of Birth", "Blood Pressure", "Mean Value", "New York"],
        ["氏名", "生年月日", "電話番号", "血圧"],
        ["price.heinz", "Ketchup.hid", "q0.025"],
        ["Crohn Disease", "Hodgkin Lymphoma", "Apgar Score (5 min)", "Killip Class"],
        [],
        [""],
    ],
)
def test_names_of_columns_are_no_record(header: list[str]) -> None:
    assert check_names(header, "") == []


def test_a_column_for_each_person_stops() -> None:
    (finding,) = check_names(["Anna", "John", "Mary", "Peter"], "")
    assert finding.level is Level.STOP
    assert check_names(["Anna", "dose", "time", "hb", "Peter"], "") == []
