"""Whether two tables may be of the same people, whatever their columns are called, by sketches of their rows.

A sketch has, for each combination of columns that tells rows apart, the smallest keyed hashes of what stands
there (bottom-k sketches: Cohen and Kaplan, Summarizing data using bottom-k sketches, PODC 2007). Two tables
keep the same hashes of what both have, so their share shows. What cannot be judged counts as the same people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from biodesci.core.airlock.rules import SMALL

KEPT: Final = 64
"""How many of the smallest hashes are kept of each combination of columns."""
MOST_ROWS: Final = 200_000
"""Of a table with more rows no sketch says that it is of other people."""
_SHARED: Final = 0.2  # of the rows: from there on two tables overlap
_LARGEST: Final = (1 << 64) - 1
_LARGER: Final = 4  # times as many rows, and too few of the smaller table's hashes are among the smallest


@dataclass(frozen=True)
class Sketch:
    """Of one table: how many rows it has, the names of columns of numbers that were looked at, and the
    smallest hashes of each combination of columns that tells rows apart."""

    rows: int
    measured: frozenset[str]
    combinations: tuple[frozenset[int], ...]


def may_share_people(one: Sketch, other: Sketch) -> bool:
    """Whether a fifth of the smaller table's rows are in the other too, or nothing says that they are not."""
    if not _is_judged(one, other):
        return True
    hashes = frozenset[int]().union(*other.combinations)
    least = int(_SHARED * SMALL)
    return any(
        _share(mine, theirs) >= _SHARED
        for mine in one.combinations
        if len(mine & hashes) >= least
        for theirs in other.combinations
    )


def _is_judged(one: Sketch, other: Sketch) -> bool:
    fewer, more = sorted((one.rows, other.rows))
    if more > MOST_ROWS or more > _LARGER * fewer or not (one.combinations and other.combinations):
        return False
    # As many rows, and nothing that both measured: the same people, perhaps, of whom other things are told.
    return more - fewer >= SMALL or bool(one.measured & other.measured)


def _share(one: frozenset[int], other: frozenset[int]) -> float:
    """The share of the smaller set's that both have, as far as both would have kept it."""
    bound = min((max(hashes) for hashes in (one, other) if len(hashes) >= KEPT), default=_LARGEST)
    mine, theirs = ({each for each in hashes if each <= bound} for hashes in (one, other))
    fewest = min(len(mine), len(theirs))
    return len(mine & theirs) / fewest if fewest >= SMALL else 0.0
