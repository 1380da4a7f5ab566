"""The files of a folder, in the order of their paths."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from biodesci.core.errors import InputError
from biodesci.inspection.content import Passage
from biodesci.inspection.source import Source

_CHUNK: Final = 4_000  # characters of names that are looked at together


def members(source: Source, most: int | None = None) -> list[Source]:
    """The folder's files, the first `most` of them if given. Findings call them by their number.

    Raises InputError for a link or a device: what it leads to is not of the folder.
    """
    assert source.path is not None, "a folder is on disk"
    files = islice(_walk(source.path), most)
    start = f"{source.where}, " if source.where else ""
    return [
        Source.of(path, f"{start}file {number} by name", source.depth) for number, path in enumerate(files, 1)
    ]


def names(source: Source) -> Iterator[Passage]:
    """The names of the folder's files and folders, several in one passage."""
    assert source.path is not None, "a folder is on disk"
    gathered: dict[str, None] = {}
    for path in _walk(source.path):
        for part in path.relative_to(source.path).parts:
            gathered[os.fsencode(Path(part).stem).decode("utf-8", "replace")] = None  # as text
    yield from joined(f"{source.where}, names of files" if source.where else "names of files", gathered)


def joined(place: str, names: Iterable[str]) -> Iterator[Passage]:
    """Names as texts, a line each, so many in one passage that a folder of 10,000 files has few."""
    text = ""
    for name in names:
        if len(text) + len(name) > _CHUNK:
            yield Passage(place, text, is_list=True)
            text = ""
        text += f"{name}\n"
    if text:
        yield Passage(place, text, is_list=True)


@contextmanager
def placed(file: Source) -> Iterator[None]:
    """Says in an InputError of which file it is."""
    try:
        yield
    except InputError as exc:
        raise InputError(f"{file.begins}: {exc.message}", exc.hint) from None


def _walk(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_symlink() or not (entry.is_dir() or entry.is_file()):
            raise InputError(
                "The folder holds a link or a device, which leads to something outside of it.",
                "Replace it by the file that is meant.",
            )
        if entry.is_dir():
            yield from _walk(Path(entry.path))
        else:
            yield Path(entry.path)
