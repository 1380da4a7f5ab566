"""ZIP and tar: every member is looked into in turn. Nothing is ever unpacked under a member's own name."""

from __future__ import annotations

import io
import shutil
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, Any, BinaryIO, Final, cast

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Member, Passage, Residue
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.formats import zip_layout
from biodesci.inspection.formats.compressed import COMPRESSED, Compressed, Unpacked
from biodesci.inspection.outside import Outside, is_empty
from biodesci.inspection.reader import Reader
from biodesci.inspection.source import Source

_MOST_MEMBERS: Final = 1_000_000
_IN_MEMORY: Final = 16 << 20
_TOGETHER: Final = 4_000  # characters of names that are looked at together
_ENCRYPTED: Final = 1


class _Names:
    """Names of members and their folders, each once and several in a passage: people are named in them."""

    def __init__(self, source: Source) -> None:
        self._place = f"{source.where}, names of members" if source.where else "names of members"
        self._known, self._text = set[str](), ""

    def add(self, path: str) -> Iterator[Passage]:
        """Takes a member's path: the folders' names and, without its ending, the file's."""
        parts = PurePosixPath(path.replace("\\", "/")).parts
        for part in parts:
            stem = PurePosixPath(part).stem
            if stem.strip("./ ") and stem not in self._known:
                self._known.add(stem)
                self._text += f"{stem}\n"
        if len(self._text) > _TOGETHER:
            yield from self.rest()

    def rest(self) -> Iterator[Passage]:
        """What was taken and not yielded yet."""
        if self._text:
            yield Passage(self._place, self._text)
        self._text = ""


class Zip:
    """ZIP archives."""

    name = "ZIP archive"
    media_type = "application/zip"

    def recognises(self, source: Source) -> bool:
        """By the magic bytes of a first member, or of an archive without one."""
        return source.head.startswith((b"PK\x03\x04", b"PK\x05\x06"))

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Its members in their order, its names and remarks."""
        with source.seekable() as stream, _reading(source), zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            _count(len(entries))
            if archive.comment:
                place = f"{source.where or 'archive'}, comment"
                yield Passage(place, archive.comment.decode("utf-8", "replace"))
            locked, names = 0, _Names(source)
            for number, entry in enumerate(entries, 1):
                place = f"member {number}"
                yield from names.add(entry.filename)
                if entry.comment:
                    yield Passage(f"{place}, comment", entry.comment.decode("utf-8", "replace"))
                if entry.flag_bits & _ENCRYPTED:
                    locked += 1
                elif not entry.is_dir():
                    opened = opener(archive, entry, f"{source.where or 'The archive'}, {place}")
                    yield Member(source.member(entry.filename, place, opened))
            yield from names.rest()
            yield from around(source, stream, archive)
            if locked:
                reason = "an encrypted member can't be read, so nobody looked into it"
                yield Finding(source.where or "archive", "encrypted member", Level.STOP, reason, locked)


def around(source: Source, stream: BinaryIO, archive: zipfile.ZipFile) -> Iterator[Item]:
    """What of a ZIP is no member's data: headers, extra fields, and whatever stands between the members."""
    data, headers = zip_layout.members(stream, archive)
    stream.seek(0)
    place = source.where or "archive"
    yield Residue(place, lambda: cast(BinaryIO, Outside(_Again(stream), data)))
    known = [*data, *headers, zip_layout.directory(stream, archive)]
    if not is_empty(cast(BinaryIO, Outside(_Again(stream), known))):
        reason = "bytes stand around the members, where no program looks: pack it again"
        yield Finding(place, "bytes that are not read", Level.ASK, reason)
    if unknown := zip_layout.unknown_fields(stream, archive):
        reason = "headers of members have extra fields of which nobody knows what they hold: pack it again"
        yield Finding(place, "extra field that is not read", Level.ASK, reason, unknown)


