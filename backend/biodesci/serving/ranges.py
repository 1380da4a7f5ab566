"""Ranges of bytes that a request asks for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_ONE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True)
class Range:
    """From `start` up to `stop` (bytes), and the status of the answer: 200, 206, or 416 where nothing is
    there."""

    start: int
    stop: int
    status: int


def asked(header: str, size: int) -> Range:
    """What the header Range asks of a file of `size` bytes. Anything but one plain range gets the whole file
    (section 14.2)."""
    match = _ONE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return Range(0, size, 200)
    first, last = match.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
    return Range(start, stop, 206) if start < stop else Range(0, 0, 416)
