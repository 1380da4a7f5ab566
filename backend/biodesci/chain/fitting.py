"""What was found to fit a hash that the contracts keep: while they keep the hash, it is not looked for again.

A lookup of an event reads logs up to the chain's head, of a long chain in many pieces. What fits a hash is
what it was, whichever node shows it.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

MOST: Final = 1_000  # strangers register keys and publish; a key has 1.2 kB

Found = TypeVar("Found")


class Fitting(Generic[Found]):
    """The latest things that were found, by their hashes. Threads may share it."""

    def __init__(self, most: int = MOST) -> None:
        self._found: dict[bytes, Found] = {}
        self._most = most

    def get(self, digest: bytes) -> Found | None:
        """None where it is to be looked for."""
        return self._found.get(digest)

    def keep(self, digest: bytes, found: Found) -> Found:
        """The same; for the newest, the oldest is forgotten."""
        kept = {digest: found, **self._found}
        self._found = dict(list(kept.items())[: self._most])
        return found
