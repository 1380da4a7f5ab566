"""Which column says whose record a row is, by its name: identifier check and card take the same one."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
_CASES: Final = re.compile(r"\b(?:case|fall|sid|codice|dossier)\b|症例")


def says_whose(words: str) -> bool:
    """Whether a name, in lower case and with spaces between its words, is of a column of persons."""
    return _PERSON.fullmatch(words) is not None


def may_number_rows(name: str) -> bool:
    """Whether a column that was taken by its name, and has another value in each row, may just as well number
    the rows, or be of cases, of which a person has several."""
    words = spaced(name)
    return words in _MAY_NUMBER_ROWS or _CASES.search(words) is not None


def person_column(names: Sequence[str], declared: str | None) -> int | None:
    """Which column says whose record a row is: the declared one, else the first with a name that says so,
    else one that may just as well number the rows.

    Where it was guessed wrongly, counts are of fewer people than there are, or, if each row has another
    value, of rows; who sums up has to say which.
    """
    if declared in names:
        return names.index(declared)
    words = [spaced(name) for name in names]
    sure = (i for i, name in enumerate(words) if says_whose(name))
    doubtful = (i for i, name in enumerate(words) if name in _MAY_NUMBER_ROWS)
    return next(sure, next(doubtful, None))
