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
from typing import BinaryIO, Final

HEAD: Final = 1 << 16
"""How many bytes formats are recognised by."""


@dataclass(frozen=True)
class Source:
    """Bytes with a name. `where` is how findings call it: empty for what the steward named itself.

    `path` is the file or folder on disk, or None for a member that is read through `opener` alone.
    `depth` counts the archives around it.
    """

    name: str
    where: str = ""
    path: Path | None = None
    opener: Callable[[], BinaryIO] | None = field(default=None, repr=False)
    depth: int = 0

    @classmethod
    def of(cls, path: Path, where: str = "", depth: int = 0) -> Source:
        """A file or folder on disk."""
        return cls(path.name, where, path, None, depth)

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
    def on_disk(self) -> Iterator[Path]:
        """A path for libraries that read no streams; a member of an archive is copied for as long."""
        if self.path is not None:
            yield self.path
            return
        # The folder is for its owner's eyes (mode 0700).
        with tempfile.TemporaryDirectory(prefix="biodesci-") as folder:
            copy = Path(folder, "member" + Path(self.name).suffix)
            with self.open() as stream, copy.open("wb") as target:
                shutil.copyfileobj(stream, target, 1 << 20)
            yield copy
