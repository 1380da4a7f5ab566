"""Dates of birth within ids: AW070350, 19500307-123, WEBANN500307.

A pseudonym that is made of initials and a date of birth is none. One value proves nothing, since of six
arbitrary digits one in 27 is a date: nearly all values of a column have to have one at the same place, in the
same order, and the dates have to be spread as births are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from enum import IntEnum
from typing import Final

import numpy as np

_ORDERS: Final = {8: ("ymd", "dmy", "mdy"), 6: ("dmy", "mdy", "ymd")}
_RUN: Final = re.compile(r"\d{6,40}")
_WRITTEN: Final = re.compile(
    r"(?<!\d)(?:(?P<y>(?:19|20)\d\d)(?P<s>[-._/ ])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<t>[-._/ ])(?P<b>\d{1,2})(?P=t)(?P<z>(?:19|20)?\d\d))(?!\d)"
)
_INITIALS: Final = re.compile(r"([^\W\d_]{1,4})[-_. ]?((?:19|20)\d\d)|((?:19|20)\d\d)[-_. ]?([^\W\d_]{1,4})")
_OLDEST: Final = 115  # years
_SHARE: Final = 0.85  # of the values that have a date at the place
_FEWEST: Final = {8: 3, 6: 5}  # values, by the digits of the date
_SPREAD: Final = 12  # years between the tenth and the ninetieth of a hundred births
_MANY: Final = 10  # values from which on dates that are no births are asked about
_LATE: Final = 12  # days of a month after this one can't be months, or a site's and a subject's numbers
_EARLY: Final = 10  # where no day is early, they may be years: 210307
_DAYS_SHARE: Final = 0.1


class Within(IntEnum):
    """What stands within the values of a column."""

    NOTHING = 0
    INITIALS = 1  # with a year
    DATES = 2
    BIRTHS = 3


def within(values: Iterable[str]) -> Within:
    """What dates the ids of a column have in them. Values that are a date and nothing else are no ids."""
    ids = [value for value in values if any(map(str.isdigit, value))]
    places: dict[tuple[int, int, str, int], list[date]] = defaultdict(list)
    for value in ids:
        for place, day in _dates(value):
            places[place].append(day)
    for digits in sorted(_ORDERS, reverse=True):  # the last six digits of 20210307 are a date, too
        verdicts = (_of(days, len(ids), digits) for place, days in places.items() if place[3] == digits)
        if best := max(verdicts, default=Within.NOTHING):
            return best
    return _initials(ids)


def _of(days: list[date], ids: int, digits: int) -> Within:
    if len(days) < _FEWEST[digits] or len(days) < _SHARE * ids or len(set(days)) < 0.5 * len(days):
        return Within.NOTHING
    late = sum(day.day > _LATE for day in days)
    early = sum(day.day <= _EARLY for day in days)
    if min(late, early) < _DAYS_SHARE * len(days) or (digits == 6 and len({day.month for day in days}) < 3):
        return Within.NOTHING
    low, high = np.percentile([day.year for day in days], [10, 90])
    if high - low >= _SPREAD:
        return Within.BIRTHS
    return Within.DATES if len(days) >= _MANY else Within.NOTHING


def _initials(ids: list[str]) -> Within:
    """Whether ids are letters that differ from row to row, with a year that may be one of births."""
    matches = [match for value in ids if (match := _INITIALS.fullmatch(value))]
    if len(matches) < _MANY or len(matches) < _SHARE * len(ids):
        return Within.NOTHING
    letters = {match[1] or match[4] for match in matches}
    low, high = np.percentile([int(match[2] or match[3]) for match in matches], [10, 90])
    varied = len(letters) >= 0.3 * len(matches)
    return Within.INITIALS if varied and high - low >= _SPREAD else Within.NOTHING


def _dates(value: str) -> Iterator[tuple[tuple[int, int, str, int], date]]:
    """Each date of a value, by run of digits, begin (0) or end (1) of it, order and number of digits."""
    for index, match in enumerate(_RUN.finditer(value)):
        run = match[0]
        for digits, orders in _ORDERS.items():
            if digits > len(run) or digits == sum(map(str.isalnum, value)):
                continue
            for end in range(1 + (len(run) > digits)):
                part = run[-digits:] if end else run[:digits]
                for order in orders:
                    if day := _ordered(part, order):
                        yield (index, end, order, digits), day
    for match in _WRITTEN.finditer(value):
        if len(match[0]) < len(value):
            yield from _written(match)


def _written(match: re.Match[str]) -> Iterator[tuple[tuple[int, int, str, int], date]]:
    year = match["y"] or match["z"]
    digits = 8 if len(year) == 4 else 6
    if match["y"]:
        pairs = {"ymd": (match["m"], match["d"])}
    else:
        pairs = {"dmy": (match["b"], match["a"]), "mdy": (match["a"], match["b"])}
    for order, (month, day) in pairs.items():
        if found := _date(year, int(month), int(day)):
            yield (-1, 0, order, digits), found


def _ordered(part: str, order: str) -> date | None:
    long = len(part) - 4
    if order == "ymd":
        return _date(part[:long], int(part[long : long + 2]), int(part[long + 2 :]))
    first, second, year = int(part[:2]), int(part[2:4]), part[4:]
    return _date(year, second, first) if order == "dmy" else _date(year, first, second)


def _date(year: str, month: int, day: int) -> date | None:
    """A date in the past that somebody alive may be born on."""
    today = date.today()
    number = int(year)
    if len(year) == 2:
        number += 2000 if number <= today.year % 100 else 1900
    if not today.year - _OLDEST <= number <= today.year:
        return None
    try:
        return date(number, month, day)
    except ValueError:
        return None
