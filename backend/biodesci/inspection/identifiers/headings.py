"""What a column is called, in English, German, French, Spanish, Italian, Japanese and some more languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from biodesci.inspection.identifiers import alternatives, attributes, numbered, persons
from biodesci.inspection.identifiers.heading_words import LABELS, LINKS, MORE_WORDS, WHEN
from biodesci.inspection.identifiers.spelling import shape, spaced

# kind -> names that leave no doubt, folded to ASCII where they are Latin, words apart by one space
_PLAIN: Final = {
    "name": (
        "(?:first|last|middle|given|family|full|maiden|birth|legal|preferred|patients?|pat|pt|subject|"
        "participant|person|mothers?|fathers?|"
        "doctors?|physicians?|clinician|provider|guardian|contact|next of kin|relative|employee|"
        "customer|student|child)s? ?names?|"
        "surname|forename|fname|lname|firstname|lastname|fullname|name (?:first|last|full)|initials|"
        "next of kin|"
        "vor ?und ?nachname|vorname|nachname|familienname|geburtsname|patientenname|rufname|zuname|"
        "hausarzt|name patient|ansprechpartner|"
        "prenoms?|nom (?:de famille|complet|usuel|naissance|de naissance|patient|du patient|"
        "de jeune fille|et prenom)|patronyme|medecin traitant|"
        "nombres? (?:completo|(?:y )?apellidos|paciente|del paciente|de pila)|nombres|"
        "apellidos?(?:(?: y)? nombres?)?|(?:primer|segundo) (?:apellido|nombre)|"
        "cognome(?: e nome)?|nome (?:completo|e cognome|paziente|del paziente|do paciente)|nominativo|"
        "sobrenome|apelido|voornaam|achternaam|"
        "fornamn|efternamn|imie|nazwisko|imie i nazwisko|"
        "氏名|姓名|患者名|患者氏名|名前|お名前|苗字|名字|姓|名|フリガナ|ふりがな|氏名カナ|カナ氏名|主治医|担当医|姓名カナ"
    ),
    "address": (
        "(?:(?:home|street|postal|mailing|residential|patient|full|"
        "work) ?)?address(?:es)?(?: ?line)?(?: ?\\d)?|street(?: ?(?:name|no|number))?|house (?:no|"
        "number)|"
        "adresse|anschrift|wohnadresse|strasse|strassenname|hausnummer|wohnort|strasse hausnummer|"
        "strasse nr|"
        "rue|adresse (?:postale|domicile|complete)|domicile|numero et rue|direccion|domicilio|calle|"
        "direccion postal|indirizzo|via|residenza|"
        "endereco|morada|adres|straat|adress|gatuadress|ulica|住所|現住所|番地|自宅住所|居住地|町名"
    ),
    "postcode": (
        "(?:home |patient )?(?:zip(?: ?codes?)?|post ?codes?|postal ?codes?|zip ?5|zip ?plus ?4)|plz|"
        "postleitzahl|code postal|cp postal|codigo postal|cap residenza|"
        "codice (?:di avviamento )?postale|codigo postal|cep|postcode|postnummer|kod pocztowy|郵便番号"
    ),
    "phone or fax": (
        "(?:(?:home|work|mobile|cell|patient|contact|day ?time|emergency) ?)?(?:phone|telephone|tel|fax|"
        "mobile|cellphone|pager)s?(?: ?(?:no|num|number|nr|home|work|mobile|\\d))?|"
        "cell (?:no|phone|number)|contact (?:no|number)|telefon(?:nummer|nr)?|handy(?:nummer|nr)?|"
        "mobil(?:nummer|telefon)?|rufnummer|faxnummer|festnetz|telefonnr|"
        "numero (?:de )?(?:telephone|tel|portable|mobile)|telephone (?:portable|fixe|domicile)|portable|"
        "telecopie|"
        "(?:numero (?:de )?)?telefono(?: (?:movil|fijo|casa|contacto))?|movil|celular|cellulare|"
        "recapito(?: telefonico)?|telefonnummer|telefoon(?:nummer)?|telefone|"
        "telemovel|telefone celular|電話|電話番号|携帯|携帯電話|携帯番号|連絡先|ファックス|緊急連絡先"
    ),
    "e-mail": (
        "(?:(?:patient|contact|work|home|private) )?e ?mails?(?: ?(?:address|adresse|adr))?|"
        "mail(?: ?adresse)?|courriel|correo(?: electronico)?|adresse (?:e ?mail|electronique)|"
        "posta elettronica|indirizzo e ?mail|電子メール|メール|メールアドレス|eメール"
    ),
    "national id": (
        "ssn|sin|nino?|nhs(?: ?(?:no|num|number|nr))?|national ?(?:id|insurance)(?: ?(?:no|number))?|"
        "social security(?: ?(?:no|number))?|passport(?: ?(?:no|number))?|"
        "tax ?id|tin|itin|personal ?(?:id|number)|cpr|id card(?: ?(?:no|number))?|"
        "driver'?s? licen[cs]e(?: ?(?:no|number))?|"
        "steuer ?id(?:entifikationsnummer)?|steuernummer|idnr|sozialversicherungsnummer|svnr|sv ?nummer|"
        "rentenversicherungsnummer|ausweisnummer|personalausweis(?:nummer)?|"
        "reisepass(?:nummer)?|ahv ?(?:nr|nummer)?|nir|insee|numero (?:de )?(?:securite sociale|secu|"
        "insee|ss)|no securite sociale|securite sociale|num secu|"
        "dni|nie|nif|dni nie|documento(?: (?:de )?identidad)?|numero (?:de )?(?:documento|identidad|"
        "seguridad social)|curp|rut|cedula|nuss|"
        "codice fiscale|cod fisc|cf|codfisc|tessera sanitaria|carta (?:d )?identita|bsn|"
        "burgerservicenummer|personnummer|pesel|cpf|rg|fodselsnummer|hetu|henkilotunnus|"
        "my number|mynumber|マイナンバー|個人番号|保険証番号|被保険者番号|免許証番号|旅券番号|パスポート番号"
    ),
    "record number": (
        "mrn|(?:medical ?|health ?|hospital ?|chart ?|clinical ?)record ?(?:no|num|number|nr|id)?|"
        "(?:hospital|chart|patient|pat) ?(?:no|num|number|nr)|ur ?(?:no|number)|"
        "patienten ?(?:nummer|nr|id)|pat ?nr|fall ?(?:nummer|nr|id)|kis ?nr|krankenakten ?(?:nummer|nr)|"
        "aktenzeichen|"
        "numero (?:de )?(?:dossier|patient|sejour)|no dossier|ipp|nip patient|iep|"
        "numero (?:de )?(?:historia(?: clinica)?|expediente|registro)|nhc|historia clinica|num historia|"
        "numero (?:di )?(?:cartella(?: clinica)?|nosologico)|cartella clinica|nosologico|patientnummer|"
        "hadm id|encounter id|カルテ番号|患者番号|診察券番号|登録番号"
    ),
    "account or insurance": (
        "iban|bic iban|(?:bank ?)?account ?(?:no|num|number|nr)|bank account|credit ?card(?: ?(?:no|"
        "number))?|card ?(?:no|number)|insurance ?(?:no|id|num|number)|policy ?(?:no|number)|"
        "beneficiary(?: ?(?:no|id|number))?|health plan(?: ?(?:no|id|number))?|member ?(?:no|number)|"
        "medicare(?: ?(?:no|id|number))?|medicaid(?: ?(?:no|id|number))?|mbi|licen[cs]e ?(?:no|number)|"
        "konto(?: ?(?:nr|nummer))?|kontonummer|bankverbindung|kreditkarte(?:nnummer)?|"
        "versicherten ?(?:nummer|nr)|versicherungs ?(?:nummer|nr)|krankenversicherungs ?(?:nummer|nr)|"
        "kvnr|egk(?: ?nr)?|"
        "numero (?:de )?(?:compte|carte|mutuelle|assure)|compte bancaire|carte bancaire|rib|"
        "numero (?:de )?(?:cuenta|tarjeta|poliza|afiliacion)|cuenta(?: bancaria)?|tarjeta(?: sanitaria|"
        " de credito)?|cip|"
        "numero (?:di )?(?:conto|carta|polizza)|conto(?: corrente)?|carta (?:di )?credito|口座番号|銀行口座|"
        "クレジットカード|カード番号|保険番号|保険者番号"
    ),
    "date of birth": (
        "(?:dob|d o b|birth(?= )|bday|fecha nac|birth ?dates?|date ?(?:of ?)?birth|"
        "birth ?day|birthdt|brthdat|brthdtc|dt birth|"
        "born(?: on)?|patient birth ?date|"
        "geburtsdatum|geb ?datum|gebdat|geburtstag|geb(?:oren)?(?: am)?|date (?:de )?naissance|ddn|"
        "date naiss|ne le|naissance|fecha (?:de )?nacimiento|f nac(?:imiento)?|fec nac|nacimiento|"
        "data (?:di )?nascita|nascita|nato il|datanascita|data (?:de )?nascimento|nascimento|"
        "geboortedatum|fodelsedatum|data urodzenia|生年月日|誕生日|出生日|生まれ)"
        "(?: (?:epoch|unix|ts|time ?stamp|time|date ?time|dt|serial|excel|xls|sas|stata|spss|ms|"
        "millis(?:econds)?|sec(?:ond)?s?|days|num(?:eric|ber)?|int|julian|jd|iso|utc|gmt|raw|str|clean|orig(?:inal)?|shifted)){0,3}"
    ),
    "date": (
        "dod|(?:date ?(?:of ?)?(?:death|admission|discharge|visit|diagnosis|surgery|operation|onset|"
        "consent|service|procedure|exam|collection|entry|examination|scan|sample))|"
        "(?:death|admission|discharge|visit|admit|service|diagnosis|surgery|operation|onset|consent|"
        "study|acquisition|procedure|exam|collection|scan|sample|entry|follow ?up) ?dates?|"
        "admitted|discharged|admission ?time|discharge ?time|date ?time|timestamp|dates?|acq time|"
        "datum|aufnahme ?datum|entlass(?:ungs)? ?datum|sterbe ?datum|todes ?datum|untersuchungs ?datum|"
        "op ?datum|diagnose ?datum|"
        "date (?:d )?(?:entree|sortie|deces|admission|hospitalisation|visite|diagnostic|consultation)|"
        "fecha(?: (?:de )?(?:ingreso|alta|muerte|defuncion|visita|diagnostico|consulta|cirugia))?|"
        "data (?:di )?(?:ricovero|dimissione|decesso|morte|visita|diagnosi|intervento)|"
        "日付|入院日|退院日|診察日|受診日|死亡日|検査日|手術日|来院日"
    ),
    "coordinates": (
        "(?:(?:home|patient|residence|address|wgs ?84) )?(?:lat|latitude|lon|long|lng|longitude|coords?|"
        "coordinates?)(?: wgs ?84)?|lat ?long?|gps|geo ?(?:coordinates?|code|location|loc|point)|gps ?(?:lat|"
        "lon|coordinates?)|breitengrad|laengengrad|langengrad|latitud|longitud|latitudine|longitudine|"
        "緯度|経度"
    ),
    "device or vehicle": (
        "device ?(?:id|serial|serial ?(?:no|number))|serial ?(?:no|num|number|nr)|imei|imsi|"
        "mac(?: ?address)?|vin|licen[cs]e plate|number plate|plate ?(?:no|number)|udi|"
        "implant ?(?:serial|id)|kennzeichen|kfz(?: ?kennzeichen)?|seriennummer|fahrgestellnummer|fin|"
        "immatriculation|"
        "numero (?:de )?serie|matricula|targa|numero (?:di )?serie|車両番号|製造番号|シリアル番号"
    ),
    "web address": (
        "urls?|uri|web ?(?:site|page|address)|home ?page|twitter|facebook|instagram|linkedin|tiktok|"
        "user ?name|login|nick ?name|benutzername|sitio web|sito web|pagina web|ホームページ"
    ),
    "IP address": "ip|ip ?addr(?:ess)?|ipv4|ipv6|ip ?adresse|direccion ip|indirizzo ip|ipアドレス",
    "biometric or photo": (
        "finger ?prints?|retina ?(?:scan|image)|iris ?scan|voice ?print|face ?(?:image|photo)|"
        "photo(?:graph)?s?|portrait|foto|lichtbild|fingerabdruck|photo identite|顔写真|指紋"
    ),
    "free text": (
        "(?:(?:clinical|progress|doctors?|nursing|free|discharge) ?)?(?:notes?|comments?|remarks?|"
        "free ?text|narrative)|anamnes[ie]s?|clinical (?:text|history)|report(?: ?text)?|text|"
        "bemerkung(?:en)?|kommentar(?:e)?|anmerkung(?:en)?|notiz(?:en)?|freitext|befund(?:text)?|"
        "arztbrief|epikrise|verlauf|"
        "remarques?|commentaires?|observations?|compte rendu|anamnese|observaci(?:on|ones)|comentarios?|"
        "notas?|anotaciones|informe|osservazioni|commenti|commento|annotazioni|referto|"
        "備考|所見|コメント|メモ|特記事項|自由記載|経過"
    ),
}  # fmt: skip
# kind -> names that may be something else: the values decide
_DOUBTFUL: Final = {
    "name": (
        "names?|nom|nombre|nome|naam|namn|label|autor|author|owner|contact|person|people|patient|"
        "physician|doctor|surgeon|nurse|player|student|employee|clinician|arzt|patientin|medecin|medico|"
        "paciente|paziente|患者|医師"
    ),
    "phone or fax": "contacts?|cell|kontakt|contacto|contatto",
    "city": (
        "city|town|village|municipality|stadt|ort|gemeinde|ville|commune|ciudad|municipio|localidad|"
        "citta|comune|cidade|plaats|woonplaats|miasto|miejscowosc|tatort|kommun|kommune|kaupunki|"
        "mesto|obec|varos|telepules|oras|localitate|sehir|ilce|πολη|город|населенный пункт|місто|"
        "城市|도시|시군구|市|市町村|都市|county|landkreis|geburtsort|birth ?place|place of birth|"
        "lieu (?:de )?naissance|lugar (?:de )?nacimiento|luogo (?:di )?nascita"
    ),
    "postcode": "cap|cp|zip3|plz ?[23]",
    "record number": (
        "(?:subject|participant|person|case|record|sample|study|client|user|member|visit|admission|stay|"
        "individual|proband(?:en)?|teilnehmer|sujet|sujeto|soggetto|donor|specimen|mother|father|family|"
        "household|staff|employee|customer|student)s? ?(?:ids?|no|num|number|nr|code|key)|"
        "patients? ?(?:ids?|code|key)|pid|ptid|ptno|usubjid|subjid|id patient|id paciente|id paziente|"
        "id sujet|"
        "accession(?: ?(?:no|number))?|eid|被験者番号|被験者id|患者id|症例番号"
    ),
    "date": "day|time|date of .*|.* dates?|.* datum|.* dt|.* dtc|datum .*|fecha .*|date .*|data .*|.*日",
    "year of birth": (
        "birth ?year|year ?(?:of ?)?birth|yob|geburtsjahr|annee (?:de )?naissance|"
        "ano (?:de )?nacimiento|anno (?:di )?nascita|出生年|生年|"
        "geboortejaar|ano (?:de )?nascimento|rok urodzenia|fodelsear|fodselsar|syntymavuosi|rok narozeni|"
        "szuletesi ev|anul nasterii|dogum yili|ετος γεννησης|год рождения|рік народження|出生年份|"
        "출생연도|출생년도"
    ),
}  # fmt: skip
# What comes before or behind a heading without changing what it is: `pat_vorname`, `phone_1`, `x_email`.
_AROUND: Final = re.compile(
    r"^(?:pat|pt|patient|patienten|subject|px|p|k|v|no|nr|num)? ?(?P<core>.*?)(?: "
    r"(?:\d{1,2}|privat|dienst|home|work|"
    r"txt|text|str|raw|orig|original|patient|pat))?$"
)


@dataclass(frozen=True, slots=True)
class Heading:
    """What a column's name says. `kind` is None where it says nothing; `plain` that it leaves no doubt.

    `quasi` is for what somebody who knows a person may know (age, sex, place, origin), `sensitive` for what
    a person would not have others know, `person` for what says whose record a row is, `patients` for a
    patient's id, which is a hospital's number or a pseudonym, `role` for what somebody is to a patient.
    """

    kind: str | None = None
    plain: bool = False
    age: bool = False
    quasi: bool = False
    sensitive: bool = False
    person: bool = False
    patients: bool = False
    role: bool = False


# Kinds of which a number behind the heading's words, in a text, is one.
_NUMBERED: Final = frozenset((*numbered.KINDS, "date of birth"))
# Kinds that any words below their name are taken for.
_OF_WORDS: Final = {"address", "web address", "biometric or photo", "free text", "city"}
_LABEL_WORDS: Final = 4
_LABEL_CHARACTERS: Final = 8
_PARTICLES: Final = "至到为為是はにへ는은로"
_NOTHING: Final = Heading()
_QUASI_KINDS: Final = {"city", "postcode", "year of birth", "date of birth"}
_TABLES: Final = tuple(
    (kind, plain) for plain, table in ((True, _PLAIN), (False, _DOUBTFUL)) for kind in table
)
_MATCHER: Final = re.compile(
    "|".join(
        f"(?P<k{number}>{_PLAIN[kind] + MORE_WORDS.get(kind, '') if plain else _DOUBTFUL[kind]})"
        for number, (kind, plain) in enumerate(_TABLES)
    )
)


def read(name: str) -> Heading:
    """What the name of a column says of its values."""
    return _read(shape(name))


@lru_cache(maxsize=4096)
def _read(name: str) -> Heading:
    words = spaced(name)
    if attributes.is_age(words):
        return Heading(age=True, quasi=True)
    parts = alternatives.parts(name)
    kind, plain = _of(name, words)
    if not plain:
        kind, plain = max(((kind, plain), *map(_part, parts)), key=lambda of: (of[1], of[0] is not None))
    role = not plain and kind in {None, "name"} and any(map(numbered.is_role, (words, *map(spaced, parts))))
    kind = kind or ("name" if role else None)
    quasi = kind in _QUASI_KINDS or attributes.is_quasi(words)
    sensitive, person = attributes.is_sensitive(words), persons.says_whose(words)
    if not (kind or quasi or sensitive or person):
        return _NOTHING
    ids = (name, *parts) if kind == "record number" and not plain else ()
    patients = any(numbered.is_patients(_with_number(one)) for one in ids)
    return Heading(kind, plain, False, quasi, sensitive, person, patients, role)


def _of(name: str, words: str) -> tuple[str | None, bool]:
    kind, plain = _kind(words)
    if "〒" in name and kind in {None, "address"}:
        return "postcode", True
    return _of_number(name) if kind is None else (kind, plain)


def _part(part: str) -> tuple[str | None, bool]:
    """What one of several parts of a name says. Beside others, words for texts and people are doubtful."""
    words = spaced(part)
    kind, plain = _of(part, words)
    if kind in _OF_WORDS:
        return None, False
    return kind, plain and (kind != "name" or numbered.has_word_for_names(words))


@lru_cache(maxsize=4096)
def labelled(text: str) -> str | None:
    """What the words at the end of a text say of the number behind them: "ver prontuário", "病历号"."""
    words = _with_number(text).split()
    if words and not words[-1].isascii():
        words[-1] = words[-1].rstrip(_PARTICLES) or words[-1]
    elif (
        len(words) > 1
        and words[-1] in LINKS
        and not any(p.fullmatch(" ".join(words[-size:])) for size in (2, 3) for p in LABELS.values())
    ):
        words.pop()
    words = [word for word in words if word not in WHEN]
    ends = [" ".join(words[-size:]) for size in range(min(_LABEL_WORDS, len(words)), 0, -1)]
    if words and not words[-1].isascii():
        ends += [words[-1][-size:] for size in range(min(_LABEL_CHARACTERS, len(words[-1])), 1, -1)]
    for end in ends:
        kind, plain = _kind(end)
        if kind in _NUMBERED and plain:
            return kind
        for kind, pattern in LABELS.items():
            if pattern.fullmatch(end):
                return kind
        if of_number := numbered.label(end):
            return of_number
    return None


def _with_number(name: str) -> str:
    """A name's words, with a word for its sign for numbers."""
    return spaced(name.replace("#", " no "))


def _of_number(name: str) -> tuple[str | None, bool]:
    """The kind of a name that speaks of a number or a person, in words that no list has as a whole."""
    words = _with_number(name)
    if numbered.is_names(words):
        return "name", True
    reading = None if alternatives.is_quantity(name) else numbered.read(words)
    return (reading.kind, reading.plain) if reading else (None, False)


def _kind(words: str) -> tuple[str | None, bool]:
    core = _AROUND.sub(lambda match: match["core"], words)
    for text in dict.fromkeys((words, core, words.replace(" ", ""))):
        if (match := _MATCHER.fullmatch(text)) and match.lastgroup:
            return _TABLES[int(match.lastgroup[1:])]
    return None, False
