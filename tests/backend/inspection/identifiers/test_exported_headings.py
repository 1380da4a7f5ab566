"""Names of columns as hospitals' systems, claims and registries export them, and remarks on such numbers."""

from __future__ import annotations

import pytest

from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers.headings import read
from tests.backend.inspection.identifiers.looking import levels


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("NPAT_GBDAT", "date of birth"),
        ("PSTL2", "postcode"),
        ("STRAS", "address"),
        ("TELF1", "phone or fax"),
        ("BANKN", "account or insurance"),
        ("BENE_MLG_CNTCT_ZIP_CD", "postcode"),
        ("MBR_ID", "account or insurance"),
        ("ACNT_NUM", "account or insurance"),
        ("Försäkr.nr", "account or insurance"),
        ("Nr ubezpiecz.", "account or insurance"),
        ("N. assicur.", "account or insurance"),
        ("ADR_LINE_1", "address"),
        ("home_pcode", "postcode"),
        ("cp_res", "postcode"),
        ("NHI number", "national id"),
        ("Individual Healthcare Identifier", "national id"),
        ("KVNR eGK", "account or insurance"),
        ("amtl. Kennz.", "device or vehicle"),
        ("Targa automezzo", "device or vehicle"),
        ("matr. pacemaker", "device or vehicle"),
        ("Kenteken bestelbus", "device or vehicle"),
        ("IPP_Sillage", "record number"),
        ("MRN (TrakCare)", "record number"),
        ("EPD-nummer", "record number"),
        ("Reservnr", "record number"),
        ("ponskaartnr", "record number"),
        ("Nombre del asegurado", "name"),
        ("Nom de l'assuré", "name"),
        ("Versichertenname", "name"),
        ("Naam verzekerde", "name"),
        ("Nome dell'assistito", "name"),
        ("Försäkrades namn", "name"),
        ("subscriber_name", "name"),
        ("Achternaam verzekerde", "name"),
    ],
)
def test_names_of_exported_columns(name: str, kind: str) -> None:
    assert (read(name).kind, read(name).plain) == (kind, True)


@pytest.mark.parametrize(
    "name",
    [
        "n_iv",
        "n_members",
        "cap",
        "res",
        "matr_size",
        "Dateiname",
        "Gerätename",
        "vname",
        "cd4",
        "bene",
        "mezzo",
        "ur",
    ],
)
def test_short_names_of_other_things(name: str) -> None:
    assert not read(name).plain


def test_measurements_are_no_postcodes() -> None:
    assert levels("cap_res", [f"{12000 + 37 * i}.{i % 9 + 1}" for i in range(40)]) == {}


@pytest.mark.parametrize("value", ["8003608833357361", "8003 6088 3335 7361"])
def test_a_healthcare_identifier_of_australia_stops_by_its_form(value: str) -> None:
    assert levels("v3", ["7"] * 30 + [value])["national id"] is Level.STOP


@pytest.mark.parametrize(
    ("remark", "kind"),
    [
        ("wohnt derzeit in 66404", "postcode"),
        ("vive ahora en 44668", "postcode"),
        ("habite maintenant à 56331", "postcode"),
        ("bor numera i 411 05", "postcode"),
        ("is moving to 2548", "postcode"),
        ("se trasladó al 44668", "postcode"),
        ("dochter woont 2042 HG", "postcode"),
        ("pcode 2910", "postcode"),
        ("zieht um nach 66404", "postcode"),
        ("verhuist naar 2042 HG", "postcode"),
        ("flyttar till 411 05", "postcode"),
        ("przeprowadza się do 31-041", "postcode"),
        ("si trasferisce a 55047", "postcode"),
        ("seen under URN K5202832", "record number"),
        ("dublett, se journal 60316112", "record number"),
        ("dubbel dossier, zie 60316112", "record number"),
        ("numero nosologico sbagliato, corretto K4240303", "record number"),
        ("exp. correcto 55124428", "record number"),
        ("stara karta, patrz 60316112", "record number"),
        ("rego LXT 979", "device or vehicle"),
        ("arrived in own ute, plate 4SH A28", "device or vehicle"),
        ("aanrijding met auto 83-TYG-0", "device or vehicle"),
        ("IHI 8003608833357361", "national id"),
        ("nach 72112 verzogen", "postcode"),
        ("naar 2042 HG verhuisd", "postcode"),
        ("Unfallgegner OSL-ED-88", "device or vehicle"),
        ("HA, Vertragspartnernr. D1961393", "national id"),
        ("siehe AZ 41432733", "record number"),
        ("visit CSN H5577116", "record number"),
        ("episodio H5681536 cerrado", "record number"),
        ("col. n.º N5204857", "national id"),
        ("polizza Generali A476862493", "account or insurance"),
        ("Aviva pol. no. E493941677", "account or insurance"),
        ("gesproken met dochter Sietske Oudekerkenaar", "name"),
        ("samtal med dottern Vendla Hallonkvarnare", "name"),
        ("rozmowa z córką Bożysławą Trzcińskoborską", "name"),
        ("conversa com a filha Jussilene Cavalcantinho", "name"),
        ("puoliso Tellervoinen Kuusamalainen soitti", "name"),
    ],
)
def test_a_number_in_a_remark(remark: str, kind: str) -> None:
    assert levels("v3", ["stable"] * 30 + [remark])[kind] is Level.STOP


@pytest.mark.parametrize(
    "remark",
    [
        "metformin moved to 1500 mg",
        "lives at 2000 m",
        "CAR T-28-Z",
        "car 4-1BB",
        "dubbel se 1200 ml",
        "dochter komt",
        "heter Betametason",
    ],
)
def test_an_amount_in_a_remark(remark: str) -> None:
    assert Level.STOP not in levels("v3", ["stable"] * 30 + [remark]).values()


@pytest.mark.parametrize(
    "address", ["43 Sherry End, Perezview, SA, 2638", "9 Aaron Gap, Timothyview ACT 2604"]
)
def test_an_address_of_australia(address: str) -> None:
    assert levels("v3", [f"{i}.5" for i in range(40)] + [address])["address"] is Level.STOP


@pytest.mark.parametrize(
    "people",
    [
        ["Osbert Thornquistle", "Hephzibah Marrowgatt"],
        ["Onésime Vauquelinot", "Radegonde Tissandieu"],
        ["Filemón Ixtlapalapan", "Eustolia Cuauhtzin"],
        ["Gijsbertus Ravenswoudt", "Marrigje Kluitenberg"],
        ["Dankmar Hollerstedtner", "Heinrike Moosgruberl"],
    ],
    ids=str,
)
def test_people_of_older_given_names_stop(people: list[str]) -> None:
    assert levels("v3", people * 20)["name"] is Level.STOP
