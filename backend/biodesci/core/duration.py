"""Lengths of time as people write them: 30d, 12h, 90m, 45s, 2w, or a number of seconds."""

from __future__ import annotations

import re
from typing import Final

from biodesci.core.errors import InputError

_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
_NAMES: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def parse(text: str) -> int:
    """Seconds of a length of time such as "30d" or "1d12h"; InputError where it is none."""
    written = text.strip().lower()
    if written.isascii() and written.isdecimal():
        return int(written)
    parts = re.findall(r"(\d{1,12})([smhdw])", written, re.ASCII)
    if not parts or "".join(number + unit for number, unit in parts) != written:
        raise InputError(
            f"{text[:40]!r} is not a length of time.", "Write it like 30d, 12h, 90m, 45s, or 1d12h."
        )
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def show(seconds: int) -> str:
    """In the largest unit that counts it whole: "30 days"."""
    for unit, length in _NAMES:
        if seconds and seconds % length == 0:
            number = seconds // length
            return f"{number} {unit}{'s' if number > 1 else ''}"
    return f"{seconds} s"
