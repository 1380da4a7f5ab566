"""Long texts in pieces, so that to look at a text costs as much as its length, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_PIECE: Final = 2_000  # characters
_OVERLAP: Final = 200  # so that what names somebody stands whole in one of two pieces


def pieces(text: str) -> Iterator[str]:
    """The pieces of a text, each with the end of the one before; where possible none begins within a word."""
    start = 0
    while len(text) - start > _PIECE:
        end = text.rfind(" ", start + _PIECE - _OVERLAP, start + _PIECE)
        end = start + _PIECE if end < 0 else end
        yield text[start:end]
        gap = text.find(" ", end - _OVERLAP, end)
        start = end - _OVERLAP if gap < 0 else gap + 1
    yield text[start:]
