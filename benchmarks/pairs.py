"""Paired timing: two ways of doing one thing in turns, so that the machine's noise falls on both.

On a shared machine single pairs of *equal* models scatter by about 5% around 1, so the median of few pairs
does by percents. Hence short runs, many pairs, and an interval beside each median."""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

SHARED = 6  # pairs at one place in memory


@dataclass(frozen=True)
class Ratio:
    """CPU time(other) / CPU time(one) of each pair, in groups that share a place in memory."""

    groups: list[list[float]]

    @property
    def median(self) -> float:
        """Of all pairs."""
        return round(statistics.median(pair for group in self.groups for pair in group), 4)

    @property
    def interval(self) -> tuple[float, float]:
        """What holds the true median with about 95%, by the ranks of the groups' medians alone: these are
        n/2 ± 0.98 √n."""
        ordered = sorted(map(statistics.median, self.groups))
        n = len(ordered)
        reach = 0.98 * n**0.5
        return ordered[max(0, int(n / 2 - reach))], ordered[min(n - 1, int(n / 2 + reach))]

    def __str__(self) -> str:
        (low, high), count = self.interval, sum(map(len, self.groups))
        places = f" at {len(self.groups)} places in memory" if count > len(self.groups) else ""
        return f"median of {count} alternating pairs{places}, 95% interval {low:.3f} to {high:.3f}"


def ratio(one: Callable[[], object], other: Callable[[], object], pairs: int, seconds: float = 0.0) -> Ratio:
    """Times both, alternating which of them goes first: at least `pairs` pairs, and as many more as begin
    within `seconds`."""

    def clock(run: Callable[[], object]) -> float:
        start = time.process_time()
        run()
        return time.process_time() - start

    one(), other()
    ratios: list[float] = []
    began = time.monotonic()
    while len(ratios) < pairs or time.monotonic() - began < seconds:
        pair = len(ratios)
        first, second = (one, other) if pair % 2 == 0 else (other, one)
        a, b = clock(first), clock(second)
        ratios.append(b / a if pair % 2 == 0 else a / b)
    return Ratio([[pair] for pair in ratios])


def model_ratio(
    plain: Any, encrypted: Any, run: Callable[[Any, bool], object], pairs: int, seconds: float
) -> Ratio:
    """As `ratio`, for two models and `run(model, is encrypted)`: both are copied to another place in memory
    after every few pairs, in turns the plain one and the encrypted one first, so that neither the place nor
    what training has made of one copy favours a side."""
    groups: list[list[float]] = []
    began = time.monotonic()
    while len(groups) * SHARED < pairs or time.monotonic() - began < seconds:
        order = (plain, encrypted) if len(groups) % 2 == 0 else (encrypted, plain)
        first, second = (copy.deepcopy(model) for model in order)
        one, other = (first, second) if order[0] is plain else (second, first)
        found = ratio(partial(run, one, False), partial(run, other, True), SHARED)
        groups.append([pair for group in found.groups for pair in group])
    return Ratio(groups)


@contextmanager
def one_thread() -> Iterator[None]:
    """CPU time is of all threads, and one thread leaves the other cores' noise out."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
