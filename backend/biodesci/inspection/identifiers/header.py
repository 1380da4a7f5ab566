"""Names of columns that name a person: a card prints them, and with them a record that stands there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.identifiers import (
    dates,
    forms,
    headings,
    joined,
    lists,
    names,
    phones,
    vocabulary,
)
from biodesci.inspection.identifiers.names import Grade
from biodesci.inspection.identifiers.spelling import plain, shape

_KIND: Final = "identifier as a column's name"
_SUSPICIOUS: Final = re.compile(
    r"@|[^\W\d_]\.?[^\w'’][^\W\d_]|[^\W\d_]_[^\W\d_]|, |\d{6}|\d[-/. ]\d|[\u3040-\u9fff\uac00-\ud7a3]|"
    r"[^\W\d_A-ZÀ-ÞА-Я][A-ZÀ-ÞА-Я]|[A-ZÀ-Þ]{2}[^\W\d_A-ZÀ-Þ]|[^\W\d_]{3}_?\d{4}"
)
_BETWEEN: Final = re.compile(
    r"(?:_|[^\w'’-])+|(?<=\d)-|-(?=\d)|(?<=[^\W\d_A-ZÀ-ÞА-Я])(?=[A-ZÀ-ÞА-Я])|(?<=[A-ZÀ-Þ])(?=[A-ZÀ-Þ][^\W\d_A-ZÀ-Þ])|"
    r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])"
)
_DOTTED: Final = re.compile(r"[^\W\d_]\.[^\W\d_]")  # R writes columns' names so, such as price.heinz
_YEAR: Final = re.compile(r"19\d\d|200\d|201\d")
_RECORD: Final = re.compile(
    r"(?i)(?<![^\W\d_])(?:mrn|pid|pat(?:ient)?(?:en)?(?:nr|no|id)?|nhc|ipp|kis|fall(?:nr|nummer)?|case|"
    r"hosp(?:ital)?(?:nr|no|id)?)"
    r"[ .:#_/-]{0,3}(?=\d*[1-9])\d{5,12}(?!\d)"
)
_NUMBER: Final = re.compile(r"[A-Z]?(\d{7,10})(?:\.0+)?")
_FEW_PEOPLE: Final = 3
_SHORTEST: Final = 4
_LONG_NAME: Final = 5  # letters; of shorter ones many are somebody's name somewhere: Loc, Rim, Block
_FEW_COLUMNS: Final = 30
_MANY_COLUMNS: Final = 500  # that are looked at for names alone
_MANY_DAYS: Final = 2  # a record has one or two dates; a table with a column for each day has more
_SYMBOL: Final = 6  # capitals of a gene's symbol, such as ADAM10, ANGEL2 and CALM
# Names of methods and scores in statistics and medicine, which columns are called after.
_EPONYMS: Final = frozenset(vocabulary.EPONYMS.split())
# How words begin, in the languages whose family names are listed: with a vowel in front, or these consonants.
_BEGINNING: Final = re.compile(
    r"[^\W\d_]?[aeiouyà-öø-ÿ]|[bcfgkp][lrnsth]|s[chklmnpqtvwz]|[dt][hrsw]|wh|wr|rh|zw|vl|vr"
)
_EPONYM_NOUNS: Final = frozenset(vocabulary.EPONYM_NOUNS.split())


def check_names(columns: Sequence[str], place: str) -> list[Finding]:
    """A finding where names of columns are a person's, a telephone number, a date among others.

    It stops where they name somebody, and asks where they may be people or something else: one family name
    (`Weber_hb`, an author's or a patient's), long numbers.
    """
    # Of what was flattened, each step of the path is a name: a key of JSON may be a person's.
    paths = (plain(name) for name in columns)
    steps = list(dict.fromkeys(step for name in paths for step in (name, *name.split(".")[1:])))
    suspicious = [name for name in steps if _SUSPICIOUS.search(name)]
    whole = list(map(plain, columns)) if len(steps) <= _MANY_COLUMNS else []
    looked_at = dict.fromkeys((*suspicious, *whole))
    persons = sum(map(names_person, looked_at))
    days = sum(dates.find(name.replace("_", " ")) is not None for name in suspicious)
    sure = persons + _people(steps) + (days if days <= _MANY_DAYS else 0)
    if sure:
        reason = "a first record that stands where columns' names belong would be published"
        return [Finding(f"{place}names of columns", _KIND, Level.STOP, reason, sure)]
    doubtful = _doubtful(steps) + sum(map(may_be_person, looked_at)) + _records(steps)
    if doubtful:
        reason = "they may be people's, and the card prints them"
        return [Finding(f"{place}names of columns", _KIND, Level.ASK, reason, doubtful)]
    return []


def _is_single(name: str) -> bool:
    symbol = name.isascii() and name.isupper() and len(name) <= _SYMBOL
    if symbol or not name[:1].isupper() or _EPONYMS.intersection(name.lower().split("-")):
        return False
    return names.grade(name) is Grade.PART and _is_no_heading(name)


def _people(columns: Sequence[str]) -> int:
    """How many are people: where most columns are, or a given and a family name stand side by side."""
    if len(columns) > _MANY_COLUMNS:
        return 0
    single = sum(map(_is_single, columns))
    capitals = sum(name.isupper() and names.grade(name) is Grade.PART for name in columns)
    many = max(single, capitals, sum(map(_is_lower_name, columns)))
    if many >= min(_FEW_PEOPLE, max(len(columns), 2)) and 2 * many >= len(columns):
        return many
    pairs = (pair for pair in pairwise(columns) if all(map(_is_single, pair)))
    return single if any(names.grade(" ".join(pair)) is Grade.FULL for pair in pairs) else 0


def _doubtful(columns: Sequence[str]) -> int:
    """How many single names there are where they may be people's: long ones, several, or in capitals."""
    if len(columns) > _MANY_COLUMNS:
        return 0
    single = [name for name in columns if _is_single(name) and len(name) >= _SHORTEST]
    if len(single) > 1 or any(len(name) >= _LONG_NAME for name in single):
        return len(single)
    pairs = (
        pair for pair in pairwise(columns) if len(columns) <= _FEW_COLUMNS and all(map(str.isupper, pair))
    )
    return 2 * any(
        min(map(len, pair)) >= _SHORTEST and names.grade(" ".join(pair)) is Grade.FULL for pair in pairs
    )


