"""Which column says whose record a row is, by its name: identifier check and card take the same one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from biodesci.inspection.identifiers.spelling import spaced

_WHO: Final = (
    "patients?|patienten|pat|pt|participants?|subject|subj|usubj|persons?|personen|proband(?:en)?|teilnehmer|"
    "volunteer|individual|case|fall|donor|sujet|sujeto|soggetto|paciente|paziente|被験者|患者|症例"
)
_WHAT: Final = (
    "ids?|no|num|number|nr|code|codes|key|nummer|numero|name|ref|label|identifier|kennung|pseudonym|番号"
)
_PERSON: Final = re.compile(
    rf"(?:{_WHO}) ?(?:{_WHAT})|(?:{_WHAT}) (?:{_WHO})|"
    # Alone, "case" is a group of a study, and "fall" an accident.
    r"patients?|patienten|pat|pt|participants?|subject|persons?|personen|proband(?:en)?|volunteer|individual|"
    r"donor|sujet|sujeto|paciente|paziente|被験者|患者|"
    r"usubjid|subjid|ptid|ptno|pid|sid|mrn|nhs|eid|empi|kennung|kurzel|kuerzel|initialen|initials|codice|dossier"
)
_MAY_NUMBER_ROWS: Final = frozenset({"id", "iid", "record id"})
# Cases, encounters, sessions, files and samples, of which a person has several; staff; the prothrombin time.
_OF_OTHERS: Final = re.compile(
    r"(?:.* )?(?:case|fall|症例).*|sid|eid|pt|kennung|kurzel|kuerzel|initialen|initials|codice|dossier"
)

_SEVERAL: Final = "patients|patienten|participants|persons|personen|probanden"
# How many took part, alone or beside a word that may stand for a number; words for one of them are ids'.
_MAY_BE_COUNTS: Final = re.compile(
    rf"{_SEVERAL}|(?:patients|participants|persons) (?:no|num|number|nr)|(?:no|num|number|nr) (?:{_WHO})|"
    rf"(?:nummer|numero) (?:{_SEVERAL})|individual|volunteer|donor|pat"
)


@lru_cache(maxsize=2)
def _spaced(names: tuple[str, ...]) -> list[str]:
    """Of 100,000 names it takes a third of a second, and each table is asked for several times."""
    return [spaced(name) for name in names]


def says_whose(words: str) -> bool:
    """Whether a name, in lower case and with spaces between its words, is of a column of persons."""
    return _PERSON.fullmatch(words) is not None


def is_doubtful(name: str) -> bool:
    """Whether a column that was taken by its name may as well number the rows, or be of something of which a
    person has several, or count persons. Whose the rows are has to be declared then: so many cases are not so
    many people."""
    words = spaced(name)
    patterns = (_OF_OTHERS, _MAY_BE_COUNTS)
    return words in _MAY_NUMBER_ROWS or any(pattern.fullmatch(words) for pattern in patterns)


def person_column(names: Sequence[str], declared: str | None) -> int | None:
    """Which column says whose record a row is: the declared one, else the first with a name that says so,
    else the first of a doubtful name.
    """
    if declared in names:
        return names.index(declared)
    words = _spaced(tuple(names))
    named = [i for i, name in enumerate(words) if says_whose(name) or name in _MAY_NUMBER_ROWS]
    return min(named, key=lambda i: (is_doubtful(names[i]), words[i] in _MAY_NUMBER_ROWS, i), default=None)


def rivals(names: Sequence[str], taken: int) -> dict[int, bool]:
    """Other columns than the one that was `taken` that may say whose a row is, and whether their name says
    nothing else. Those that may as well number rows, or be of cases, are none."""
    words = _spaced(tuple(names))
    return {
        i: not is_doubtful(names[i])
        for i, name in enumerate(words)
        if i != taken and says_whose(name) and _OF_OTHERS.fullmatch(name) is None
    }
