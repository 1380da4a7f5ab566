"""Texts among bytes, as strings(1) finds them: runs of printable characters in UTF-8 and in UTF-16."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import numpy as np

SHORTEST: Final = 6
"""How many bytes a text has at least: six Latin letters, or two of a script of three bytes each."""
LONGEST: Final = 1 << 14
"""How many bytes of a text are given at once; a longer one comes in pieces that overlap."""
_PIECE: Final = 1 << 20
_OVERLAP: Final = 256  # bytes of a long text that are given twice, so that no name is cut in two


def strings(stream: BinaryIO) -> Iterator[str]:
    """The texts of a stream, from where it stands to its end, in about the order in which they stand.

    Holds a few MiB, whatever the stream's size. Of a text in UTF-16 no letter beyond ASCII is found. What
    is given may have a printable byte too many at either end.
    """
    kept = b""
    while piece := stream.read(_PIECE):
        data = kept + piece
        # What touches the end may go on: it is looked at again with what follows.
        cut = _end(data)
        yield from within(data[:cut] if cut > len(data) - LONGEST else data[: cut + _OVERLAP])
        kept = data[cut:]
    yield from within(kept)


def within(data: bytes) -> Iterator[str]:
    """The texts of some bytes that are in memory."""
    codes = np.frombuffer(data, np.uint8)
    if len(codes) < SHORTEST:
        return
    ascii_ = _ascii(codes)
    for start, end in _runs(_utf_8(codes, ascii_)):
        for begin in range(start, end, LONGEST):
            yield data[begin : min(end, begin + LONGEST + _OVERLAP)].decode("utf-8", "replace")
    zero = codes == 0
    for phase in (0, 1):
        pairs = ascii_[phase:-1:2] & zero[phase + 1 :: 2]
        letters = data[phase::2]
        for start, zeros in _runs(pairs):
            # Of UTF-16 with the high byte first no zero follows the last letter.
            end = zeros + (2 * zeros + phase < len(data) and bool(ascii_[2 * zeros + phase]))
            for begin in range(start, end, LONGEST):
                yield letters[begin : min(end, begin + LONGEST + _OVERLAP)].decode("ascii")


def _ascii(codes: Any) -> Any:
    """Which bytes are printable in ASCII, or a tabulator."""
    return (codes - np.uint8(32) < 95) | (codes == 9)  # differences below zero are large numbers


def _utf_8(codes: Any, ascii_: Any) -> Any:
    """Which bytes are of printable characters: also of Latin, Greek, Cyrillic, Japanese, Chinese, Korean."""
    following = codes - np.uint8(0x80) < 0x40
    two = (codes[:-1] - np.uint8(0xC3) < 0xF) & following[1:]
    three = (codes[:-2] - np.uint8(0xE3) < 0xB) & following[1:-1] & following[2:]
    printable = ascii_.copy()
    for length, at in ((2, two), (3, three)):
        for offset in range(length):
            printable[offset : offset + len(at)] |= at
    return printable


def _runs(printable: Any) -> list[tuple[int, int]]:
    """(start, end) of each run of SHORTEST or more."""
    if len(printable) < SHORTEST:
        return []
    two = printable[:-1] & printable[1:]
    starts = np.flatnonzero(two[:-4] & two[2:-2] & two[4:])
    if not len(starts):
        return []
    gaps = np.flatnonzero(np.diff(starts) > 1)
    first = starts[np.concatenate(([0], gaps + 1))]
    last = starts[np.concatenate((gaps, [len(starts) - 1]))] + SHORTEST
    return list(zip(first.tolist(), last.tolist(), strict=True))


def _end(data: bytes) -> int:
    """Where the last text may begin that touches the end, at most LONGEST bytes before it."""
    tail = np.frombuffer(data[-LONGEST:], np.uint8)
    breaks = np.flatnonzero(~_ascii(tail) & (tail < 0x80) & (tail != 0))
    return len(data) - len(tail) + (int(breaks[-1]) + 1 if len(breaks) else 0)
