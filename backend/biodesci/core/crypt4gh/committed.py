"""Whether a plain file is the one that a container holds, by the container's 48 bytes in front and its key.

A container's segments follow from its header, the dataset key and the plaintext (core/container.py). So who
has the file in another form makes them again, keeps none, and compares their root with the one on chain.
"""

from __future__ import annotations

from typing import Final

from biodesci.core import commitment, container, merkle
from biodesci.core.segments import nonce

_NAME: Final = "file's content root"


class Committed:
    """Takes the bytes of a plain file, in pieces of any size; says whether they are the committed ones."""

    def __init__(self, raw_header: bytes, dataset_key: bytes) -> None:
        """Raises IntegrityError for 48 bytes that are no container's header."""
        self._header = container.Header.parse(raw_header)
        self._cipher = self._header.cipher(dataset_key)
        self._tree = merkle.Tree()
        self._tree.append(self._header.raw)
        self._waiting = bytearray()
        self._size = 0
        self._sealed = bytearray(self._header.segment_size + container.TAG_SIZE)

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Takes bytes; what may be the last segment is held back."""
        view, size = memoryview(data), self._header.segment_size
        taken = 0
        while taken < len(view):
            if len(self._waiting) == size:
                self._append(last=False)
            room = size - len(self._waiting)
            self._waiting += view[taken : taken + room]
            taken += min(room, len(view) - taken)
        self._size += len(view)
        return len(view)

    def check(self, content_root: bytes) -> int:
        """Ends the file, and returns its size in bytes. Raises IntegrityError unless its container has this
        content root (32 bytes)."""
        self._append(last=True)
        commitment.check(content_root, self._tree.root(), _NAME)
        return self._size

    def _append(self, *, last: bool) -> None:
        sealed = memoryview(self._sealed)[: len(self._waiting) + container.TAG_SIZE]
        number = nonce(self._tree.size - 1, last)
        self._cipher.encrypt_into(number, self._waiting, self._header.raw, sealed)
        self._tree.append_hash(merkle.leaf_hash(sealed))
        self._waiting = bytearray()
