"""Paired timing: two ways of doing one thing in turns, so that the machine's noise falls on both.

On a shared machine single pairs of *equal* models scatter by about 5% around 1, so the median of few pairs
does by percents. Hence short runs, many pairs, an interval beside each median, and for models a control: what
the same runs make of the plain model and its own copy."""

from __future__ import annotations

import copy
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

ORDERS = tuple(itertools.permutations(("plain", "control", "encrypted")))


@dataclass(frozen=True)
class Ratio:
    """CPU time(other) / CPU time(one) of each pair, in groups that share a place in memory; `control`: the
    same for the plain model and its copy, one pair a round, where `groups` hold two (one against each)."""

    groups: list[list[float]]
    control: Ratio | None = None

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
        told = f"median of {count} alternating pairs{places}, 95% interval {low:.3f} to {high:.3f}"
        if self.control is None:
            return told
        rounds = sum(map(len, self.control.groups))
        low, high = self.control.interval
        beside = f"of {rounds} rounds; the plain model and its own copy in them: {self.control.median:.3f}"
        return f"{told}, {beside}, {low:.3f} to {high:.3f}"


def ratio(one: Callable[[], object], other: Callable[[], object], pairs: int, seconds: float = 0.0) -> Ratio:
    """Times both, alternating which of them goes first: at least `pairs` pairs, and as many more as begin
    within `seconds`."""

    one(), other()
    ratios: list[float] = []
    began = time.monotonic()
    while len(ratios) < pairs or time.monotonic() - began < seconds:
        pair = len(ratios)
        first, second = (one, other) if pair % 2 == 0 else (other, one)
        a, b = _clock(first), _clock(second)
        ratios.append(b / a if pair % 2 == 0 else a / b)
    return Ratio([[pair] for pair in ratios])


def model_ratio(
    plain: Any, encrypted: Any, run: Callable[[Any, bool], object], rounds: int, seconds: float
) -> Ratio:
    """For two models and `run(model, is encrypted)`: rounds of the plain model, a copy of it and the
    encrypted one, at least `rounds` and as many more as begin within `seconds`.

    After every six rounds, one in each order, all three are copied anew, so that neither the place in memory
    nor what training has made of a copy favours a side; who is copied first, and who runs first, rotates too.
    """
    groups: list[list[float]] = []
    control: list[list[float]] = []
    began = time.monotonic()
    while len(groups) * len(ORDERS) < rounds or time.monotonic() - began < seconds:
        turn = len(groups)
        copies = {
            name: copy.deepcopy(encrypted if name == "encrypted" else plain)
            for name in ORDERS[turn % len(ORDERS)]
        }
        first = turn // len(ORDERS) % len(ORDERS)
        _round(copies, run, ORDERS[first])
        taken = [_round(copies, run, order) for order in ORDERS[first:] + ORDERS[:first]]
        groups.append([once["encrypted"] / once[name] for once in taken for name in ("plain", "control")])
        control.append([once["control"] / once["plain"] for once in taken])
    return Ratio(groups, Ratio(control))


def _round(
    copies: Mapping[str, Any], run: Callable[[Any, bool], object], order: Sequence[str]
) -> dict[str, float]:
    """CPU seconds of each."""
    return {name: _clock(partial(run, copies[name], name == "encrypted")) for name in order}


def _clock(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


@contextmanager
def one_thread() -> Iterator[None]:
    """CPU time is of all threads, and one thread leaves the other cores' noise out."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
