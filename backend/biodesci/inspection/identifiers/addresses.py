"""Postal addresses: a street with a number, a postcode with a place, in the notations of some countries."""

from __future__ import annotations

import re
from typing import Final

# Words have an end here, and no hyphen is both in a word and behind it: else a text of marks took minutes.
_CAP: Final = r"[A-ZÀ-ÖØ-Þ][\w'’.-]{0,40}"
_HYPHENED: Final = r"[A-ZÀ-ÖØ-Þ][\w'’.]{0,40}"
_CANADIAN_AREA: Final = r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z]"
_CANADIAN_STREET: Final = r"\d[ABCEGHJ-NPRSTV-Z]\d"
_ENGLISH: Final = (
    "street|st|avenue|ave|road|rd|lane|ln|drive|dr|court|ct|boulevard|blvd|square|sq|place|pl|"
    "terrace|close|"
    "crescent|way|parkway|pkwy|circle|cir|highway|hwy|mews|grove|gardens?|hill|row|walk|rise|mount|"
    "isle|isles|"
    "junctions?|islands?|centers?|cape|canyon|bypass|burgs?|brooks?|branch|bridge|bluffs?|cliffs?|"
    "club|common|corners?|"
    "course|coves?|creek|crest|crossing|curve|dale|dam|divide|estates?|expressway|extension|falls?|"
    "ferry|fields?|flats?|"
    "fords?|forest|forges?|forks?|fort|freeway|gateway|glens?|green|groves?|harbors?|haven|heights|"
    "hills?|hollow|inlet|"
    "keys?|knolls?|lakes?|land|landing|light|loaf|locks?|lodge|loop|mall|manors?|meadows?|mills?|"
    "mission|motorway|"
    "mountains?|neck|orchard|oval|overpass|parks?|pass|passage|path|pike|pines?|plains?|plaza|"
    "points?|ports?|prairie|"
    "radial|ramp|ranch|rapids?|rest|ridges?|river|roads?|route|run|shoals?|shores?|skyway|springs?|"
    "spurs?|squares?|"
    "station|stravenue|stream|streets?|summit|throughway|trace|track|trafficway|trail|tunnel|"
    "turnpike|underpass|"
    "parade|esplanade|circuit|promenade|quays?|arcade|wharf|"
    "unions?|valleys?|via|viaduct|views?|villages?|ville|vista|walks?|wall|wells?|"
    "nagar|marg|chowk|vihar|ganj|puram|mohalla|peth|bagh|enclave|gali"
)
_FORMS: Final = (
    # 12 Main Street; 221B Baker St, Flat 3
    re.compile(rf"(?<![\w.,])\d{{1,5}}[A-Za-z]?,? (?:{_CAP} ){{1,3}}(?i:{_ENGLISH})\b(?! ?[%/])"),
    re.compile(rf"\b(?:Flat|Apt\.?|Apartment|Studio|Suite|Unit) \d{{1,4}}[A-Z]?,?\s+{_CAP}"),
    # Hauptstraße 12, Am Markt 3a, Kerkstraat 5
    re.compile(
        r"\b[A-ZÄÖÜ][\w-]{0,60}(?:stra(?:ss|ß)e|str\.?|weg|gasse|platz|allee|ring|ufer|damm|straat|laan|"
        r"gracht|plein|kade"
        r"|boulevard|hof|pad|singel|dreef|baan|steeg|dijk|weide|stigen|gränd|torget|gatan|vägen|gade|"
        r"vej)[ ,]+(?:Nr\.? ?)?\d{1,4} ?[a-z]?\b"
    ),
    re.compile(
        rf"\b(?:{_HYPHENED}[ -]){{0,4}}(?:Straße|Strasse|Str\.|Weg|Gasse|Platz|Allee|Ring|Ufer|Damm|"
        rf"Chaussee) \d{{1,4}} ?[a-z]?\b"
    ),
    re.compile(
        rf"\b(?:Am|An der|Auf dem|Auf der|Im|In der|Zum|Zur|Unter den|Unter der) {_CAP} \d{{1,4}} ?[a-z]?\b"
    ),
    # 12 rue de la Paix; 3 bis, avenue Foch
    re.compile(
        r"(?i)(?<![\w.])\d{1,4}(?: ?(?:bis|ter|quater|[a-d]))?,? (?:rue|avenue|av\.|boulevard|bd|place|"
        r"chemin|allée|impasse|quai"
        r"|route|square|cours|passage|faubourg) [a-zà-ÿ]"
    ),
    # rue de la Paix 12 (BE, CH)
    re.compile(
        rf"\b(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Cc]hemin) (?:d[eu]s? |de la |de l['’]|"
        rf"l['’])?(?:{_CAP} ?){{1,4}},? \d{{1,4}}\b"
    ),
    # Calle Mayor 5, C/ Mayor, 5; Via Roma 12; Rua Augusta 100; ul. Długa 5
    re.compile(
        r"(?i)\b(?:calle|c/|c\.(?= )|pasadizo|avenida|avda\.?|av\.?|plaza|pza\.?|paseo|camino|ronda|"
        r"glorieta|acceso|cuesta|pasaje|callejón|alameda|rambla|vial|cañada"
        r"|urbanización|carretera|via|viale|piazza|piazzale|corso|largo|vicolo|contrada|strada|borgo|"
        r"stretto|incrocio|canale|rotonda|rua|travessa|ul\.|ulica|al\.|aleja|plac|pl\.)"
        r"(?:(?<=[./])| )(?:d[eio] |del |de la |de los |de las |della |dei |degli |"
        r"d['’])?[^\W\d_][\w'’.-]{0,40}(?: [^\W\d_][\w'’.-]{0,40}){0,4},? (?:n[.º°]? ?|nº ?|núm\. ?)?"
        r"(?:\d{1,4}|s/n)\b"
    ),
    # 10115 Berlin; D-10115 Berlin; 75008 Paris; 1012 AB Amsterdam
    re.compile(
        rf"(?<![\w.,-])(?:[A-Z]{{1,2}}-)?\d{{4,5}} (?:[A-Z]{{2}} )?{_CAP}(?: (?:am|an der|im|bei|sur|en|"
        rf"del?|la|di) {_CAP})?(?=$|,|\n|\))"
    ),
    # Springfield, IL 62704; London SW1A 1AA
    re.compile(rf"\b{_CAP}(?: {_CAP}){{0,6}},? [A-Z]{{2}} \d{{5}}(?:-\d{{4}})?\b"),
    # Perezview, SA, 2638
    re.compile(rf"\b{_CAP}(?: {_CAP}){{0,3}},? (?:NSW|VIC|QLD|SA|WA|TAS|NT|ACT),? \d{{4}}(?![\w.])"),
    re.compile(r"(?<![\w-])[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}(?![\w-])"),
    # 52, Soni Nagar, Siwan-725982; H.No. 12; Plot 12, Nehru Colony, Dehradun - 248001
    re.compile(r"\b[HD]\. ?No\. ?\d"),
    re.compile(
        rf"(?<![\w.,])\d{{1,5}}[A-Z]?(?:/\d{{1,4}})?, ?{_HYPHENED}(?: {_HYPHENED}){{0,3}}, ?"
        rf"{_HYPHENED}(?: {_HYPHENED}){{0,2}} ?- ?[1-9]\d\d ?\d{{3}}(?!\d)"
    ),
    # H2C 8X5 in Canada, which is written together, too: then a word in front of it says what it is.
    re.compile(rf"(?<![\w-]){_CANADIAN_AREA} {_CANADIAN_STREET}(?![\w-])"),
    re.compile(
        rf"(?i:\b(?:code postal|postal code|postcode|c\.?p\.?|réside|habite|demeure|lives|living|resides|"
        rf"moved)\b)(?: (?:in|at|to|à|au))?[ .:]{{1,3}}{_CANADIAN_AREA}{_CANADIAN_STREET}(?!\w)"
    ),
    re.compile(
        r"(?i)\b(?:p\.? ?o\.? ?box|postfach|boîte postale|apartado(?: de correos)?|casella postale) \d+"
    ),
    # Nystræde 13, 9991 Vils; Kauppakatu 5, 00100 Helsinki; Na Pomezí 9, 513 85 Dubá
    re.compile(
        rf"\b{_CAP}(?: {_CAP}){{0,2}}? ?(?:[a-zäöåæø]{{0,40}}(?:stræde|gade|vej|vænget|parken|allé|katu|tie|"
        rf"polku|bulevardi|kuja|kaari|ranta|tori)|Allé|Vej|Gade)? \d{{1,4}} ?[A-Za-z]?, "
        rf"\d{{3}} ?\d{{2}} {_CAP}|"
        rf"\b{_CAP}(?: {_CAP}){{0,2}} \d{{1,4}} ?[A-Za-z]?, \d{{4}} {_CAP}"
    ),
    # г. Тура, пер. Промышленный, д. 3/6
    re.compile(
        r"(?<!\w)(?:ул|пр|просп|пер|наб|бул|б-р|ш|пл|г|д|к|с|п|ст|алл|вул)\. [А-ЯЁІЇЄ][\w -]{2,40}, "
        r"(?:д|буд|кв)\. ?\d"
    ),
    # 甘肃省强县孝南天津路X座; 세종특별자치시 서초구 오금072길 372-78
    re.compile(
        r"[\u4e00-\u9fff]{2,12}[省市区县州旗].{0,12}[路街道巷村弄镇].{0,4}(?:[A-Za-z]?座|\d+ ?号|\d{6})"
    ),
    re.compile(
        r"[가-힣]{1,12}(?:시|도|군|구) (?:[가-힣]{1,12}(?:시|군|구) )?[가-힣0-9]{1,20}(?:로|길|가|동|리|거리)"
        r" (?:지하)?\d{1,4}(?!\d)"
    ),
    # 〒100-0001; 東京都千代田区丸の内1-2-3
    re.compile(r"〒 ?\d{3}-?\d{4}"),
    re.compile(r"(?:東京都|北海道|京都府|大阪府|[一-龥]{2,3}県)[一-龥ぁ-んァ-ヶー々]{1,12}?[市区町村郡]"),
    re.compile(
        r"[一-龥ぁ-んァ-ヶー々]{1,8}[市区町村][一-龥ぁ-んァ-ヶー々]{1,12}[0-9一二三四五六七八九十]+(?:丁目|番地?|[-−‐－]\d)"
    ),
)
_PRECHECK: Final = re.compile(r"\d|[都道府県省]")


def find(text: str) -> tuple[int, int] | None:
    """Where the first address stands; None where there is none."""
    if not _PRECHECK.search(text):
        return None
    for pattern in _FORMS:
        if match := pattern.search(text):
            return match.span()
    return None


def is_weak(address: str) -> bool:
    """Whether it is a number and a capitalised word alone, such as "10115 Berlin", or "1500 Metres"."""
    return re.fullmatch(rf"\d{{4,5}} {_CAP}", address) is not None
