"""What a column's name makes of it, in the light of its values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers import names
from biodesci.inspection.identifiers.column import Column, Verdict
from biodesci.inspection.identifiers.names import Grade

BY_NAME: Final = "by the column's name"
_SOME_NAMES: Final = 0.2  # of the values
_MANY_PLACES: Final = 10  # of five digits each, which no score of a symptom called "cp" has


def by_name(column: Column) -> Iterator[Verdict]:
    """The findings of a column by its name, which its values may weaken."""
    heading = column.heading
    if heading.kind is None or not column.screen.rows or column.coded:
        return
    if not heading.plain:
        yield from _doubtful(column, heading.kind)
        return
    level = _PLAIN.get(heading.kind, _number_level)(column)
    if level is None:
        return
    kind = heading.kind
    if kind in {"date of birth", "date"} and level is Level.NOTE:
        kind = "year of birth" if kind == "date of birth" else "year"
    yield Verdict(kind, level, BY_NAME, column.screen.rows)


def _birth_level(column: Column) -> Level | None:
    return Level.NOTE if _years(column) else Level.STOP


def _date_level(column: Column) -> Level | None:
    """A column called date may hold anything; its values decide."""
    return Level.NOTE if _years(column) else None


def _years(column: Column) -> bool:
    screen = column.screen
    return column.numeric and screen.low >= 1800 and screen.high <= 2100 and screen.longest <= 6


def _postcode_level(column: Column) -> Level | None:
    short = column.screen.longest <= 3 or (column.numeric and column.screen.high < 1000)
    if not (column.numeric or _are_numbers(column)) or (column.numeric and _are_measured(column)):
        return None
    return Level.NOTE if short else Level.STOP


def _coordinate_level(column: Column) -> Level | None:
    if not column.numeric:
        return None
    places = max((len(value.partition(".")[2]) for value in column.evidence.sample), default=0)
    return Level.STOP if places >= 3 else Level.ASK


def _text_level(column: Column) -> Level | None:
    evidence = column.evidence
    if not evidence.texts or evidence.words < 3:
        return None
    return Level.STOP if evidence.words >= 5 or evidence.distinct > 20 else Level.ASK


def _word_level(column: Column) -> Level | None:
    return Level.STOP if column.evidence.texts and not column.numeric else None


def _number_level(column: Column) -> Level | None:
    """Short whole numbers may be codes; what has decimals is a measurement."""
    if not column.numeric or column.screen.high >= 10_000:
        return Level.STOP if column.numeric or _are_numbers(column) else None
    whole = not any("." in value for value in column.evidence.sample)
    return Level.ASK if whole and column.screen.longest < 5 else None


_PLAIN: Final = {
    "date of birth": _birth_level,
    "date": _date_level,
    "postcode": _postcode_level,
    "coordinates": _coordinate_level,
    "free text": _text_level,
    "name": _word_level,
    "address": _word_level,
    "web address": _word_level,
    "biometric or photo": _word_level,
}


def _are_measured(column: Column) -> bool:
    """Whether values have decimals other than zeros."""
    return any(value.partition(".")[2].strip("0") for value in column.evidence.sample)


def _are_numbers(column: Column) -> bool:
    """Whether the values of a column called after a number have digits: "Führerschein" may say yes or no."""
    sample = column.evidence.sample
    return 2 * sum(any(map(str.isdigit, value)) for value in sample) >= len(sample)


def _are_listed(column: Column) -> bool:
    """Whether lists of names have a part of the values."""
    grades = column.evidence.grades
    doubtful = (grades[Grade.AMBIGUOUS] + grades[Grade.PAIR]) / max(column.evidence.texts, 1)
    return column.share_of_names - doubtful >= _SOME_NAMES


def _are_people(column: Column) -> bool:
    """Whether most values have the form of a person's name, of words that no list has as others."""
    sample = column.evidence.sample
    return 2 * sum(map(names.has_form, sample)) > len(sample)


def _doubtful(column: Column, kind: str) -> Iterator[Verdict]:
    rows, evidence = column.screen.rows, column.evidence
    if kind == "city":
        if evidence.texts:
            yield Verdict("place", Level.NOTE, f"{BY_NAME}; it counts as a quasi-identifier", rows)
    elif kind == "year of birth":
        yield Verdict(kind, Level.NOTE, BY_NAME, rows)
    elif kind == "name":
        if _are_people(column) if column.heading.role else _are_listed(column):
            yield Verdict(kind, Level.STOP, f"{BY_NAME}, and the values look like names", rows)
        elif evidence.texts > 10 and evidence.grades[Grade.SHAPE] > evidence.texts / 2:
            yield Verdict(kind, Level.ASK, f"{BY_NAME}, and the values may be names", rows)
    elif (
        kind == "postcode" and column.screen.shortest == column.screen.longest == 5 and evidence.distinct > 3
    ):
        level = Level.STOP if evidence.distinct >= _MANY_PLACES else Level.ASK
        yield Verdict(kind, level, f"{BY_NAME}; five digits each", rows)
