"""Names of persons: by lists, by titles and words around them, and by their shape."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final

from biodesci.inspection.identifiers import japanese, lexicon, lists, surname_first, vocabulary
from biodesci.inspection.identifiers.spelling import spaced

_UPPER: Final = r"A-ZÀ-ÖØ-ÞĀ-ŽА-ЯΑ-Ω"
_TOKEN: Final = re.compile(r"[^\W\d_](?:[^\W\d_]|['’‘-](?=[^\W\d_]))*+\.?")
_POSSESSIVE: Final = re.compile(r"(?:['’]s)?\.?$")
_PARTICLE: Final = (
    r"(?:(?:von|van|der|den|de|del|della|di|da|dos|du|la|le|el|al|bin|ibn|zu|ter|af|Mc|Mac|O['’]) ?){0,3}"
)
# Every word has a longest length, so that a text of one endless word costs no more than others do.
_REST: Final = r"[\w'’-]{0,40}"
_NAME: Final = rf"{_PARTICLE}[{_UPPER}]{_REST}[a-zà-ÿ\w]"
_TITLES: Final = (
    "Dr|Prof|Mr|Mrs|Ms|Miss|Herrn?|Frau|Hr|Mme|Mlle|Monsieur|Madame|Mademoiselle|Sra|Sr|Srta|"
    "Señora?|Señorita|Sig|"
    "Sig\\.?ra|Signora?|Signorina|Dott|Dott\\.?ssa|Dra|Doctora?|Docteur|Schwester|Pfleger|Nurse|Dhr|Mevr|Mevrouw|"
    "Meneer|Fr(?=\\.)|Mw(?=\\.)|Mlles|Mmes|Messrs|Doña|Dña|Mister|Mag(?=\\.)|Fru|Fröken|Herra|Rouva|Pani?|Pana|Sr\\.?ª|"
    "Dona|Senhora?|Menina|Vve|Veuve|"
    "Smt|Shri|Shrimati|Sri(?! Lanka)|Kumari|Kum(?=\\.)|Encik|Bapak|Bayan?|Sayın|"
    "Г-н|г-н|Г-жа|г-жа|гр|господин|госпожа|врач|д-р|Κος|Κα|κ(?=\\.)|Paní|Úr|Dna|Dl"
)
_LOWER: Final = (
    "dr|prof|mr|mrs|ms|herrn?|frau|mme|mlle|monsieur|madame|sra|sr|srta|señora?|sig|"
    "sig\\.?ra|signora?|dott|dott\\.?ssa|dra|mevr|mevrouw|dhr|meneer|fru|fröken|paní|pani|pana|panem|rouva|herra|"
    "bayan|g-n|g-ża|господин|госпожа|г-н|г-жа|врач"
)
_TITLED: Final = re.compile(
    rf"(?:^|(?<![\w-]))(?:(?:(?:{_TITLES})\b\.?|M\.|(?:{_LOWER})\b\.?)[ -]?(?:(?:med|dent|rer|nat|"
    rf"phil|h\.c|Dr|Prof|Dott|PhD|Priv|PD)\b\.? ?){{0,8}})"
    rf"(?P<name>(?:[{_UPPER}]\. ?){{0,4}}{_NAME}(?: {_NAME}){{0,2}})"
)
_LOWER_TITLED: Final = re.compile(
    r"(?<![\w-])(?:frau|herrn?|mrs?|ms|mme|signora|señora?|pani)\.? (?P<name>[^\W\d_]{3,40})"
)
# A patient is called by a family name that no list may have; German sentences have other capitals, too.
_PATIENT: Final = re.compile(
    r"(?<![\w-])(?i:patient(?:in|en|e)?|patiënte?|pat\.|pt\.?|paciente|paziente|pasient(?:en)?|pacjent(?:ka)?|"
    r"pacient(?:ka|ul|a)?|potilas|beteg|utente|пациент(?:ка)?|больн(?:ой|ая))[ :,]{1,2}"
    rf"(?P<name>{_NAME}(?: {_NAME})?)(?= [^\W\d_A-ZÀ-Þ]|[.,;:!?)]|$)"
)
_INITIAL: Final = re.compile(
    rf"(?<![\w.-])[{_UPPER}]\. ?(?P<name>[{_UPPER}][a-zà-ÿā-žа-я][\w'-]{{1,40}})(?![\w.])"
)
_NO_NAME: Final = re.compile(
    r"(?i)(?:ung|heit|keit|schaft|ti?on|tät|ismus|itis|ose|ie|ik|zen|den|frei|krank|pflichtig|therapie|los|mus|"
    r"ment|ness|ity|age|ing|ance|ence|ure|ed|ly|nis|tum|infekt|amie|ämie|om|iert)\Z"
)
_SUFFIXED: Final = re.compile(
    rf"\b[{_UPPER}][a-zà-ÿ'-]{{1,40}} [{_UPPER}][a-zà-ÿ'-]{{1,40}},? "
    r"(?:MD|M\.D\.|PhD|Ph\.D\.|RN|DDS|DVM|Jr\.?)(?!\w)"
)
# Words after which a patient's or a relative's name stands; "patient Weber", "Tochter Anna", "hija Lucía".
_BEFORE: Final = re.compile(
    r"\b(?i:(?P<close>name(?: is|d)?|mother|father|husband|wife|son|daughter|brother|sister|"
    r"neighbou?r|heißt|heisst|namens|mutter|vater|"
    r"ehemann|ehefrau|sohn|tochter|bruder|schwester|nachbarin?|nomm[ée]e?|s['’]appelle|mère|père|"
    r"mari|épouse|fils|fille|frère|sœur|"
    r"soeur|voisine?|se llama|madre|padre|marido|esposa|esposo|hij[oa]|herman[oa]|vecin[oa]|"
    r"si chiama|marito|moglie|figli[oa]|"
    r"fratello|sorella|dochter|zoon|moeder|vader|broer|zus(?:ter)?|echtgeno(?:ot|te)|buur(?:man|vrouw)|"
    r"genaamd|m[ãa]e|pai|filh[oa]|irmã[o]?|vizinh[oa]|chama-se|se chama|"
    r"córk[aąi]|syn(?:a|em)|żon[aąy]|męż(?:a|em)|mąż|matk[aąi]|ojc(?:iec|em|a)|siostr[aąy]|bratem|"
    r"sąsiad(?:k[aą]|em)?|dottern?|sonen|hustrun?|mak[ae]n|maka|sambon?|systern?|bror|mamman|pappan|"
    r"grann(?:e|en)|heter|datter(?:en)?|sønn?(?:en)?|kone|søster(?:en)?|ektefellen?|ægtefællen?|naboen|"
    r"hedder|tytär|vaimo|äiti|isä|puoliso|poika|veli|sisko|dcer[ao]u?|manžel(?:k[ao]u?|em)?|sestr[ao]u?|"
    r"otcem|matkou|bratrem|jmenuje se|kızı|oğlu|eşi|annesi|babası|kardeşi|доч(?:ь|ерью)|сын(?:ом)?|"
    r"жен(?:а|ой)|муж(?:ем)?|мать|матерью|от(?:ец|цом)|сестр(?:а|ой)|брат(?:ом)?|"
    r"spoke (?:to|with)|rücksprache mit|pt|patient(?:in|e)?|patiënte?|paciente|paziente)|"
    r"caller|called|by|with|from|to|for|contact|"
    r"pat|von|mit|durch|kontakt|angehörige[rn]?|betreuerin|betreuer|mann|appel[ée]e?|par|avec|chez|"
    r"llamad[oa]|por|con|contactar|"
    r"chiamat[oa]|da|dal|dalla|contattare)"
    rf"[ :,]{{1,3}}(?P<name>{_NAME}(?: {_NAME}){{0,2}})"
)
_AFTER: Final = re.compile(
    rf"(?P<name>{_NAME}(?: {_NAME})?),? (?i:called|phoned|rang|says|said|reports|wants|asked|came|"
    rf"ruft an|rief an|hat angerufen|wünscht|"
    r"kommt|bittet|meldet|berichtet|a appelé|appelle|demande|souhaite|llamó|ha llamado|llama|pide|"
    r"belde?|zegt|wil|vraagt|ligou|liga|diz|pede|deseja|dzwonił[a]?|dzwoni|prosi|"
    rf"zgłasza|ringde|ringer|ringte|säger|siger|sier|önskar|ønsker|soitti|pyytää|volal[a]?|žádá|"
    rf"aradı|istiyor|"
    rf"позвонила?|просит|сообщает|"
    r"dice|refiere|ha chiamato|"
    r"chiama|chiede|riferisce|born|geb\.?|geboren|née?|nacid[oa]|nat[oa])\b"
)
_SHAPE: Final = re.compile(
    rf"{_NAME},? (?:[{_UPPER}]\.? ){{0,2}}(?:{_NAME}[ ,]?){{1,3}}|"
    rf"[{_UPPER}]\.(?: ?[{_UPPER}]\.){{0,4}} {_NAME}|{_NAME},? [{_UPPER}]\.(?: ?[{_UPPER}]\.){{0,4}}"
)
_INITIAL_FIRST: Final = re.compile(rf"[{_UPPER}] [{_UPPER}]{_REST}|[{_UPPER}]{_REST} [{_UPPER}]")
_SCRIPTS: Final = re.compile(r"[^\x00-\u024f]")

# Family and given name in Chinese characters, kana or Hangul, apart.
_IDEOGRAPHS: Final = re.compile(r"[々ヶ一-鿿가-힣ァ-ー]{1,5}[ ・][々ぁ-ヿ一-鿿가-힣]{1,5}")
_LONGEST_FORM: Final = 60  # characters
_SHORTEST: Final = 4  # letters of a family name that no list has
_PARTICLES: Final = frozenset(vocabulary.PARTICLES.split())


_ORGANISATION: Final = (
    "universit[a-zäéà]*|hospitals?|clinics?|clínic[ao]?|kliniken|klinik(?:um)?|institut[eo]?s?|institutet|school|"
    "college|cent(?:er|re)s?|zentrum|centro|foundation|stiftung|fondation|fundación|fondazione|society|trust|"
    "consortium|registry|charité|hôpital|chu|ospedale|policlinico|krankenhaus|spital|ziekenhuis|umc|mc|gmbh|inc|"
    "ltd|study|trial|cohort"
)
_EPONYM: Final = "scale|score|index|test|syndrom[e]?|disease|lymphoma|criteria|classification|sign|procedure"
# Capitalised words with one that says that they are no person: Johns Hopkins Hospital, Down Syndrome.
_NO_PERSON: Final = re.compile(
    rf"(?:(?:Dr|Prof|St|Mt)\. )?(?:[{_UPPER}][\w.'’]{{0,40}}[ -]){{0,6}}(?i:{_ORGANISATION})\b"
    rf"(?: (?:of|for|de|del|di|für|der|San|Saint|St\.) [{_UPPER}]{_REST}|(?: [{_UPPER}]{_REST}){{0,2}})"
    rf"|[{_UPPER}]{_REST}[ -](?i:{_EPONYM})\b|[一-龥]+(?:病院|大学|医院|クリニック|研究所|センター)"
)


class Grade(IntEnum):
    """How much a value looks like a person's name."""

    NONE = 0
    SHAPE = 1  # two or three capitalised words
    AMBIGUOUS = 2  # one token, which is a name, and a common word or a place, too
    PART = 3  # one token, which is a name and nothing else
    PAIR = 4  # a given name with a family name, each of them a common word or a place, too
    LIKELY = 5  # a name in front of or behind a word that no list has
    FULL = 6  # a given name with a family name
    SURE = 7  # a title or the words around it say so


