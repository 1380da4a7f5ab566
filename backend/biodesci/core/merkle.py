"""Merkle tree hash, inclusion proof and its verification (RFC 6962 §2.1; verification: RFC 9162 §2.1.3.2).

SHA-256 with leaf prefix 00 and node prefix 01, so that a node can't pass for a leaf.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence

from biodesci.core.errors import InputError, IntegrityError


def leaf_hash(leaf: bytes | memoryview) -> bytes:
    """SHA-256(00 ‖ leaf)."""
    digest = hashlib.sha256(b"\x00")
    digest.update(leaf)
    return digest.digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Grows a tree leaf by leaf in O(log n) memory."""

    def __init__(self) -> None:
        self._complete: list[tuple[int, bytes]] = []  # (height, hash) of complete subtrees, left to right
        self.size = 0

    def append(self, leaf: bytes) -> None:
        """Add a leaf of any length at the right end of the tree."""
        self.append_hash(leaf_hash(leaf))

    def append_hash(self, hashed: bytes) -> None:
        """Appends a leaf whose `leaf_hash` was computed elsewhere (on another core, say)."""
        height = 0
        while self._complete and self._complete[-1][0] == height:
            hashed = _node_hash(self._complete.pop()[1], hashed)
            height += 1
        self._complete.append((height, hashed))
        self.size += 1

    def root(self) -> bytes:
        """The tree hash of the leaves so far, 32 bytes; without any, SHA-256 of nothing (RFC 6962 §2.1)."""
        if not self._complete:
            return hashlib.sha256(b"").digest()
        hashed = self._complete[-1][1]
        for _, left in reversed(self._complete[:-1]):
            hashed = _node_hash(left, hashed)
        return hashed


def root(leaves: Iterable[bytes]) -> bytes:
    """The Merkle tree hash of the leaves, 32 bytes."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def prove(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Inclusion proof of `leaves[index]`: sibling hashes from the leaf up.

    InputError where there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise InputError(f"No leaf {index} in a tree of {len(leaves)}.")
    hashes = [leaf_hash(leaf) for leaf in leaves]
    proof: list[bytes] = []
    start, stop = 0, len(hashes)
    while stop - start > 1:
        middle = start + (1 << (stop - start - 1).bit_length() - 1)
        if index < middle:
            proof.append(_subtree(hashes[middle:stop]))
            stop = middle
        else:
            proof.append(_subtree(hashes[start:middle]))
            start = middle
    return proof[::-1]


def _subtree(hashes: Sequence[bytes]) -> bytes:
    tree = Tree()
    for hashed in hashes:
        tree.append_hash(hashed)
    return tree.root()


def verify(root: bytes, leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> None:
    """Raises IntegrityError unless `leaf` is number `index` of the `size` leaves under `root`."""
    if not 0 <= index < size:
        raise IntegrityError(f"The inclusion proof is for leaf {index} of {size}, which cannot exist.")
    position, last = index, size - 1
    hashed = leaf_hash(leaf)
    for sibling in proof:
        if last == 0 or len(sibling) != 32:
            raise _mismatch(index)
        if position & 1 or position == last:
            hashed = _node_hash(sibling, hashed)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            hashed = _node_hash(hashed, sibling)
        position >>= 1
        last >>= 1
    if last != 0 or not hmac.compare_digest(hashed, root):
        raise _mismatch(index)


def _mismatch(index: int) -> IntegrityError:
    return IntegrityError(
        f"The inclusion proof of leaf {index} does not lead to the committed root.",
        "The bytes or the proof were changed, or belong to another file.",
    )
