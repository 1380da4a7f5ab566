"""Words of single countries: their insurers' cards, registers of professions, prefixes of exports, months."""

from __future__ import annotations

import pytest

from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers.headings import read
from tests.backend.inspection.identifiers.looking import levels


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Hosp Unit No", "record number"),
        ("UHID", "record number"),
        ("IPD No.", "record number"),
        ("Doss. no", "record number"),
        ("nr hist. chor.", "record number"),
        ("Nro HC", "record number"),
        ("FID Spital", "record number"),
        ("NU_PRONTUARIO", "record number"),
        ("Reg Mark (vehicle)", "device or vehicle"),
        ("Placa do veíc.", "device or vehicle"),
        ("Veh Regn No", "device or vehicle"),
        ("component_serial_no", "device or vehicle"),
        ("EPRD Seriennummer", "device or vehicle"),
        ("ayushman_card_no", "account or insurance"),
        ("EHIC", "account or insurance"),
        ("EKUZ nr", "account or insurance"),
        ("VeKa-Nummer", "account or insurance"),
        ("NAM", "account or insurance"),
        ("N° RAMQ", "account or insurance"),
        ("MUFACE nº", "account or insurance"),
        ("State Council Regn No", "national id"),
        ("No permis OIIQ", "national id"),
        ("NPWZ lek. kier.", "national id"),
        ("pin_code", "postcode"),
        ("PINCODE", "postcode"),
        ("PLZ (res.)", "postcode"),
        ("Cód. post. res.", "postcode"),
        ("SERIENNR_IMPL", "device or vehicle"),
        ("NM_MAE", "name"),
        ("PAT_LAST_NM", "name"),
        ("Nom de l'usager", "name"),
    ],
)
def test_names_of_columns(name: str, kind: str) -> None:
    assert (read(name).kind, read(name).plain) == (kind, True)


@pytest.mark.parametrize(
    "name",
    [
        *("ESI", "HC", "hc_id", "component_id", "component number", "nm", "wavelength_nm", "CD4", "cd_8"),
        *("lek", "nr_leku", "res", "res_no", "unit", "pin", "col_no", "veh", "pid", "TSI", "nu", "NU_IDADE"),
    ],
)
def test_names_that_may_be_of_anything(name: str) -> None:
    assert not read(name).plain


@pytest.mark.parametrize(
    ("remark", "kind"),
    [
        ("Shri Featherstonhaugh advised rest", "name"),
        ("Kum. Featherstonhaugh referred", "name"),
        ("Vve Quemeneur hospitalisée", "name"),
        ("UHID 9820984 closed", "record number"),
        ("old CR no. K9722049", "record number"),
        ("HC 2943158 unificada", "record number"),
        ("voir doss. K2370434", "record number"),
        ("Ks. Gł. 2562927", "record number"),
        ("患者ID 32687659 と統合", "record number"),
        ("旧番号 3268765 参照", "record number"),
        ("이전ID 32687659 통합", "record number"),
        ("旧ID 32687659 と統合", "record number"),
        ("old ID 3268765 merged", "record number"),
        ("RAMQ A537450323 expirée", "account or insurance"),
        ("carte OHIP 4537450323", "account or insurance"),
        ("Dr regn no. D5849211", "device or vehicle"),
        ("nurse, CNO licence 5849211", "national id"),
        ("inf. OIIQ K5334464", "national id"),
        ("MAP col. nº N4690223", "national id"),
        ("hit by vehicle no. CJD-0031", "device or vehicle"),
        ("véhicule n° AB-123-CD", "device or vehicle"),
        ("Fahrzeug Nr. ZH 731706", "device or vehicle"),
        ("AVM, plaque 186 EPS", "device or vehicle"),
        ("PPC n/s SN7688551", "device or vehicle"),
        ("r/o H.No. 584, Aggarwal Nagar, Gorakhpur-445516", "address"),
        ("Plot 12, Nehru Colony, Dehradun - 248001", "address"),
        ("déménagé, CP H2C 8X5", "address"),
        ("réside X6K2K4, hors secteur", "address"),
        ("resides at PIN 601471", "postcode"),
        ("pincode 974367", "postcode"),
        ("reside 70497-915, outra área", "postcode"),
        ("przeprowadzka do 08-642", "postcode"),
        ("Umzug nach 8047 geplant", "postcode"),
        ("old CSN H5577116", "record number"),
        ("episodio H5681536 cerrado", "record number"),
        ("alte AZ 41432733", "record number"),
        ("Aviva pol. no. E493941677", "account or insurance"),
        ("póliza Sanitas A476862493", "account or insurance"),
        ("HA, VPNR D1961393", "national id"),
        ("Unfallgegner OSL-ED-88", "device or vehicle"),
        ("aanrijding, auto 01-TDV-8", "device or vehicle"),
        ("nach 72112 gezogen", "postcode"),
        ("10740 지역으로 이사", "postcode"),
        ("39097 bölgesine taşındı", "postcode"),
        ("gesprek met dochter Ottoline Featherstonhaugh", "name"),
        ("rozmowa z żoną Ottoline Featherstonhaugh", "name"),
        ("falado com a filha Ottoline Featherstonhaugh", "name"),
        ("Patiënte Featherstonhaugh belt morgen", "name"),
        ("Beatriz ligou ontem", "name"),
        ("Agnieszka dzwoni jutro", "name"),
        ("przyj. 25 października 2015 z SOR", "date"),
        ("ur. 11 pazdziernika 1955", "date"),
        ("3 agustos 1955 dogumlu", "date"),
    ],
)
def test_remarks(remark: str, kind: str) -> None:
    assert levels("v3", ["stable"] * 30 + [remark])[kind] is Level.STOP