def grade(value: str) -> Grade:
    """What a whole value, of some words at most, looks like."""
    if len(value) > 60 or any(map(str.isdigit, value)) or _NO_PERSON.fullmatch(value):
        return Grade.NONE
    if _SCRIPTS.search(value) and (japanese.is_name(value) or surname_first.is_name(value)):
        return Grade.FULL
    titled = _TITLED.fullmatch(value)
    if _SUFFIXED.fullmatch(value) or (titled and not _common(titled["name"])):
        return Grade.SURE
    if _SCRIPTS.search(value) and surname_first.may_be_name(value):
        return Grade.PAIR
    words = _words(value)
    if len(words) == 1 and not value[1:].endswith("."):
        return _of_one(words[0])
    return _of_several(value, words) if 2 <= len(words) <= 5 else Grade.NONE


def _of_one(word: str) -> Grade:
    flags = _known(word)
    if not flags & lists.NAME:
        return Grade.NONE
    return Grade.AMBIGUOUS if flags & lists.OTHER else Grade.PART


def _of_several(value: str, words: list[str]) -> Grade:
    shaped = _SHAPE.fullmatch(value) is not None
    known = [lists.known(word) for word in words]
    shaped = shaped or _INITIAL_FIRST.fullmatch(value) is not None
    cased = shaped or value.islower() or value.isupper() or _SCRIPTS.search(value)
    if cased and _is_full(words, known):
        plain = any(flags & lists.NAME and not flags & lists.OTHER for flags in known)
        return Grade.FULL if plain or _in_order(known[0], known[-1]) else Grade.PAIR
    if shaped and len(words) < 4 and _is_likely(words, known):
        return Grade.LIKELY
    return Grade.SHAPE if shaped else Grade.NONE


