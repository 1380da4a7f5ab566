"""Which bytes of a ZIP archive are of what (APPNOTE.TXT 6.3.10 of PKWARE, section 4.3)."""

from __future__ import annotations

import struct
import zipfile
from typing import BinaryIO, Final

Range = tuple[int, int]
_LOCAL: Final = struct.Struct("<4s5H3I2H")  # of which the last two are the lengths of name and extra field
_DESCRIBED: Final = 8  # the flag of a member whose lengths follow it
_SIGNED: Final = b"PK\x07\x08"
_END: Final = b"PK\x05\x06"
_LONGEST_END: Final = 22 + 0xFFFF  # with a comment
# Lengths, times, users, another spelling of the name, encryption, alignment: 4.5.2, and extrafld.txt of
# Info-ZIP. Their texts are looked at; of others nobody knows what they hold.
_KNOWN: Final = frozenset(
    {0x0001, 0x000A, 0x5455, 0x5855, 0x6375, 0x7075, 0x7855, 0x7875, 0x9901, 0xA11E, 0xCAFE, 0xD935}
)


def directory(stream: BinaryIO, archive: zipfile.ZipFile) -> Range:
    """The directory at the archive's end, with its end record and the comment."""
    size = stream.seek(0, 2)
    start = stream.seek(max(0, size - _LONGEST_END))
    at = stream.read().rfind(_END)
    return archive.start_dir, start + at + 22 + len(archive.comment)


def unknown_fields(stream: BinaryIO, archive: zipfile.ZipFile) -> int:
    """How many extra fields are of no kind that is known, or are damaged."""
    unknown = 0
    for entry in archive.infolist():
        stream.seek(entry.header_offset)
        *_, name, extra = _LOCAL.unpack(stream.read(_LOCAL.size).ljust(_LOCAL.size, b"\0"))
        stream.seek(name, 1)
        unknown += _unknown(stream.read(extra)) + _unknown(entry.extra)
    return unknown


def _unknown(fields: bytes) -> int:
    unknown = at = 0
    while at + 4 <= len(fields):
        kind, length = struct.unpack_from("<2H", fields, at)
        at += 4 + length
        unknown += kind not in _KNOWN
    return unknown + (at != len(fields) and bool(fields[at:].strip(b"\0") or at > len(fields)))


def members(stream: BinaryIO, archive: zipfile.ZipFile) -> tuple[list[Range], list[Range]]:
    """(Packed data of each member, headers and descriptors around it), as (start, end) in the archive.

    Raises BadZipFile where a header lies outside of the archive.
    """
    data: list[Range] = []
    headers: list[Range] = []
    for entry in archive.infolist():
        stream.seek(entry.header_offset)
        header = stream.read(_LOCAL.size)
        if len(header) < _LOCAL.size:
            raise zipfile.BadZipFile("a member's header is cut off")
        *_, name, extra = _LOCAL.unpack(header)
        start = entry.header_offset + _LOCAL.size + name + extra
        end = start + entry.compress_size
        after = end
        if entry.flag_bits & _DESCRIBED:
            stream.seek(end)
            after += _descriptor(stream.read(24), entry)
        data.append((start, end))
        headers += [(entry.header_offset, start), (end, after)]
    return data, headers


def _descriptor(following: bytes, entry: zipfile.ZipInfo) -> int:
    """How many bytes of those after a member describe it: with a signature or not, with lengths of 4 or 8."""
    signature = len(_SIGNED) * following.startswith(_SIGNED)
    for width, code in ((4, "I"), (8, "Q")):
        length = 4 + 2 * width
        part = following[signature : signature + length]
        if len(part) == length:
            crc, packed, size = struct.unpack(f"<I2{code}", part)
            if (crc, packed, size) == (entry.CRC, entry.compress_size, entry.file_size):
                return signature + length
    return 0
