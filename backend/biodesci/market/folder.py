"""Single files of a dataset that is a folder (material.py): fetched without the rest.

Where a licence's uses are counted, each file that is fetched is one: whoever wants many downloads the
archive.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tarfile import BLOCKSIZE, PAX_FORMAT, TarError, TarInfo
from typing import Final

from biodesci.chain.client import Chain
from biodesci.core import files
from biodesci.core.documents.manifest import ArchivedFile, FolderManifest
from biodesci.core.errors import InputError, IntegrityError, NotFoundError, StateError
from biodesci.core.random_access import RandomAccess
from biodesci.ipfs.client import Ipfs
from biodesci.market.licensed_copy import key_of, locate, require_access, to_download, use
from biodesci.market.material import MANIFEST
from biodesci.market.sources import Source

Progress = Callable[[int], None]
_NO_FOLDER: Final = "Download it as one file: biodesci license download."


@dataclass(frozen=True)
class Folder:
    """The archive of a folder, of which any part can be read."""

    archive: RandomAccess

    def manifest(self) -> tuple[FolderManifest, int]:
        """What is in it, and where the files begin. InputError for what is no folder's archive."""
        head = b"".join(self.archive.read(0, min(BLOCKSIZE, self.archive.size)))
        try:
            first = TarInfo.frombuf(head, "utf-8", "surrogateescape")
        except TarError as exc:
            raise InputError("This dataset is a file and no folder.", _NO_FOLDER) from exc
        ends = BLOCKSIZE + first.size
        if first.name != MANIFEST or ends > self.archive.size:
            raise InputError("This dataset is no folder that was published as one.", _NO_FOLDER)
        if first.size > FolderManifest.limit:
            raise IntegrityError("The folder's manifest is too large.", FolderManifest.remedy)
        manifest = FolderManifest.parse(b"".join(self.archive.read(BLOCKSIZE, ends)))
        return manifest, ends + -ends % BLOCKSIZE

    def read(self, path: str) -> Iterator[bytes]:
        """A file's bytes. Raises NotFoundError for a path that the folder has not, and IntegrityError where
        the archive has another file than the manifest says."""
        manifest, begins = self.manifest()
        file = next((file for file in manifest.files if file.path == path), None)
        if file is None:
            raise NotFoundError(f"The folder has no file {path}.", "List them: biodesci license files ID.")
        start = begins + file.offset
        header = _header(file)
        found = b"".join(self.archive.read(start - len(header), start)) if start >= len(header) else b""
        if found != header:
            raise IntegrityError(f"The archive has another file at the place of {path}.", _NO_FOLDER)
        return self.archive.read(start, start + file.size)


def _header(file: ArchivedFile) -> bytes:
    info = TarInfo(file.path)
    info.size, info.mode = file.size, 0o644
    return info.tobuf(PAX_FORMAT, "utf-8", "surrogateescape")


def files_of(chain: Chain, ipfs: Ipfs, seed: bytes, license_id: int) -> tuple[ArchivedFile, ...]:
    """The files of a licensed folder. Looking is no use that is counted.

    Raises what a download does, and InputError for a dataset that is no folder.
    """
    licence = to_download(chain, license_id)
    require_access(chain, licence)
    key = key_of(chain, ipfs, seed, licence)
    return _opened(*locate(chain, ipfs, key), key.dataset_key).manifest()[0].files


def download_file(
    chain: Chain,
    ipfs: Ipfs,
    seed: bytes,
    license_id: int,
    chosen: tuple[str, Path],
    progress: Progress | None = None,
) -> int:
    """Fetches one file of a licensed folder; its size. `chosen` is its path in the folder, and where it goes.

    Raises what a download does, and StateError for a target that exists.
    """
    path, target = chosen
    if target.exists():
        raise StateError(f"There is a file {target} already.", "Name another target.")
    if not target.parent.is_dir():
        raise InputError(f"There is no folder {target.parent}.", "Make it first, or correct the path.")
    licence = to_download(chain, license_id)
    with use(chain, licence) as count:
        key = key_of(chain, ipfs, seed, licence)
        pieces = _opened(*locate(chain, ipfs, key), key.dataset_key).read(path)
        partial = target.with_name(f".{target.name}.partial")
        partial.unlink(missing_ok=True)
        size = 0
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, files.PRIVATE)
            with os.fdopen(descriptor, "wb") as sink:
                for piece in pieces:
                    sink.write(piece)
                    size += len(piece)
                    if progress is not None:
                        progress(len(piece))
            count()
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    return size


def _opened(content: bytes, source: Source, dataset_key: bytes) -> Folder:
    def fetch(start: int, stop: int) -> bytes:
        return b"".join(source.stream(content, start, stop))

    return Folder(RandomAccess(fetch, source.size(content), dataset_key))
