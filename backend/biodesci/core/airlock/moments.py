"""Mean and standard deviation, and whether one or two people dominate a sum.

Mean times count is a sum, and a sum over a column of few values gives back how often each stands there; mean
and standard deviation together give back a single outlier. So moments are of the values in told cells alone
(each of at least 11 people), and of columns with at least 11 different values there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from biodesci.core.airlock.rules import SMALL

_P: Final = 0.10
_ONE: Final = 0.25
_TWO: Final = 0.90


def is_dominated(largest: float, second: float, total: float) -> bool:
    """Whether the two largest contributions (at least 0) dominate a sum, by the p-percent rule or the (n, k)
    rules."""
    if total <= 0:
        return False
    rest = total - largest - second
    return rest < _P * largest or largest > _ONE * total or largest + second > _TWO * total


@dataclass(frozen=True)
class Cell:
    """What is known of the values in one fine cell: how many people, their sum and sum of squares, and
    bounds between which all of them are."""

    count: int
    sum: float
    squares: float
    low: float
    high: float


@dataclass(frozen=True)
class Moments:
    """Mean and population standard deviation as they are told."""

    mean: float
    std: float


def released(cells: Sequence[Cell]) -> Moments | None:
    """The moments over cells that are parts of told ones; None where they could give something back.

    Each cell that is not empty counts as one value, so more different values than cells may be there.
    """
    count = sum(cell.count for cell in cells)
    if count < SMALL or sum(cell.count > 0 for cell in cells) < SMALL:
        return None
    try:
        mean = math.fsum(cell.sum for cell in cells) / count
        variance = max(math.fsum(cell.squares for cell in cells) / count - mean * mean, 0.0)
    except OverflowError:
        return None
    if not (math.isfinite(mean) and math.isfinite(variance)) or variance <= 1e-12 * mean * mean:
        return None

    def deviation(value: float) -> float:
        return (value - mean) ** 2

    if is_dominated(*_two_largest(cells, abs), math.fsum(abs(cell.sum) for cell in cells)):
        return None
    if is_dominated(*_two_largest(cells, deviation), variance * count):
        return None
    digits = digits_of(count)
    return Moments(significant(mean, digits), significant(math.sqrt(variance), digits))


def digits_of(count: int) -> int:
    """How many significant digits a number over so many people is told with: one person in `count` then
    changes it by less than is told."""
    return 2 if count < 100 else 3 if count < 10_000 else 4


def significant(value: float, digits: int) -> float:
    """Rounded to so many significant digits."""
    return float(f"{value:.{digits}g}")


def _two_largest(cells: Sequence[Cell], contribution: Callable[[float], float]) -> tuple[float, float]:
    """Bounds of the two largest contributions of one person: values are somewhere in their cell."""
    largest = second = 0.0
    for cell in cells:
        if not cell.count:
            continue
        bound = max(contribution(cell.low), contribution(cell.high))
        if bound > largest:
            largest, second = bound, bound if cell.count > 1 else largest
        elif bound > second:
            second = bound
    return largest, second