def names_person(name: str) -> bool:
    """Whether a name of a column, or another word that becomes public, names a person."""
    words = _words(name)
    # A variable's name in one word that begins small, such as simPersLiberty, is made of words of any kind.
    is_variable = name.isalpha() and name[0].islower()
    pairs = (
        " ".join(pair)
        for pair in pairwise(words)
        if len(set(pair)) > 1
        and all(map(_may_be_name, pair))
        and not (is_variable and not all(_is_plain(word, lists.NAME) for word in pair))
    )
    is_repeated = len(words) > 1 and len({word.lower() for word in words}) == 1
    of_others = is_repeated or _EPONYMS.intersection(map(str.lower, words))
    whole = "" if any(map(str.isdigit, name)) or of_others else name
    texts = (whole, whole.replace("_", " "), *pairs)
    dotted = _DOTTED.search(name) is not None
    if any(names.grade(one) in {Grade.FULL, Grade.SURE} for one in texts if one and not dotted):
        return True
    if phones.find(name):
        return True
    if (
        _is_listed_pair(words)
        or (joined.YEAR.search(name) is not None and joined.grade(name) >= Grade.LIKELY)
        or _RECORD.search(name)
        or (_has_name(words) and _has_initial_and_year(words, name))
    ):
        return True
    spaced = name.replace("_", " ")
    digits = sum(map(str.isdigit, name))
    return any(match.valid and not match.form.bare for match in forms.scan(spaced, digits))


