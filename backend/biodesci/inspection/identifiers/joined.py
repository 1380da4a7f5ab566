"""Names that are written without a space: Weber/Anna, Weber^Anna (DICOM), AnnaWeber, Anna_Weber_1950."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from biodesci.inspection.identifiers import lists, names
from biodesci.inspection.identifiers.names import Grade

_CHUNK: Final = re.compile(r"\S{5,80}")
_HEXADECIMAL: Final = re.compile(r"(?:0x)?(?=\w*\d)[0-9a-fA-F]+")
# Random digits to the base 16 behind a few letters, such as the pseudonyms of this project's own copies
# (p69105bac2abe1965). Names with a year have one run of digits, or two.
_HASH: Final = re.compile(
    r"[^\W\d_]{0,4}[-_]?(?=[a-f]*\d+[a-f]+\d+[a-f]+\d)[0-9a-f]{12,}", re.ASCII | re.IGNORECASE
)
_UPPER: Final = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶĹĻĽŁŃŅŇŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽΑ-ΩА-ЯЁ"
_MARKS: Final = re.compile(r"(?:[\W\d_])+")
_CASE_CHANGES: Final = re.compile(
    rf"(?<=[^\W\d_{_UPPER}])(?=[{_UPPER}])|(?<=[{_UPPER}])(?=[{_UPPER}][^\W\d_{_UPPER}])"
)
YEAR: Final = re.compile(r"(?<!\d)(?:19\d\d|200\d|201\d)(?!\d)")
_ADDRESS: Final = re.compile(r"(?:://|\bwww\.)\S+")
_MOST_WORDS: Final = 6  # of a chunk; more are a path or a sequence
_PART: Final = 4  # letters of a name within a word in small letters alone
_LONGEST: Final = 30  # letters of a given and a family name in one word


def grade(text: str) -> Grade:
    """How much words that stand together without a space look like a name.

    FULL is for a listed given name with a listed family name, LIKELY for others in DICOM's notation and for a
    name with a year, PAIR for both in one word.
    """
    best = Grade.NONE
    for match in _CHUNK.finditer(_ADDRESS.sub(" ", text)):
        if _HEXADECIMAL.fullmatch(match[0]) or _HASH.fullmatch(match[0]):
            continue
        year = YEAR.search(match[0]) is not None
        # Among digits that are no year, three letters may be anything: 0x3fabe9.
        shortest = 2 if year or not any(map(str.isdigit, match[0])) else _PART
        words = [word for word in split(match[0]) if len(word) >= shortest]
        if 2 <= len(words) <= _MOST_WORDS:
            best = max(best, _of(words, person_name="^" in match[0], year=year))
        elif len(words) == 1 and match[0] == text:  # in a sentence there are places: Rochester
            best = max(best, of_one_word(words[0]))
    return best


def split(chunk: str) -> list[str]:
    """The words of a chunk: between marks and digits, and where a piece begins with a capital at capitals.

    A piece that begins small is a variable's name, of words of any kind: minorFont.
    """
    return [
        word
        for piece in _MARKS.split(chunk)
        for word in (_CASE_CHANGES.split(piece) if piece[:1].isupper() else (piece,))
        if word
    ]


def of_one_word(word: str) -> Grade:
    """PAIR for a given and then a family name in one word, such as annaweber, that no list has itself."""
    folded = lists.fold(word)
    known = lists.tokens()
    one_case = word[1:].islower() or word.isupper()
    if not one_case or folded in known or not 2 * _PART <= len(folded) <= _LONGEST:
        return Grade.NONE
    for place in range(_PART, len(folded) - _PART + 1):
        before, after = known.get(folded[:place], 0), known.get(folded[place:], 0)
        if before & lists.FIRST and after & lists.LAST and not (before | after) & lists.OTHER:
            return Grade.PAIR
    return Grade.NONE


def _pairs(before: int, after: int) -> bool:
    """Whether one is a given and the other a family name."""
    return bool(
        (before & lists.FIRST and after & lists.LAST) or (before & lists.LAST and after & lists.FIRST)
    )


def _of(words: list[str], *, person_name: bool, year: bool) -> Grade:
    known = [lists.known(word) for word in words]
    neighbours = [pair for pair in pairwise(known) if _pairs(*pair)]
    if any(not (before | after) & lists.OTHER for before, after in neighbours):
        return Grade.FULL
    # A year says that a name that is a word, too, is one: Gray_Ann_1993.
    if year and any(not before & lists.OTHER or not after & lists.OTHER for before, after in neighbours):
        return Grade.LIKELY
    if year and len(words) == 2 and any(flags & lists.FIRST and not flags & lists.OTHER for flags in known):
        return Grade.LIKELY
    capital = all(word[0].isupper() for word in words)
    if year and len(words) == 2 and capital and neighbours:
        return Grade.LIKELY
    if person_name and capital and not any(flags & lists.WORD for flags in known):
        return Grade.LIKELY
    return max(Grade.NONE, names.grade(" ".join(words))) if person_name else Grade.NONE
