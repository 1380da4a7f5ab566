"""Codes that a card prints although they may name a person: logins and names among a column's values.

Values that become public are looked at as names of columns are (header.py), and besides for what people are
called on computers: `jsmith`, `weber_anna_1950`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.identifiers import header, lists, vocabulary
from biodesci.inspection.mends import PUBLIC_CODE

_LETTERS: Final = re.compile(r"[^\W\d_]+")
_INITIALS: Final = 2  # letters
_LONG_NAME: Final = 5  # letters; of shorter ones many are codes, too
_EPONYMS: Final = frozenset(vocabulary.EPONYMS.split())


def check_codes(values: Sequence[str], place: str) -> list[Finding]:
    """A finding where values that a card would print may name people: it stops where they do for certain."""
    sure = sum(header.names_person(value) or _has_both_names(value) for value in values)
    if sure:
        reason = "values that the card would print name people"
        return [Finding(place, PUBLIC_CODE, Level.STOP, reason, sure)]
    doubtful = sum(header.may_be_person(value) or _may_be_login(value) for value in values)
    if doubtful:
        reason = "values that the card would print may be names or logins of people"
        return [Finding(place, PUBLIC_CODE, Level.ASK, reason, doubtful)]
    return []


def _has_both_names(value: str) -> bool:
    """Whether a given and a family name stand apart in one word without spaces: weber_anna_1950."""
    words = [lists.fold(word) for word in _LETTERS.findall(value) if len(word) > _INITIALS]
    if " " in value.strip() or _EPONYMS.intersection(words):
        return False
    return any(
        lists.is_only(given, lists.FIRST) and lists.is_only(family, lists.LAST)
        for i, given in enumerate(words)
        for j, family in enumerate(words)
        if i != j and given != family
    )


def _may_be_login(value: str) -> bool:
    """Whether a single word is a name, or one with an initial before or behind it: weber, jsmith, smithj2."""
    words = [lists.fold(word) for word in _LETTERS.findall(value)]
    longest = max(words, key=len, default="")
    if " " in value.strip() or len(longest) < _LONG_NAME or _EPONYMS.intersection(words):
        return False
    if lists.is_only(longest, lists.NAME):
        return True
    if any(len(word) == 1 for word in words) and lists.known(longest) & lists.LAST:
        return True  # j.smith, whose name is a word, too
    is_word = longest in lists.tokens()
    return not is_word and any(
        len(rest) >= _LONG_NAME and lists.known(rest) & lists.LAST for rest in (longest[1:], longest[:-1])
    )
