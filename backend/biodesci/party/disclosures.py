"""What this home's publications released of people's data, so that later ones are compared with them.

Cards are public, sketches never: they are hashes under a key of this home, and both lie in it (mode 0600) and
in its encrypted backup alone.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Final

import numpy as np
from pydantic import Field

from biodesci.chain.client import Chain
from biodesci.core import files
from biodesci.core.airlock.overlap import Sketch
from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.dataset_card import MAX_TABLES
from biodesci.core.documents.values import Base64, Count, Text
from biodesci.core.errors import ConfigurationError

FOLDER: Final = "disclosures"
_KEY_FILE: Final = "sketches.key"
_KEY_SIZE: Final = 32
_HASH: Final = np.dtype(">u8")


class TableSketch(Part):
    """A sketch (core/airlock/overlap.py); each of `combinations` is the 64-bit hashes one after the other."""

    rows: Count
    measured: tuple[Text, ...]
    combinations: tuple[Base64, ...]


class Disclosure(Document):
    """A card as it was published, and the sketches of its tables."""

    title: ClassVar = "note of what a publication released"
    remedy: ClassVar = "Restore it from a backup; or delete it, and the public card is read in its place."
    limit: ClassVar = 24 << 20
    refusal: ClassVar = ConfigurationError

    card: Base64
    tables: Annotated[tuple[TableSketch, ...] | None, Field(max_length=MAX_TABLES)]

    @property
    def sketches(self) -> tuple[Sketch, ...] | None:
        """Of its tables; None once they were forgotten."""
        if self.tables is None:
            return None
        return tuple(
            Sketch(
                one.rows,
                frozenset(one.measured),
                tuple(frozenset(np.frombuffer(raw, _HASH).tolist()) for raw in one.combinations),
            )
            for one in self.tables
        )


def key(home: Path) -> bytes:
    """The secret of this home's sketches; where there is none yet, one that `settle` writes."""
    path = home / FOLDER / _KEY_FILE
    return path.read_bytes() if path.exists() else os.urandom(_KEY_SIZE)


def settle(home: Path, secret: bytes | None) -> bool:
    """Writes the secret of sketches that were made, where the home has none; whether it is the home's now.
    Sketches by another one, of a publication that began at the same time, are like no others."""
    path = home / FOLDER / _KEY_FILE
    if secret is not None and not path.exists():
        files.write_private(path, secret)
    return path.exists() and path.read_bytes() == secret


def keep(home: Path, chain: Chain, committed: bytes, card: bytes, sketches: Sequence[Sketch] | None) -> None:
    """Notes what the publication with this key commitment releases, before it does. Without `sketches` its
    tables are compared by their size."""
    tables = None
    if sketches is not None:
        tables = tuple(
            TableSketch(
                rows=one.rows,
                measured=tuple(sorted(one.measured)),
                combinations=tuple(np.array(sorted(each), _HASH).tobytes() for each in one.combinations),
            )
            for one in sketches[:MAX_TABLES]
        )
    files.write_private(_path(home, chain, committed), Disclosure(card=card, tables=tables).to_bytes())


def of_home(home: Path, chain: Chain) -> dict[bytes, Disclosure]:
    """All of them on this chain, by key commitment; also of publications that came to no end."""
    notes = sorted(_folder(home, chain).glob("*.json"))
    return {bytes.fromhex(path.stem): Disclosure.parse(path.read_bytes()) for path in notes}


def forget_sketches(home: Path, chain: Chain, committed: bytes) -> None:
    """Keeps the card alone, which was public, when the data of a publication are erased."""
    path = _path(home, chain, committed)
    if path.exists():
        note = Disclosure.parse(path.read_bytes())
        files.write_private(path, note.model_copy(update={"tables": None}).to_bytes())


def _path(home: Path, chain: Chain, committed: bytes) -> Path:
    return _folder(home, chain) / f"{committed.hex()}.json"


def _folder(home: Path, chain: Chain) -> Path:
    return home / FOLDER / f"{chain.chain_id}-{str(chain.datasets.address).lower()}"
