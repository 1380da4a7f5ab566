"""What a number is by the words around it: "Policy/Member ID", "n° de permis", "Polisnr", "驾驶证号".

A noun says what is numbered, and a word, a sign or the end of a compound that it is a number. Words that say
nothing of it (of whom, "of") may stand between them, and nouns may be cut short (Kennz., Immat., Pront.).
All are folded as `spelling.spaced` does.
"""

from __future__ import annotations

from functools import cache
from typing import Final

# Nouns that need no word for a number beside them. What these columns hold decides further (headed.py).
_ALONE: Final = {
    "record number": """
        mrn | ipp | nhc | nosologico | prontuario | expediente | aufnahmezahl | krankengeschichte |
        カルテ | 診察券 | 病案 | 住院 | 病历 | 차트
    """,
    "national id": """
        fuhrerschein | driving licence | driving license | drivers license | drivers licence |
        driver s license | driver s licence | driver s lic | drivers lic | driving lic | lic conducir |
        permis de conduire | permis conduire | carnet de conducir | carnet conducir |
        licencia de manejo | licencia manejo | licencia de conducir | licencia conducir |
        permiso de conducir | permiso conducir | patente | patente guida | cnh | rijbewijs |
        prawo jazdy | korkort | forerkort | korekort | ajokortti | ridicsky prukaz | ehliyet |
        surucu belgesi | cedula profesional | 運転免許 | 運転免許証 | 免許証 | 운전면허 | 운전면허증 |
        驾驶证 | 驾照 | 驾驶执照 | passport | reisepass | passeport | pasaporte | passaporto |
        passaporte | paspoort | paszport | pasaport | burgerservice | nationalite | sozialversicherung |
        rentenversicherung | rv | npi | lanr | rpps | pwz
    """,
    "account or insurance": """
        polizza | polizze | poliza | polisa | polisy | apolice | carteirinha | clabe | iban |
        bankverbindung | nss | 保单 | 医保 | 医保卡 | 银行卡 | 口座 | 保険証 | 被保険者 | 계좌 |
        보험증 | 건강보험증 | 증권
    """,
    "device or vehicle": """
        udi | iud | vin | niv | imei | kennzeichen | kenteken | immatriculation | immatricule |
        matricula | targa | placa | placas | plaka | car reg | vehicle tag | license plate |
        licence plate | number plate | registration plate | bastidor | telaio | matricola |
        seriennummer | fahrgestell | 车牌 | 车架 | 차량 | 차대 | 車両 | 車台
    """,
    "postcode": """
        zip | zip code | plz | postleitzahl | postcode | postal code | code postal | codigo postal |
        cod postal | cep | kod pocztowy | posta kodu | postnummer | postinumero | irsc | 邮编 | 郵便 |
        우편
    """,
    "phone or fax": "fax | telefax | faks | faksu | telecopie | telecopia | 传真 | 팩스",
}
# Nouns that are something else where no word says that it is their number: "insurance" may be its kind.
_WITH_NUMBER: Final = {
    "record number": """
        record | records | med rec | medical record | chart | hospital | hospital record |
        dossier | karta | karty | kartoteka | kartoteki | ksiega | ksiegi | ksiegi glownej | historia |
        historia clinica | ha clinica | cartella | cartella clinica | registro | registro hospitalar |
        journal | akte | protokol | dosya | aufnahme | sejour | fiche | ficha | karte | kartei
    """,
    "national id": """
        licence | license | lic | dl | fs | permis | permiso | permit | habilitacao | pass | id card |
        identity card | kimlik | ausweis | 免許 | 면허 | 证件
    """,
    "account or insurance": """
        insurance | ins | health insurance | policy | member | membership | subscriber | beneficiary |
        versicherung | versicherten | versicherungs | vers | kv | krankenkasse | assurance |
        mutuelle | assure | adherent | police | contrat | contrat assurance | contrat mutuelle |
        seguro | afiliacion | asegurado | afiliado | seguridad social | assicurazione | assicurato |
        verzekering | verzekerde | verzekerden | ubezpieczenie | ubezpieczenia | forsakring |
        forsakrings | forsikring | sigorta | sigorta police | police sigorta | sgk | convenio |
        plano saude | account | acct | billing acct | billing account | bank account | konto | compte |
        cuenta | conto | c c | conta | rachunek | rachunku | rekening | rek | hesap | card | kart |
        carte | tarjeta | cartao | 保険 | 保险 | 社保 | 账户 | 账号 | カード | 카드 | 보험
    """,
    "device or vehicle": """
        serial | serie | seri | serien | seryjny | s n | sn | chassis | chasis | chassi | sasi |
        podwozia | reg | rej | rejestracyjny | registration | registrering | kfz |
        pkw |  製造 | シリアル | 일련 | 序列 | ナンバー
    """,
    "postcode": "cp | c p | cap | pc",
    "phone or fax": "callback | call back | contact | handy | mobile | cell | pager | beeper",
}
_NUMBER_WORDS: Final = """
    no nr num number numbers numero numer nummer numara numarasi cislo id n nos nro número nº номер 号 号码
    番号 번호 號碼 identifier
"""
_NUMBER: Final = frozenset(_NUMBER_WORDS.split())
_GLUED: Final = ("nummer", "numarasi", "nr", "号码", "號碼", "番号", "번호", "号")
_LINKS: Final = ("", "s", "n", "en", "ns")  # between the parts of a compound
_SHORTEST: Final = 5  # letters of a noun that was cut short
_SILENT_WORDS: Final = """
    of the for de del du della di do da dos la le el il d van der den des pat patient patients patienten
    patientin pt px paciente pac paziente pz pasient pacjent pacjenta pacient hasta hastanin potilas 患者
    病人 환자 wohnort residence home bereich gebiet area region zone zona
"""
_SILENT: Final = frozenset(_SILENT_WORDS.split())
_DEVICES_WORDS: Final = """
    device implant implantat implante dispositivo dispositif dm disp equipo cihaz gerate geraete gerat
    aparato apparecchio appareil apparaat urzadzenie 設備 设备 機器 기기
"""
_DEVICES: Final = frozenset(_DEVICES_WORDS.split())
_BEFORE: Final = ("患者", "病人", "환자", "設備", "设备", "機器", "기기")  # written together with the noun
_NAMES_WORDS: Final = """
    name names nom prenom prenoms nombre nombres nome cognome cogn apellido apellidos apell nazwisko
    imie imiona vorname nachname zuname familienname forename forenames surname first last given family
    full namn fornamn efternamn fornavn efternavn naam voornaam achternaam ad adi soyad soyadi sobrenome
    jmeno prijmeni nimi sukunimi etunimi 氏名 姓名 성명 이름 名前
"""
_NAMES: Final = frozenset(_NAMES_WORDS.split())
_AND: Final = frozenset(
    ("and", "und", "et", "y", "e", "i", "a", "en", "och", "og", "ja", "ve", "漢字", "カナ")
)


