"""The words of columns' names, each with its part: a noun of a kind, or what stands beside one.

A name is taken apart into these words: the longest phrase first, compounds of German and its neighbours
and of Chinese, Japanese and Korean at the seams of their parts, and words that were cut short (Kennz.).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from functools import cache, lru_cache
from typing import Final

from biodesci.inspection.identifiers import nouns, qualifiers, roles
from biodesci.inspection.identifiers.spelling import spaced


class Part(Enum):
    """What a word does in a column's name."""

    NUMBER = "number"
    CODE = "code"
    PATIENT = "patient"
    STAY = "stay"
    OTHER = "another person"
    INSURED = "an insured person"
    HOME = "home"
    VEHICLE = "vehicle"
    IMPLANT = "implant"
    DEVICE = "device"
    DRIVING = "driving"
    PROFESSION = "profession"
    ROLE = "person by role"
    WITH_SERIAL = "what has a serial number"
    SILENT = "silent"
    ELSE = "something else"


class Needs(IntEnum):
    """What a noun needs beside it to be an identifier's."""

    NOTHING = 0
    NUMBER_OR_WORD = 1
    NUMBER = 2
    WORD = 3  # of a kind that numbered.py lists


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a name: its parts, and as a noun the kind of identifier. Neither where no list has it."""

    text: str
    parts: frozenset[Part] = frozenset()
    kind: str | None = None
    needs: Needs = Needs.NOTHING

    @property
    def plural(self) -> bool:
        """Whether it ends as a plural does, and isn't listed as a word that stands beside a number.

        Approbations- in front of a number is German for one.
        """
        listed = self.text in _lexicon() and self.text not in _plurals()
        return not listed and self.text.endswith("s") and not self.text.endswith(_JOINTS)

    @property
    def known(self) -> bool:
        """Whether a list has it."""
        return bool(self.parts) or self.kind is not None


_PARTS: Final = {
    Part.NUMBER: qualifiers.NUMBER,
    Part.CODE: qualifiers.CODE,
    Part.PATIENT: qualifiers.PATIENTS,
    Part.STAY: qualifiers.STAYS,
    Part.OTHER: qualifiers.OTHERS,
    Part.INSURED: qualifiers.INSURED,
    Part.HOME: qualifiers.HOMES,
    Part.VEHICLE: qualifiers.VEHICLES,
    Part.IMPLANT: qualifiers.IMPLANTS,
    Part.DEVICE: qualifiers.DEVICES,
    Part.DRIVING: qualifiers.DRIVING,
    Part.PROFESSION: qualifiers.PROFESSIONS,
    Part.ROLE: roles.ROLES,
    Part.WITH_SERIAL: qualifiers.WITH_SERIAL,
    Part.SILENT: qualifiers.SILENT,
    Part.ELSE: qualifiers.OF_SOMETHING_ELSE,
}
# Where a phrase stands in two tables, the one that needs less is read last and stays.
_NOUNS: Final = {
    Needs.WORD: nouns.QUALIFIED,
    Needs.NUMBER: nouns.NUMBERED,
    Needs.NUMBER_OR_WORD: nouns.SUPPORTED,
    Needs.NOTHING: nouns.ALONE,
}
_LONGEST_PHRASE: Final = 4  # words
_LETTERS: Final = 4  # of abbreviations with dots: C.A.P.
_CUT_SHORT: Final = 5  # letters of a word that was cut short
_COMPOUND: Final = 5  # letters of the shortest compound
_LONGEST: Final = 60  # letters of the longest one that is taken apart
_PART: Final = 3  # letters of a compound's part, but for "nr", "no" and "id" at its end
_STEM: Final = 5  # letters of a word before its ending, such as a case's or the plural's, of so many at most
_ENDING: Final = 3
_ENDS: Final = ("nr", "no", "id")
_GLUED: Final = ("numarasi", "nummer", "numero", "numer", "nro", "nr")  # to a noun that was cut short
_JOINTS: Final = (
    "ations",
    "ungs",
    "heits",
    "keits",
    "schafts",
    "tats",
)  # of German compounds
_SEAMS: Final = ("", "s", "n", "en", "ns", "es", "e")
_UNSPACED: Final = re.compile(
    r"[\u3005-\u30ff\u3400-\u9fff\uac00-\ud7a3]+|[^\u3005-\u30ff\u3400-\u9fff\uac00-\ud7a3]+"
)
_UNSPACED_CHARACTER: Final = re.compile(r"[\u3005-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_LONGEST_UNSPACED: Final = 8  # characters


@cache
def _plurals() -> frozenset[str]:
    return frozenset(_phrases(qualifiers.PLURALS))


@cache
def _lexicon() -> dict[str, Word]:
    parts: dict[str, frozenset[Part]] = {}
    for part, phrases in _PARTS.items():
        for phrase in _phrases(phrases):
            parts[phrase] = parts.get(phrase, frozenset()) | {part}
    kinds = {
        phrase: (kind, needs)
        for needs, table in _NOUNS.items()
        for kind, phrases in table.items()
        for phrase in _phrases(phrases)
    }
    return {
        phrase: Word(phrase, parts.get(phrase, frozenset()), *kinds.get(phrase, (None, Needs.NOTHING)))
        for phrase in parts | kinds
    }


def _phrases(listed: str) -> Iterator[str]:
    return (phrase for text in listed.split("|") if (phrase := spaced(text)))


@cache
def _cut_short() -> dict[str, Word]:
    """Beginnings, at least half of a word or phrase and into its last word, that are of one part and kind.

    Words for insurances and for those whom they are for begin alike.
    """
    beginnings: dict[str, dict[tuple[frozenset[Part], str | None, Needs], Word]] = {}
    for phrase, word in _lexicon().items():
        for size in range(max(_CUT_SHORT, len(phrase) // 2), len(phrase)):
            if phrase[:size].count(" ") == phrase.count(" ") and phrase[size - 1] != " ":
                key = (word.parts - {Part.INSURED}, word.kind, word.needs)
                beginnings.setdefault(phrase[:size], {})[key] = word
    return {start: next(iter(words.values())) for start, words in beginnings.items() if len(words) == 1}


def words(name: str) -> list[Word]:
    """The words of a name, or of what stands before a number, as `spelling.spaced` gives it."""
    tokens = [part for token in _with_abbreviations(name.split()) for part in _UNSPACED.findall(token)]
    read: list[Word] = []
    while tokens:
        for size in range(min(_LONGEST_PHRASE, len(tokens)), 0, -1):
            if word := _listed(" ".join(tokens[:size])):
                read.append(word)
                del tokens[:size]
                break
        else:
            read += _parts(tokens.pop(0))
    return read


def _listed(phrase: str) -> Word | None:
    return _lexicon().get(phrase) or _cut_short().get(phrase)


def _with_abbreviations(tokens: list[str]) -> list[str]:
    """Single letters in a row as one word where that is a noun: C.A.P."""
    for size in range(_LETTERS, 1, -1):
        for start in range(len(tokens) - size + 1):
            letters = tokens[start : start + size]
            joint = _lexicon().get("".join(letters))
            if joint and joint.kind and all(len(letter) == 1 for letter in letters):
                return [*tokens[:start], joint.text, *tokens[start + size :]]
    return tokens


def _parts(token: str) -> list[Word]:
    """The parts of a token that no list has as a whole; the token alone where it has no such parts."""
    if _UNSPACED_CHARACTER.match(token):
        return list(_unspaced(token))
    if _COMPOUND <= len(token) <= _LONGEST and (compound := _compound(token)):
        return list(compound)
    for size in range(1, _ENDING + 1):
        stem = token[:-size]
        if len(stem) >= _STEM and (word := _lexicon().get(stem)):
            return [replace(word, text=token)]
    return [Word(token)]


@lru_cache(maxsize=4_096)
def _compound(token: str) -> tuple[Word, ...] | None:
    """It is remembered: a rest that can be reached in several ways would be taken apart once for each."""
    lexicon = _lexicon()
    for size in range(len(token) - 2, _PART - 1, -1):
        first = lexicon.get(token[:size])
        if first is None:
            continue
        for seam in _SEAMS:
            rest = token[size:].removeprefix(seam) if token[size:].startswith(seam) else ""
            if rest in _ENDS or (len(rest) >= _PART and rest in lexicon):
                return first, lexicon[rest]
            if len(rest) >= _COMPOUND and (further := _compound(rest)):
                return first, *further
    return _of_a_stem(token)


def _of_a_stem(token: str) -> tuple[Word, ...] | None:
    """A word for a number behind a noun that was cut short: Sozialversnr, Polisnr."""
    for end in _GLUED:
        if token.endswith(end):
            stem = token[: -len(end)]
            for seam in _SEAMS:
                word = _cut_short().get(stem.removesuffix(seam))
                if word and word.kind:
                    return word, _lexicon()[end]
    return None


def _unspaced(token: str) -> Iterator[Word]:
    unknown = ""
    start = 0
    while start < len(token):
        for size in range(min(_LONGEST_UNSPACED, len(token) - start), 0, -1):
            if word := _lexicon().get(token[start : start + size]):
                if unknown:
                    yield Word(unknown)
                    unknown = ""
                yield word
                start += size
                break
        else:
            unknown += token[start]
            start += 1
    if unknown:
        yield Word(unknown)
