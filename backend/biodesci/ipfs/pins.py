"""What a party keeps on its IPFS node, and why: a file in its home for each thing that it added or pinned.

A node knows what is pinned, not what for. Others' cards and files are read and not pinned: they go when the
node collects its garbage.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import ClassVar, Final

from biodesci.core import files
from biodesci.core.documents.base import Document
from biodesci.core.documents.values import BareBytes32, Text, UnixSeconds
from biodesci.core.errors import ConfigurationError

FOLDER: Final = "pins"


class Pin(Document):
    """One of them: the digest of its CID, what it is, and since when it is kept (Unix seconds)."""

    title: ClassVar = "note of a pin"
    remedy: ClassVar = "Move the file away: the node still has the pin, and only its reason is lost."
    limit: ClassVar = 4 << 10
    refusal: ClassVar = ConfigurationError

    digest: BareBytes32
    why: Text
    since: UnixSeconds


class Pins:
    """The register of one home."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    def note(self, digest: bytes, why: str) -> None:
        """Remembers why this is kept; the first reason stays."""
        path = self._path(digest)
        if not path.exists():
            files.write_private(path, Pin(digest=digest, why=why, since=int(time.time())).to_bytes())

    def forget(self, digest: bytes) -> None:
        """It is kept no more."""
        self._path(digest).unlink(missing_ok=True)

    def all(self) -> list[Pin]:
        """The oldest first. Raises ConfigurationError for a note that is damaged."""
        notes = [Pin.parse(path.read_bytes()) for path in self._folder.glob("*.json")]
        return sorted(notes, key=lambda pin: (pin.since, pin.digest))

    def _path(self, digest: bytes) -> Path:
        return self._folder / f"{digest.hex()}.json"
