"""Counts the functions of ours that run while a value makes its way: how many doors a reader has to open."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def counted() -> Iterator[set[str]]:
    """The functions of the package that run within, on this thread; lambdas and comprehensions apart."""
    seen: set[str] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        module = str(frame.f_globals.get("__name__", ""))
        if event == "call" and module.startswith("biodesci.") and not frame.f_code.co_name.startswith("<"):
            seen.add(f"{module}.{frame.f_code.co_qualname}")

    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(None)
