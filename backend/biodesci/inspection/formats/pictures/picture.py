"""JPEG, PNG, GIF and WebP: what stands beside the pixels."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item
from biodesci.inspection.finding import Level
from biodesci.inspection.formats import whole
from biodesci.inspection.formats.tally import Tally
from biodesci.inspection.source import Source

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_ENDS: Final = (b"\xff\xd9", b"IEND\xaeB`\x82", b";")  # of JPEG, PNG and GIF
_TAIL: Final = 1 << 12
_LARGEST_TEXT: Final = 1 << 20


class Picture:
    """A picture of one of the formats that programs of every day write."""

    def __init__(self, name: str, media_type: str, mark: re.Pattern[bytes]) -> None:
        self.name, self.media_type, self._mark = name, media_type, mark

    def recognises(self, source: Source) -> bool:
        """The format's mark."""
        return self._mark.match(source.head) is not None

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Findings and texts of its metadata. Its pixels ask."""
        from biodesci.inspection.formats.pictures import exif  # noqa: PLC0415  # loads Pillow

        tally = Tally(source.where)
        with source.open() as stream:
            if source.head.startswith(_PNG):
                for kind, content in _png_chunks(stream, tally):
                    if kind == b"eXIf":
                        yield from exif.block(content, tally)
                    else:
                        tally.add("text chunk", "free text", Level.ASK, "people may be named in it")
                        yield from tally.passages("text chunk", _png_text(kind, content))
                stream.seek(0)
            yield from exif.look(stream, tally)
            _look_behind(stream, tally)
        yield from tally.findings()
        yield whole.residue(self, source, declared)


def _look_behind(stream: BinaryIO, tally: Tally) -> None:
    """Programs show a picture as if nothing stood behind its end: whole archives have been found there."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - _TAIL))
    tail = stream.read().rstrip(b"\0")
    if not tail.endswith(_ENDS) and not _is_riff(stream, size):
        tally.add(
            "behind the picture", "bytes that are not read", Level.STOP, "they stand after the picture's end"
        )


def _is_riff(stream: BinaryIO, size: int) -> bool:
    """Whether it is a WebP, whose header says how long it is, and it is as long."""
    stream.seek(0)
    mark, length = struct.unpack("<4sI", stream.read(8).ljust(8, b"\0"))
    return bool(mark == b"RIFF") and length + length % 2 + 8 >= size


def _png_chunks(stream: BinaryIO, tally: Tally) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG that hold texts, also those after the pixels (its specification, 11.3.3)."""
    stream.seek(len(_PNG))
    while True:
        start = stream.read(8)
        if len(start) < 8:  # length and type
            raise InputError("The PNG file ends before its last chunk.", "Fetch or write it again.")
        length, kind = struct.unpack(">I4s", start)
        if kind == b"IEND":
            return
        if kind not in {b"tEXt", b"zTXt", b"iTXt", b"eXIf"}:
            stream.seek(length + 4, 1)
        elif length > _LARGEST_TEXT:
            tally.add("text chunk", "text that is not read", Level.STOP, "it has more than 1 MiB")
            stream.seek(length + 4, 1)
        else:
            yield kind, stream.read(length)
            stream.seek(4, 1)


def _png_text(kind: bytes, content: bytes) -> str:
    keyword, _, rest = content.partition(b"\0")
    if kind == b"iTXt":
        is_packed = rest[:1] == b"\1"
        rest = rest[2:].split(b"\0", 2)[-1]
    else:
        is_packed = kind == b"zTXt"
        rest = rest[1:] if is_packed else rest
    if is_packed:
        try:
            rest = zlib.decompressobj().decompress(rest, _LARGEST_TEXT)
        except zlib.error:
            raise InputError("A text of the PNG file is damaged.", "Write the file again.") from None
    return f"{keyword.decode('latin-1')} {rest.decode('utf-8', 'replace')}"


PICTURES: Final = (
    Picture("JPEG", "image/jpeg", re.compile(rb"\xff\xd8\xff")),
    Picture("PNG", "image/png", re.compile(re.escape(_PNG))),
    Picture("GIF", "image/gif", re.compile(rb"GIF8[79]a")),
    Picture("WebP", "image/webp", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
)
