"""How long a question may take, and how much its answer: asked before each wait at the socket, where alone a
server is noticed that sends a byte now and then, of headers too."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Meter(Protocol):
    """What may be taken by the question that is going on."""

    def seconds(self) -> float:
        """Those that are left. Raises TimeoutError when none are."""
        ...

    def spend(self, count: int) -> None:
        """So many bytes came. Raises an error of ours where that is more than may come."""
        ...


def left_until(ends: float) -> float:
    """The seconds until then (monotonic). Raises TimeoutError when none are left."""
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("the question's time is up")
    return left


class Clock(threading.local):
    """Until when this thread's question has to be answered. Bytes have time of their own where there is a
    `pace`, in bytes a second."""

    def __init__(self, pace: float = float("inf")) -> None:
        self._pace = pace
        self._ends = 0.0

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What this thread asks inside is answered in that time, up to the last byte, or not at all."""
        before, self._ends = self._ends, time.monotonic() + seconds
        try:
            yield
        finally:
            self._ends = before

    def seconds(self) -> float:
        """Those that are left. Raises TimeoutError when none are, as outside of a question."""
        return left_until(self._ends)

    def spend(self, count: int) -> None:
        """So many bytes were moved."""
        self._ends += count / self._pace
