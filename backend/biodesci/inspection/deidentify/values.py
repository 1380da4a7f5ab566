"""What becomes of single values: ages and years are grouped, days become years or move with their person."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from biodesci.inspection.deidentify.secret import Secret

Rule = Callable[[Any, str], Any]
"""A value that is there, and whose it is, to what stands in the copy."""

OLD: Final = 90
"""Ages from here on are one group, and so are dates that tell of them (45 CFR 164.514(b)(2)(i)(C))."""
_YEAR: Final = re.compile(r"(?<!\d)(?:1[89]|20)\d{2}(?!\d)|(?:1[89]|20)\d{2}(?=(?:0[1-9]|1[0-2])[0-3]\d$)")
_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_NUMBER: Final = re.compile(r"\s*(\d{1,3})(?!\d)")


def oldest_year() -> int:
    """Who was born in this year or before may be over 89 today: such years are one group, written as this."""
    return date.today().year - OLD


def age(value: Any) -> Any:
    """The age, from 90 on "90+"."""
    match = _NUMBER.match(str(value))
    return "90+" if match and int(match[1]) >= OLD else str(value)


def year(value: Any) -> str | None:
    """A day's year, as a text; None where there is none."""
    if isinstance(value, date | datetime):
        return str(max(value.year, oldest_year()))
    match = _YEAR.search(str(value))
    return str(max(int(match[0]), oldest_year())) if match else None


def capped(value: Any) -> Any:
    """A year of the type that it has."""
    if isinstance(value, int | float):
        return max(value, type(value)(oldest_year()))
    match = _YEAR.search(str(value))
    return year(value) if match and int(match[0]) < oldest_year() else value


def postcode(value: Any) -> str:
    """Its first two characters."""
    return str(value).strip()[:2]


def iso_day(text: str) -> date | None:
    """The day with which a text begins, as ISO 8601 writes it; None where there is none."""
    match = _ISO.match(text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def moved(value: Any, person: str, secret: Secret) -> str | None:
    """A person's day, moved. What is no ISO date, or so long ago that it tells an age over 89, becomes its
    year."""
    day = value if isinstance(value, date) else iso_day(str(value))
    if day is None:
        return year(value)
    moved_ = secret.moved(day, person)
    return year(day) if min(day.year, moved_.year) <= oldest_year() else moved_.isoformat()[:10]
