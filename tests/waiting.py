"""Waiting in tests: for what other threads and processes bring about, and beside what goes on meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def wait_for(holds: Callable[[], object], seconds: float = 20.0, pause: float = 0.05) -> None:
    """Until it holds; fails where that takes too long."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it did not hold within {seconds} s"
        time.sleep(pause)


@contextmanager
def meanwhile(step: Callable[[], object], pause: float) -> Iterator[None]:
    """Inside, another thread does this again and again."""
    stopped = threading.Event()

    def run() -> None:
        while not stopped.wait(pause):
            step()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
