"""What the evidence of one column amounts to: findings, each with its level."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import numpy as np

from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers import births, names
from biodesci.inspection.identifiers.births import Within
from biodesci.inspection.identifiers.column import NAMED, Column, Verdict
from biodesci.inspection.identifiers.evidence import Evidence, Tally
from biodesci.inspection.identifiers.headed import BY_NAME, by_name
from biodesci.inspection.identifiers.names import Grade

_LONGEST_LIFE: Final = 125
_WEEK: Final = 7
_LONGEST_WEEKEND: Final = 5  # days from one working day to the next
_MANY_OLD: Final = 0.2  # of all ages: then they are no ages of people in years
_LETTER: Final = re.compile("[A-Za-z]")  # in ids: K61519673 and B41227801 have one form
_RECORD: Final = 7  # digits of a number that may be a hospital's
_SOME: Final = 0.1  # of a column's values
_MOST: Final = 0.9
_SINGLE: Final = 2  # rows of what stands alone in its column
_BY_FORM: Final = "by the values' form"


def judge(column: Column) -> list[Verdict]:
    """The findings of a column: of each kind the gravest."""
    gravest: dict[str, Verdict] = {}
    order = (Level.NOTE, Level.ASK, Level.STOP)
    for verdict in (
        *by_name(column),
        *_forms(column),
        *_names(column),
        *_ages(column),
        *_texts(column),
        *_codes(column),
        *_births(column),
    ):
        before = gravest.get(verdict.kind)
        if before is None or order.index(verdict.level) > order.index(before.level):
            gravest[verdict.kind] = verdict
    if column.name in column.declared.pseudonyms:
        for kind in ("record number", "UUID", "pseudonymous id"):
            gravest.pop(kind, None)
        gravest["pseudonymous id"] = Verdict("pseudonymous id", Level.NOTE, "declared", column.screen.rows)
    return list(gravest.values())


def _forms(column: Column) -> Iterator[Verdict]:
    evidence = column.evidence
    for (kind, label), tally in evidence.tallies.items():
        if not tally.valid:
            continue
        level = _level(column, kind, label, tally)
        if level is not None:
            name = "date of birth" if kind == "date" and column.heading.kind == "date of birth" else kind
            rows = min(tally.rows, column.screen.rows)  # a long text has several
            yield Verdict(name, level, f"{_BY_FORM}: {label}", rows)


def _level(column: Column, kind: str, label: str, tally: Tally) -> Level | None:
    """One value is enough where its form leaves no doubt; of others so many that chance can't do it."""
    if kind == "UUID":
        return Level.ASK
    if kind == "date":
        return _level_of_six(column, tally) if label.startswith("six") else _level_of_dates(column, tally)
    if tally.bare:
        return _level_of_bare(column, kind, tally)
    share = tally.valid / tally.tried
    by_chance = tally.chance and tally.tried >= 5 and share < max(0.6, 4 * tally.chance)
    return Level.STOP if tally.within or (share >= 0.3 and not by_chance) else None


def _level_of_dates(column: Column, tally: Tally) -> Level | None:
    if tally.valid == tally.tried and _evenly_spaced(column):
        return Level.ASK
    if not tally.bare:
        return Level.STOP
    enough = tally.valid >= 3 or column.screen.rows < 3 or _alone(column)
    if tally.valid < 0.8 * tally.tried:
        return None
    return Level.STOP if enough else Level.ASK


def _level_of_six(column: Column, tally: Tally) -> Level | None:
    """Of arbitrary numbers of six digits one in 27 is a date, so nearly all of a column have to be."""
    beginnings = {value[:2] for value in column.evidence.sample}
    years_first = len(beginnings) <= 2  # 199903 is a month of a year
    sure = tally.valid >= 10 and tally.valid >= 0.95 * max(tally.tried, column.evidence.distinct)
    return Level.STOP if sure and not years_first else None


