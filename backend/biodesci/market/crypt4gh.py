"""Datasets in Crypt4GH: a header for one more reader, the check of a copy, and files that stewards publish.

What a licensee downloads as Crypt4GH is written in licensed_copy.py. docs/ga4gh.md says why a dataset is no
Crypt4GH file at rest.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from biodesci.chain.client import Chain
from biodesci.core import container, files
from biodesci.core.crypt4gh import body, header, whole
from biodesci.core.crypt4gh.committed import Committed
from biodesci.core.errors import InputError, StateError
from biodesci.ipfs.client import Ipfs
from biodesci.market import licensed_copy

_SUFFIX = ".c4gh"


def is_encrypted(file: Path) -> bool:
    """Whether a file says by its first bytes that it is Crypt4GH, whatever its name is."""
    try:
        with file.open("rb") as source:
            return header.starts(source.read(len(header.MAGIC)))
    except OSError:
        return False


def header_for(chain: Chain, ipfs: Ipfs, seed: bytes, license_id: int, readers: tuple[bytes, ...]) -> bytes:
    """The header of a licence's Crypt4GH file for readers with these public keys: all that they need who have
    the data already. Nothing is fetched for it but the envelope, whatever the size of the dataset.

    Where the licence's uses are counted, this is one. Raises InputError for bad public keys, and what
    `licensed_copy.key_of` does.
    """
    licence = licensed_copy.to_download(chain, license_id)
    with licensed_copy.use(chain, licence) as count:
        made = licensed_copy.key_of(chain, ipfs, seed, licence).header(readers)
        count()
    return made


def check(
    chain: Chain, ipfs: Ipfs, seed: bytes, license_id: int, file: Path, private: bytes | None = None
) -> int:
    """Whether a copy is the file that a licence is for, whole and unchanged; the plain file's size in bytes.

    The copy is the plain file, or a Crypt4GH file: a licensee's, by whomever its header is for, or with the
    `private` key of its reader any other. It is compared with the content root on chain, of which no file
    format's own order of segments is a part. IntegrityError where it is another. No use is counted: whoever
    checks has the copy.
    """
    licence = licensed_copy.to_download(chain, license_id)
    licensed_copy.require_access(chain, licence)
    key = licensed_copy.key_of(chain, ipfs, seed, licence)
    found, fetched_from = licensed_copy.locate(chain, ipfs, key)
    front = b"".join(fetched_from.stream(found, 0, container.HEADER_SIZE))
    committed = Committed(front, key.dataset_key)
    sink = cast("BinaryIO", committed)
    with _open(file) as source:
        if is_encrypted(file):
            if private is None:
                header.skip(source)
                keys: tuple[bytes, ...] = (key.data_key(),)
            else:
                keys = header.open_(source, private)
            body.decrypt(source, sink, keys)
        else:
            shutil.copyfileobj(source, sink, 1 << 20)
    return committed.check(key.content_root)


@contextmanager
def imported(file: Path, private: bytes, home: Path) -> Iterator[tuple[Path, bool]]:
    """(plain file, whether the file shows that it is whole) of a steward's Crypt4GH file, for as long as the
    context lasts. The plain file is private, in the home folder. What a run that was killed left there is
    removed by the next one, of whatever file. Others' tools write files that don't show whether they are
    whole: who publishes one compares its size.

    Raises what `whole.decrypt` does, and StateError where the disk has no room.
    """
    with _folder_in(home / "imports") as folder:
        if shutil.disk_usage(folder).free < file.stat().st_size:
            raise StateError(f"{folder} has no room for the plain file.", "Free space, then repeat.")
        plain = folder / (file.name.removesuffix(_SUFFIX) or "file")
        plain.touch(files.PRIVATE)
        with _open(file) as source, plain.open("wb") as sink:
            opened = whole.decrypt(source, sink, private)
        yield plain, opened.is_ordered


@contextmanager
def _folder_in(imports: Path) -> Iterator[Path]:
    """A new folder, gone at the end. It is locked while it is used, which ends with the process; until it is
    locked its name begins with a dot. So whatever is not locked is of a run that was killed."""
    imports.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in imports.glob("[!.]*"):
        with _locked(left) as is_ours:
            if is_ours:
                shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=".", dir=imports))
    try:
        with _locked(folder):
            folder = folder.rename(folder.with_name(folder.name.removeprefix(".")))
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether the folder is this process's: nobody else has locked it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:  # another run has removed it
        yield False
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _open(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as exc:
        raise InputError(f"{file} cannot be read ({exc.strerror}).", "Check the path.") from exc
