"""Pauses between attempts of what fails, and between words about it: each twice as long as the one before."""

from __future__ import annotations

import random
import time
from typing import Final

_MOST_TEXTS: Final = 16


def doubled(failures: int, first: float, longest: float) -> float:
    """Seconds after the first failure, and twice as many after each that follows, up to `longest`."""
    return min(first * 2.0 ** min(failures - 1, 64), longest)


def spread(seconds: float, least: float = 0.5) -> float:
    """From this share of a pause to all of it, so that those who came together don't come so again."""
    return seconds * random.uniform(least, 1.0)  # noqa: S311 - spreads load, hides nothing


class Seldom:
    """Of what is said again and again: each text at once, and then after pauses that grow."""

    def __init__(self, first: float = 60.0, longest: float = 3_600.0) -> None:
        self._first, self._longest = first, longest
        self._texts: dict[str, tuple[int, float, float]] = {}  # how often, when, and when it was last meant

    def is_due(self, text: str) -> bool:
        """Whether it is to be said now; it counts as said then."""
        now = time.monotonic()
        times, at, meant = self._texts.get(text, (0, now, now))
        if now - meant > self._longest:  # it was over meanwhile
            times = 0
        is_due = times == 0 or now - at >= doubled(times, self._first, self._longest)
        if text not in self._texts and len(self._texts) == _MOST_TEXTS:
            self._texts.clear()
        self._texts[text] = (times + 1, now, now) if is_due else (times, at, now)
        return is_due

    def over(self) -> bool:
        """Takes note that it is over; whether anything was said."""
        was_said = bool(self._texts)
        self._texts.clear()
        return was_said
