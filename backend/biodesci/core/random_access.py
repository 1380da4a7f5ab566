"""A part of a container: the segments that hold it are fetched and opened, and no others.

Each segment is bound to its place by its nonce and to its file by the header (core/container.py), so that
what is read is what was sealed there by who has the key. Whether the container is the one on chain, only
reading all of it tells: its content root is over all segments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cryptography.exceptions import InvalidTag

from biodesci.core.container import HEADER_SIZE, TAG_SIZE, Header
from biodesci.core.errors import InputError, IntegrityError
from biodesci.core.segments import nonce

Fetch = Callable[[int, int], bytes]
"""The container's bytes from one offset up to another."""


class RandomAccess:
    """The plaintext of a container of `size` bytes, read at any place."""

    def __init__(self, fetch: Fetch, size: int, dataset_key: bytes) -> None:
        """Raises IntegrityError where `fetch` gives no container of that size."""
        self._fetch = fetch
        self._header = Header.parse(fetch(0, min(size, HEADER_SIZE)))
        self._cipher = self._header.cipher(dataset_key)
        sealed_segment = self._header.segment_size + TAG_SIZE
        self._segments = max(1, -(-(size - HEADER_SIZE) // sealed_segment))
        self.size = size - HEADER_SIZE - self._segments * TAG_SIZE
        if self.size < 0 or self._header.sealed_size(self.size) != size:
            raise IntegrityError(f"A container cannot have {size} bytes.", "Fetch the file again.")
        self._container_size = size

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        """The plaintext from `start` up to `stop`, in pieces.

        Raises InputError for a part that the file has not, and IntegrityError for a segment that is not the
        one that was sealed at its place, or was sealed under another key.
        """
        if not 0 <= start <= stop <= self.size:
            raise InputError(
                f"The file has {self.size} bytes, and not those from {start} to {stop}.", "Name a part of it."
            )
        length = self._header.segment_size
        for index in range(start // length, -(-stop // length)):
            plaintext = self._segment(index)
            begins = index * length
            yield plaintext[max(0, start - begins) : stop - begins]

    def _segment(self, index: int) -> bytes:
        begins = HEADER_SIZE + index * (self._header.segment_size + TAG_SIZE)
        ends = min(begins + self._header.segment_size + TAG_SIZE, self._container_size)
        sealed = self._fetch(begins, ends)
        last = index == self._segments - 1
        try:
            return self._cipher.decrypt(nonce(index, last), sealed, self._header.raw)
        except (InvalidTag, ValueError) as exc:
            raise IntegrityError(
                f"Segment {index} of the container does not open: the bytes were changed or moved, or the "
                "key is of another file.",
                "Fetch the file again; if it stays so, the copy was damaged or tampered with.",
            ) from exc
