"""Values and names of columns in one spelling, so that patterns and lists need to know one.

A value may be disguised by chance (a word processor's soft hyphen, a full-width keyboard) or on purpose.
Every recogniser reads what `plain` gives (and counts numbers in what `plain_array` gives).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Letters of scripts that `plain` would give back as they are: for them RE2 decides, and Python isn't asked.
_UNCHANGED: Final = (
    r"\x00-\x08\x0A-\x7F¡-§©«¬®-±µ¶·»¿-\x{17F}\x{386}-\x{3CE}\x{400}-\x{4FF}\x{5D0}-\x{5EA}\x{621}-\x{64A}"
    r"\x{3001}-\x{3029}\x{3041}-\x{3096}\x{30A1}-\x{30FB}\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}\x{AC00}-\x{D7A3}"
)
_TO_CHANGE: Final = rf"[^{_UNCHANGED}]|  |[0-9]ー|[A-Za-z][Ͱ-ӿ]|[Ͱ-ӿ][A-Za-z]"
_FIRST_LEAD: Final = 0xC2  # the lowest first byte of a character that isn't ASCII's, in UTF-8
_ACCENTED: Final = frozenset((0xC3, 0xC4, 0xC5))  # first bytes of U+00C0 to U+017F
_NUMBER_WITH_UNIT: Final = re.compile("1{1,40}a{0,8}1{0,8}")  # letters as a, other characters as 1
_LONGEST_NUMBER: Final = 56  # characters, with its unit
_QUOTES: Final = "‘’ʼʻˈ´′‵`"
_SLASHES: Final = "∕⁄"
_MINUS: Final = "−"
# Characters that nobody sees and that Unicode doesn't count as formats: fillers, variation selectors.
_UNSEEN: Final = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u3164\ufe00-\ufe0f\uffa0]")
_LONG_SOUND: Final = re.compile(r"(?<=\d)ー(?=\d)")  # Japanese keyboards write it for a hyphen
_ESCAPED: Final = re.compile(r"&(?:nbsp|#160|#32|#xa0);|(?<=[^\W\d_])%20(?=[^\W\d_])", re.IGNORECASE)
_GAPS: Final = re.compile(r"[^\S\n]+")
# Letters of Greek and Cyrillic that look like Latin ones, in a word that has Latin letters, too.
_WORD: Final = re.compile(r"\w+")
_LONG: Final = re.compile("[0-9]{3,}")
_LATIN: Final = re.compile(r"[A-Za-z]")
_GREEK_OR_CYRILLIC: Final = re.compile(r"[Ͱ-ӿ]")
_LOOKALIKES: Final = str.maketrans(
    "АВЕКМНОРСТХаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEKMHOPCTXaeopcyxijsABEZHIKMNOPTYXo"
)


# Letters that Unicode doesn't take for a letter with an accent.
STROKES: Final = str.maketrans(
    {"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ı": "i"}
)


class _Characters(dict[int, str | None]):
    """What each character becomes: formats nothing, dashes "-", digits of any script those of ASCII."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        category = unicodedata.category(character)
        plain: str | None = character
        if category == "Cf" or _UNSEEN.match(character):
            plain = None
        elif category == "Pd" or character == _MINUS:
            plain = "-"
        elif category == "Nd":
            plain = str(unicodedata.digit(character))
        elif category in {"Zl", "Zp"}:
            plain = "\n"
        elif character in _QUOTES and not character.isascii():
            plain = "'"
        elif character in _SLASHES:
            plain = "/"
        self[code] = plain
        return plain


_CHARACTERS: Final = _Characters()


def plain(text: str) -> str:
    """A text without what disguises it: NFKC, without formats (Cf), dashes as "-", digits as those of ASCII.

    Runs of spaces and tabs become one space; letters of other scripts that look like Latin ones become Latin
    in words that have Latin letters.
    """
    if "&" in text or "%" in text:
        text = _ESCAPED.sub(" ", text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_CHARACTERS))
        text = _LONG_SOUND.sub("-", text)
        if _GREEK_OR_CYRILLIC.search(text):
            text = _WORD.sub(_as_latin, text)
    return _GAPS.sub(" ", text) if "  " in text or "\t" in text or not text.isascii() else text


def _as_latin(match: re.Match[str]) -> str:
    word = match[0]
    mixed = _LATIN.search(word) and _GREEK_OR_CYRILLIC.search(word)
    return word.translate(_LOOKALIKES) if mixed else word


def plain_array(array: pa.StringArray) -> pa.StringArray:
    """An array whose numbers, with a unit at most, are as `plain` gives them, so that they can be counted.

    One look at its bytes tells where all are. Other texts are left to `plain`, of which few are looked at.
    """
    if not _may_change(array):
        return array
    coded = array.dictionary_encode()
    values = coded.dictionary
    to_change = pc.fill_null(pc.match_substring_regex(values, _TO_CHANGE), False)
    places = np.flatnonzero(to_change.to_numpy(zero_copy_only=False))
    texts = zip(places.tolist(), values.take(pa.array(places)).to_pylist(), strict=True)
    mask = np.zeros(len(values), np.bool_)
    mask[[place for place, text in texts if _is_number_with_unit(text)]] = True
    if not mask.any():
        return array
    odd = pa.array(mask)
    changed = pa.array([plain(value) for value in values.filter(odd).to_pylist()], pa.string())
    return pc.replace_with_mask(values, odd, changed).take(coded.indices)


def _is_number_with_unit(text: str) -> bool:
    """Whether a text is of other characters than letters but for one word. RE2 would take a tenth of a second
    to build the pattern, for each column anew."""
    if len(text) > _LONGEST_NUMBER:
        return False
    form = "".join("a" if character.isalpha() else "1" for character in text)
    return _NUMBER_WITH_UNIT.fullmatch(form) is not None


def _may_change(array: pa.StringArray) -> bool:
    """Whether there are characters other than ASCII's and Latin letters with accents (U+00C0 to U+017F)."""
    _, offsets, data = array.buffers()
    if data is None or not data.size or not len(array):
        return False
    ends = np.frombuffer(offsets, np.int32)[[array.offset, array.offset + len(array)]]
    used = np.frombuffer(data, np.uint8)[ends[0] : ends[1]]
    if not used.size or used.max() < _FIRST_LEAD:
        return False
    leads = np.flatnonzero(np.bincount(used, minlength=256)[_FIRST_LEAD:]) + _FIRST_LEAD
    return not _ACCENTED.issuperset(leads.tolist())


def spaced(name: str) -> str:
    """A column's name in lower case, without accents, its words apart by one space."""
    text = plain(name).translate(STROKES)
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    if not text.isascii():
        text = re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFD", text))
        text = unicodedata.normalize("NFC", text)
    return re.sub(r"[\W_]+", " ", text).strip().lower()


def shape(name: str) -> str:
    """A name with one digit in place of all digits of numbers of three and more: names of 100,000 genes or
    probes have few shapes, and no word that is known has three figures."""
    return _LONG.sub(lambda number: "7" * len(number[0]), name)
