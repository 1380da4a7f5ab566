"""What a number is by the words around it: in a column's name, and in a remark."""

from __future__ import annotations

import pytest

from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers.headings import read
from tests.backend.inspection.identifiers.looking import levels


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Policy/Member ID", "account or insurance"),
        ("N° mutuelle", "account or insurance"),
        ("Polisnr", "account or insurance"),
        ("Acme membership no.", "account or insurance"),
        ("Driver's Lic.", "national id"),
        ("Körkortsnummer", "national id"),
        ("驾驶证号", "national id"),
        ("Kfz-Kennz.", "device or vehicle"),
        ("機器製造番号", "device or vehicle"),
        ("Nº serie implante", "device or vehicle"),
        ("Nr karty", "record number"),
        ("Kod poczt.", "postcode"),
        ("〒", "postcode"),
        ("Paciente (nome)", "name"),
        ("PLZ Domizil", "postcode"),
        ("Kfz-Kennz./FIN", "device or vehicle"),
        ("Approbations-Nr.", "national id"),
        ("KVNR (eGK)", "account or insurance"),
        ("Fall-Nr. (SAP)", "record number"),
        ("〒(現住所)", "postcode"),
    ],
)
def test_names_of_columns_of_numbers(name: str, kind: str) -> None:
    assert (read(name).kind, read(name).plain) == (kind, True)


@pytest.mark.parametrize("name", ["Plate ID", "Group", "Serie", "Insurance", "CAP", "Vehicle", "Sn", "Lic"])
def test_names_that_may_be_of_anything(name: str) -> None:
    assert not read(name).plain


@pytest.mark.parametrize("values", [["ja", "nein", "unbekannt"], ["Klasse B", "Klasse C", "keiner"]])
def test_a_licence_may_be_had_or_not(values: list[str]) -> None:
    assert "national id" not in levels("Führerschein", values * 4)


@pytest.mark.parametrize(
    ("remark", "kind"),
    [
        ("rijbewijs K4222634 ingeleverd", "national id"),
        ("Konto lautet 1066141932", "account or insurance"),
        ("patrz karta nr 93453117", "record number"),
        ("wohnt in 66404", "postcode"),
        ("见住院号94486967", "record number"),
        ("ICD serial SN4146836 interrogated", "device or vehicle"),
        ("hip (01)01280193182899(21)A32139 fitted", "device or vehicle"),
        ("incidente, auto targata GU486TP", "device or vehicle"),
        ("교통사고, 차량번호 136부6355", "device or vehicle"),
        ("photos on matthews-allen.org/joan52", "web address"),
        ("paid by 9593213247 yesterday", "record number"),
        ("merged with MR# P2886502", "record number"),
        ("prontuário antigo 66295621", "record number"),
        ("Führerausweis K5479776 entzogen", "national id"),
        ("mutuelle Harmonie, n° adh. X877653672", "account or insurance"),
        ("habite 56331", "postcode"),
        ("driver of tan Camry, tag 4J S6714", "device or vehicle"),
        ("VU mit Pkw V-X-6", "device or vehicle"),
        ("trafikolycka, bil MML 29M", "device or vehicle"),
        ("Selbstunfall, Kontrollschild SZ-419 112", "device or vehicle"),
        ("12 Şubat 1955 doğumlu kadın hasta", "date"),
    ],
)
def test_a_number_in_a_remark(remark: str, kind: str) -> None:
    assert levels("v3", ["stable"] * 30 + [remark])[kind] is Level.STOP


@pytest.mark.parametrize(
    "remark",
    [
        "CAR CD19 12 cells",
        "vehicle DMSO 10",
        "plate PL0012 well A3",
        "dose 12500 units",
        "chr7:117559590",
        "car crash, C5 C6 fused",
        "MVC, GCS 15, C7 T1 fracture",
        "PTX 10 mm bil AB 3",
    ],
)
def test_a_number_of_the_laboratory_in_a_remark(remark: str) -> None:
    assert Level.STOP not in levels("v3", ["stable"] * 30 + [remark]).values()
