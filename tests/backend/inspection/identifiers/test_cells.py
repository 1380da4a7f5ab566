"""Identifiers in single cells, in whole columns without a telling name, and in notations that are rare."""

from __future__ import annotations

import random

import pytest

from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers import check_text
from tests.backend.inspection.identifiers.looking import levels

WORDS = ("stable", "better", "worse", "none", "mild")
NAMES = (
    *("Weber/Anna", "Weber^Anna", "Weber^Anna^^Dr", "AnnaWeber", "WeberAnna", "WEBER ANNA", "Weber_Anna"),
    *(
        "anna.weber",
        "Weber;Anna",
        "Featherstonhaugh^Ottoline",
        "Patient Featherstonhaugh",
        "王秀英",
        "김민수",
    ),
    *("Pt. Featherstonhaugh", "Pt Featherstonhaugh", "Fr. Osterkamp", "Frau Osterkamp", "Hr. Osterkamp"),
    *("Herr Zwiefelhofer", "Mr Featherstonhaugh", "Mrs Featherstonhaugh", "Dr. Featherstonhaugh"),
    *("Mme Quemeneur", "Sr. Goikoetxea", "Sra. Goikoetxea", "Sig. Scognamiglio", "sig.ra Scognamiglio"),
    *("鬼龍院さん", "鬼龍院様", "王秀英女士来电", "患者王秀英", "김민수님 전화", "Иванов Пётр"),
    *("called Fr. Osterkamp", "patient Featherstonhaugh wants to stop", "Patientin Osterkamp kommt morgen"),
)
DATES = ("geb. 7.3.50", "*7.3.1950", "*7.3.50", "DOB 070350", "DOB: 07/03/50", "born 7-3-50", "né 07 03 50")
NUMBERS = {
    "12.345.678-5": "national id",
    "7.654.321-6": "national id",
    "S1234567D": "national id",
    "A123456(3)": "national id",
    "070350-1234": "national id",
    "8001015009087": "national id",
    "0000-0002-1825-0097": "web address",
    "https://orcid.org/0000-0002-1825-0097": "web address",
    "@annaweber50": "web address",
    "facebook.com/anna.weber": "web address",
    "52.520008, 13.404954": "coordinates",
    "POINT(13.4050 52.5200)": "coordinates",
    "52°31'12\"N 13°24'18\"E": "coordinates",
    "12345678.0": "record number",
}


def _kinds(value: str, others: list[str]) -> dict[str, Level]:
    return levels("x7", [*others, value])


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_one_cell_stops(name: str) -> None:
    assert _kinds(name, [str(i % 97) for i in range(59)])["name"] is Level.STOP
    assert _kinds(name, [WORDS[i % 5] for i in range(59)])["name"] is Level.STOP


def test_one_cell_of_5000_stops() -> None:
    codes = [f"GENE{number:06d}" for number in range(4_999)]
    for name in ("Weber^Anna", "AnnaWeber", "Fr. Osterkamp", "王秀英"):
        assert _kinds(name, codes)["name"] is Level.STOP


@pytest.mark.parametrize("text", DATES)
def test_a_birth_in_one_cell_stops(text: str) -> None:
    assert _kinds(text, [WORDS[i % 5] for i in range(59)])["date"] is Level.STOP
    assert Level.STOP in {finding.level for finding in check_text("the description", text)}


@pytest.mark.parametrize(("value", "kind"), NUMBERS.items())
def test_a_number_in_one_cell_stops(value: str, kind: str) -> None:
    assert _kinds(value, [str(i % 97) for i in range(59)])[kind] is Level.STOP


