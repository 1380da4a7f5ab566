"""What is inspected: a file, a folder, or a member of one of them."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Final, cast

from biodesci.core.errors import InputError
from biodesci.inspection.reader import Reader

HEAD: Final = 1 << 16
"""How many bytes formats are recognised by."""
_IN_MEMORY: Final = 16 << 20
# Tables of few values shrink to a hundredth, and are read two or three times; a bomb grows a thousandfold.
_GROWTH: Final = 400
_ALWAYS: Final = 2 << 30


class Allowance:
    """How many bytes may be unpacked of one file on disk, all archives within it together."""

    def __init__(self, left: int) -> None:
        self._left = left

    @classmethod
    def of(cls, outermost: Source) -> Allowance:
        """What a file may grow to."""
        size = outermost.path.stat().st_size if outermost.path is not None else 0
        return cls(_ALWAYS + _GROWTH * size)

    def counted(self, stream: BinaryIO) -> BinaryIO:
        """The stream, whose bytes count; reading it raises InputError when too many came."""
        return cast(BinaryIO, _Counted(stream, self))

    def spend(self, amount: int) -> None:
        """Counts bytes. Raises InputError for those beyond the allowance."""
        self._left -= amount
        if self._left < 0:
            raise InputError(
                "An archive unpacks to far more than its own size, as those that are made to harm do.",
                "Unpack it yourself and publish what is in it.",
            )


class _Counted(Reader):
    def __init__(self, stream: BinaryIO, allowance: Allowance) -> None:
        super().__init__()
        self._stream, self._allowance = stream, allowance

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self._allowance.spend(len(piece))
        return piece

    def close(self) -> None:
        self._stream.close()
        super().close()


@dataclass(frozen=True)
class Source:
    """Bytes with a name. `where` is how findings call it: empty for what the steward named itself.

    `path` is the file or folder on disk, or None for a member that is read through `opener` alone.
    `depth` counts the archives around it. What is unpacked of them counts against one allowance, `shared`.
    """

    name: str
    where: str = ""
    path: Path | None = None
    opener: Callable[[], BinaryIO] | None = field(default=None, repr=False)
    depth: int = 0
    shared: Allowance | None = field(default=None, repr=False)

    @classmethod
    def of(cls, path: Path, where: str = "", depth: int = 0) -> Source:
        """A file or folder on disk."""
        return cls(path.name, where, path, None, depth)

    def member(self, name: str, place: str, opener: Callable[[], BinaryIO]) -> Source:
        """A file within this one, which `place` names ("member 2") without its name."""
        where = ", ".join(part for part in (self.where, place) if part)
        counted = self.allowance.counted
        return Source(name, where, None, lambda: counted(opener()), self.depth + 1, self.allowance)

    @property
    def begins(self) -> str:
        """`where` as a sentence begins with it; empty for a file that is none within another."""
        return f"{self.where[:1].upper()}{self.where[1:]}"

    @cached_property
    def allowance(self) -> Allowance:
        """What may be unpacked of it; members share that of the file on disk."""
        return self.shared or Allowance.of(self)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder on disk."""
        return self.path is not None and self.path.is_dir()

    def open(self) -> BinaryIO:
        """The bytes from their beginning, to be closed by the caller."""
        if self.opener is not None:
            return self.opener()
        assert self.path is not None, "a source has a path or an opener"
        return self.path.open("rb")

    @cached_property
    def head(self) -> bytes:
        """The first bytes, HEAD at most; of a folder none."""
        if self.is_folder:
            return b""
        with self.open() as stream:
            read = io.BytesIO()
            while len(read.getbuffer()) < HEAD and (piece := stream.read(HEAD - len(read.getbuffer()))):
                read.write(piece)
            return read.getvalue()

    @contextmanager
    def seekable(self) -> Iterator[BinaryIO]:
        """The bytes in a stream that goes to and fro; a member of an archive is unpacked for as long."""
        if self.path is not None:
            with self.path.open("rb") as stream:
                yield stream
            return
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
            with self.open() as stream:
                shutil.copyfileobj(stream, copy, 1 << 20)
            copy.seek(0)
            yield cast(BinaryIO, copy)

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """A path for libraries that read no streams; a member of an archive is copied for as long."""
        if self.path is not None:
            yield self.path
            return
        # The folder is for its owner's eyes (mode 0700).
        with tempfile.TemporaryDirectory(prefix="biodesci-") as folder:
            copy = Path(
                folder, "member" + "".join(c for c in Path(self.name).suffix if c.isalnum() or c == ".")
            )
            with self.open() as stream, copy.open("wb") as target:
                shutil.copyfileobj(stream, target, 1 << 20)
            yield copy
