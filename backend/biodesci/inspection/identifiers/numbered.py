"""What a number is by the words around it: "Policy/Member ID", "n° de permis", "Polisnr", "驾驶证号".

A noun says what is numbered, and a word, a sign or the end of a compound that it is a number. In its stead
another word may say so: of whom a chart is, where the code is of, which plate (of a car). Words that
say nothing of it may stand between them. A word of something else (a type, a date, a laboratory's machine)
leaves it to the values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from biodesci.inspection.identifiers import lexicon
from biodesci.inspection.identifiers.lexicon import Needs, Part, Word

# What beside a noun of a kind makes it a patient's or a relative's, so that it needs no word for a number.
_SUPPORT: Final = {
    "record number": {Part.PATIENT},
    "national id": {Part.PATIENT, Part.OTHER, Part.DRIVING, Part.PROFESSION},
    "account or insurance": {Part.PATIENT, Part.OTHER},
    "device or vehicle": {Part.VEHICLE, Part.IMPLANT, Part.DEVICE, Part.WITH_SERIAL},
    "postcode": {Part.PATIENT, Part.OTHER, Part.INSURED, Part.HOME, Part.CODE},
    "phone or fax": {Part.PATIENT, Part.OTHER},
}
KINDS: Final = frozenset(_SUPPORT)
_OF_PATIENTS: Final = {Part.PATIENT, Part.STAY}
_OF_PERSONS: Final = {Part.PATIENT, Part.OTHER, Part.INSURED, Part.ROLE}
_COUNTED: Final = {*_OF_PATIENTS, Part.VEHICLE, Part.IMPLANT, Part.DEVICE}
_IDS: Final = frozenset(("id", "ids", "identifier", "ident", "code", "key"))
_FEWEST: Final = 3  # words of a name of which one may be in no list, such as an insurer's
_NAMES_WORDS: Final = """
    name names nom prenom prenoms nombre nombres nome cognome cogn apellido apellidos apell nazwisko
    imie imiona vorname nachname zuname familienname forename forenames surname first last given family
    full namn fornamn efternamn fornavn efternavn naam voornaam achternaam ad adi soyad soyadi sobrenome
    nm frst lst mdl srnm jmeno prijmeni nimi sukunimi etunimi patronyme nominativo rufname namen nev
    vezeteknev numele nume
    имя фамилия фио ονομα 氏名 姓名 성명 이름 名前
"""
_NAMES: Final = frozenset(_NAMES_WORDS.split())
_ENDS_OF_NAMES: Final = ("name", "naam", "namn", "navn")
_OF_NAMES: Final = frozenset(
    (*("and", "und", "et", "y", "e", "i", "a", "en", "och", "og", "ja", "ve"), "usuel", "漢字", "カナ")
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a name speaks of. Of ids that may be pseudonyms (not `plain`) the values decide."""

    kind: str
    plain: bool = True


def read(name: str) -> Reading | None:
    """What a column's name, as `spelling.spaced` gives it, speaks of, where it speaks of a number.

    Of three words one may be in no list, such as an insurer's name.
    """
    words = lexicon.words(name)
    known = [word for word in words if word.known]
    unknown = len(words) - len(known)
    if unknown and (len(words) < _FEWEST * unknown or not any(Part.NUMBER in word.parts for word in known)):
        return None
    return _of(known)


def label(text: str) -> str | None:
    """The kind of number that follows words in a text. All have to be known, but for an insurer's name."""
    words = lexicon.words(text)
    if len(words) > 1 and not words[-1].known and _is_policy(words[-2]):
        words.pop()  # an insurer's name
    reading = _of(words, number_follows=True)
    if reading and reading.plain:
        return reading.kind
    of_a_stay = any(Part.STAY in word.parts for word in words) and all(map(_may_stand, words))
    return "record number" if of_a_stay and not _are_counted(words) else None


def _is_policy(word: Word) -> bool:
    return word.kind == "account or insurance" and word.needs is Needs.NOTHING


