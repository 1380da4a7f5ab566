"""Single files in gzip, bzip2, xz, Zstandard or LZ4: looked into while they unpack."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any, BinaryIO, Final, cast

import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Member, Passage, Residue
from biodesci.inspection.reader import Reader
from biodesci.inspection.source import Source

_DAMAGED: Final = (
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,  # a way of packing that zipfile doesn't know
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
)


class Compressed:
    """One way of compression, known by its first bytes."""

    def __init__(self, name: str, media_type: str, magic: bytes, unpack: Callable[[BinaryIO], Any]) -> None:
        self.name, self.media_type = name, media_type
        self._magic, self._unpack = magic, unpack

    def unpacked(self, source: Source) -> BinaryIO:
        """The bytes within, to be closed by the caller."""
        return cast(BinaryIO, Unpacked(source.open(), self._unpack, source.where))

    def recognises(self, source: Source) -> bool:
        """By the magic bytes."""
        return source.head.startswith(self._magic)

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """The file within, and the name that gzip keeps of it."""
        name = PurePath(source.name).stem
        for place, text in _gzip_texts(source.head):
            yield Passage(f"{source.where or 'file'}, {place}", text)
        yield Member(source.member(name, "unpacked", lambda: self.unpacked(source)))
        # What stands in headers, between parts and after the last one is no one's to unpack.
        yield Residue(source.where or "file", source.open)


class Unpacked(Reader):
    """The bytes within a packed stream. Reading raises InputError where it is damaged."""

    def __init__(self, raw: BinaryIO, unpack: Callable[[BinaryIO], Any], where: str) -> None:
        super().__init__()
        self._raw, self._where = raw, where
        self._stream = self._checked(lambda: unpack(raw))

    def read(self, size: int = -1) -> bytes:
        """`size` bytes at most, and at least one before the end."""
        return cast(bytes, self._checked(lambda: self._stream.read(size)))

    def close(self) -> None:
        """Closes what is read from."""
        self._raw.close()
        super().close()

    def _checked(self, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except _DAMAGED as refused:
            raise InputError(
                f"{self._where or 'The file'} can't be unpacked to its end: it is cut off or damaged.",
                "Copy it again from where it came, or pack it again.",
            ) from refused


def _arrow(codec: str) -> Callable[[BinaryIO], Any]:
    def unpack(raw: BinaryIO) -> Any:
        return pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), codec)

    return unpack


COMPRESSED: Final = (
    Compressed("gzip", "application/gzip", b"\x1f\x8b", lambda raw: gzip.GzipFile(fileobj=raw)),
    Compressed("bzip2", "application/x-bzip2", b"BZh", bz2.BZ2File),
    Compressed("xz", "application/x-xz", b"\xfd7zXZ\x00", lzma.LZMAFile),
    Compressed("Zstandard", "application/zstd", b"\x28\xb5\x2f\xfd", _arrow("zstd")),
    Compressed("LZ4", "application/x-lz4", b"\x04\x22\x4d\x18", _arrow("lz4")),
)


def _gzip_texts(head: bytes) -> Iterator[tuple[str, str]]:
    """The original file's name and the comment in a gzip header (RFC 1952, 2.3)."""
    if not head.startswith(b"\x1f\x8b") or len(head) < 10:
        return
    flags, at = head[3], 10
    if flags & 4:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    for flag, place in ((8, "name in the gzip header"), (16, "comment in the gzip header")):
        if flags & flag:
            end = head.find(b"\0", at)
            yield place, head[at:end].decode("latin-1")
            at = end + 1
