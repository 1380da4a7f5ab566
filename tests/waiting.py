"""Waiting in tests: for what other threads and processes bring about, and beside what goes on meanwhile.

Suites run side by side on few cores, so no test may fail because its machine is busy: what is waited for has
`LATE_S`, and what must not take long is set against something that would take far longer than that.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

LATE_S: Final = 60.0  # what a busy machine delays at most; a test may take five times as long


def wait_for(holds: Callable[[], object], seconds: float = LATE_S, pause: float = 0.05) -> None:
    """Until it holds; fails where that takes too long."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it did not hold within {seconds} s"
        time.sleep(pause)


@contextmanager
def in_time(seconds: float = LATE_S) -> Iterator[None]:
    """What is inside ends within `seconds`. Without what is tested it would take much longer, or for ever."""
    began = time.monotonic()
    yield
    passed = time.monotonic() - began
    assert passed < seconds, f"it took {passed:.1f} s"


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
