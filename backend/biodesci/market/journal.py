"""How far a publication has come, on disk, so that a run that was stopped is gone on with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from biodesci.core import files
from biodesci.core.container import ContainerInfo
from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import BareBytes32, Count, Uint256
from biodesci.core.errors import ConfigurationError, StateError
from biodesci.store import locks

FILE = "journal.json"
T = TypeVar("T")


class Minted(Part):
    """What came of it: a version of a dataset."""

    dataset_id: Uint256
    version: Uint256


class Notes(Document):
    """What is done. `name`, `content`, `schemas` and `card` are digests of CIDs: of the container as it was
    made, and of what is kept or on IPFS. The fields of the container stand together."""

    title: ClassVar = "journal of a publication"
    remedy: ClassVar = (
        "Look whether the dataset is published (biodesci dataset list); move the file away only if it is not."
    )
    limit: ClassVar = 1 << 20
    refusal: ClassVar = ConfigurationError

    key_commitment: BareBytes32 | None = None
    content_root: BareBytes32 | None = None
    size: Count | None = None
    plaintext_size: Count | None = None
    segment_size: Count | None = None
    sha256: BareBytes32 | None = None
    name: BareBytes32 | None = None
    content: BareBytes32 | None = None
    schemas: tuple[BareBytes32, ...] = ()
    card: BareBytes32 | None = None
    published: Minted | None = None


@dataclass
class Journal:
    """The notes of one publication, in a folder that is private to its owner."""

    folder: Path
    notes: Notes

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The journal in this folder, or an empty one. Raises ConfigurationError for one that is damaged."""
        path = folder / FILE
        if not path.exists():
            return cls(folder, Notes())
        return cls(folder, Notes.parse(path.read_bytes()))

    @classmethod
    @contextmanager
    def alone(cls, folder: Path) -> Iterator[Self]:
        """The journal, which no other process of the home writes meanwhile: two at once would each make a
        key, write one encrypted file, and mint a token of their own. Raises StateError where another does."""
        with locks.held(folder.parent, f"publication {folder.name}", wait=False) as lock:
            if lock is None:
                raise StateError(
                    "Another process of this home is publishing the same.",
                    "Wait until it has ended; then repeat the command, which says what came of it.",
                )
            yield cls.open(folder)

    def note(self, **values: Any) -> None:
        """Writes these fields of the notes to disk before it returns."""
        self.notes = self.notes.model_copy(update=values)
        files.write_private(self.folder / FILE, self.notes.to_bytes())

    @property
    def container(self) -> ContainerInfo | None:
        """What the encrypted file is, once it was made."""
        notes = self.notes
        if notes.content_root is None:
            return None
        return ContainerInfo(
            content_root=notes.content_root,
            size=_given(notes.size),
            plaintext_size=_given(notes.plaintext_size),
            segment_size=_given(notes.segment_size),
            sha256=_given(notes.sha256),
        )

    def digest(self, name: str) -> bytes:
        """A digest that an earlier step noted: key_commitment, content_root, name, content or card."""
        value: bytes | None = getattr(self.notes, name)
        return _given(value)


def _given(value: T | None) -> T:
    if value is None:
        raise StateError("The journal of this publication lacks a step.", Notes.remedy)
    return value
