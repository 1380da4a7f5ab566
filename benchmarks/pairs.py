"""Paired timing: two ways of doing one thing in turns, so that the machine's noise falls on both."""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch


def ratio(
    one: Callable[[], object], other: Callable[[], object], pairs: int, seconds: float = 0.0
) -> tuple[float, int]:
    """Median over pairs of CPU time(other) / CPU time(one), alternating which of them goes first, and the
    number of pairs: at least `pairs`, and as many more as begin within `seconds`."""

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
    return statistics.median(ratios), len(ratios)


def model_ratio(
    plain: Any,
    encrypted: Any,
    run: Callable[[Any, bool], object],
    pairs: int,
    seconds: float,
) -> tuple[float, int]:
    """As `ratio`, for two models and `run(model, is encrypted)`: once with the plain one copied into memory
    first, once with the other, and the mean of the two medians. Two equal models, one after the other
    in memory, were measured to differ by up to 1.6%; why is not known."""
    found = []
    for models in ((plain, encrypted), (encrypted, plain)):
        first, second = (copy.deepcopy(model) for model in models)
        one, other = (first, second) if models[0] is plain else (second, first)
        found.append(ratio(partial(run, one, False), partial(run, other, True), pairs, seconds))
    return statistics.mean(median for median, _ in found), sum(count for _, count in found)


@contextmanager
def one_thread() -> Iterator[None]:
    """CPU time is of all threads, and one thread leaves the other cores' noise out."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
