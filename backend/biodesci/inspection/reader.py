"""What streams have in common that read from another one: a subclass says how it reads."""

from __future__ import annotations

import io
from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO


class Reader(io.RawIOBase):
    """A stream for libraries that fill buffers, too."""

    @abstractmethod
    def read(self, size: int = -1) -> bytes:
        """`size` bytes at most, and at least one before the end; all where it is negative."""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills a buffer, or a part of it."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


class OneAfterTheOther(Reader):
    """Several streams as one, each opened when the one before it ended, with a NUL between them."""

    def __init__(self, openers: Iterable[Callable[[], BinaryIO]]) -> None:
        super().__init__()
        self._waiting = iter(openers)
        self._stream: BinaryIO | None = None

    def read(self, size: int = -1) -> bytes:
        """`size` bytes at most, and at least one before the end."""
        if self._stream is not None:
            if piece := self._stream.read(size):
                return piece
            self._stream.close()
        opener = next(self._waiting, None)
        self._stream = opener() if opener is not None else None
        return b"\0" if opener is not None else b""

    def close(self) -> None:
        """Closes the stream that is read from."""
        if self._stream is not None:
            self._stream.close()
        super().close()
