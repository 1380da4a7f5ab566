"""Formats that are known and not read: each stops, with the reason and what to do instead."""

from __future__ import annotations

import pickletools
from collections.abc import Iterator
from typing import Final

from biodesci.inspection.content import Declared, Item
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.source import HEAD, Source


class Unread:
    """A format that is known by its first bytes, and that nobody here looks into."""

    def __init__(self, name: str, media_type: str, magics: tuple[bytes, ...], reason: str) -> None:
        self.name, self.media_type, self._magics, self._reason = name, media_type, magics, reason

    def recognises(self, source: Source) -> bool:
        """By the magic bytes."""
        return source.head.startswith(self._magics)

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """One finding that stops."""
        yield Finding(source.where or "file", f"{self.name} that is not read", Level.STOP, self._reason)


class Pickle:
    """Python's pickles, which are never opened."""

    name = "pickle"
    media_type = "application/x-python-pickle"

    def recognises(self, source: Source) -> bool:
        """By its operations, of which none is run."""
        head = source.head
        if head[:1] == b"\x80" and head[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}:
            return True
        return len(head) < HEAD and head[-1:] == b"." and head[:1] in b"(]}cI" and _is_pickle(head)

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """One finding that stops."""
        reason = "a pickle runs code when it is opened: save the data as Parquet or CSV"
        yield Finding(source.where or "file", "pickle", Level.STOP, reason)


def _is_pickle(data: bytes) -> bool:
    """Whether bytes are a pickle of the first, textual protocol, from its first operation to STOP."""
    try:
        end = [position for _, _, position in pickletools.genops(data)][-1]
    except (ValueError, IndexError):
        return False
    return end == len(data) - 1


_CONVERT: Final = "save the data as Parquet or CSV, which is looked into"

UNREAD: Final = (
    Unread("PDF", "application/pdf", (b"%PDF-",), "no reader here opens it: save the text as .txt or .csv"),
    Unread("7z archive", "application/x-7z-compressed", (b"7z\xbc\xaf\x27\x1c",), "pack it as ZIP or tar"),
    Unread("RAR archive", "application/vnd.rar", (b"Rar!\x1a\x07",), "pack it as ZIP or tar"),
    Unread(
        "R data file",
        "application/x-r-data",
        (b"X\n\0\0\0", b"RDX2\n", b"RDX3\n", b"RDA2\n", b"RDA3\n", b"A\n2\n", b"A\n3\n"),
        _CONVERT,
    ),
    Unread("MATLAB file", "application/x-matlab-data", (b"MATLAB 5.0 MAT-file",), _CONVERT),
    Unread("Feather file of version 1", "application/x-feather", (b"FEA1",), _CONVERT),
)

# After the workbooks, which are in the same container.
OLD_OFFICE: Final = Unread(
    "old or encrypted Office file",
    "application/x-ole-storage",
    (bytes.fromhex("d0cf11e0a1b11ae1"),),
    "save it without a password as .docx, .xlsx or text",
)
