"""Which bytes of an Arrow IPC file or stream are a column's (Arrow columnar format, "IPC"; FlatBuffers)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

Range = tuple[int, int]
_MAGIC: Final = b"ARROW1\0\0"
_CONTINUES: Final = 0xFFFFFFFF
_DICTIONARY, _BATCH = 2, 3  # types of a message's header
_LARGEST: Final = 256 << 20  # bytes of a message's metadata


def buffers(stream: BinaryIO) -> list[Range]:
    """(start, end) of each buffer of the batches and dictionaries, in the stream.

    What can't be followed is left out, and so is all that comes after it.
    """
    ranges: list[Range] = []
    at = len(_MAGIC) if stream.read(len(_MAGIC)) == _MAGIC else 0
    while True:
        stream.seek(at)
        mark, length = struct.unpack("<2I", stream.read(8).ljust(8, b"\0"))
        if mark != _CONTINUES or not 0 < length <= _LARGEST:
            return ranges
        body = at + 8 + length
        try:
            message = _Table(stream.read(length))
            ranges += [(body + start, body + end) for start, end in _of_message(message)]
            at = body + message.long(3)
        except (struct.error, IndexError):
            return ranges
        if at < body:
            return ranges


def _of_message(message: _Table) -> Iterator[Range]:
    kind, header = message.byte(1), message.table(2)
    if kind == _DICTIONARY:
        header = header.table(1)
    elif kind != _BATCH:
        return
    yield from header.ranges(2)


class _Table:
    """A table of FlatBuffers, by the numbers of its fields."""

    def __init__(self, data: bytes, at: int | None = None) -> None:
        self._data = data
        self._at = self._unpacked("<I", 0)[0] if at is None else at
        self._fields = self._at - self._unpacked("<i", self._at)[0]

    def byte(self, number: int) -> int:
        """A number of one byte; 0 where the field is missing."""
        place = self._place(number)
        return self._data[place] if place else 0

    def long(self, number: int) -> int:
        """A number of eight bytes; 0 where the field is missing."""
        place = self._place(number)
        return int(self._unpacked("<q", place)[0]) if place else 0

    def table(self, number: int) -> _Table:
        """A table within this one. Raises IndexError where the field is missing."""
        place = self._place(number)
        if not place:
            raise IndexError
        return _Table(self._data, place + self._unpacked("<I", place)[0])

    def ranges(self, number: int) -> Iterator[Range]:
        """A list of (offset, length), as (start, end)."""
        place = self._place(number)
        if not place:
            return
        place += self._unpacked("<I", place)[0]
        for index in range(self._unpacked("<I", place)[0]):
            start, length = self._unpacked("<2q", place + 4 + 16 * index)
            yield start, start + length

    def _place(self, number: int) -> int:
        if 4 + 2 * number >= self._unpacked("<H", self._fields)[0]:
            return 0
        offset = self._unpacked("<H", self._fields + 4 + 2 * number)[0]
        return self._at + int(offset) if offset else 0

    def _unpacked(self, form: str, at: int) -> tuple[int, ...]:
        return struct.unpack_from(form, self._data, at)
