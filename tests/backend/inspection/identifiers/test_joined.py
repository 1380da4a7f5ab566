"""Names in one token with digits, marks and in one word, in single cells and in names of columns."""

from __future__ import annotations

import pytest

from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers import check_text
from biodesci.inspection.identifiers.header import check_names
from tests.backend.inspection.identifiers.looking import levels

WORDS = ("stable", "none", "mild")
STOP = (
    *("Anna_Weber_1950", "Anna.Weber.1950", "Anna-Weber-1950", "Weber1950Anna", "Smith_John_1950.jpg"),
    *(
        "weber_anna_1950 had a scan",
        "IMG-weber-anna",
        "Gray_Ann_1993",
        "Anna-Weber",
    ),
    *('Anna"Weber"', "Anna(Weber)", "Weber[Anna]", "Weber,Anna", "Anna—Weber", "Anna·Weber", "Tina%20Miller"),
    *("agnieszka kowalska", "we saw frau weber today", "Aaron&nbsp;Sanchez", "/home/aweber/x"),
    *("C:\\Users\\aweber\\x.dcm", "weber@klinik", "123 45 6789"),
)
ASK = ("Annaweber", "ANNAWEBER", "김철수", "J Smith", "SMITH J", "7.3.50", "07/03/50", "19500307")
STOPPING_HEADERS = ("weber_anna_1950", "Anna_Weber_1950", "Weber1950Anna", "ИвановаАнна")
ASKING_HEADERS = ("hb_weber", "weber", "jsmith", "annaweber", "H7904573")
VARIABLES = ("minorFont", "majorFont", "izquierdo", "anat", "simPersLiberty", "Bilirrubina", "accuracy@k")
CATEGORIES = (
    ("Rosa canina", "Viola odorata", "Salvia officinalis", "Angelica archangelica"),
    ("Siemens Skyra", "GE Discovery", "Philips Achieva", "Siemens Prisma"),
    ("ViiV Healthcare", "Eli Lilly", "Johnson & Johnson", "Bristol-Myers Squibb"),
    ("Victoria blue", "Bismarck brown", "Giemsa", "Masson Goldner"),
    ("Agent Orange", "Golden Gate"),
    ("January", "February", "March", "April", "May", "June"),
    ("Nurse", "Teacher", "Baker", "Smith", "Cook"),
    ("0x3fabe9cd", "0xbf1ada27", "0x40deaf00"),
    ("p69105bac2abe1965", "pada1977fce4d1c51", "sub-8e1932cf3eef5c8a", "p34967c0df1945bea"),
)


def _cell(value: str) -> set[Level]:
    return set(levels("x7", [*(WORDS[i % 3] for i in range(59)), value]).values())


@pytest.mark.parametrize("value", STOP)
def test_one_cell_stops(value: str) -> None:
    assert Level.STOP in _cell(value)


@pytest.mark.parametrize("value", ASK)
def test_one_cell_asks(value: str) -> None:
    assert Level.ASK in _cell(value)


@pytest.mark.parametrize("values", CATEGORIES)
def test_categories_with_names_in_them_are_no_persons(values: tuple[str, ...]) -> None:
    assert "name" not in levels("cat", [values[i % len(values)] for i in range(60)])


def test_names_of_columns() -> None:
    for header in STOPPING_HEADERS:
        assert [found.level for found in check_names([header, "hb"], "")] == [Level.STOP], header
    for header in ASKING_HEADERS:
        assert [found.level for found in check_names([header, "hb"], "")] == [Level.ASK], header
    families = ["weber", "schmidt", "lehmann", "hoffmann", "schneider", "neumann"]
    assert check_names(families, "")[0].level is Level.STOP
    for header in (
        "Hunt_Hess",
        "Cormack_Lehane",
        "Weber_fraction",
        "Richter_scale",
        "Shannon",
        "Ishak",
        "Raven",
    ):
        assert check_names([header, "hb"], "") == [], header


@pytest.mark.parametrize("name", VARIABLES)
def test_names_of_variables_are_no_persons(name: str) -> None:
    assert check_names([name, "hb"], "") == []
    assert not {Level.STOP, Level.ASK} & _cell(name)


@pytest.mark.parametrize("name", ["Anna_Weber_1950", "Weber1950Anna"])
def test_public_names_of_files_and_sheets_stop(name: str) -> None:
    assert Level.STOP in {found.level for found in check_text("the name of the sheet", name)}


def test_a_column_of_plants_asks_at_most() -> None:
    plants = ("Rosa canina", "Viola odorata", "Salvia officinalis", "Veronica persica", "Iris germanica")
    assert Level.STOP not in levels("species", plants * 4).values()
    assert Level.STOP not in levels("species", plants).values()
