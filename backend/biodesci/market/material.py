"""What is encrypted: the bytes of a file, or a folder as one archive.

A folder becomes a POSIX tar archive (pax, IEEE Std 1003.1-2001) that depends on names and contents alone:
no times, owners or rights. It goes into one container under one key, so that nobody without the key sees how
many files there are, what they are called or how large they are. Its first member is a manifest, by which
single files are found.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Final, cast

from biodesci.core.documents.manifest import ArchivedFile, FolderManifest
from biodesci.core.errors import InputError, StateError

MANIFEST: Final = ".biodesci-manifest.json"
ARCHIVE_TYPE: Final = "application/x-tar"
_BLOCK: Final = 512
_PIECE: Final = 1 << 20
_END: Final = bytes(2 * _BLOCK)
# Control characters, and what Python makes of bytes that are no UTF-8.
_NO_NAME: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Material:
    """A file or a folder that is to be encrypted."""

    path: Path

    @classmethod
    def of(cls, path: Path) -> Material:
        """Raises InputError for what is neither a file nor a folder with files in it."""
        if not path.exists():
            raise InputError(f"There is no file {path}.", "Check the path.")
        if not path.is_dir() and not path.is_file():
            raise InputError(f"{path} is neither a file nor a folder.", "Give one of these.")
        material = cls(path)
        if material.is_folder and not material.files:
            raise InputError(f"The folder {path} holds no file.", "Give one that does.")
        return material

    @property
    def is_folder(self) -> bool:
        """Whether it becomes an archive."""
        return self.path.is_dir()

    @cached_property
    def files(self) -> list[tuple[str, Path, int]]:
        """The folder's files: name with slashes, path on disk, bytes; in the order of the names.

        Raises InputError for links and devices, which would lead out of the folder, and for names that a
        manifest can't have.
        """
        listed = []
        for path in self.path.rglob("*"):
            name, status = path.relative_to(self.path).as_posix(), path.lstat()
            if stat.S_ISDIR(status.st_mode):
                continue
            if not stat.S_ISREG(status.st_mode):
                raise InputError(
                    f"{path} is a link or a device, not a file.", "Replace it by what it leads to."
                )
            if _NO_NAME.search(name):
                escaped = ascii(str(path))
                raise InputError(
                    f"The name of {escaped} isn't UTF-8, or has control characters.", "Rename it."
                )
            if name == MANIFEST:
                raise InputError(f"{path} has the name of the archive's manifest.", "Rename it.")
            listed.append((name, path, status.st_size))
        return sorted(listed)

    @cached_property
    def size(self) -> int:
        """How many bytes will be encrypted."""
        if not self.is_folder:
            return self.path.stat().st_size
        return sum(len(part) if isinstance(part, bytes) else part[1] for part in self._parts())

    def state(self) -> tuple[tuple[int, ...], ...]:
        """What changes with the files: of each its inode, size and times of change (nanoseconds)."""
        paths = [path for _, path, _ in self.files] if self.is_folder else [self.path]
        found = (path.stat() for path in paths)
        return tuple((one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns) for one in found)

    def open(self) -> BinaryIO:
        """The bytes from their beginning. Reading raises StateError for a file that changes meanwhile."""
        return cast(BinaryIO, _Archive(self._parts())) if self.is_folder else self.path.open("rb")

    def digest(self, progress: Progress | None = None) -> bytes:
        """The SHA-256 of the bytes."""
        hashed = hashlib.sha256()
        buffer = bytearray(_PIECE)
        with self.open() as source:
            while length := source.readinto(buffer):  # type: ignore[attr-defined]
                hashed.update(memoryview(buffer)[:length])
                if progress is not None:
                    progress(length)
        return hashed.digest()

    def _parts(self) -> Iterator[bytes | tuple[Path, int]]:
        entries, offset = [], 0
        for name, _, size in self.files:
            offset += len(_header(name, size))
            entries.append(ArchivedFile(path=name, size=size, offset=offset))
            offset += size + -size % _BLOCK
        manifest = FolderManifest(files=tuple(entries)).to_bytes()
        yield _header(MANIFEST, len(manifest)) + manifest + bytes(-len(manifest) % _BLOCK)
        for name, path, size in self.files:
            yield _header(name, size)
            yield path, size
            yield bytes(-size % _BLOCK)
        yield _END


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


class _Archive(io.RawIOBase):
    """Reads parts one after the other: bytes, or a file of so many bytes."""

    def __init__(self, parts: Iterator[bytes | tuple[Path, int]]) -> None:
        self._parts = parts
        self._source: BinaryIO = io.BytesIO()
        self._left = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._source.close()
            if isinstance(part, bytes):
                self._source, self._left = io.BytesIO(part), len(part)
            else:
                # Not through a link that was put there since the folder was listed.
                descriptor = os.open(part[0], os.O_RDONLY | os.O_NOFOLLOW)
                self._source, self._left = os.fdopen(descriptor, "rb", buffering=0), part[1]
                if os.fstat(descriptor).st_size != part[1]:
                    raise _changed()
        length = self._source.readinto(memoryview(buffer)[: self._left])  # type: ignore[attr-defined]
        if not length:
            raise _changed()
        self._left -= length
        return int(length)

    def close(self) -> None:
        self._source.close()
        super().close()


def _changed() -> StateError:
    return StateError("A file changed while it was read.", "Repeat the command when nothing writes to it.")