def _level_of_bare(column: Column, kind: str, tally: Tally) -> Level | None:
    """Digits without separators, of which chance alone makes some valid."""
    evidence = column.evidence
    if kind == "address":
        many = tally.valid >= 3 and tally.valid >= 0.3 * evidence.texts
        return Level.STOP if many else Level.ASK
    if kind == "phone or fax":
        agree = (
            tally.valid >= max(10, 0.95 * evidence.dialled)
            and column.screen.shortest >= 9
            and evidence.dialled >= 0.9 * min(evidence.distinct, 200)
        )
        return Level.STOP if agree else None
    share = tally.valid / tally.tried
    if _alone(column) and tally.chance < 0.2 and share == 1:
        return Level.STOP
    return Level.STOP if share >= 0.8 and max(tally.chance, 0.01) ** tally.valid < 1e-3 else None


def _alone(column: Column) -> bool:
    """Whether few values were worth a look in a column of others: a number of another kind among them."""
    return column.evidence.distinct <= max(2, 0.05 * column.screen.rows)


def _evenly_spaced(column: Column) -> bool:
    """Whether dates are a calendar (each day, week, month) rather than what happened to people.

    A calendar of days has each day once; in a big hospital somebody is admitted every day.
    """
    days = column.evidence.days
    distinct = np.unique(days)
    if len(distinct) < 8 or len(days) < 0.9 * min(column.evidence.distinct, 2_000):
        return False
    steps = np.diff(distinct)
    middle = float(np.median(steps))
    once = len(days) >= 0.9 * min(column.screen.rows, 2_000)
    if not once and middle < _WEEK:
        return False
    near = np.abs(steps - middle) <= max(1.0, 0.15 * middle)
    working_days = middle <= 1 and steps.max() <= _LONGEST_WEEKEND
    return bool(near.mean() >= 0.9 or working_days)


def _names(column: Column) -> Iterator[Verdict]:
    evidence, grades = column.evidence, column.evidence.grades
    if not grades and not evidence.surnamed:
        return
    texts = max(evidence.texts, 1)
    rows = min(sum(evidence.grade_rows[grade] for grade in NAMED), column.screen.rows)
    # One name in a column of products or places, which are capitalised, too, is there by chance.
    full = grades[Grade.FULL] + grades[Grade.LIKELY]
    chance = evidence.capitals >= 10 and full < 0.3 * evidence.capitals
    if grades[Grade.SURE] or (full and not chance):
        yield Verdict("name", Level.STOP, "values name a person", rows)
        return
    if full:
        yield Verdict("name", Level.ASK, "values may name persons", rows)
    declared = column.name in column.declared.codes
    if declared or column.heading.kind == "city":
        return
    if texts >= 8 and evidence.surnamed >= 0.8 * texts:
        yield Verdict("name", Level.STOP, "values begin with Chinese or Korean family names", rows or texts)
        return
    share = column.share_of_names
    plain = grades[Grade.PART] + grades[Grade.PAIR]
    single = plain + grades[Grade.AMBIGUOUS]
    # Some months and jobs are names of people, too: April, Cook. Of a column of names some are nothing else,
    # or nearly all are names.
    listed = plain >= _SOME * texts or single >= _MOST * texts
    mixed = column.screen.numbers > 0.5 * column.screen.rows and texts <= 3
    if share >= 0.5 and grades[Grade.PART] >= 0.35 * texts and texts >= 8:
        yield Verdict("name", Level.STOP, "values are in lists of names", rows)
    elif mixed and (grades[Grade.PART] or grades[Grade.PAIR] or _uncommon(evidence)):
        yield Verdict("name", Level.STOP, "a name among numbers", rows)
    elif listed and share >= 0.2 and texts >= 5:
        yield Verdict("name", Level.ASK, "values are in lists of names, and may be something else", rows)
    elif 0 < evidence.grade_rows[Grade.PAIR] <= _SINGLE and not chance:
        yield Verdict("name", Level.ASK, "a value may name a person", evidence.grade_rows[Grade.PAIR])
    elif grades[Grade.SHAPE] > 10 and grades[Grade.SHAPE] > 0.5 * texts:
        yield Verdict(
            "name", Level.ASK, "values look like a person's names", evidence.grade_rows[Grade.SHAPE]
        )


def _uncommon(evidence: Evidence) -> bool:
    return bool(evidence.grades[Grade.SHAPE]) and any(map(names.is_uncommon, evidence.sample))


