"""Names of columns in further languages, folded as `spelling.spaced` does.

They are Dutch, Portuguese, Polish, Danish, Norwegian, Swedish, Finnish, Czech, Slovak, Hungarian, Romanian,
Turkish, Greek, Russian, Ukrainian, Chinese and Korean, and ids of further countries.

headings.py has those of English, German, French, Spanish, Italian and Japanese.
"""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = {
    "name": """
        naam patient | patientnaam | naam van patient | volledige naam | familienaam | roepnaam |
        geslachtsnaam | nome do paciente | nome da mae | nome social | primeiro nome | ultimo nome |
        apelidos | imie pacjenta | nazwisko pacjenta | nazwisko rodowe | pacjent | imiona | patientnamn |
        tilltalsnamn | mellannamn | fornavn | etternavn | efternavn | mellomnavn | pasientnavn |
        patientnavn | fullt navn | fulde navn | etunimi | sukunimi | potilaan nimi | kutsumanimi |
        jmeno | prijmeni | jmeno pacienta | krestni jmeno | jmeno a prijmeni | rodne prijmeni |
        priezvisko | meno | vezeteknev | keresztnev | csaladnev | utonev | beteg neve | teljes nev |
        anyja neve | nume | prenume | nume pacient | numele pacientului | nume si prenume |
        nume de familie | ad soyad | adi soyadi | soyad | soyadi | hasta adi | isim | hasta ad soyad |
        adi | ονομα | επωνυμο | ονοματεπωνυμο | ονομα ασθενη | ονομα πατρος | фамилия | имя | отчество |
        фио | пациент | имя пациента | фио пациента | прізвище | ім я | піб | по батькові | 患者姓名 |
        病人姓名 | 患者名字 | 姓氏 | 名字 | 联系人 | 联系人姓名 | 聯絡人 | 家属姓名 | 이름 | 성명 |
        환자명 | 환자 이름 | 환자이름 | 성함 | 보호자 | 보호자명 | 환자 성명 | 환자성명 |
        nname | gbnam
    """,
    "address": """
        woonadres | huisadres | straatnaam | huisnummer | endereco residencial | endereco completo |
        logradouro | rua | adres zamieszkania | adres pacjenta | adresa | bydliste | trvale bydliste |
        ulice | bostadsadress | hemadress | gateadresse | bostedsadresse | hjemmeadresse | bopael |
        osoite | kotiosoite | katuosoite | lakcim | utca | adresa pacientului | domiciliu | strada |
        adres bilgisi | ev adresi | ikamet adresi | διευθυνση | адрес | домашний адрес |
        адрес проживания | улица | адреса | вулиця | 地址 | 住址 | 家庭住址 | 家庭地址 | 通讯地址 |
        주소 | 자택 주소 | 집주소 | 거주지 | 도로명주소 |
        stras | hsnmr | add?r ?(?:line|ln)(?: \\d)?
    """,
    "postcode": """
        postcodes | codigo de enderecamento postal | kod pocztowy | postinumero | postnr | psc |
        smerovaci cislo | iranyitoszam | cod postal | posta kodu | ταχυδρομικος κωδικας | τκ | индекс |
        почтовый индекс | поштовий індекс | 邮编 | 邮政编码 | 郵遞區號 | 우편번호 |
        pstlz | pstl2
    """,
    "phone or fax": """
        puh | tel kom | mobiel | mobiele nummer | telefoon thuis | telefone de contato | telefone fixo |
        telefone residencial | numero de telefone | numer telefonu | telefon komorkowy | nr telefonu |
        komorka | mobilnummer | telefonnr | mobiltelefon | tlf | tlfnr | tlf nr | puhelin |
        puhelinnumero | matkapuhelin | telefonni cislo | mobil | cislo telefonu | telefonszam |
        mobilszam | numar de telefon | numar telefon | telefon mobil | cep telefonu | telefon numarasi |
        gsm | τηλεφωνο | κινητο | телефон | номер телефона | мобильный | мобильный телефон |
        контактный телефон | 电话 | 电话号码 | 手机 | 手机号 | 手机号码 | 联系电话 | 联系方式 |
        電話號碼 | 전화 | 전화번호 | 휴대폰 | 휴대전화 | 연락처 | 핸드폰 |
        telf1 | telf2 | telfx
    """,
    "e-mail": """
        e ?mail ?adres | endereco de e ?mail | correio eletronico | adres e ?mail | e ?post |
        e ?postadress | epostadresse | sahkoposti | sahkopostiosoite | e ?mailova adresa | email cim |
        adresa de e ?mail | e ?posta | eposta adresi | ηλεκτρονικο ταχυδρομειο | почта |
        электронная почта | эл почта | адрес электронной почты | 邮箱 | 电子邮件 | 电子邮箱 | 電子郵件 |
        이메일 | 이메일 주소 | 전자우편
    """,
    "national id": """
        tc kimlik | rijksregisternummer | insz | sofinummer | cpf do paciente | cartao cidadao |
        numero de contribuinte | nif paciente | cns | cartao sus | numer pesel | nr pesel | nr dowodu |
        dowod osobisty | personnr | person ?nummer | samordningsnummer | fodselsnr | d nummer |
        cpr ?nummer | cpr ?nr | henkilotunnus | sosiaaliturvatunnus | rodne cislo | cislo op | taj |
        taj szam | szemelyi szam | szemelyi igazolvany | cnp | cod numeric personal | serie buletin |
        tc ?kimlik(?: no)? | tckn | kimlik no | kimlik numarasi | αμκα | αφμ | αριθμος ταυτοτητας |
        снилс | инн | паспорт | номер паспорта | полис | номер полиса | рнокпп | іпн | 身份证 |
        身份证号 | 身份证号码 | 身分證字號 | 护照号 | 社保号 | 医保号 | 주민등록번호 | 주민번호 |
        여권번호 | 외국인등록번호 | nric | fin no | hkid | aadhaar(?: no| number)? | curp | rfc | cuil |
        oib | jmbg | emso | egn | isikukood | asmens kodas | personas kods | kennitala |
        pps(?: no| number)? | amka | ssn9 | social insurance(?: number| no)? | medicare no | teudat zehut |
        rvnum
    """,
    "record number": """
        patient ?nr | patientnr | dossiernummer | ziekenhuisnummer | prontuario | numero do prontuario |
        numero do processo | processo clinico | numer historii choroby | nr historii choroby |
        numer kartoteki | nr ksiegi | journalnummer | journal ?nr | pasient ?id | pasientnummer |
        potilasnumero | potilastunnus | cislo pacienta | cislo karty | torzsszam | naploszam | nr fisa |
        numar fisa | foaie de observatie | dosya no | dosya numarasi | protokol no | hasta no |
        hasta numarasi | αριθμος μητρωου | номер карты | номер медкарты | номер истории болезни |
        медкарта | история болезни | истории болезни | potilasnro | амбулаторная карта | 病历号 |
        病案号 | 住院号 | 门诊号 | 病人编号 | 患者编号 | 病歷號碼 | 등록번호 | 차트번호 | 환자번호 |
        병록번호 | unit ?(?:no|number) | hosp ?(?:no|nr) | krankenblattnummer
    """,
    "account or insurance": """
        rekeningnummer | bankrekening | polisnummer | zorgverzekeringsnummer | conta bancaria |
        numero da conta | convenio | carteirinha | numer konta | numer polisy | kontonr | bankkonto |
        tilinumero | pankkitili | cislo uctu | bankszamla | bankszamlaszam | cont bancar | numar cont |
        hesap no | hesap numarasi | банковский счет | номер счета | 银行卡号 | 银行账号 | 医保卡号 |
        계좌번호 | 카드번호 | 보험증번호 |
        bankn
    """,
    "date of birth": """
        bday | родился | родилась | geboorte | geboortedag | geb dat | geboren op | data nascimento |
        dt nasc | data nasc | nasc | nascido em | data urodzenia pacjenta | dataur | urodzony |
        fodelsedag | fodelsedat | fodt | fodt dato | fodselsdato | fodselsdag | syntymaaika |
        syntymapaiva | syntynyt | datum narozeni | narozen | datum narodenia | szuletesi datum |
        szuletesi ido | szuletett | data nasterii | nascut | dogum tarihi | dogum gunu |
        ημερομηνια γεννησης | ημ γεννησης | дата рождения | день рождения | др | дата народження |
        出生日期 | 出生年月 | 出生年月日 | 生日 | 생년월일 | 생일 | 출생일 | 출생일자 | naiss | gebtag |
        gebd | date nais |
        gbdat | npat gbdat
    """,
    "coordinates": """
        szerokosc geograficzna | dlugosc geograficzna | breddegrad | leveysaste | широта | долгота |
        纬度 | 经度 | 위도 | 경도
    """,
    "free text": """
        opmerkingen | notities | toelichting | observacoes | anotacoes | uwagi | opis | notatki |
        anteckningar | anmarkning | merknader | notater | bemaerkninger | huomautukset | muistiinpanot |
        poznamky | poznamka | megjegyzes | megjegyzesek | observatii | notlar | aciklama | παρατηρησεις |
        σχολια | примечание | примечания | комментарий | заметки | 备注 | 病程记录 | 메모 | 비고 |
        특이사항 | 소견
    """,
}


