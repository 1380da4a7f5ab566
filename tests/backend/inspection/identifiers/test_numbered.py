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
        ("12 Şubat 1955 doğumlu kadın hasta", "date"),
    ],
)
def test_a_number_in_a_remark(remark: str, kind: str) -> None:
    assert levels("v3", ["stable"] * 30 + [remark])[kind] is Level.STOP


@pytest.mark.parametrize(
    "remark",
    ["CAR CD19 12 cells", "vehicle DMSO 10", "plate PL0012 well A3", "dose 12500 units", "chr7:117559590"],
)
def test_a_number_of_the_laboratory_in_a_remark(remark: str) -> None:
    assert Level.STOP not in levels("v3", ["stable"] * 30 + [remark]).values()