def has_form(value: str) -> bool:
    """Whether a value has the form of a person's name, and no word of another list: two capitalised words."""
    text = value.strip()
    if any(map(str.isdigit, text)) or len(text) > _LONGEST_FORM:
        return False
    if any(word.parts - {lexicon.Part.SILENT} or word.kind for word in lexicon.words(spaced(text))):
        return False
    written = _SHAPE.fullmatch(text) is not None and is_uncommon(text)
    return written or _IDEOGRAPHS.fullmatch(text) is not None or grade(text) >= Grade.PART


def is_uncommon(value: str) -> bool:
    """Whether a value of two or three capitalised words has none that is a common word or a place."""
    words = _words(value)
    return len(words) in {2, 3} and not any(lists.known(word) & lists.OTHER for word in words)


def find(text: str) -> Grade:
    """Whether a sentence names a person: SURE by the words around it, FULL by lists alone, or NONE."""
    text = _NO_PERSON.sub(" ; ", text)
    if _SCRIPTS.search(text) and japanese.find(text):
        return Grade.SURE
    for pattern in (_TITLED, _BEFORE, _AFTER):
        for match in pattern.finditer(text):
            close = bool(match.groupdict().get("close"))
            if _is_person(match["name"], titled=pattern is _TITLED, close=close):
                return Grade.SURE
    lower = any(_is_family(match["name"]) for match in _LOWER_TITLED.finditer(text))
    if lower or _SUFFIXED.search(text) or (_SCRIPTS.search(text) and surname_first.find(text)):
        return Grade.SURE
    if any(_is_unlisted(match["name"]) for match in _PATIENT.finditer(text)):
        return Grade.LIKELY
    if _has_pair(text) or any(_is_family(match["name"]) for match in _INITIAL.finditer(text)):
        return Grade.FULL
    return Grade.LIKELY if _has_single(text) else Grade.NONE


