"""Waiting out a part that is being restarted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from biodesci.core.errors import UnavailableError

T = TypeVar("T")


def persist(action: Callable[[], T], seconds: float = 60.0) -> T:
    """Do `action`, again while a part it needs does not answer. It must be safe to repeat.

    Raises:
        UnavailableError: the part was away for longer than `seconds`.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return action()
        except UnavailableError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