_BETWEEN: Final = re.compile(r"\|(?![^(]*\))")


def _pattern(words: str) -> str:
    return "".join(f"|{word.strip()}" for word in _BETWEEN.split(words))


MORE_WORDS: Final = {kind: _pattern(words) for kind, words in _WORDS.items()}

# What stands in front of a number in a note, and as a column's name may be something else.
LABELS: Final = {
    "record number": re.compile(
        "карта|карту|kartoteka|journal|karta|protokol|dossier|chart|prontuario|registro|"
        "mr(?: no| num| number)?|"
        "exp(?: (?:previo|anterior|antiguo|clinico|fisico|duplicado|correcto|original))?"
        "(?: (?:no?|num|numero))?|"
        "fid|pid|az|записи|номер|h ?c(?: (?:no?|num|nro))?|hcl|"
        # Of a record that was merged with another: "old ID", "旧ID".
        "(?:old|previous|prev|former|merged|duplicate|dup|alte|fruhere|doppelte|ancien|ancienne|"
        "antiguo|anterior|vecchio|precedente|antigo|stary|stare|poprzedni|oud|oude|vorige|gammalt|gammelt|tidigare|vanha|"
        "stare|eski|onceki|старый|прежний) (?:id|nr|no|номер)|"
        "(?:旧|前|元|原|舊|이전|기존) ?(?:id|番号|号|번호)"
    ),
    "phone or fax": re.compile(
        "cep|ring|ring tilbage pa|ring upp|nas pa|traeffes pa|træffes pa|terugbellen op|bereikbaar via|"
        "call back|cb|reach at|ligar para|contato|oddzwonic pod|zavolat zpet|soita takaisin|"
        "geri aranacak|(?:lutfen )?arayin|перезвонить|回电|请回电"
    ),
    "national id": re.compile("(?:n )?col(?:eg)? (?:no?|num)(?: o)?|kimlik|t c|tc|bsn|pnr|rc|social"),
    "date of birth": re.compile("synt|d t|出生|生日"),
    # Where somebody lives, or moved to; an address of streets is recognised by its own form.
    "postcode": re.compile(
        "(?:lives|living|resides?|residing|now|moved|moving|relocated|relocating|shifted|shifting|based) "
        "(?:in|to|at)(?: pin| zip)?|"
        "reside|resid|mora|wohnh|zam|risiede|pin ?code|"
        # A removal: the noun and where to, or where from.
        "(?:um|zu|weg)zug (?:nach|aus|von)|demenagement (?:a|au|vers|de)|(?:mudanza|traslado) (?:a|desde)|"
        "trasferimento (?:a|da)|mudanca (?:para|de)|przeprowadzka (?:do|z)|verhuizing (?:naar|van)|"
        "flytt(?:ing)? (?:til|till|fran|fra)|prestehovani (?:do|z)|переезд (?:в|из)|転居|이사|迁居|"
        "(?:commut\\w+|travels?|travell?ing|drives?|driving|comes?|came) (?:in )?from|"
        "(?:wohnt|wohnhaft|lebt|wohnend) (?:in|im)|"
        "(?:zugezogen|kommt|kam|pendelt|pendler|reist|faehrt|fahrt|angereist|anreise|weggezogen) (?:aus|von)|"
        "(?:uber|um|ver)siedelt nach|(?:um|ver)?(?:ge)?zogen nach|zieht(?: um)? nach|pendelt nach|"
        "(?:habite|demeure|reside|domicilie|demenage|installe)e? (?:a|dans le|au|dans)|"
        "habite|woont|wohnt|abita|bor|mieszka|bydli|mora|"
        "domiciliee?|wohnhaft|residente|domiciliad[oa]|bosatt|woonachtig|zamieszkal[ay]|"
        "(?:vient|venue?|arrive|originaire|provient) (?:de|du|depuis)|"
        "(?:reside|radica|vive|domiciliad[oa]) en(?: el)?|"
        "(?:trasladad[oa]|mudad[oa]|se (?:muda|mudo|traslada|traslado)) al?|originari[oa] del?|"
        "(?:viene|procede|acude|llega|viaja|se desplaza|procedente) (?:de|desde)|"
        "(?:residente|abita|vive|risiede|domiciliat[oa]) (?:nel|in|a)|(?:si trasferisce|trasferit[oa]) al?|"
        "(?:viene|proviene|arriva|pendolare) (?:da|dal)|"
        "verhuis[dt] naar|woont in|woonachtig in|(?:komt|reist|pendelt|afkomstig) (?:uit|van)|"
        "(?:mora|reside|vive) (?:em|no)|mud(?:ou|a)(?: se)? para(?: o)?|(?:vem|veio|desloca se) (?:de|do|da)|"
        "bosatt i|bor i|bor pa|flytta[rt] till|flytt(?:et|er) til|"
        "(?:pendlar|kommer|reser|reiser|rejser|pendler) (?:fran|fra)|"
        "zamieszk(?:uje|al[ay])(?: w)?|mieszka w|(?:dojezdza|przyjezdza|pochodzi|przyjechal[a]?) z|"
        "przeprowadz(?:il[a]?|a) sie do|(?:dojizdi|bydli|prestehoval[a]? se|stehuje se) (?:z|v|do)|"
        "asuu|muutti|"
        "(?:проживает|живет|приезжает|переехал[а]?|переезжает) (?:в|из)|"
        "wohnort|wohnsitz|kod|迁至?|搬到?|居住于|来自|住在|転居先|通院元|거주지"
    ),
}

# Words of time between where somebody lives and the number: "wohnt jetzt in", "vive ahora en".
_WHEN: Final = """
    currently presently recently jetzt nun derzeit zurzeit momentan inzwischen aktuell seither
    maintenant actuellement desormais ahora actualmente recientemente adesso ora attualmente agora
    atualmente nu momenteel tegenwoordig inmiddels numera nuvarande forntiden nykyisin nyt teraz obecnie
    aktualnie nyni aktualne simdi halen jelenleg acum сеичас теперь
"""
WHEN: Final = frozenset(_WHEN.split())
# Between a label and its number: "fax to", "Konto lautet", "dossier, zie", "传真至".
_LINKS: Final = """
    is was ist lautet est es to an au al na til op von from of see siehe voir ver vide vease vedi zie se
    patrz zob viz katso ks bkz lasd vezi см див
"""
LINKS: Final = frozenset(_LINKS.split())