def is_patients(name: str) -> bool:
    """Whether a column's name says that it has a patient's, or a stay's, id: "Id. paciente", "Patiënt-ID"."""
    words = lexicon.words(name)
    parts = {part for word in words for part in word.parts}
    ids = Part.NUMBER in parts or Part.CODE in parts
    return ids and bool(parts & _OF_PATIENTS) and all(map(_may_stand, words)) and not _are_counted(words)


def _are_counted(words: Sequence[Word]) -> bool:
    """Whether a name speaks of how many there are: "number of patients", "n_claims"."""
    numbers = [word for word in words if Part.NUMBER in word.parts and word.text not in _IDS]
    return bool(numbers) and any(word.plural for word in words if word.kind or word.parts & _COUNTED)


def _may_stand(word: Word) -> bool:
    return word.known and Part.ELSE not in word.parts


def _of(words: Sequence[Word], *, number_follows: bool = False) -> Reading | None:
    if not words or not all(map(_may_stand, words)) or _are_counted(words):
        return None
    numbered = number_follows or any(Part.NUMBER in word.parts for word in words)
    for place, word in enumerate(words):
        if word.kind and _is_identifier(word, [*words[:place], *words[place + 1 :]], numbered):
            return Reading(word.kind)
    return _without_noun(words)


def _is_identifier(noun: Word, others: Sequence[Word], numbered: bool) -> bool:
    support = _SUPPORT[noun.kind or ""]
    supported = any(word.parts & support for word in others)
    match noun.needs:
        case Needs.NOTHING:
            return True
        case Needs.NUMBER:
            return numbered
        case Needs.WORD:
            return supported
    return numbered or supported


def _without_noun(words: Sequence[Word]) -> Reading | None:
    """What a number is of which only is said whose it is: a patient's, an implant's, a physician's."""
    parts = {part for word in words for part in word.parts}
    if parts & _OF_PATIENTS and parts & {Part.NUMBER, Part.CODE} and Part.IMPLANT not in parts:
        return Reading("record number", plain=False)
    if Part.NUMBER not in parts or any(word.plural for word in words):
        return None
    if parts & {Part.IMPLANT, Part.DEVICE}:
        return Reading("device or vehicle")
    if Part.PROFESSION in parts:
        is_id = any(word.text in _IDS for word in words)
        return Reading("record number", plain=False) if is_id else Reading("national id")
    return None


def is_names(name: str) -> bool:
    """Whether a column's name is a patient's, in words of which each may be something else alone."""
    tokens = [part for token in name.split() for part in _apart(token)]
    if "nombre" in tokens and any(word.plural for word in lexicon.words(name)):
        return False  # French for how many there are
    named = [token for token in tokens if token in _NAMES]
    others = [word for token in tokens if token not in _NAMES for word in lexicon.words(token)]
    whose = [word for word in others if word.parts & _OF_PERSONS]
    return (
        bool(named)
        and len(named) + bool(whose) > 1
        and all(word.text in _OF_NAMES or word.parts & {*_OF_PERSONS, Part.SILENT} for word in others)
    )


def _apart(token: str) -> tuple[str, ...]:
    """A compound of a person and a word for names: Versichertenname, patiëntnaam."""
    for end in _ENDS_OF_NAMES:
        if token not in _NAMES and token.endswith(end) and len(token) > len(end):
            return token[: -len(end)], end
    return (token,)


def has_word_for_names(name: str) -> bool:
    """Whether one of a name's words is one for names."""
    return not _NAMES.isdisjoint(name.split())


def is_role(name: str) -> bool:
    """Whether a column is called after what a person does for a patient: "Tuteur", "Responsável legal"."""
    words = lexicon.words(name)
    return any(Part.ROLE in word.parts for word in words) and all(
        word.parts & {*_OF_PERSONS, Part.SILENT} and Part.ELSE not in word.parts for word in words
    )