def _ages(column: Column) -> Iterator[Verdict]:
    if not column.heading.age:
        return
    rows, top = column.screen.over_89, column.screen.high
    if top > _LONGEST_LIFE or rows > max(20, _MANY_OLD * column.screen.rows):
        if rows:
            yield Verdict("age over 89", Level.ASK, "so many are too high for years", rows)
    elif rows:
        yield Verdict("age over 89", Level.STOP, "ages over 89 have to be grouped, such as 90+", rows)


def _texts(column: Column) -> Iterator[Verdict]:
    evidence, rows = column.evidence, column.screen.rows
    if column.name in column.declared.codes or not evidence.sentences:
        return
    # The same long text in many rows is a category with a long name.
    often = evidence.sentence_rows >= 3 * evidence.sentences and evidence.sentence_rows > 10
    if evidence.enough or not often:
        amount = rows if evidence.enough else evidence.sentence_rows
        yield Verdict("free text", Level.STOP, "long texts can name anybody", amount)


def _codes(column: Column) -> Iterator[Verdict]:
    """Ids: what runs from 1, or is short, is a pseudonym; long ones may be a hospital's."""
    evidence, rows = column.evidence, column.screen.rows
    heading_id = column.heading.kind == "record number" and not column.heading.plain
    if not rows:
        return
    if not evidence.codes:
        if heading_id:
            yield Verdict("pseudonymous id", Level.NOTE, BY_NAME, rows)
        return
    total = sum(evidence.codes.values())
    (prefix, length), _ = evidence.codes.most_common(1)[0]
    most = sum(
        number for (before, size), number in evidence.codes.items()
        if _LETTER.sub("A", before) == _LETTER.sub("A", prefix)
        and (size == length or (length >= _RECORD and size == length - 1))
    )  # fmt: skip
    numbers = evidence.numbers
    span = max(numbers) - min(numbers) + 1
    running = span <= 20 * len(numbers) or length <= 4
    unique = evidence.code_rows <= 1.02 * total
    long = length >= 6 and not running
    if heading_id:
        if long and total > 2:
            grave = column.heading.patients or ("patient" in column.name.lower() and unique)
            yield Verdict(
                "record number",
                Level.STOP if grave else Level.ASK,
                "long ids, which may be a hospital's",
                rows,
            )
        else:
            yield Verdict("pseudonymous id", Level.NOTE, "short or running ids", rows)
    elif (
        (not prefix or column.numeric)
        and length >= 8
        and evidence.code_rows <= 2
        and rows >= 10
        and column.screen.longest <= len(prefix) + length + len(".0")
        and _alone(column)
        and len(set(str(numbers[0]))) > 2
    ):
        yield Verdict("record number", Level.STOP, "a long number among others", evidence.code_rows)
    elif unique and long and (prefix or length >= _RECORD) and most >= 0.9 * rows and rows >= 20:
        # A quantity has a size and is rounded; an arbitrary number has all digits.
        ends = ({str(number)[:2] for number in numbers}, {number % 100 for number in numbers})
        spread = min(len(ends[0]), len(ends[1]))
        if not prefix:
            sure = length >= 7 and spread >= 0.35 * min(len(numbers), 90)
            yield Verdict(
                "record number",
                Level.STOP if sure else Level.ASK,
                "an arbitrary long number for each row",
                rows,
            )
        else:
            yield Verdict("record number", Level.ASK, "a long id for each row", rows)
    elif unique and rows >= 20 and evidence.padded >= 0.8 * rows:
        yield Verdict("record number", Level.STOP, "long numbers that begin with a zero", rows)
    elif prefix and unique and most >= 0.9 * rows and rows >= 5:
        yield Verdict("pseudonymous id", Level.NOTE, "short or running ids", rows)


def _births(column: Column) -> Iterator[Verdict]:
    """Dates of birth that ids are made of: with initials they say who it is."""
    if column.name in column.declared.codes:
        return
    match births.within(column.evidence.sample):
        case Within.BIRTHS:
            reason = "values have dates in them that are spread as births are"
            yield Verdict("date of birth", Level.STOP, reason, column.screen.rows)
        case Within.DATES:
            yield Verdict("date", Level.ASK, "values have a date in them", column.screen.rows)
        case Within.INITIALS:
            reason = "letters that may be initials, with years that are spread as births are"
            yield Verdict("year of birth", Level.ASK, reason, column.screen.rows)