def _is_family(word: str) -> bool:
    flags = _known(word)
    return bool(flags & lists.LAST) and not flags & lists.WORD


def _has_pair(text: str) -> bool:
    """Whether a given name and a family name stand together, both capitalised or both in capitals."""
    previous: tuple[int, int] | None = None
    for match in _TOKEN.finditer(text):
        word = _POSSESSIVE.sub("", match[0])
        capital = word[:1].isupper()
        if not capital or len(word) < 2:
            previous = None
            continue
        flags = _known(word)
        if previous and text[previous[0] : match.start()] in {" ", ", "}:
            before = previous[1]
            unlisted = not flags and len(word) > 3 and text[previous[0]] == " "
            if _pairs(before, flags) or (unlisted and before & lists.FIRST and not before & lists.OTHER):
                return True
        previous = (match.end(), flags)
    return False


def _has_single(text: str) -> bool:
    """Whether among words in small letters there is one that is a name and nothing else."""
    words = [_POSSESSIVE.sub("", match[0]) for match in _TOKEN.finditer(text)]
    # Of two words the first begins a name of a plant or a stain: Salvia officinalis, Victoria blue.
    if len(words) < 3 or not any(word.islower() for word in words):
        return False
    for place, word in enumerate(words):
        if word[:1].isupper() and len(word) > 3 and not word.isupper():
            # A sentence begins with a capital; many of its words are somebody's family name.
            wanted = lists.FIRST | (lists.LAST if place and words[place - 1].islower() else 0)
            if lists.is_only(word, wanted):
                return True
    return False


