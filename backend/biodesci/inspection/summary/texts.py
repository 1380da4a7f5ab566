"""What texts of a table stand for. A zero-padded code (`000.1`), a number with underscores (`1_000`) or more
digits than a float holds, and a phone number (`+49`) are texts: as numbers they would be others."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

MISSING: Final = frozenset(
    {"", "na", "n/a", "nan", "null", "none", "?", "inf", "-inf", "infinity", "-infinity"}
)
"""Texts that stand for no value, in lower case; among them numbers that are none."""
NUMBER: Final = r"-?(?:(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:[eE][+-]?[0-9]{1,3})?"
DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME: Final = DATE + r"[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"

_NUMBER, _DATE, _TIME = re.compile(NUMBER), re.compile(DATE), re.compile(TIME)
_BOOLEAN: Final = frozenset({"true", "false"})
CLOSED: Final = (
    _BOOLEAN,
    frozenset({"yes", "no"}),
    frozenset({"y", "n"}),
    frozenset({"ja", "nein"}),
    frozenset({"oui", "non"}),
    frozenset({"m", "f", "x", "u", "o"}),
    frozenset({"m", "w", "d"}),
    frozenset({"male", "female", "other", "unknown", "diverse"}),
    frozenset({"männlich", "weiblich", "divers"}),
    frozenset({"homme", "femme"}),
    frozenset({"hombre", "mujer"}),
    frozenset({"uomo", "donna"}),
    frozenset({"0", "1"}),
)
"""Lists of which a column's values may be published: they say nothing that is not known of everybody."""


def is_missing(text: str) -> bool:
    """Whether a text stands for no value."""
    return text.strip().lower() in MISSING


def kind_of(values: Collection[str]) -> str:
    """What all of these texts are, none of which is missing: boolean, number, date, time or text."""
    if not values:
        return "text"
    if {value.lower() for value in values} <= _BOOLEAN:
        return "boolean"
    for kind, pattern in (("number", _NUMBER), ("date", _DATE), ("time", _TIME)):
        if all(pattern.fullmatch(value) for value in values):
            return kind
    return "text"


def is_closed(values: Collection[str]) -> bool:
    """Whether all of these texts are of one closed list."""
    lowered = {value.lower() for value in values}
    return bool(lowered) and any(lowered <= words for words in CLOSED)
