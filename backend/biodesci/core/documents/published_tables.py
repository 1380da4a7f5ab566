"""What an earlier card tells of tables, so that a later one can be compared with it (core/airlock).

The cards of all versions of this program are read, each number by itself: what is amiss is not told there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from biodesci.core.airlock.differencing import Bar, ColumnStatistics, Release
from biodesci.core.airlock.moments import Moments
from biodesci.core.documents.published_card import PublishedCard


def releases(card: PublishedCard) -> tuple[Release, ...]:
    """One release a table, in the card's order."""
    return tuple(_release(table, card.records) for table in _parts(card.fields.get("recordSet")))


def _release(table: Mapping[str, Any], records: int | None) -> Release:
    rows = _whole(table.get("biodesci:rows"))
    return Release(
        people=_whole(table.get("biodesci:people")),
        rows=records if rows is None else rows,
        columns={
            field["name"]: _statistics(field.get("biodesci:statistics"))
            for field in _parts(table.get("field"))
            if isinstance(field.get("name"), str)
        },
    )


def _statistics(statistics: Any) -> ColumnStatistics:
    if not isinstance(statistics, Mapping):
        return ColumnStatistics()
    mean, std = _number(statistics.get("mean")), _number(statistics.get("std"))
    return ColumnStatistics(
        missing=_number(statistics.get("nullShare")),
        distinct=_whole(statistics.get("distinct")),
        moments=None if mean is None or std is None else Moments(mean, std),
        bars=tuple(
            Bar(
                value=bar["value"] if isinstance(bar.get("value"), str) else None,
                low=_number(bar.get("from")),
                high=_number(bar.get("to")),
                count=_whole(bar.get("count")),
            )
            for bar in _parts(statistics.get("histogram"))
        ),
    )


def _parts(value: Any) -> list[Mapping[str, Any]]:
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
