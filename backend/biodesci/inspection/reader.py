"""What streams have in common that read from another one: a subclass says how it reads."""

from __future__ import annotations

import io
from abc import abstractmethod
from typing import Any


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