def may_be_person(name: str) -> bool:
    """Whether one of a name's words is a family or given name and nothing else, in small letters, too."""
    return _may_be_person(shape(name))


@lru_cache(maxsize=4096)
def _may_be_person(name: str) -> bool:
    words = _words(name)
    if _EPONYM_NOUNS.intersection(map(str.lower, words)):
        return False
    long = [word for word in words if len(word) >= _LONG_NAME]
    return (
        (len(words) > 1 and _has_name(long))
        or (not _DOTTED.search(name) and (any(map(_is_lower_name, words)) or _is_of_two_names(words, name)))
        or any(not word.isascii() and names.grade(word) >= Grade.PAIR for word in words)
    )


def _is_lower_name(word: str) -> bool:
    return len(word) >= _LONG_NAME and word.islower() and _is_plain(word, lists.LAST) and _is_no_heading(word)


def _is_no_heading(name: str) -> bool:
    """Alter is German for age, and a family name."""
    return headings.read(name) == headings.Heading()


def _has_name(words: Sequence[str]) -> bool:
    return any(_may_be_name(word) and _is_plain(word, lists.NAME) for word in words)


def _may_be_name(word: str) -> bool:
    return word[0].isupper() and len(word) > 1 and word.lower() not in _EPONYMS


def _has_initial_and_year(words: Sequence[str], name: str) -> bool:
    """AWeber1950 and F_Weber_1950, but not Weber1950, which may be an author; or a name with a whole date."""
    years = any(_YEAR.fullmatch(word) for word in words)
    initial = any(len(word) == 1 and word.isupper() for word in words)
    return (years and initial) or dates.find(name.replace("_", " ")) is not None


def _is_listed_pair(words: Sequence[str]) -> bool:
    """Whether a name's two words without digits are a given and a family name: weber_anna, anna.weber."""
    spoken = [word for word in words if not any(map(str.isdigit, word))]
    if len(spoken) != 2 or spoken[0].lower() == spoken[1].lower():
        return False
    orders = (spoken, spoken[::-1])
    return any(_is_plain(one, lists.FIRST) and _is_plain(two, lists.LAST) for one, two in orders)


def _is_of_two_names(words: Sequence[str], name: str) -> bool:
    """Whether a given and a family name are one word, annaweber, or a family name has an initial: jsmith."""
    if not _is_no_heading(name) or _EPONYMS.intersection(map(str.lower, words)):
        return False
    return any(
        joined.of_one_word(word) or (len(words) == 1 and _has_initial(word))
        for word in words
        if len(word) > _SYMBOL - 1
    )


def _has_initial(word: str) -> bool:
    """Whether a family name stands behind a letter with which it makes no word: jsmith, but not cluster."""
    family = lists.known(word[1:]) & lists.LAST and len(word) > _LONG_NAME
    return bool(family) and word.islower() and not lists.known(word) and not _BEGINNING.match(word)


def _is_plain(word: str, flag: int) -> bool:
    """Whether a word is listed as a name of that kind, and as nothing else."""
    symbol = (word.isascii() and word.isupper() and len(word) <= _SYMBOL) or word.lower() in _EPONYMS
    return not symbol and len(word) > 2 and lists.is_only(word, flag)


def _records(columns: Sequence[str]) -> int:
    """How many are long numbers, which may be people's records; positions and years run, or are shorter."""
    numbers = [name for name in columns if _NUMBER.fullmatch(name)]
    values = sorted(int(match[1]) for name in numbers if (match := _NUMBER.fullmatch(name)))
    running = len(values) > 1 and len({b - a for a, b in pairwise(values)}) == 1
    return 0 if running else len(numbers)


def _words(name: str) -> list[str]:
    return [word for word in _BETWEEN.split(name) if word]
