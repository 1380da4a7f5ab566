"""Pauses between attempts of what fails: each twice as long as the one before."""

from __future__ import annotations

import random


def doubled(failures: int, first: float, longest: float) -> float:
    """Seconds after the first failure, and twice as many after each that follows, up to `longest`."""
    return min(first * 2.0 ** min(failures - 1, 64), longest)


def spread(seconds: float, least: float = 0.5) -> float:
    """From this share of a pause to all of it, so that those who came together don't come so again."""
    return seconds * random.uniform(least, 1.0)  # noqa: S311 - spreads load, hides nothing