@pytest.mark.parametrize(
    "remark",
    [
        *("holiday in Sri Lanka", "HC 36.5 cm", "healthy controls HC 2019", "C3 H2 N1", "plaque 20 PCT"),
        *("12 White Colony", "n.s. 0.1234", "old ID card seen", "van no 3", "CD 4 count 1200", "A1B2C3"),
        *("policy since 20190", "visit 3 of 4", "drew 12000 gezien", "AZ gut, 120 g"),
        *("pin site clean, 2 pins", "move to 2 ward", "AVM in left lobe, 3 cm", "AVM, 120 MMH"),
    ],
)
def test_remarks_without_an_identifier(remark: str) -> None:
    assert Level.STOP not in levels("v3", ["stable"] * 30 + [remark]).values()


@pytest.mark.parametrize(
    "name", ["Zdzislaw Wrzeszczykowski", "Soren Featherstonhaugh", "Lukasz Featherstonhaugh"]
)
def test_names_are_known_without_their_strokes(name: str) -> None:
    assert levels("v3", ["stable"] * 30 + [name])["name"] is Level.STOP


@pytest.mark.parametrize(
    "name", ["leeftijd", "wiek_pacjenta", "Ikä", "yaş", "Возраст", "年龄", "나이", "Idade"]
)
def test_ages_over_89_stop_in_all_languages(name: str) -> None:
    assert levels(name, [str(40 + number) for number in range(52)])["age over 89"] is Level.STOP


@pytest.mark.parametrize(
    "remark",
    [
        *("vrouw van 93 jaar", "93-jarige man", "93 år, bor ensam", "senhora de 93 anos", "93-letni pacjent"),
        *(
            "93 yaşında kadın",
            "93 лет, живет одна",
            "93岁女性",
            "93세 여성",
            "93-vuotias nainen",
            "93letá žena",
        ),
    ],
)
def test_ages_over_89_in_remarks_stop_in_all_languages(remark: str) -> None:
    assert levels("v3", ["stable"] * 30 + [remark])["age over 89"] is Level.STOP


@pytest.mark.parametrize(
    "name", ["geboortejaar", "rok urodzenia", "födelseår", "doğum yılı", "Год рождения", "출생연도"]
)
def test_years_of_birth_are_known_in_all_languages(name: str) -> None:
    assert read(name).kind == "year of birth"


@pytest.mark.parametrize(
    "name", ["leeftijd (maanden)", "wiek w miesiącach", "yaş ay", "возраст, месяцев", "月龄"]
)
def test_ages_in_other_units_are_no_years(name: str) -> None:
    assert not read(name).age


@pytest.mark.parametrize(
    "name", ["geslacht", "Płeć", "Kön", "cinsiyet", "Пол", "性别", "성별", "zawód", "Profissão"]
)
def test_what_others_may_know_in_all_languages(name: str) -> None:
    assert read(name).quasi


@pytest.mark.parametrize("name", ["Rozpoznanie", "Диагноз", "诊断", "진단명", "tanı", "Doença", "Diagnoosi"])
def test_what_a_person_would_not_tell_in_all_languages(name: str) -> None:
    assert read(name).sensitive
