"""What two releases of the same data tell together: counts that changed by one person name that person.

Each number of the later release is compared with the same number of an earlier one. What changed by fewer
than 11 people, or may have (both are rounded), is withheld in the later one. What did not change at all is
told: of rounded numbers that says little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from biodesci.core.airlock.counts import slack
from biodesci.core.airlock.moments import Moments
from biodesci.core.airlock.rules import SMALL


@dataclass(frozen=True)
class Bar:
    """A cell of a column: the people with a value, or with a number from `low` up to `high`. A count of None
    is withheld."""

    value: str | None
    low: float | None
    high: float | None
    count: int | None


@dataclass(frozen=True)
class ColumnStatistics:
    """What a release tells of a column. None: it doesn't."""

    missing: float | None = None
    distinct: int | None = None
    moments: Moments | None = None
    bars: tuple[Bar, ...] = ()


NOTHING: Final = ColumnStatistics()


@dataclass(frozen=True)
class Release:
    """What a release tells of a table: how many people and rows it is of, and its columns by name."""

    people: int | None
    rows: int | None
    columns: Mapping[str, ColumnStatistics]


def withheld(later: Release, earlier: Release) -> Release:
    """The later release without what changed by fewer than 11 people since the earlier one."""
    columns = {
        name: _column(column, earlier.columns[name], later, earlier) if name in earlier.columns else column
        for name, column in later.columns.items()
    }
    # Rows may be people, too: of an earlier release that tells one number alone, it is the one of both.
    people, rows = earlier.people, earlier.rows
    return Release(
        people=_number(later.people, rows if people is None else people),
        rows=_number(later.rows, people if rows is None else rows),
        columns=columns,
    )


def withheld_renamed(later: Release, earlier: Release) -> Release:
    """As `withheld`, where a column may have another name by now: one without a namesake is compared with all
    of the earlier release's that have none in the later."""
    known = withheld(later, earlier)
    others = [column for name, column in earlier.columns.items() if name not in later.columns]
    columns = {
        name: column if name in earlier.columns else _among(column, others, later, earlier)
        for name, column in known.columns.items()
    }
    return replace(known, columns=columns)


def withheld_beside(later: Release, earlier: Release) -> Release:
    """As `withheld`, of two tables that are released at once: a column of another name is another one there,
    but for cells of the same values or edges, which may be of the same measure."""
    known = withheld(later, earlier)
    others = [column for name, column in earlier.columns.items() if name not in later.columns]
    columns = dict(known.columns)
    for name in columns.keys() - earlier.columns.keys():
        for one in others:
            columns[name] = replace(columns[name], bars=_bars(columns[name].bars, one.bars))
    return replace(known, columns={name: columns[name] for name in known.columns})


def is_as_large(later: Release, earlier: Release) -> bool:
    """Whether the releases may be of tables that differ by fewer than 11 people, or don't say."""
    new, old = _size(later), _size(earlier)
    return new is None or old is None or new == old or may_name(new, old)


def may_name(later: int, earlier: int) -> bool:
    """Whether two told counts differ, and by so little that fewer than 11 people may have changed."""
    return 0 < abs(later - earlier) < SMALL + slack(later) + slack(earlier)


def _number(later: int | None, earlier: int | None) -> int | None:
    if later is None or earlier is None or not may_name(later, earlier):
        return later
    return None


def _size(release: Release) -> int | None:
    return release.rows if release.people is None else release.people


def _among(
    later: ColumnStatistics, earlier: Sequence[ColumnStatistics], new: Release, old: Release
) -> ColumnStatistics:
    """What is told of a column that may be any of these. What one of them told already is told again, but for
    cells that may have been another one's of the same values."""
    if later in earlier:
        for one in earlier:
            later = replace(later, bars=_bars(later.bars, one.bars))
        return later
    for one in earlier:
        later = _column(later, one, new, old)
        if _is_shaped_alike(later.bars, one.bars):
            later = replace(later, bars=tuple(replace(bar, count=None) for bar in later.bars))
    return later


def _is_shaped_alike(later: Sequence[Bar], earlier: Sequence[Bar]) -> bool:
    """Whether cells that have other values or edges by now, as codes and units may, changed by few people."""
    has_common_values = {bar.value for bar in later} & {bar.value for bar in earlier} - {None}
    if has_common_values or len(_edges(later) & _edges(earlier)) > 1:
        return False  # they were compared one by one
    new, old = ([bar.count for bar in bars if bar.count is not None] for bars in (later, earlier))
    return sorted(new) != sorted(old) and any(_near([one], [other]) for one in new for other in old)


def _column(
    later: ColumnStatistics, earlier: ColumnStatistics, new: Release, old: Release
) -> ColumnStatistics:
    size, before = _size(new), _size(old)
    grew = size is not None and before is not None and size != before and not may_name(size, before)
    moments = later.moments
    if earlier.moments not in (None, moments) and not grew:
        moments = None
    return replace(
        later,
        missing=_share(later.missing, earlier.missing, size, before),
        distinct=_number(later.distinct, earlier.distinct),
        moments=moments,
        bars=_bars(later.bars, earlier.bars),
    )


def _share(later: float | None, earlier: float | None, size: int | None, before: int | None) -> float | None:
    if later is None or earlier is None or later == earlier:
        return later
    if size is None or before is None:
        return None
    # Of a share of 0 as many as 10 people are.
    changed = abs(round(later * size) - round(earlier * before))
    return None if changed < 2 * SMALL + slack(size) + slack(before) else later


def _bars(later: Sequence[Bar], earlier: Sequence[Bar]) -> tuple[Bar, ...]:
    """All are withheld where one may name somebody: which one it is would say where that person is."""
    if not _may_name_somebody(later, earlier):
        return tuple(later)
    return tuple(replace(bar, count=None) for bar in later)


def _may_name_somebody(later: Sequence[Bar], earlier: Sequence[Bar]) -> bool:
    """Whether bars of the same values changed by few people."""
    before = {bar.value: bar.count for bar in earlier if bar.value is not None}
    if any(bar.value is not None and _near([bar.count], [before.get(bar.value)]) for bar in later):
        return True
    # Bins of other widths are compared over the stretches between edges that both releases have.
    edges = sorted(_edges(later) & _edges(earlier))
    return any(
        _near(_between(later, low, high), _between(earlier, low, high)) for low, high in pairwise(edges)
    )


def _near(later: Sequence[int | None], earlier: Sequence[int | None]) -> bool:
    new = [count for count in later if count is not None]
    old = [count for count in earlier if count is not None]
    if not new or not old or len(new) < len(later) or len(old) < len(earlier):
        return False
    unsure = sum(map(slack, new)) + sum(map(slack, old))
    return 0 < abs(sum(new) - sum(old)) < SMALL + unsure


def _edges(bars: Sequence[Bar]) -> set[float]:
    return {edge for bar in bars for edge in (bar.low, bar.high) if edge is not None}


def _between(bars: Sequence[Bar], low: float, high: float) -> list[int | None]:
    """The counts of the bars within a stretch."""
    return [
        bar.count
        for bar in bars
        if bar.low is not None and bar.high is not None and low <= bar.low and bar.high <= high
    ]
