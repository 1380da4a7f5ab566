"""What the identifier check recognises in values and column names, and what it leaves alone."""

from __future__ import annotations

import os
import time

import pytest

from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Level
from tests.backend.inspection.identifiers.looking import findings, levels


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("Patient Name", ["A B"], "name"),
        ("lastName", ["Doe"], "name"),
        ("author", ["Anna Weber", "John Smith", "Lucía García"], "name"),
        ("remark", ["seen by Dr. Miller"], "name"),
        ("x", ["seen by Dr. Miller"], "name"),
        ("x", ["Weber, Anna"], "name"),
        ("x", ["A. Weber"], "name"),
        ("x", ["田中 太郎"], "name"),
        ("x", ["jane.doe@example.org"], "e-mail"),
        ("x", ["write to jane@example.org please"], "e-mail"),
        ("x", ["+49 30 1234567"], "phone or fax"),
        ("x", ["(555) 123-4567"], "phone or fax"),
        ("x", ["call 030 1234567 today"], "phone or fax"),
        ("x", ["078-05-1121"], "national id"),
        ("ssn", ["123456789"], "national id"),
        ("x", ["943 476 5919"], "national id"),
        ("x", ["AB123456C"], "national id"),
        ("x", ["12345678Z"], "national id"),
        ("x", ["RSSMRA70A01H501S"], "national id"),
        ("x", ["1 84 12 76 451 089 46"], "national id"),
        ("x", ["15070649C103"], "national id"),
        ("x", ["811228-9874"], "national id"),
        ("x", ["DE89 3704 0044 0532 0130 00"], "account or insurance"),
        ("x", ["4111 1111 1111 1111"], "account or insurance"),
        ("x", ["1EG4-TE5-MK73"], "account or insurance"),
        ("x", ["1HGCM82633A004352"], "device or vehicle"),
        ("x", ["(01)00844588003288(17)141120(10)7654321D"], "device or vehicle"),
        ("x", ["00:1b:63:84:45:e6"], "device or vehicle"),
        ("x", ["1961-03-27"], "date"),
        ("x", ["27.03.1961"], "date"),
        ("x", ["3/27/1961"], "date"),
        ("x", ["27 March 1961"], "date"),
        ("x", ["7 de marzo de 1950"], "date"),
        ("x", ["19500307"], "date"),
        ("x", ["昭和25年3月7日"], "date"),
        ("x", ["1950年3月7日"], "date"),
        ("dob", ["27/03"], "date of birth"),
        ("x", ["MRN 0012345"], "record number"),
        ("x", ["siehe Pat.-Nr. 0012345"], "record number"),
        ("mrn", ["17342"], "record number"),
        ("x", ["192.168.1.17"], "IP address"),
        ("x", ["2001:db8::8a2e:370:7334"], "IP address"),
        ("x", ["https://example.org/p/7"], "web address"),
        ("x", ["Hauptstraße 12, 10115 Berlin"], "address"),
        ("x", ["12 Main Street"], "address"),
        ("x", ["12 rue de la Paix"], "address"),
        ("x", ["Calle Mayor 5"], "address"),
        ("x", ["Via Roma 12"], "address"),
        ("x", ["東京都千代田区丸の内1-2-3"], "address"),
        ("zip", ["10115"], "postcode"),
        ("age", ["93"], "age over 89"),
        ("edad", ["93"], "age over 89"),
        ("x", ["a 93-year-old woman"], "age over 89"),
        ("x", ["He came in the morning and told us about his pain"], "free text"),
    ],
)
def test_identifiers_are_found_and_not_quoted(name: str, values: list[str], kind: str) -> None:
    found = findings({name: values, "chol": ["201"] * len(values)})
    assert kind in {finding.kind for finding in found if finding.level is Level.STOP}
    assert {finding.place for finding in found} == {f"column {name!r}"}
    for value in values:
        assert len(value) < 4 or value not in " ".join(map(str, found))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("age", ["89", "18", ""]),
        ("age", ["90+", "18", "45"]),
        ("age_months", ["300", "93", "12"]),
        ("id", [str(i) for i in range(300)]),
        ("cp", ["typical angina", "non-anginal", "asymptomatic"] * 9),
        ("chol", ["233", "286.5", "-1e3"]),
        ("restecg", ["lv hypertrophy", "st-t abnormality"]),
        ("stage", ["Type Two", "Type One"] * 30),
        ("contact_with_case", ["0", "1"]),
        ("percentage", ["93"]),
        ("gene", ["BRCA1", "TP53", "ADAM10", "ANGEL2", "ART3", "JAK2"]),
        ("version", ["1.2.3", "1.2.3.4"]),
        ("loinc", ["2345-7", "718-7", "4548-4"]),
        ("icd10", ["I25.1", "E11.9", "C50.912"]),
        ("snomed", ["73211009", "44054006", "38341003", "22298006", "195967001"]),
        ("concept_id", ["201826", "316866", "4329847", "8507", "8532"]),
        ("rxnorm", ["860975", "197361", "314076"]),
        ("cell", ["CD4", "CD8", "CD19"]),
        ("cell", ["1200", "800", "950"]),
        ("contact", ["1", "2", "3"]),
        ("lateral", ["left", "right"]),
        ("diagnosis", ["Crohn Disease", "Hodgkin Lymphoma", "Alzheimer Disease"] * 5),
        ("drug", ["Aspirin", "Metformin", "Ramipril", "Heparin", "Warfarin", "Insulin", "Penicillin"]),
        ("city_of_study", ["Berlin", "Paris", "Boston", "Vienna", "Madrid", "Tokyo", "Milan", "Zurich"]),
        ("species", ["Quercus alba", "Homo sapiens", "Mus musculus"]),
        ("month", ["May", "June", "April", "August"]),
        ("year", ["1950", "2003"]),
        ("t", ["0.0131", "1234567.25", "12.5"]),
        ("x", ["-12.5", "33.1"]),
        ("sex", ["male", "female"]),
        ("variant", ["chr1:12345678", "rs12345678", "NM_000546.6"]),
    ],
)
def test_measurements_and_codes_do_not_stop(name: str, values: list[str]) -> None:
    assert [f for f in findings({name: values}) if f.level is Level.STOP] == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("participant_id", [f"sub-{i:02d}" for i in range(1, 40)]),
        ("subject", [f"S{i:03d}" for i in range(1, 60)]),
        ("code", [f"P-{i:04d}" for i in range(3, 300)]),
        ("SUBJECT_ID", [str(i) for i in range(1, 200)]),
        ("patient_id", ["17", "18", "21"]),
    ],
)
def test_pseudonymous_ids_are_noted(name: str, values: list[str]) -> None:
    assert levels(name, values) == {"pseudonymous id": Level.NOTE}


