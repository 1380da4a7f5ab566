"""Names that are written without a space: Weber/Anna, Weber^Anna (DICOM), AnnaWeber, Anna_Weber_1950."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from biodesci.inspection.identifiers import lists, names
from biodesci.inspection.identifiers.names import Grade

_CHUNK: Final = re.compile(r"(?!(?<!\S)(?:0x)?[0-9a-fA-F]+(?!\S))\S{5,80}")  # other than hexadecimal numbers
_UPPER: Final = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶĹĻĽŁŃŅŇŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽΑ-ΩА-ЯЁ"
# Whatever stands between words: marks, digits, and the change from small letters to a capital.
BETWEEN: Final = re.compile(
    rf"[\W\d_]+|(?<=[^\W\d_{_UPPER}])(?=[{_UPPER}])|(?<=[{_UPPER}])(?=[{_UPPER}][^\W\d_{_UPPER}])"
)
YEAR: Final = re.compile(r"(?<!\d)(?:19\d\d|200\d|201\d)(?!\d)")
_ADDRESS: Final = re.compile(r"(?:://|\bwww\.)\S+")
_MOST_WORDS: Final = 6  # of a chunk; more are a path or a sequence
_PART: Final = 4  # letters of a name within a word in small letters alone
_OTHER: Final = lists.PLACE | lists.WORD


def grade(text: str) -> Grade:
    """How much words that stand together without a space look like a name.

    FULL is for a listed given name with a listed family name, LIKELY for others in DICOM's notation and for a
    name with a year.
    """
    best = Grade.NONE
    for match in _CHUNK.finditer(_ADDRESS.sub(" ", text)):
        year = YEAR.search(match[0]) is not None
        # Among digits that are no year, three letters may be anything: 0x3fabe9.
        shortest = 2 if year or not any(map(str.isdigit, match[0])) else _PART
        words = [word for word in BETWEEN.split(match[0]) if len(word) >= shortest]
        if 2 <= len(words) <= _MOST_WORDS:
            best = max(best, _of(words, person_name="^" in match[0], year=year))
        elif len(words) == 1:
            best = max(best, of_one_word(words[0]))
    return best


def of_one_word(word: str) -> Grade:
    """LIKELY for a given and a family name in one word, such as annaweber, that is no listed word itself."""
    folded = lists.fold(word)
    known = lists.tokens()
    if folded in known or not 2 * _PART <= len(folded) <= 30:
        return Grade.NONE
    for place in range(_PART, len(folded) - _PART + 1):
        before, after = known.get(folded[:place], 0), known.get(folded[place:], 0)
        if pairs(before, after) and not (before | after) & _OTHER:
            return Grade.LIKELY
    return Grade.NONE


def pairs(before: int, after: int) -> bool:
    """Whether one is a given and the other a family name."""
    return bool(
        (before & lists.FIRST and after & lists.LAST) or (before & lists.LAST and after & lists.FIRST)
    )


def _of(words: list[str], *, person_name: bool, year: bool) -> Grade:
    known = [lists.tokens().get(lists.fold(word), 0) for word in words]
    neighbours = [pair for pair in pairwise(known) if pairs(*pair)]
    if any(not (before | after) & _OTHER for before, after in neighbours):
        return Grade.FULL
    # A year says that a name that is a word, too, is one: Gray_Ann_1993.
    if year and any(not before & _OTHER or not after & _OTHER for before, after in neighbours):
        return Grade.LIKELY
    if year and len(words) == 2 and any(flags & lists.FIRST and not flags & _OTHER for flags in known):
        return Grade.LIKELY
    capital = all(word[0].isupper() for word in words)
    if year and len(words) == 2 and capital and neighbours:
        return Grade.LIKELY
    if person_name and capital and not any(flags & lists.WORD for flags in known):
        return Grade.LIKELY
    return max(Grade.NONE, names.grade(" ".join(words))) if person_name else Grade.NONE