@cache
def _nouns() -> dict[str, tuple[str, bool]]:
    """Each noun, with its kind and whether it needs no word for a number."""
    tables = ((_WITH_NUMBER, False), (_ALONE, True))
    return {
        noun.strip(): (kind, alone)
        for table, alone in tables
        for kind, nouns in table.items()
        for noun in nouns.split("|")
    }


@cache
def _cut_short() -> dict[str, tuple[str, bool]]:
    """Beginnings of nouns, at least half of each and into its last word, that are of one kind."""
    beginnings: dict[str, set[tuple[str, bool]]] = {}
    for noun, what in _nouns().items():
        for size in range(max(_SHORTEST, len(noun) // 2), len(noun)):
            if noun[:size].count(" ") == noun.count(" ") and noun[size - 1] != " ":
                beginnings.setdefault(noun[:size], set()).add(what)
    return {beginning: next(iter(kinds)) for beginning, kinds in beginnings.items() if len(kinds) == 1}


def kind(words: str, *, number_follows: bool = False) -> str | None:
    """The kind of identifier that a column's name, or the words in front of a number, speak of.

    `words` are as `spelling.spaced` gives them. With `number_follows` a word for a number isn't asked for.
    """
    tokens = [part for word in words.split() for part in _parts(word)]
    numbered = number_follows or any(t in _NUMBER or t in _DEVICES or _stands_alone(t) for t in tokens)
    rest = [token for token in tokens if token not in _NUMBER]
    spoken = [token for token in rest if token not in _SILENT and token not in _DEVICES]
    for text in dict.fromkeys((" ".join(rest), " ".join(spoken))):
        if text and (found := _of(text, numbered)):
            return found
    kinds = {_of(token, numbered) for token in spoken}
    return kinds.pop() if len(kinds) == 1 else None


def is_names(words: str) -> bool:
    """Whether a column's name is a patient's, in words of which each may be something else alone."""
    tokens = words.split()
    named = [token for token in tokens if token in _NAMES]
    others = [token for token in tokens if token not in _NAMES]
    whose = [token for token in others if token in _SILENT]
    return bool(named) and len(named) + bool(whose) > 1 and all(t in _SILENT or t in _AND for t in others)


def _stands_alone(token: str) -> bool:
    found = _nouns().get(token) or _cut_short().get(token)
    return found is not None and found[1]


def _of(text: str, numbered: bool) -> str | None:
    found = _nouns().get(text) or _cut_short().get(text)
    return found[0] if found and (found[1] or numbered) else None


def _parts(word: str) -> list[str]:
    """A word without the end that says that it is a number, and that end: Polisnr, Körkortsnummer."""
    if word in _NUMBER or word in _nouns():
        return [word]
    for before in _BEFORE:
        word = word.removeprefix(before) or word
    for end in _GLUED:
        if word.endswith(end):
            stem = word[: -len(end)]
            for link in _LINKS:
                noun = stem.removesuffix(link)
                if noun in _nouns() or noun in _cut_short():
                    return [noun, "no"]
    return [word]
