"""Names of columns that name a person: a card prints them, and with them a record that stands there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.identifiers import dates, forms, names, phones
from biodesci.inspection.identifiers.names import Grade

_SUSPICIOUS: Final = re.compile(r"@|[^\W\d_]\.?[ _|/^+][^\W\d_]|, |\d{6}|\d[-/. ]\d|[\u3040-\u9fff]")
_BETWEEN: Final = re.compile(r"[\s_|/^+]+")
_FEW_PEOPLE: Final = 3
_MANY_COLUMNS: Final = 500  # that are looked at for names alone
_MANY_DAYS: Final = 2  # a record has one or two dates; a table with a column for each day has more


def check_names(columns: Sequence[str], place: str) -> list[Finding]:
    """A finding where names of columns are a person's, a telephone number, a date among others."""
    # Of what was flattened, each step of the path is a name: a key of JSON may be a person's.
    steps = list(dict.fromkeys(step for name in columns for step in (name, *name.split(".")[1:])))
    suspicious = [name for name in steps if _SUSPICIOUS.search(name)]
    persons = sum(map(_names_person, suspicious)) + _single_names(steps)
    days = sum(dates.find(name) is not None for name in suspicious)
    found = persons + (days if days <= _MANY_DAYS else 0)
    if not found:
        return []
    reason = "a first record that stands where columns' names belong would be published"
    return [Finding(f"{place}names of columns", "identifier as a column's name", Level.STOP, reason, found)]


def _single_names(columns: Sequence[str]) -> int:
    """How many are a given or a family name and nothing else, where most of the columns are."""
    if len(columns) > _MANY_COLUMNS:
        return 0
    single = sum(names.grade(name) is Grade.PART for name in columns)
    return single if single >= _FEW_PEOPLE and 2 * single >= len(columns) else 0


def _names_person(name: str) -> bool:
    words = _BETWEEN.sub(" ", name).split()
    pairs = (" ".join(pair) for pair in pairwise(words) if all(word[0].isupper() for word in pair))
    if any(names.grade(one) in {Grade.FULL, Grade.SURE} for one in (name, *pairs)) or phones.find(name):
        return True
    digits = sum(map(str.isdigit, name))
    return any(match.valid and not match.form.bare for match in forms.scan(name, digits))
