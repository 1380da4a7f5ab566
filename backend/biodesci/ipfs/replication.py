"""Copies on other parties' nodes: asked for by `pin/add`, and believed once those nodes have shown them.

A node that says "pinned" may have kept nothing. So blocks at places that nobody can foresee are asked of it,
out of its own repository, and checked against their hashes: who has thrown away a share p of a file is found
out by n places with probability 1 - (1 - p)^n.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from biodesci.core.errors import BioDeSciError
from biodesci.ipfs.client import Ipfs

PIN_SECONDS: Final = 600.0  # how long a node may take to fetch a file; what it has by then, it goes on from


@dataclass(frozen=True)
class Copy:
    """What became of one file at one node: how many blocks' places it showed, or why it has no copy."""

    api: str
    digest: bytes
    places: int
    problem: str = ""


def replicate(own: Ipfs, other: Ipfs, digest: bytes, places: int) -> Copy:
    """Asks `other` to keep what `own` has, and to show `places` of it, chosen at random, with the last byte.

    Raises nothing of ours: what a node does or says, or lacks, is the copy's `problem`, and others go on.
    """
    try:
        size = own.size(digest)
    except BioDeSciError as exc:
        return Copy(other.api, digest, 0, f"This party's own node: {exc.message}")
    chosen = unforeseeable(size, places)
    try:
        other.pin(digest, seconds=PIN_SECONDS)
        for place in chosen:
            other.holds(digest, place)
    except BioDeSciError as exc:
        return Copy(other.api, digest, 0, exc.message)
    return Copy(other.api, digest, len(chosen))


def unforeseeable(size: int, places: int) -> list[int]:
    """So many places of a file of `size` bytes, chosen at random, and its last byte, in ascending order."""
    return sorted({secrets.randbelow(size) for _ in range(places)} | {size - 1}) if size else [0]
