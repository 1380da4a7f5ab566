"""Pauses between attempts of what fails: each twice as long as the one before."""

from __future__ import annotations

import random


def doubled(failures: int, first: float, longest: float) -> float:
    """Seconds after the first failure, and twice as many after each that follows, up to `longest`."""
    return min(first * 2.0 ** min(failures - 1, 64), longest)


def spread(seconds: float) -> float:
    """Anywhere in the upper half of a pause, so that those who failed together don't come together again."""
    return seconds * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, hides nothing
