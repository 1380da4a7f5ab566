"""Segments of a container: sealed and opened one by one, on all cores, and handed on in order.

AES-256-GCM with the nonces of STREAM (core/container.py), and the hash that each is in the Merkle tree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from biodesci.core import merkle, pipeline
from biodesci.core.errors import InputError

TAG_SIZE: Final = 16
_MAX_SEGMENTS: Final = 1 << 32


def nonce(index: int, last: bool) -> bytes:
    """The nonce of segment `index`; the flag on the last one is what makes truncation an error.

    The 12 bytes are 7 zeros, the index as u32 and the flag. Raises InputError for an index of 2^32 or more.
    """
    if index >= _MAX_SEGMENTS:
        raise InputError("The file has more segments than a container can count.", "Use larger segments.")
    return bytes(7) + index.to_bytes(4, "big") + bytes([last])


class Segment:
    """Buffers of one segment, used again and again: fresh megabytes cost more than the cipher."""

    def __init__(self, segment_size: int) -> None:
        self._plaintext = memoryview(bytearray(segment_size))
        self._sealed = memoryview(bytearray(segment_size + TAG_SIZE))
        self.plaintext = self._plaintext  # as much of the buffers as the segment has
        self.sealed = self._sealed
        self.is_full = False  # of what was read, so that another segment may follow
        self.index = 0
        self.last = False
        self.leaf = b""  # its hash in the Merkle tree
        self.is_sound = False

    def read_plaintext(self, source: BinaryIO) -> int:
        """Reads a segment that is to be sealed; how many bytes there were."""
        length = fill(source, self._plaintext)
        self.plaintext, self.sealed = self._plaintext[:length], self._sealed[: length + TAG_SIZE]
        self.is_full = length == len(self._plaintext)
        return length

    def read_sealed(self, source: BinaryIO) -> int:
        """Reads a sealed segment; how many bytes there were."""
        length = fill(source, self._sealed)
        self.plaintext, self.sealed = self._plaintext[: max(0, length - TAG_SIZE)], self._sealed[:length]
        self.is_full = length == len(self._sealed)
        return length

    def seal(self, cipher: AESGCM, header: bytes) -> None:
        """Plaintext -> sealed, and the leaf."""
        cipher.encrypt_into(nonce(self.index, self.last), self.plaintext, header, self.sealed)
        self.hash()

    def open(self, cipher: AESGCM, header: bytes) -> None:
        """Sealed -> plaintext, the leaf, and whether the tag was right."""
        self.hash()
        self.is_sound = False
        # Only an empty file has an empty last segment: otherwise two containers would hold one file.
        if len(self.sealed) < TAG_SIZE or (len(self.sealed) == TAG_SIZE and self.index > 0):
            return
        try:
            cipher.decrypt_into(nonce(self.index, self.last), self.sealed, header, self.plaintext)
        except InvalidTag:
            return
        self.is_sound = True

    def hash(self) -> None:
        """The leaf of what is sealed."""
        self.leaf = merkle.leaf_hash(self.sealed)


class Segments:
    """The segments of a stream. One is read ahead, since a segment must be known to be the last one before
    it is worked on."""

    def __init__(self, segment_size: int, read: Callable[[Segment], int]) -> None:
        """`read` reads one segment, and says how many bytes there were. The first may have none."""
        self._read, self._segment_size = read, segment_size
        self._free: list[Segment] = []
        self._ahead: Segment | None = Segment(segment_size)
        self._count = 0
        read(self._ahead)

    def run(self, work: Callable[[Segment], None], stages: Sequence[Callable[[Segment], object]]) -> None:
        """Works on all of them, and hands them on in order."""
        pipeline.run(self._take, work, stages, self._free.append)

    def _take(self) -> Segment | None:
        segment = self._ahead
        if segment is not None:
            self._ahead = self._following() if segment.is_full else None
            segment.index, segment.last = self._count, self._ahead is None
            self._count += 1
        return segment

    def _following(self) -> Segment | None:
        segment = self._free.pop() if self._free else Segment(self._segment_size)
        if self._read(segment):
            return segment
        self._free.append(segment)
        return None


def fill(source: BinaryIO, buffer: memoryview) -> int:
    """Reads until the buffer is full or the source ends; pipes and sockets give less at a time."""
    filled = 0
    readinto = getattr(source, "readinto", None)
    while filled < len(buffer):
        if readinto is not None:
            got = readinto(buffer[filled:]) or 0
        else:
            chunk = source.read(len(buffer) - filled)
            got = len(chunk)
            buffer[filled : filled + got] = chunk
        if not got:
            break
        filled += got
    return filled


def read(source: BinaryIO, size: int) -> bytes:
    """So many bytes, or all there are."""
    buffer = bytearray(size)
    return bytes(buffer[: fill(source, memoryview(buffer))])
