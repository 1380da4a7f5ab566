"""The ids of persons that a copy replaces, and where else they stand: alone, or within longer texts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from biodesci.inspection.identifiers.spelling import plain

LEAST: Final = 5
"""Characters of an id that is looked for in any column; shorter ones are as well counts and measurements."""
_DIGITS: Final = re.compile(r"[0-9]+")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
# Digits are taken at once (`++`): to give some back would take a time that grows with their number's square.
_DECIMAL: Final = re.compile(r"(?<![\w.])[+-]?[0-9]++\.[0-9]++(?![\w.]*\w)")
_NOBODY: Final = frozenset(
    {
        "anonymised",
        "anonymized",
        "anonymous",
        "example",
        "missing",
        "patient",
        "phantom",
        "unbekannt",
        "unknown",
    }
)
"""What stands where there is no id, and elsewhere, too."""
_RELATIVE: Final = (
    "mother|father|parent|maternal|paternal|partner|spouse|husband|wife|sibling|sister|brother|twin|child|son|"
    "daughter|baby|infant|newborn|fetus|relative|related|family member|contact|mutter|vater|eltern|kind|"
    "geschwister|zwilling|partnerin|mere|pere|madre|padre|母親?|父親?|児"
)
_ID: Final = (
    "ids?|no|nr|num|number|mrn|pid|patient(?: id)?|subject(?: id)?|person(?: id)?|participant(?: id)?|"
    "identifier|kennung|nummer|番号"
)
_OF_RELATIVE: Final = re.compile(
    rf"(?:{_RELATIVE})(?: of)?(?: \d)? ?(?:{_ID})|(?:{_ID}) (?:of )?(?:{_RELATIVE})"
)
_LIKE_ID: Final = re.compile(r"(?:.* )?(?:ids?|mrn|pid|identifier|kennung)")


def of_relative(words: str) -> bool:
    """Whether a column's name, in lower case and with spaces, is of ids of a person's relatives."""
    return _OF_RELATIVE.fullmatch(words) is not None


def named_like_id(words: str) -> bool:
    """Whether a column's name, in lower case and with spaces, ends as those of ids do."""
    return _LIKE_ID.fullmatch(words) is not None


class Ids:
    """Ids of persons of all tables of a copy. Leading zeros and capitals make no difference."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._numbers = set[str]()
        self._lengths = set[int]()

    def __bool__(self) -> bool:
        return bool(self._known)

    def add(self, ids: Iterable[str]) -> None:
        """Takes ids in, as their columns write them."""
        for value in ids:
            key = _plain(value)
            if not key or key in _NOBODY:
                continue
            self._known.setdefault(key, value)
            if len(key) >= LEAST:
                if key.isdigit():
                    self._numbers.add(key)
                else:
                    self._lengths.add(len(key))

    def same(self, value: str, least: int = LEAST) -> str | None:
        """The id that a value is, as it was taken in; None for another one, or one of fewer characters."""
        key = _plain(value)
        return self._known.get(key) if len(key) >= least else None

    def within(self, value: str, least: int = LEAST) -> bool:
        """Whether an id of at least `least` characters, five or more, stands in a text. A longer number, or
        one with decimals, does not hold it."""
        if len(value) < least or _NUMBER.fullmatch(value):
            return False
        value = value if value.isascii() else plain(value)
        whole = _DECIMAL.sub(" ", value) if "." in value else value
        runs = (run.lstrip("0") for run in _DIGITS.findall(whole)) if self._numbers else ()
        if any(len(run) >= least and run in self._numbers for run in runs):
            return True
        text = value.casefold()
        return any(
            text[at : at + length] in self._known
            for length in self._lengths
            if length >= least
            for at in range(len(text) - length + 1)
        )


def _plain(value: str) -> str:
    """An id in one spelling: 0048.0, which a program made of a number, is 48."""
    key = (value if value.isascii() else plain(value)).strip().casefold()
    head, point, tail = key.partition(".")
    if point and head.isdigit() and not tail.strip("0"):
        key = head
    return key.lstrip("0") or key if key.isdigit() else key
