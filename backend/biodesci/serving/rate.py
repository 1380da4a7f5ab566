"""How many requests a client may make. The library `limits` counts; where it counts is ours.

Its own storage in memory starts a thread every ten milliseconds, which looks at every client there is.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

_CLIENTS: Final = 50_000  # the latest; who is forgotten begins anew


class _Counts(Storage):
    """Counters of windows in memory, for one thread: the server's loop."""

    STORAGE_SCHEME = None

    def __init__(self) -> None:
        super().__init__()
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Counts; returns how many there are in this window."""
        now = time.time()
        ends, count = self._counts.get(key, (0.0, 0))
        if ends <= now:
            ends, count = now + expiry, 0
            self._counts.pop(key, None)  # to the end: the oldest windows come first
            if len(self._counts) >= _CLIENTS:
                self._counts.popitem(last=False)
        self._counts[key] = ends, count + amount
        return count + amount

    def get(self, key: str) -> int:
        """How many there are in this window."""
        ends, count = self._counts.get(key, (0.0, 0))
        return count if ends > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """When this window ends, in Unix seconds."""
        return self._counts.get(key, (time.time(), 0))[0]

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        count = len(self._counts)
        self._counts.clear()
        return count

    def clear(self, key: str) -> None:
        self._counts.pop(key, None)


class Rate:
    """So many requests of each client in a minute; 0: as many as it likes."""

    def __init__(self, a_minute: int) -> None:
        self._item = RateLimitItemPerMinute(a_minute) if a_minute else None
        self._limiter = FixedWindowRateLimiter(_Counts())

    def wait(self, client: str) -> int:
        """Counts one more request; the seconds until the next may come, where it is one too many, else 0."""
        if self._item is None or self._limiter.hit(self._item, client):
            return 0
        return max(1, round(self._limiter.get_window_stats(self._item, client).reset_time - time.time()))
