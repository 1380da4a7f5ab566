"""Many small columns are screened together, and give what each gives by itself."""

from __future__ import annotations

import random
import time

import pyarrow as pa
import pytest

from benchmarks import identifier_cases
from biodesci.inspection.content import Declared
from biodesci.inspection.identifiers import TableCheck, header, headings, wide
from biodesci.inspection.identifiers.screening import Screen

_KINDS = (
    lambda dice: f"{dice.gauss(7, 2):.3f}",
    lambda dice: str(dice.randrange(40)),
    lambda dice: dice.choice(["", "1", "2.5"]) or None,
    lambda dice: None,
    lambda dice: dice.choice(["1", "NaN", "nan", "NA", "3"]),
    lambda dice: dice.choice(["inf", "-inf", "1e400", "5"]),
    lambda dice: f"{dice.randrange(10**6):06d}",
    lambda dice: str(dice.randrange(10**6, 10**8)),
    lambda dice: dice.choice(["Anna Weber", "12", "E11.9"]),
    lambda dice: dice.choice(["１２", "−3", "4"]),
    lambda dice: f" {dice.randrange(9)}",
)


def _columns(dice: random.Random, rows: int, kinds: tuple[object, ...] = _KINDS) -> list[pa.StringArray]:
    makers = [dice.choice(kinds) for _ in range(150)]
    return [pa.array([make(dice) for _ in range(rows)], pa.string()) for make in makers]


def _state(screen: Screen) -> dict[str, object]:
    return {name: getattr(screen, name) for name in Screen.__slots__ if name not in {"_seen", "_gaps"}}


@pytest.mark.parametrize("rows", [1, 3, 40])
@pytest.mark.parametrize("numbers", [True, False])
def test_a_column_among_others_is_screened_as_by_itself(rows: int, numbers: bool) -> None:
    dice = random.Random(rows)
    kinds = _KINDS[:4] if numbers else _KINDS
    together = [Screen(every=place % 7 == 0) for place in range(150)]
    alone = [Screen(every=place % 7 == 0) for place in range(150)]
    screened = 0
    for _ in range(3):
        columns = _columns(dice, rows, kinds)
        done = wide.screened(columns, together)
        screened += sum(done)
        for column, is_done, one, other in zip(columns, done, together, alone, strict=True):
            seen = [] if is_done else list(one.distinct(column))
            assert seen == list(other.distinct(column))
            assert _state(one) == _state(other)
    assert (screened > 200) == numbers


def test_what_names_people_among_many_columns_of_numbers_is_found() -> None:
    columns = {f"gene_{i}": [str(i % 40), "2"] for i in range(600)}
    columns["gene_77"] = ["Anna Weber", "12"]
    columns["gene_300"] = ["2", "anna.weber@example.org"]
    batch = pa.RecordBatch.from_pydict(columns)
    check = TableCheck(batch.schema, Declared())
    check.feed(batch)
    assert {"column 'gene_77'", "column 'gene_300'"} <= {finding.place for finding in check.finish()}


def test_a_table_of_20_000_columns_takes_no_time_for_each() -> None:
    names = [f"gene_{i}" for i in range(20_000)]
    batch = pa.RecordBatch.from_arrays([pa.array(["1", "2", "3"])] * len(names), names=names)
    check = TableCheck(batch.schema, Declared())
    began = time.process_time()
    check.feed(batch)
    assert time.process_time() - began < 0.5  # 0.1 s; column by column it was 1 s


def test_a_name_of_a_column_is_read_whatever_its_long_numbers_are() -> None:
    dice = random.Random(3)
    names = {heading for of_kind in identifier_cases.HEADINGS.values() for heading in of_kind.values()}
    for name in sorted(names):
        for form in ("{}_{}", "{}{}", "{} {} x", "{1}{0}", "x_{1}_{0}"):
            for size in (3, 4, 5, 8, 11):
                read = {
                    headings._read(form.format(name, dice.randrange(10**size, 10 ** (size + 1))))
                    for _ in range(4)
                }
                assert len(read) == 1, name


def test_whether_a_name_may_be_a_persons_does_not_depend_on_its_long_numbers() -> None:
    words = (
        "weber",
        "hb_weber",
        "jsmith",
        "Weber_hb",
        "annaweber",
        "expr",
        "gene",
        "Müller",
        "김철수",
        "minorFont",
    )
    for word in words:
        for form in ("{0}_{1}", "{1}_{0}", "{0}{1}", "{0}-{1}", "{0}.{1}"):
            for number in ("1950", "123456", "00417", "20991231"):
                name = form.format(word, number)
                assert header.may_be_person(name) is header._may_be_person.__wrapped__(name), name
