"""What stands between the parts of a file that its reader reads: a stream without them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO, Final

from biodesci.inspection.reader import Reader

_PIECE: Final = 1 << 20


class Outside(Reader):
    """The bytes of a stream, from where it stands, that are in none of the ranges, a NUL for each range.

    `ranges` are (start, end) in bytes from there; they may overlap, and go beyond the end.
    """

    def __init__(self, raw: BinaryIO | Reader, ranges: Iterable[tuple[int, int]]) -> None:
        super().__init__()
        self._raw, self._at = raw, 0
        self._ranges = sorted((start, end) for start, end in ranges if start < end)[::-1]

    def read(self, size: int = -1) -> bytes:
        """`size` bytes at most, and at least one before the end."""
        if size < 0:
            size = _PIECE
        while self._ranges and self._ranges[-1][0] <= self._at:
            _, end = self._ranges.pop()
            if end > self._at:
                self._skip(end - self._at)
                return b"\0"
        upto = self._ranges[-1][0] - self._at if self._ranges else size
        piece = self._raw.read(min(size, upto))
        self._at += len(piece)
        return piece

    def close(self) -> None:
        """Closes what is read from."""
        self._raw.close()
        super().close()

    def _skip(self, length: int) -> None:
        self._at += length
        if self._raw.seekable():
            self._raw.seek(length, 1)
            return
        while length > 0 and (piece := self._raw.read(min(length, _PIECE))):
            length -= len(piece)


def is_empty(stream: BinaryIO) -> bool:
    """Whether nothing but zeros is left of a stream."""
    while piece := stream.read(_PIECE):
        if piece.count(0) < len(piece):
            return False
    return True
