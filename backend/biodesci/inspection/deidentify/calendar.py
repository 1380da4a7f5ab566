"""Columns that tell which day a moved day was: its week, weekday or month, or the days since a birth."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from biodesci.inspection.deidentify.values import iso_day

_WEEK: Final = re.compile(r"(?:19|20)\d{2}[-/ ]?(?:W|KW|CW|Q)[-/ ]?\d{1,2}(?:-[1-7])?", re.IGNORECASE)
_WEEKDAY: Final = re.compile(
    "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun|"
    "montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|mo|di|mi|do|fr|sa|so|"
    "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|"
    "lunes|martes|miércoles|jueves|viernes|sábado|domingo|[月火水木金土日](?:曜日?)?"
)
_FEWEST: Final = 2  # different weekdays: one word alone may mean something else
# Of a name alone: what only a calendar has, and what with a known day of birth gives the day.
_NAMED: Final = re.compile(
    r"(?:.* )?(?:weekday|week day|day of (?:the )?(?:week|year)|dow|doy|iso ?week|calendar week|epi ?week|"
    r"julian day|kalenderwoche|kw|wochentag|曜日)(?: .*)?|"
    r"(?:days?|weeks?|tage|wochen) (?:since|from|after|of|seit|ab) (?:birth|dob|geburt)|"
    r"age (?:in )?(?:days?|weeks?)|(?:days?|weeks?) (?:old|of age)|alter (?:in )?(?:tagen|wochen)|日齢"
)
_PARTS: Final[tuple[Callable[[date], int], ...]] = (
    lambda day: day.isocalendar().week,
    lambda day: day.month,
    lambda day: day.day,
    lambda day: day.year,
    lambda day: (day.month + 2) // 3,
    lambda day: day.timetuple().tm_yday,
    lambda day: day.isoweekday(),
    lambda day: day.weekday(),
    lambda day: day.isoweekday() % 7,
    lambda day: day.isoweekday() % 7 + 1,
)
_ENOUGH: Final = 0.9  # of the rows
_PART: Final = re.compile(
    r"(?:.* )?(?:day|week|month|quarter|year|tag|woche|monat|quartal|jahr|jour|semaine|mois|annee|[日週月年])"
    r"(?: no| num| nr| number)?"
)
# Different days: numbers agree with fewer by chance, and less so where their name is a calendar's.
_FEWEST_DAYS: Final = {True: 3, False: 12}


def named(words: str) -> bool:
    """Whether a column's name, in lower case and with spaces, says that it tells which day it was."""
    return _NAMED.fullmatch(words) is not None


def written(values: Sequence[str]) -> bool:
    """Whether a column's different values are weeks or quarters of years, or days of the week."""
    if not values:
        return False
    if all(_WEEK.fullmatch(value.strip()) for value in values):
        return True
    words = {value.strip().rstrip(".").casefold() for value in values}
    return len(words) >= _FEWEST and all(map(_WEEKDAY.fullmatch, words))


def parts(words: str, values: Sequence[str | None], days: Sequence[str | None]) -> bool:
    """Whether numbers are the same part (week, month, year ...) of the days beside them, in nearly all rows.

    `words` is the column's name, in lower case and with spaces.
    """
    is_named = _PART.fullmatch(words) is not None
    pairs = [
        (int(value), day)
        for value, text in zip(values, days, strict=True)
        if value is not None
        and value.isascii()
        and value.isdigit()
        and text
        and (day := iso_day(text)) is not None
    ]
    if len({day for _, day in pairs}) < _FEWEST_DAYS[is_named]:
        return False
    if len(pairs) < _ENOUGH * sum(map(bool, values)):
        return False
    return any(sum(part(day) == value for value, day in pairs) >= _ENOUGH * len(pairs) for part in _PARTS)
