"""The airlock's rules, each by what it must not let through and by what it must."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biodesci.core.airlock import counts, moments, quantiles, rules
from biodesci.core.airlock.differencing import (
    NOTHING,
    Bar,
    ColumnStatistics,
    Release,
    is_as_large,
    may_name,
    withheld,
    withheld_renamed,
)
from biodesci.core.airlock.moments import Cell, Moments
from biodesci.core.croissant import DescribedColumn, DescribedTable


def cells(values: list[float], width: float = 0.1) -> list[Cell]:
    """Fine cells as the streaming summary makes them."""
    by_cell: dict[int, list[float]] = {}
    for value in values:
        by_cell.setdefault(math.floor(value / width), []).append(value)
    return [
        Cell(len(v), math.fsum(v), math.fsum(x * x for x in v), i * width, (i + 1) * width)
        for i, v in sorted(by_cell.items())
    ]


def test_every_rule_has_a_name_and_a_source() -> None:
    assert len({rule.name for rule in rules.RULES}) == len(rules.RULES)
    assert all(rule.says.endswith(".") and rule.source for rule in rules.RULES)
    assert str(rules.SMALL) in rules.THRESHOLD.says


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, None), (1, None), (10, None), (11, 10), (14, 10), (15, 20), (137, 140), (1_234, 1_230),
     (12_345, 12_300), (1_234_567, 1_230_000), (999_999, 1_000_000)],
)  # fmt: skip
def test_counts_are_told_from_eleven_on_and_rounded(count: int, told: int | None) -> None:
    assert counts.released(count) == told


@given(st.integers(11, 10**9))
def test_a_told_count_is_within_its_slack(count: int) -> None:
    told = counts.released(count)
    assert told is not None
    # What is rounded up into one more digit is of the finer step.
    assert abs(told - count) <= counts.slack(told)


def test_a_zero_cell_is_a_cell() -> None:
    assert counts.hidden([0, 50, 60]) == counts.hidden([3, 50, 60]) == [True, True, False]


@given(st.lists(st.integers(0, 60), min_size=1, max_size=14))
def test_suppressed_cells_cannot_be_worked_out(table: list[int]) -> None:
    hide = counts.hidden(table)
    assert all(is_hidden for count, is_hidden in zip(table, hide, strict=True) if count < rules.SMALL)
    secret = [count for count, is_hidden in zip(table, hide, strict=True) if is_hidden]
    if secret and not all(hide):
        assert len(secret) > 1
        assert sum(secret) >= rules.SMALL


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [(0, 100, 0.0), (10, 100, 0.0), (11, 100, 0.1), (50, 100, 0.5), (95, 100, None), (100, 100, None)],
)
def test_a_share_of_zero_stands_for_fewer_than_eleven(part: int, whole: int, share: float | None) -> None:
    assert counts.released_share(part, whole) == share


@pytest.mark.parametrize(
    ("largest", "second", "total", "is_dominated"),
    [(10, 9, 100, False), (30, 1, 100, True), (50, 45, 100, True), (20, 20, 41, True), (0, 0, 0, False)],
)
def test_one_or_two_people_do_not_make_a_sum(
    largest: float, second: float, total: float, is_dominated: bool
) -> None:
    assert moments.is_dominated(largest, second, total) is is_dominated


def test_moments_of_a_spread_column_are_told_with_digits_by_its_size() -> None:
    ages = [30 + (i * 7) % 40 + (i % 10) / 10 for i in range(300)]
    told = moments.released(cells(ages))
    assert told is not None
    assert told.mean == pytest.approx(sum(ages) / 300, rel=0.005)
    assert told == Moments(float(f"{told.mean:.3g}"), float(f"{told.std:.3g}"))
    few = moments.released(cells(ages[:40]))
    assert few is not None
    assert few.mean == float(f"{few.mean:.2g}")


@pytest.mark.parametrize(
    "values",
    [
        [0.0] * 128 + [1.0] * 9,  # mean x records is the hidden count
        [float(i % 5) for i in range(200)],
        [50 + i / 10 for i in range(10)],  # ten people
        [50 + i / 10 for i in range(30)] + [5_000.0],  # mean and deviation give the outlier
        [50 + i / 10 for i in range(100)] + [500.0],
        [7.0] * 50,
        [1e300 + i * 1e299 for i in range(40)],  # squares that no float holds
    ],
)
def test_moments_that_give_something_back_are_not_told(values: list[float]) -> None:
    assert moments.released(cells(values)) is None


def test_a_quantile_has_eleven_people_on_each_side_and_is_nobodys_own_value() -> None:
    values = [float(i) for i in range(101)]
    assert quantiles.released(values, 0.5) == 50.0
    assert quantiles.released(values, 0.05) is None
    assert quantiles.released(values, 0.95) is None
    lonely = [0.0] * 30 + [49.0] + [100.0] * 30
    assert quantiles.released(lonely, 0.5) == 50.0
    assert quantiles.released([1.0, 2.0], 0.5) is None


def release(people: int, **columns: ColumnStatistics) -> Release:
    return Release(people, people, columns)


def bins(*told: int | None, width: float = 10.0) -> tuple[Bar, ...]:
    return tuple(Bar(None, i * width, (i + 1) * width, count) for i, count in enumerate(told))


def test_two_versions_that_differ_by_one_person_tell_the_difference_nowhere() -> None:
    earlier = release(300, age=ColumnStatistics(0.0, 40, Moments(54.4, 9.0), bins(100, 120, 80)))
    later = release(310, age=ColumnStatistics(0.0, 50, Moments(54.5, 9.0), bins(100, 130, 80)))
    told = withheld(later, earlier)
    assert (told.people, told.rows) == (None, None)
    age = told.columns["age"]
    assert (age.distinct, age.moments) == (None, None)
    # Which bin changed would say where the one is who joined: none is told.
    assert [bar.count for bar in age.bars] == [None, None, None]


def test_a_version_with_many_more_people_is_told() -> None:
    earlier = release(300, age=ColumnStatistics(0.0, 40, Moments(54.4, 9.0), bins(100, 120, 80)))
    later = release(600, age=ColumnStatistics(0.1, 80, Moments(54.5, 9.0), bins(200, 240, 160)))
    assert withheld(later, earlier) == later


def test_what_did_not_change_is_told() -> None:
    same = release(300, age=ColumnStatistics(0.2, 40, Moments(54.4, 9.0), bins(100, None, 80)))
    assert withheld(same, same) == same


def test_bins_of_another_width_are_compared_over_common_edges() -> None:
    earlier = release(300, x=ColumnStatistics(bars=bins(50, 60, 70, 120)))
    later = release(600, x=ColumnStatistics(bars=bins(120, 390, width=20.0)))
    assert [bar.count for bar in withheld(later, earlier).columns["x"].bars] == [None, None]
    assert [bar.count for bar in withheld(earlier, later).columns["x"].bars] == [None] * 4


def test_categories_are_compared_by_value() -> None:
    earlier = release(300, sex=ColumnStatistics(bars=(Bar("f", None, None, 137), Bar("m", None, None, 160))))
    later = release(600, sex=ColumnStatistics(bars=(Bar("f", None, None, 140), Bar("m", None, None, 460))))
    assert [bar.count for bar in withheld(later, earlier).columns["sex"].bars] == [None, None]


@given(st.integers(11, 5_000), st.integers(0, 10), st.booleans())
def test_fewer_than_eleven_people_never_show_between_two_counts(before: int, more: int, up: bool) -> None:
    after = before + more if up else max(before - more, 11)
    first, second = counts.rounded(before), counts.rounded(after)
    assert first == second or may_name(second, first)


def test_of_a_table_whose_people_were_sampled_a_later_version_tells_no_count() -> None:
    told = ColumnStatistics(0.0, 40, None, bins(1_000, 1_200, 800))
    later = DescribedTable(1, (DescribedColumn("age", "sc:Integer", told),), 3_000, 3_000, sampled=True)
    earlier = Release(3_000, 3_000, {"age": ColumnStatistics(0.0, 40, None, bins(1_000, 1_184, 800))})
    since = later.since([earlier])
    assert (since.people, since.rows, since.columns[0].released) == (None, None, NOTHING)
    assert later.since([]) == later


def yes_no(yes: int, no: int) -> ColumnStatistics:
    return ColumnStatistics(bars=(Bar("no", None, None, no), Bar("yes", None, None, yes)))


def test_a_column_of_another_name_is_compared_with_all_that_went() -> None:
    earlier = release(300, smoker=yes_no(140, 160), sick=yes_no(150, 150))
    # As many as the one, or ten more than the other: which of them it is, nobody says.
    renamed = withheld_renamed(release(300, a=yes_no(150, 150)), earlier)
    assert renamed.columns["a"].bars == tuple(replace(bar, count=None) for bar in yes_no(150, 150).bars)
    for told, is_released in ((yes_no(140, 160), False), (yes_no(60, 240), True)):
        later = withheld_renamed(release(300, a=told), earlier)
        assert (later.columns["a"] == told) is is_released
    kept = release(300, smoker=yes_no(140, 160), sick=yes_no(150, 150))
    assert withheld_renamed(kept, earlier) == kept


def test_codes_that_are_written_otherwise_are_compared_by_how_many_they_are_of() -> None:
    earlier = release(300, sick=yes_no(140, 160))
    recoded = ColumnStatistics(bars=(Bar("0", None, None, 160), Bar("1", None, None, 150)))
    later = withheld_renamed(release(310, case=recoded), earlier)
    assert [bar.count for bar in later.columns["case"].bars] == [None, None]
    same = ColumnStatistics(bars=(Bar("0", None, None, 160), Bar("1", None, None, 140)))
    assert withheld_renamed(release(300, case=same), earlier).columns["case"] == same


def test_tables_may_differ_by_few_people_where_their_numbers_are_near_or_withheld() -> None:
    assert is_as_large(release(310), release(300))
    assert is_as_large(release(300), Release(None, None, {}))
    assert not is_as_large(release(340), release(300))