@pytest.mark.parametrize(
    "value",
    [
        *("HER2/neu", "male/female", "Black/Hispanic", "Aspirin/Ramipril", "HeartRate", "mm/Hg", "and/or"),
        *(
            "Patient Health Questionnaire",
            "Patient Beschwerdefrei",
            "Pt stable",
            "Pat. Übelkeit",
            "Dr. Koch Institute",
        ),
        *("安静", "高血压", "冠心病", "서울", "@ 5 mg", "@baseline", "x^y", "log/exp", "Hodgkin/Crohn"),
        *("0.1234, 0.5678", "(1.2345; 2.3456)", "5*6.3.20", "geb. 1950", "12345-6", "0000-0000-0000-0000"),
    ],
)
def test_what_only_looks_like_one_does_not_stop(value: str) -> None:
    assert Level.STOP not in _kinds(value, [WORDS[i % 5] for i in range(59)]).values()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ver prontuário 244697390", "record number"),
        ("见病历号 567053497", "record number"),
        ("hetu tarkistettu, rodné číslo 8001014567", "national id"),
        ("TC kimlik 65294647362 kontrol", "national id"),
        ("træffes på 8139 6662", "phone or fax"),
        ("synt. 20.12.34", "date"),
        ("mevr. J. Huijzing komt later", "name"),
        ("msg from L. Herrera", "name"),
        ("女儿潘娜很担心", "name"),
        ("г. Тура, пер. Промышленный, д. 3/6", "address"),
        ("이사: 대구광역시 금천구 양재천거리 672-86", "address"),
    ],
)
def test_what_a_heading_calls_it_is_read_in_notes_too(text: str, kind: str) -> None:
    assert _kinds(text, [WORDS[i % 5] for i in range(59)])[kind] is Level.STOP


def test_columns_of_chinese_and_korean_names_that_no_list_has() -> None:
    chinese = [
        family + given for family in "王李张刘陈杨黄吴" for given in ("卓群", "浩然", "梓涵", "怡", "晓峰")
    ]
    korean = [family + given for family in "김이박정최조강윤" for given in ("하윤", "시우", "지안", "가온")]
    assert levels("x7", chinese)["name"] is Level.STOP
    assert levels("x7", korean)["name"] is Level.STOP
    assert (
        levels("x7", ["高血压", "冠心病", "糖尿病", "肺炎", "哮喘", "贫血", "胃炎", "中风", "白内障"]) == {}
    )
    assert (
        Level.STOP
        not in levels("x7", ["서울", "부산", "대구", "인천", "광주", "대전", "울산", "성남"]).values()
    )


@pytest.mark.parametrize("form", ["{d:02d}{m:02d}{y:02d}", "{m:02d}{d:02d}{y:02d}", "{y:02d}{m:02d}{d:02d}"])
def test_columns_of_six_digit_dates_stop(form: str) -> None:
    dice = random.Random(3)
    days = [
        form.format(d=dice.randint(1, 28), m=dice.randint(1, 12), y=dice.randint(20, 99)) for _ in range(60)
    ]
    assert levels("x7", days)["date"] is Level.STOP


def test_other_numbers_of_six_digits_do_not_stop() -> None:
    dice = random.Random(4)
    assert levels("x7", [str(dice.randint(100_000, 999_999)) for _ in range(300)]) == {}
    months = [f"{year}{month:02d}" for year in range(1990, 2020) for month in range(1, 13)]
    assert "date" not in levels("x7", months)


@pytest.mark.parametrize(
    "heading",
    [
        "birth_ts",
        "dob_epoch",
        "geb_serial",
        "date_naissance_excel",
        "dob_days",
        "birthdate_ms",
        "BirthDateTime",
    ],
)
def test_births_as_numbers_stop_by_their_heading(heading: str) -> None:
    dice = random.Random(5)
    for low, high in ((-800_000_000, 900_000_000), (9_000, 30_000), (-8 * 10**11, 9 * 10**11)):
        numbers = [str(dice.randint(low, high)) for _ in range(60)]
        assert levels(heading, numbers)["date of birth"] is Level.STOP


@pytest.mark.parametrize("heading", ["birth_weight", "birth_order", "births", "birth_rate", "dobutamine"])
def test_other_headings_with_birth_do_not(heading: str) -> None:
    assert "date of birth" not in levels(heading, ["3200", "2750", "4100"])


def test_record_numbers_written_as_floats_stop() -> None:
    dice = random.Random(6)
    numbers = [f"{dice.randint(10**6, 10**8)}.0" for _ in range(60)]
    assert levels("x7", numbers)["record number"] is Level.STOP
    assert levels("x7", [*numbers[:50], *[""] * 10])["record number"] is Level.STOP


def test_columns_of_coordinates_and_handles_stop() -> None:
    dice = random.Random(7)
    pairs = [f"{dice.uniform(47, 54):.5f},{dice.uniform(6, 14):.5f}" for _ in range(60)]
    assert levels("x7", pairs)["coordinates"] is Level.STOP
    assert levels("home_lat", ["52.52437"])["coordinates"] is Level.STOP
    assert levels("x7", ["@anna_w", "@peter99", "@x.mary"])["web address"] is Level.STOP