def _pairs(before: int, after: int) -> bool:
    either = (before & lists.FIRST and after & lists.LAST) or (before & lists.LAST and after & lists.FIRST)
    return bool(either) and (not (before & lists.OTHER and after & lists.OTHER) or _in_order(before, after))


def _in_order(before: int, after: int) -> bool:
    """Whether a given name, or place, stands before a family name that may be a word: Laura Taylor."""
    given = before & lists.FIRST and not before & lists.WORD
    return bool(given and after & lists.LAST and not after & lists.PLACE)


def _is_person(name: str, *, titled: bool, close: bool) -> bool:
    """Behind a title any capitalised word is a name unless it is a common one; elsewhere lists decide.

    `close` is for words such as "daughter", behind which a given name may be a common word, too.
    """
    words = _words(name)
    known = [_known(word) for word in words]
    if titled:
        return any(not flags & lists.WORD or flags & lists.LAST for flags in known[:2])
    first = known[0] if known else 0
    if close and first & lists.FIRST and not first & lists.WORD:
        return True
    if close and len(known) > 1 and not any(flags & lists.WORD for flags in known):
        return True
    if first & lists.NAME and not first & lists.OTHER:
        return True
    return len(known) > 1 and _pairs(known[0], known[1])


def _is_unlisted(name: str) -> bool:
    """Whether what stands behind "patient" is no word that is known, and does not end as nouns do."""
    words = _words(name)
    return bool(words) and not any(
        len(word) < _SHORTEST or word.isupper() or lists.known(word) & lists.OTHER or _NO_NAME.search(word)
        for word in words
    )


def _is_full(words: list[str], known: list[int]) -> bool:
    long = [flags for word, flags in zip(words, known, strict=True) if len(word) > 1]
    if len(long) < len(words):  # with an initial, one name is enough
        return any(flags & lists.LAST for flags in long)
    return any(flags & lists.FIRST for flags in known) and any(
        flags & lists.LAST
        for i, flags in enumerate(known)
        if any(k & lists.FIRST for j, k in enumerate(known) if j != i)
    )


def _is_likely(words: list[str], known: list[int]) -> bool:
    """Whether one token is a name and nothing else, and of the others none is a common word."""
    named = any(
        flags & lists.NAME and not flags & lists.OTHER and len(word) > 2
        for word, flags in zip(words, known, strict=True)
    )
    return named and not any(flags & lists.WORD for flags in known)


def _common(name: str) -> bool:
    return all(lists.known(word) & lists.WORD for word in _words(name))


def _known(word: str) -> int:
    """What a word, or a double name as a whole, is known as."""
    return lists.known(word) or _compound(word)


def _compound(word: str) -> int:
    """Double names, such as Müller-Lüdenscheidt and Anne-Marie: what all their parts are."""
    parts = [
        part for part in lists.fold(word).replace("’", "'").replace("'", "-").split("-") if len(part) > 1
    ]
    if len(parts) < 2:
        return 0
    flags = lists.NAME | lists.OTHER
    for part in parts:
        flags &= lists.tokens().get(part, 0)
    return flags


def _words(value: str) -> list[str]:
    return [
        word
        for match in _TOKEN.finditer(value)
        if lists.fold(word := _POSSESSIVE.sub("", match[0])) not in _PARTICLES
    ]
