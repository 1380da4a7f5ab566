"""Attacks on the statistics of a card: which counts of fewer than 11 people it gives back by arithmetic.

The attacker knows the airlock's rules, and reads of a told count between which numbers it is. A count is
reconstructed where it is below 11 and only one number is left for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from biodesci.core.airlock import counts
from biodesci.core.airlock.differencing import Bar, ColumnStatistics, Release
from biodesci.core.airlock.moments import Moments
from biodesci.core.airlock.rules import SMALL

_NEAR = 0.10  # of an outlier's value: within that it is reconstructed, as the p-percent rule has it
_TRIED = 4_000
Range = tuple[float, float]


@dataclass(frozen=True)
class Truth:
    """A column as it is: how many people are in each bar, those without a value, and the numbers."""

    bars: tuple[Bar, ...]
    missing: int
    numbers: tuple[float, ...] = ()

    @property
    def people(self) -> int:
        """All of them."""
        return self.missing + sum(bar.count or 0 for bar in self.bars)


@dataclass(frozen=True)
class View:
    """What an attacker has of one column. `exact` says that numbers are told as they are, as without the
    airlock; `covers_all` that moments are of all values, and not of told cells alone."""

    released: ColumnStatistics
    people: int | None
    exact: bool

    def count(self, released: int | None) -> Range:
        """Between which numbers a count is."""
        if released is None:
            return (1.0, SMALL - 1.0) if self.exact else (0.0, math.inf)
        if self.exact:
            return float(released), float(released)
        slack = counts.slack(released)
        return max(released - slack, SMALL), released + slack - 1.0

    @property
    def total(self) -> Range:
        """Of all people."""
        return (0.0, math.inf) if self.people is None else self.count(self.people)

    @property
    def missing(self) -> Range:
        """Of those without a value."""
        share, (low, high) = self.released.missing, self.total
        if share is None or self.people is None:
            return 0.0, high
        if self.exact:
            return share * low, share * high
        if share == 0:
            return 0.0, SMALL - 1.0
        return self.count(round(share * self.people / counts.TENS) * counts.TENS)


def reconstructed(view: View, truth: Truth) -> int:
    """How many small counts of a column one card gives back."""
    cells = {i: view.count(bar.count) for i, bar in enumerate(view.released.bars)}
    true = {i: _true_count(bar, truth) for i, bar in enumerate(view.released.bars)}
    covered = sum(true.values()) + truth.missing == truth.people
    if covered:
        low, high = view.total
        cells[-1], true[-1] = view.missing, truth.missing
        cells = _complements(cells, (low, high))
    cells = _by_mean(cells, view, truth)
    hidden = [i for i in cells if (truth.missing if i < 0 else view.released.bars[i].count is None)]
    return sum(_is_found(cells[i], true[i]) for i in hidden) + _outlier(view, truth)


def between(later: View, earlier: View, grown: Truth, before: Truth) -> int:
    """How many small differences two versions give back of a column: of its bars and its missing values."""
    found = 0
    was = {(bar.value, bar.low, bar.high): bar for bar in earlier.released.bars}
    for bar in later.released.bars:
        old = was.get((bar.value, bar.low, bar.high))
        if bar.count is None or old is None or old.count is None:
            continue
        change = _true_count(bar, grown) - _true_count(old, before)
        found += change != 0 and _is_found(_minus(later.count(bar.count), earlier.count(old.count)), change)
    change = grown.missing - before.missing
    return found + (change != 0 and _is_found(_minus(later.missing, earlier.missing), change))


def growth(later: View, earlier: View, change: int) -> int:
    """Whether two versions give back by how few people they differ: 1 or 0."""
    return int(_is_found(_minus(later.total, earlier.total), change))


def plain(truth: Truth) -> ColumnStatistics:
    """The statistics as programs write them: exact, with cells of 1 to 10 people left out."""
    bars = tuple(
        replace(bar, count=None if 0 < (bar.count or 0) < SMALL else bar.count) for bar in truth.bars
    )
    moments = None
    if truth.numbers:
        mean = math.fsum(truth.numbers) / len(truth.numbers)
        moments = Moments(
            mean, math.sqrt(math.fsum((x - mean) ** 2 for x in truth.numbers) / len(truth.numbers))
        )
    return ColumnStatistics(missing=truth.missing / max(truth.people, 1), moments=moments, bars=bars)


def view_of(release: Release, name: str) -> View:
    """What a card of ours tells of a column."""
    people = release.rows if release.people is None else release.people
    return View(release.columns[name], people, exact=False)


def _true_count(bar: Bar, truth: Truth) -> int:
    if bar.value is None and bar.low is not None and bar.high is not None:
        return sum(bar.low - 1e-9 <= x < bar.high - 1e-9 for x in truth.numbers)
    return next((one.count or 0 for one in truth.bars if one.value == bar.value), 0)


def _is_found(between: Range, true: int) -> bool:
    if abs(true) >= SMALL or not all(map(math.isfinite, between)):
        return False
    return math.ceil(between[0] - 1e-9) == math.floor(between[1] + 1e-9) == true


def _complements(cells: dict[int, Range], total: Range) -> dict[int, Range]:
    """Each cell is the total less all others; again and again, until nothing more follows."""
    for _ in range(3):
        for i in cells:
            low = total[0] - sum(high for j, (_, high) in cells.items() if j != i)
            high = total[1] - sum(low for j, (low, _) in cells.items() if j != i)
            cells[i] = max(cells[i][0], low), min(cells[i][1], high)
    return cells


def _by_mean(cells: dict[int, Range], view: View, truth: Truth) -> dict[int, Range]:
    """Of a column of two values, mean times records is how often the larger stands there."""
    values = sorted(set(truth.numbers))
    if view.released.moments is None or len(values) != 2 or view.people is None:
        return cells
    (least, most), mean = values, view.released.moments.mean
    blur = 0.0 if view.exact else abs(mean) * 0.05
    low, high = (view.total[0] - view.missing[1]), (view.total[1] - view.missing[0])
    share = [(mean - blur - least) / (most - least), (mean + blur - least) / (most - least)]
    for i, bar in enumerate(view.released.bars):
        if bar.low is not None and bar.high is not None and bar.low <= most < bar.high:
            cells[i] = max(cells[i][0], share[0] * low), min(cells[i][1], share[1] * high)
        elif bar.low is not None and bar.high is not None and bar.low <= least < bar.high:
            cells[i] = max(cells[i][0], (1 - share[1]) * low), min(cells[i][1], (1 - share[0]) * high)
    return cells


def _outlier(view: View, truth: Truth) -> int:
    """Mean and deviation give back the one value x that stands outside of all told bars. The n - 1 others
    have the mean m = (n mean - x) / (n - 1), which is in the bars, and a variance v from 0 up to what values
    there can have, (high - m) (m - low) (Bhatia and Davis, 2000); the sum of squares is that of all."""
    bars = [bar for bar in view.released.bars if bar.low is not None and bar.count]
    outside = [x for x in truth.numbers if not any((b.low or 0) <= x < (b.high or 0) for b in bars)]
    if view.released.moments is None or view.people is None or not bars or len(outside) != 1:
        return 0
    low, high = bars[0].low or 0.0, bars[-1].high or 0.0
    n = sum(view.total) / 2 - sum(view.missing) / 2
    mean, std = view.released.moments.mean, view.released.moments.std
    possible = []
    for x in np.linspace(high, high + 3 * std * math.sqrt(n), _TRIED).tolist():
        m = (n * mean - x) / (n - 1)
        variance = (n * (std * std + mean * mean) - x * x) / (n - 1) - m * m
        if low <= m <= high and 0 <= variance <= (high - m) * (m - low):
            possible.append(x)
    if not possible:
        return 0
    least, most, true = min(possible), max(possible), outside[0]
    return int(0.99 * least <= true <= 1.01 * most and most - least <= _NEAR * abs(true))


def _minus(a: Range, b: Range) -> Range:
    return a[0] - b[1], a[1] - b[0]
