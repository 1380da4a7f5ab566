"""Cells of a table of counts: which are hidden, and how the others are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from biodesci.core.airlock.rules import SMALL

TENS: Final = 10
_DIGITS: Final = 3


def base(count: int) -> int:
    """What a count of this size is rounded to a multiple of: 10, or what leaves three digits."""
    return TENS if count < 10 ** (_DIGITS + 1) else int(10 ** (len(str(count)) - _DIGITS))


def rounded(count: int) -> int:
    """A count of people as it is told; halves are rounded up. 11 to 14 people are told as 10."""
    step = base(count)
    return (count + step // 2) // step * step


def slack(released: int) -> int:
    """By how many people at most the count may differ that is told so."""
    return base(released) // 2


def released(count: int) -> int | None:
    """A single count as it is told; None where it is of too few people."""
    return rounded(count) if count >= SMALL else None


def hidden(counts: Sequence[int]) -> list[bool]:
    """Which cells of a table with a known total are hidden: those of 0 to 10 people, and then the next
    smallest until the hidden ones are several and of at least 11 people together."""
    hide = [count < SMALL for count in counts]
    by_size = sorted((i for i, count in enumerate(counts) if count >= SMALL), key=lambda i: counts[i])
    while any(hide) and by_size:
        secret = [count for count, is_hidden in zip(counts, hide, strict=True) if is_hidden]
        if len(secret) > 1 and sum(secret) >= SMALL:
            break
        hide[by_size.pop(0)] = True
    return hide


def released_table(counts: Sequence[int]) -> list[int | None]:
    """All cells of a table as they are told; None where one is hidden."""
    return [
        None if is_hidden else rounded(count) for count, is_hidden in zip(counts, hidden(counts), strict=True)
    ]


def released_share(part: int, whole: int) -> float | None:
    """The share `part` of `whole` people, made of what is told of both, so that it tells no more.

    0 stands for fewer than 11 people, nobody included; None where fewer than 11 are left over.
    """
    if whole - part < SMALL:
        return None
    return round(rounded(part) / rounded(whole), 3) if part >= SMALL else 0.0
