"""Dates in the notations of hospitals: ISO, German, American, compact, with months in words, Japanese eras.

A year alone is no date: 45 CFR §164.514(b)(2)(C) allows it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

FIRST_YEAR: Final = 1880
LAST_YEAR: Final = 2100

_MONTHS: Final = (
    ("jan", "gen", "ene", "sty"),
    ("feb", "fév", "fev", "lut"),
    ("mar", "mär", "mae", "mrz"),
    ("apr", "avr", "abr", "kwi"),
    ("may", "mai", "mag", "maj", "mei"),
    ("jun", "juin", "giu", "cze"),
    ("jul", "juil", "lug", "lip"),
    ("aug", "aoû", "aou", "ago", "sie"),
    ("sep", "set", "wrz"),
    ("oct", "okt", "ott", "out", "paź"),
    ("nov", "lis"),
    ("dec", "dez", "déc", "dic", "gru"),
)
# Turkish, Austrian, Czech, Finnish and Russian ones, whose beginnings are words elsewhere, and those that
# are often written without their accents.
_WHOLE_MONTHS: Final = (
    ("ocak", "jänner", "ledna", "leden", "tammikuu", "янв"),
    ("şubat", "subat", "feber", "února", "únor", "unora", "unor", "helmikuu", "фев"),
    ("mart", "března", "březen", "brezna", "brezen", "maaliskuu", "мар"),
    ("nisan", "dubna", "duben", "huhtikuu", "апр"),
    ("mayıs", "mayis", "května", "květen", "kvetna", "kveten", "toukokuu", "мая", "май"),
    ("haziran", "června", "červen", "cervna", "cerven", "kesäkuu", "kesakuu", "июн"),
    ("temmuz", "července", "červenec", "cervence", "cervenec", "heinäkuu", "heinakuu", "июл"),
    ("ağustos", "agustos", "srpna", "srpen", "elokuu", "авг"),
    ("eylül", "eylul", "září", "zari", "syyskuu", "сен"),
    ("ekim", "října", "říjen", "rijna", "rijen", "pazdziernik", "lokakuu", "окт"),
    ("kasım", "kasim", "marraskuu", "ноя"),
    ("aralık", "aralik", "prosince", "prosinec", "joulukuu", "дек"),
)
_BY_WORD: Final = {
    word: month
    for tables in (_MONTHS, _WHOLE_MONTHS)
    for month, words in enumerate(tables, 1)
    for word in sorted(words, key=len, reverse=True)
}
_MONTH_WORD: Final = rf"(?:{'|'.join(sorted(_BY_WORD, key=len, reverse=True))})[^\W\d_]{{0,10}}\.?"
_ERAS: Final = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
_ERA_LETTERS: Final = {"M": 1867, "T": 1911, "S": 1925, "H": 1988, "R": 2018}
_TIME: Final = (
    r"(?:[T ,]+\d{1,2}[:.]\d\d(?:[:.]\d\d(?:\.\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?(?:Z| ?[+-]\d\d:?\d\d)?)?"
)

_FORMS: Final = tuple(
    re.compile(rf"(?<![0-9A-Za-z.,:/-])(?:{pattern}){_TIME}(?![0-9A-Za-z]|[./:]\d)", re.IGNORECASE)
    for pattern in (
        r"(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})",
        r"(?P<a>\d{1,2})(?P<s>[-/.])(?P<b>\d{1,2})(?P=s)(?P<y>\d{4}|'?\d\d)",
        r"(?P<a>\d{1,2})\. (?P<b>\d{1,2})\. (?P<y>\d{4})",
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|º|°|\.)?[ .-]*(?:de |di |"
        rf"of )?(?P<w>{_MONTH_WORD})[ ,.-]*(?:de |del |di )?(?P<y>\d{{4}}|'?\d\d)",
        rf"(?P<w>{_MONTH_WORD})[ .-]*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[ ,.-]+(?P<y>\d{{4}})",
        rf"(?P<y>\d{{4}})[ .-](?P<w>{_MONTH_WORD})[ .-](?P<d>\d{{1,2}})",
        rf"(?P<d>\d\d)(?P<w>{_MONTH_WORD})(?P<y>\d{{4}}|\d\d)",
    )
)
_JAPANESE: Final = (
    re.compile(r"(?P<y>\d{4})[年년] ?(?P<m>\d{1,2})[月월] ?(?P<d>\d{1,2})[日일]?"),
    re.compile(rf"(?P<e>{'|'.join(_ERAS)}) ?(?P<n>\d{{1,2}}|元)年 ?(?P<m>\d{{1,2}})月 ?(?P<d>\d{{1,2}})日?"),
    re.compile(
        r"(?<![\w.])(?P<l>[MTSHR])(?P<n>\d{1,2})[./-](?P<m>\d{1,2})[./-](?P<d>\d{1,2})(?![\w]|[./-]\d)"
    ),
)
_BORN: Final = re.compile(
    r"(?i)(?:(?<!\w)[*✱]|\b(?:geb(?:oren)?(?: am)?|gebdat|geburtsdatum|dob|d\.o\.b|born(?: on)?|"
    r"birth(?: ?date| ?day)?|née?(?: le)?|naiss(?:ance)?|ddn|nacid[oa](?: el)?|nac|f ?nac|nat[oa](?: il)?|"
    r"nascid[oa](?: em)?|dn|geboren op|född|født|syntynyt|ur(?:odzon[ya])?|nar|doğ(?:um)?|рожд\w*|род|"
    r"родил\w+|д\.р|bday|b(?=\.)|synt|d\.t)"
    r"(?!\w)|生年月日|出生|생년월일)[ .:=,]{0,3}"
    r"(?P<date>\d{1,2}[-/.] ?\d{1,2}[-/.] ?(?:\d{4}|\d\d)|\d{1,2} \d{1,2} (?:\d{4}|\d\d)|\d{8}|\d{6})"
    r"(?!\d|[./-]\d)"
)
_KANJI: Final = str.maketrans("〇一二三四五六七八九", "0123456789")
_COMPACT: Final = re.compile(
    r"(?<![0-9A-Za-z.,/-])(\d{4})(\d\d)(\d\d)(?:[T_ ]?\d{4,6})?(?![0-9A-Za-z]|[./-]\d)"
)
_COMPACT_BACK: Final = re.compile(r"(\d\d)(\d\d)(\d{4})")
_PRECHECK: Final = re.compile(r"\d[^\n]{0,14}?\d|年")


def born(text: str) -> tuple[int, int, date] | None:
    """A date behind a word or sign that says "born"; there, two digits for the year are enough."""
    if not _PRECHECK.search(text):
        return None
    for match in _BORN.finditer(text):
        written = match["date"]
        if written.isdigit():
            days = six_digits(written).values() if len(written) == 6 else (compact(written),)
            day = next((day for day in days if day is not None), None)
        else:
            day = _of(dict(zip("aby", re.split(r"[-/. ]+", written), strict=True)))
        if day is not None:
            return match.start("date"), match.end("date"), day
    return None


def six_digits(text: str) -> dict[str, date | None]:
    """The dates that six digits may be, by the order of day, month and year."""
    first, second, third = text[:2], text[2:4], text[4:]
    return {
        "day first": _date(_year(third), int(second), int(first)),
        "month first": _date(_year(third), int(first), int(second)),
        "year first": _date(_year(first), int(second), int(third)),
    }


def find(text: str) -> tuple[int, int, date] | None:
    """The first date with day, month and year: where it starts and ends, and which one it is."""
    if not _PRECHECK.search(text):
        return None
    for pattern in _FORMS:
        for match in pattern.finditer(text):
            if (day := _of(match.groupdict())) is not None:
                return match.start(), match.end(), day
    for match in _COMPACT.finditer(text):
        if match.span() != (0, len(text)) and (day := _date(*map(int, match.groups()))) is not None:
            return match.start(), match.end(), day
    if "年" in text or "년" in text or text[:1] in _ERA_LETTERS or " " in text:
        kanji = re.sub(r"[〇一二三四五六七八九十]+", _number, text) if "年" in text else text
        for pattern in _JAPANESE:
            for match in pattern.finditer(kanji):
                if (day := _of(match.groupdict())) is not None:
                    return match.start(), match.end(), day
    return None


def compact(text: str) -> date | None:
    """The date of eight digits, year first or last; None for others."""
    if match := _COMPACT.fullmatch(text):
        year, month, day = match.groups()
        if found := _date(int(year), int(month), int(day)):
            return found
    if match := _COMPACT_BACK.fullmatch(text):
        day, month, year = map(int, match.groups())
        return _date(year, month, day) or _date(year, day, month)
    return None


def _of(parts: dict[str, str | None]) -> date | None:
    if parts.get("e") or parts.get("l"):
        start = _ERAS[parts["e"] or ""] if parts.get("e") else _ERA_LETTERS[(parts["l"] or "").upper()]
        number = parts["n"] or "1"
        return _date(
            start + (1 if number == "元" else int(number)), int(parts["m"] or 0), int(parts["d"] or 0)
        )
    year = _year(parts["y"] or "")
    if parts.get("w"):
        month = next((m for word, m in _BY_WORD.items() if (parts["w"] or "").lower().startswith(word)), 0)
        return _date(year, month, int(parts["d"] or 0))
    if parts.get("m"):
        return _date(year, int(parts["m"] or 0), int(parts["d"] or 0))
    first, second = int(parts["a"] or 0), int(parts["b"] or 0)
    return _date(year, second, first) or _date(year, first, second)


def _year(text: str) -> int:
    number = int(text.lstrip("'"))
    return number if len(text.lstrip("'")) == 4 else number + (2000 if number < 50 else 1900)


def _date(year: int, month: int, day: int) -> date | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _number(match: re.Match[str]) -> str:
    """Kanji numbers below 100, or digit by digit (一九五〇)."""
    text = match[0]
    if "十" not in text:
        return text.translate(_KANJI)
    tens, _, ones = text.partition("十")
    return str(int(tens.translate(_KANJI) or 1) * 10 + int(ones.translate(_KANJI) or 0))
