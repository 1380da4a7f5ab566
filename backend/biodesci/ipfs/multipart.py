"""Streaming reader of request bodies, chunked or of known length, and of the files in them (RFC 7578)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final, Protocol

from biodesci.core.errors import InputError

_PIECE: Final = 1 << 18
_MAX_LINE: Final = 8_192


class Body(Protocol):
    """Something to read a request's body from."""

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none are left when it returns b"". InputError if the body is cut short."""


class LengthBody:
    """A body of known length."""

    def __init__(self, source: BinaryIO, length: int) -> None:
        self._source = source
        self._left = length

    def read(self, size: int) -> bytes:
        """At most `size` bytes, b"" at the end. InputError if the request ends before its length."""
        piece = self._source.read(min(size, self._left))
        if not piece and self._left and size:
            raise InputError("The request ended before its body did.")
        self._left -= len(piece)
        return piece


class ChunkedBody:
    """A body in chunked transfer coding (RFC 9112 §7.1)."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._left = 0
        self._ended = False

    def read(self, size: int) -> bytes:
        """At most `size` bytes of one chunk, b"" after the last one.

        Raises InputError for a malformed chunk size, or when the request ends within a chunk.
        """
        if self._ended or size == 0:
            return b""
        if self._left == 0:
            line = self._source.readline(_MAX_LINE)
            try:
                self._left = int(line.split(b";")[0].strip(), 16)
            except ValueError:
                raise InputError("The request's chunked body is malformed or was cut short.") from None
            if self._left == 0:
                self._ended = True
                while self._source.readline(_MAX_LINE) not in (b"\r\n", b"\n", b""):
                    continue
                return b""
        piece = self._source.read(min(size, self._left))
        if not piece:
            raise InputError("The request ended before its body did.")
        self._left -= len(piece)
        if self._left == 0:
            self._source.readline(_MAX_LINE)
        return piece


def files(body: Body, content_type: str) -> Iterator[Iterator[bytes]]:
    """Each part's content as an iterator of pieces; one has to be used up before the next is asked for.

    Raises InputError for another content type, malformed headers of a part, and a body that is cut short.
    """
    marker = "boundary="
    if "multipart/" not in content_type or marker not in content_type:
        raise InputError("file argument 'path' is required", "Send the file as multipart/form-data.")
    boundary = content_type.split(marker, 1)[1].split(";", maxsplit=1)[0].strip().strip('"').encode("latin-1")
    reader = _PartReader(body, b"--" + boundary)
    while reader.next_part():
        yield reader.content()


class _PartReader:
    def __init__(self, body: Body, delimiter: bytes) -> None:
        self._body = body
        # The preamble rule makes every delimiter look alike: it is as if a line break came first.
        self._delimiter = b"\r\n" + delimiter
        self._buffer = b"\r\n"
        self._inside = True  # the preamble counts as a part

    def next_part(self) -> bool:
        for _ in self.content():  # what is left of the part before, or the preamble
            continue
        tail = self._take(2)
        if tail == b"--" or not tail:
            while self._body.read(_PIECE):  # the epilogue
                continue
            return False
        while True:
            end = 0 if self._buffer.startswith(b"\r\n") else self._buffer.find(b"\r\n\r\n")
            if end >= 0:
                self._take(end + (4 if end else 2))
                self._inside = True
                return True
            if len(self._buffer) > _MAX_LINE or not self._more():
                raise InputError("A part of the multipart body has malformed headers.")

    def content(self) -> Iterator[bytes]:
        while self._inside:
            end = self._buffer.find(self._delimiter)
            if end >= 0:
                if end:
                    yield self._take(end)
                self._take(len(self._delimiter))
                self._inside = False
                return
            safe = len(self._buffer) - len(self._delimiter)
            if safe > 0:
                yield self._take(safe)
            if not self._more():
                raise InputError("The multipart body was cut short.")

    def _more(self) -> bool:
        piece = self._body.read(_PIECE)
        self._buffer += piece
        return bool(piece)

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size and self._more():
            continue
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken
