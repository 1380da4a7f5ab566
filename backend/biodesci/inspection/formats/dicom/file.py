"""A DICOM file by itself, a DICOMDIR among them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from biodesci.inspection.content import Declared, Item
from biodesci.inspection.source import Source

_TYPES: Final = {b"UI", b"CS", b"UL", b"DA", b"LO", b"SH", b"ST", b"TM", b"OB", b"US"}


class DicomFile:
    """One dataset, with or without preamble and meta information."""

    name = "DICOM file"
    media_type = "application/dicom"

    def recognises(self, source: Source) -> bool:
        """DICM after 128 bytes, or an element of group 0002 or 0008 at the very beginning."""
        return is_dicom(source.head)

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """The basic profile's findings, the texts, and a table of technical facts."""
        from biodesci.inspection.formats.dicom.look import Look  # noqa: PLC0415  # pydicom is slow to load

        look = Look(source.where)
        with source.on_disk() as path:
            yield from look.file(path, source.where or "file")
        yield from look.finish()


def is_dicom(head: bytes) -> bool:
    """Whether these first bytes are of a DICOM file."""
    if head[128:132] == b"DICM":
        return True
    if len(head) < 16:
        return False
    for order in "<>":
        group, element = struct.unpack(f"{order}HH", head[:4])
        if group not in {0x0002, 0x0008} or element > 0x0100:
            continue
        if head[4:6] in _TYPES:
            return True
        (length,) = struct.unpack(f"{order}I", head[4:8])
        # Without types: the value is short and the next element is of the same group, or of the one after.
        if length % 2 == 0 and length <= 64 and len(head) >= length + 12:
            (following,) = struct.unpack(f"{order}H", head[8 + length : 10 + length])
            if following in {group, 0x0008}:
                return True
    return False
