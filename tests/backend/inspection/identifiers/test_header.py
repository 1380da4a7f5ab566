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
        ["AWeber1950", "hb"],
        ["AnnaWeber", "hb"],
        ["weber_anna", "hb"],
        ["anna.weber", "hb"],
        ["Weber_1950-03-07", "hb"],
        ["Weber", "Anna", "f", "no"],
        ["W\u200beber Anna", "hb"],
        ["hb_MRN_0012345", "hb"],
        ["王秀英", "hb"],
        ["김민수", "hb"],
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
        ["May", "April", "June", "Max"],
        ["Frank-Starling", "EF", "Harris_Benedict", "Kaplan_Meier", "Mosteller1987"],
        ["Hodgkin", "Graves", "Apgar", "Barthel", "Wells_score", "Child_Pugh"],
        ["TP53", "BRCA1", "MYC", "ADA", "CAT", "DES", "MARCO", "ANGEL2", "JAK2"],
        ["GSM1234567", "GSM1234568", "ENSG00000139618"],
        ["totChol", "prevalentStroke", "MeanCorpuscular", "TCell", "XRay"],
        ["Sepal.Length", "Infant.Mortality", "X2010", "HAMD_17"],
        ["Kennung", "Geschlecht", "Alter", "HbA1c", "Diabetes"],
        ["10000001", "10000002", "10000003"],
        ["Crohn Disease", "Hodgkin Lymphoma", "Apgar Score (5 min)", "Killip Class"],
        [],
        [""],
    ],
)
def test_names_of_columns_are_no_record(header: list[str]) -> None:
    assert check_names(header, "") == []


@pytest.mark.parametrize(
    "header",
    [
        ["Anna", "John", "Mary", "Peter"],
        ["Weber", "Schmidt", "Müller"],
        ["ANNA", "JOHN", "PETER"],
    ],
)
def test_a_column_for_each_person_stops(header: list[str]) -> None:
    (finding,) = check_names(header, "")
    assert finding.level is Level.STOP


@pytest.mark.parametrize(
    "header",
    [
        ["Anna", "dose", "time", "hb", "Peter"],
        ["Weber1950", "age"],
        ["patient_Weber", "age"],
        ["Weber_hb", "Schmidt_hb", "Müller_hb"],
        ["WEBER", "ANNA", "f", "12"],
        ["10023345", "10044512", "20099812"],
    ],
)
def test_what_may_be_a_person_or_an_author_asks(header: list[str]) -> None:
    (finding,) = check_names(header, "")
    assert finding.level is Level.ASK
    assert not any(name in str(finding) for name in header if len(name) > 2)