class Tar:
    """Tar archives, compressed or not, read in one go."""

    name = "tar archive"
    media_type = "application/x-tar"

    def recognises(self, source: Source) -> bool:
        """By the header of a first member; within gzip, bzip2, xz or Zstandard, too."""
        packer = _packer(source)
        if packer is None:
            return _is_tar(source.head)
        try:
            with packer.unpacked(source) as stream:
                return _is_tar(stream.read(tarfile.BLOCKSIZE))
        except InputError:
            return False  # whoever reads it as a single file says what is wrong

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Its members in their order, its names, and whose user names it keeps."""
        packer, names, users = _packer(source), _Names(source), set[str]()
        links, data = 0, list[tuple[int, int]]()
        opened = source.open() if packer is None else packer.unpacked(source)
        with _reading(source), opened as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            for number, entry in enumerate(archive, 1):
                _count(number)
                place = f"member {number}"
                yield from names.add(entry.name)
                kept = [entry.uname, entry.gname, entry.linkname, *entry.pax_headers.values()]
                for text in (text for text in map(str, kept) if text.strip() and text not in users):
                    users.add(text)
                    yield Passage(f"{place}, header", text)
                if entry.isfile():
                    if not entry.issparse():
                        data.append((entry.offset_data, entry.offset_data + entry.size))
                    with _copy(archive, entry) as copy:
                        yield Member(source.member(entry.name, place, copy))
                elif not entry.isdir():
                    links += 1
            yield from names.rest()
            yield from self._around(source, data, archive.offset)
            if links:
                reason = "links and devices in an archive hold nothing themselves"
                yield Finding(source.where or "archive", "link in an archive", Level.NOTE, reason, links)

    def _around(self, source: Source, data: list[tuple[int, int]], end: int) -> Iterator[Item]:
        """What is no member's data: headers, padding, and what follows the archive's end."""
        packer, place = _packer(source), source.where or "archive"

        def opened() -> BinaryIO:
            return source.open() if packer is None else packer.unpacked(source)

        yield Residue(place, lambda: cast(BinaryIO, Outside(opened(), data)), lambda: _headers(opened()))
        if packer is not None:
            yield Residue(place, source.open)
        with Outside(opened(), [(0, end)]) as rest:
            if not is_empty(cast(BinaryIO, rest)):
                reason = "bytes follow the end of the archive, where no program looks: pack it again"
                yield Finding(place, "bytes that are not read", Level.ASK, reason)


def _headers(stream: BinaryIO) -> Iterator[Passage]:
    with stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for entry in archive:
            kept = (entry.name, entry.linkname, entry.uname, entry.gname, *entry.pax_headers.values())
            yield Passage("", " ".join(map(str, kept)))


def _packer(source: Source) -> Compressed | None:
    return next((packer for packer in COMPRESSED if packer.recognises(source)), None)


def _is_tar(block: bytes) -> bool:
    """By the checksum that every header of tar has."""
    if len(block) < tarfile.BLOCKSIZE or not block[0]:
        return False
    try:
        tarfile.TarInfo.frombuf(block[: tarfile.BLOCKSIZE], "utf-8", "replace")
    except tarfile.HeaderError:
        return False
    return True


@contextmanager
def _copy(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> Iterator[Callable[[], BinaryIO]]:
    """A member that can be read several times, as the archive around it can't; on disk if it is large."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
        member = archive.extractfile(entry)
        assert member is not None, "regular files have content"
        shutil.copyfileobj(member, copy, 1 << 20)
        yield lambda: cast(BinaryIO, _Again(copy))


class _Again(Reader):
    """A reader of a copy, from its beginning, that leaves the copy open."""

    def __init__(self, copy: IO[bytes]) -> None:
        super().__init__()
        self._copy, self._at = copy, 0

    def read(self, size: int = -1) -> bytes:
        self._copy.seek(self._at)
        piece = self._copy.read(size)
        self._at += len(piece)
        return piece

    def seekable(self) -> bool:
        """As the copy is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Goes on from another byte."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._copy.seek(0, io.SEEK_END)}[whence]
        self._at = start + offset
        return self._at


class _Whole(Reader):
    """A member of a ZIP; at its end ValueError where more bytes are packed than unpack to it."""

    def __init__(self, member: Any) -> None:
        super().__init__()
        self._member = member

    def read(self, size: int = -1) -> bytes:
        piece: bytes = self._member.read(size)
        if not piece and (
            self._member._compress_left or getattr(self._member._decompressor, "unused_data", b"")
        ):
            raise ValueError("bytes follow the packed data")
        return piece


def opener(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str) -> Callable[[], BinaryIO]:
    """What opens a member of a ZIP; reading it raises InputError, which says `where`, if it is damaged."""

    def unpack(_: BinaryIO) -> Any:
        return _Whole(archive.open(entry))

    return lambda: cast(BinaryIO, Unpacked(io.BytesIO(), unpack, where))


@contextmanager
def _reading(source: Source) -> Iterator[None]:
    """Says of a damaged archive that it is one."""
    try:
        yield
    except (zipfile.BadZipFile, tarfile.TarError, NotImplementedError, ValueError, struct.error) as refused:
        raise InputError(
            f"{source.where or 'The archive'} is damaged, or packed in a way that isn't known.",
            "Copy it again from where it came, or pack it again.",
        ) from refused


def _count(members: int) -> None:
    if members > _MOST_MEMBERS:
        raise InputError(
            f"An archive has more than {_MOST_MEMBERS:,} members.", "Publish it in several parts."
        )
