"""Files that must be whole or absent after a crash: written beside the target, flushed to disk, renamed."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Final

from biodesci.core.errors import InputError, NotFoundError, StateError

# Of a home, where both are SQLite's: what is read of the chain, and what is on no chain.
INDEX_FILE: Final = "index.sqlite"
WORK_FILE: Final = "work.sqlite"
PRIVATE = 0o600
PUBLIC = 0o644


def is_full(exc: OSError) -> bool:
    """Whether the disk refused to take more: it is full, or a limit of the system's says so."""
    return exc.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_private(path: Path, data: bytes, modified: float | None = None) -> None:
    """As `write_atomic`, readable by its owner alone. With `modified`, in Unix seconds, it is there with that
    time from the first moment on."""
    _write(path, data, PRIVATE, modified)


def write_atomic(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step that survives a power cut."""
    _write(path, data, PUBLIC)


def check_new_folder(target: Path, source: Path) -> None:
    """Raises StateError if the target exists, InputError if it lies in the source or the other way round:
    what is written for one party would go along with what is handed to another."""
    if target.exists():
        raise StateError(f"{target} exists already.", "Name a folder that does not exist yet.")
    one, other = target.resolve(), source.resolve()
    if one.is_relative_to(other) or other.is_relative_to(one):
        raise InputError(f"{target} and {source} lie in one another.", "Name a folder beside it.")


def read(path: Path) -> bytes:
    """The file's bytes; NotFoundError naming the file where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError as exc:
        raise NotFoundError(f"There is no file {path}.", "Check the path, or the home folder.") from exc


def _write(path: Path, data: bytes, mode: int, modified: float | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if mode == PRIVATE else 0o755)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as target:
            os.fchmod(target.fileno(), mode)
            target.write(data)
            target.flush()
            if modified is not None:
                os.utime(target.fileno(), (modified, modified))
            os.fsync(target.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename itself
    finally:
        os.close(folder)