def test_what_asks() -> None:
    keys = [f"550e8400-e29b-41d4-a716-4466554400{i:02d}" for i in range(60)]
    assert levels("key", keys) == {"UUID": Level.ASK}
    # Random digits of some spell a name, a year and a day.
    spelled = ("bea1965a-ada0-4abe-8bac-0123456789ab", "20010203-1977-4ada-8abe-bea19080feed")
    assert levels("key", [*keys, *spelled]) == {"UUID": Level.ASK}
    assert levels("key", keys, Declared(pseudonyms=frozenset({"key"}))) == {"pseudonymous id": Level.NOTE}
    months = [f"{2001 + i // 12}-{1 + i % 12:02d}-01" for i in range(48)]
    assert levels("x", months) == {"date": Level.ASK}
    assert levels("x", months * 10) == {"date": Level.ASK}
    days = [f"2003-{1 + i // 28:02d}-{1 + i % 28:02d}" for i in range(300)]
    assert levels("x", days) == {"date": Level.ASK}
    assert levels("x", days * 10) == {"date": Level.STOP}
    assert levels("birth_year", ["1950", "1961"]) == {"year of birth": Level.NOTE}
    assert levels("dob", ["1950", "1961"]) == {"year of birth": Level.NOTE}
    spread = [(7_919 * n * n + 104_729 * n) % 9_000_000 + 1_000_000 for n in range(1, 61)]
    same, other = [f"K{n}" for n in spread], [f"{'KABT'[n % 4]}{n}" for n in spread]
    assert levels("v3", same) == levels("v3", other) == {"record number": Level.ASK}
    assert levels("v3", other, Declared(pseudonyms=frozenset({"v3"}))) == {"pseudonymous id": Level.NOTE}
    assert levels("zip3", ["101", "102"]) == {}
    assert levels("zip", ["101", "102"]) == {"postcode": Level.NOTE}


@pytest.mark.parametrize(
    "values",
    [
        ("January", "February", "March", "April", "May", "June"),
        ("enero", "febrero", "marzo", "abril", "mayo", "junio"),
        ("Nurse", "Teacher", "Baker", "Smith", "Cook"),
    ],
)
def test_months_and_jobs_are_no_names(values: tuple[str, ...]) -> None:
    assert levels("x7", [values[i % len(values)] for i in range(60)]) == {}


@pytest.mark.parametrize(
    "values",
    [
        ("Anna", "Otto", "Karl", "Berta", "Emil", "Paula"),
        ("Rose", "Grace", "May", "April", "Mark", "Faith"),  # each a word, too
        ("January", "Cook", "Grace", "Berta", "none", "May"),
    ],
)
def test_columns_of_names_ask(values: tuple[str, ...]) -> None:
    assert levels("x7", [values[i % len(values)] for i in range(60)])["name"] is Level.ASK


def test_a_checksum_alone_is_no_national_id() -> None:
    """One in ten or eleven arbitrary numbers has a valid check digit."""
    lab = [str(4_000_000_000 + 7_919 * i * i) for i in range(400)]
    assert "national id" not in levels("lab", lab)
    numbers = [str(n) for n in range(4_010_232_100, 4_010_300_000) if _nhs(str(n))][:60]
    assert levels("x7", numbers)["national id"] is Level.STOP


def _nhs(digits: str) -> bool:
    total = sum(int(d) * w for d, w in zip(digits, range(10, 1, -1), strict=False)) % 11
    return int(digits[9]) == (11 - total) % 11 and total != 1


def test_hostile_values_do_not_stall_the_check() -> None:
    nasty = [
        "a::" + "a" * 5_000 + "!",
        "x" * 100_000,
        "@" * 3_000,
        "a.b@" * 900,
        "1-" * 9_000,
        "Aa " * 9_000,
        "Dr. " * 5_000,
        "田" * 5_000,
        "1 2" * 5_000,
        "A" * 63 + "1",
        "0/0/" * 5_000,
        "é" * 20_000,
        "Weber/" * 3_000,
        "AaBb" * 5_000,
        "aα" * 9_000,
        "王" * 5_000,
        "*7.3." * 4_000,
        os.urandom(99).hex(),
    ]
    began = time.process_time()
    findings({"x": nasty * 20})
    assert time.process_time() - began < 8
