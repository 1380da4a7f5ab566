"""A home in one encrypted file: all that is on no chain and on no IPFS node, but for what can be made anew.

    "BDSB" ‖ version u8 = 1 ‖ length u16 ‖ key file (core/keyfile.py) ‖ container (core/container.py) of a tar

The key file holds a key made for this backup, under the passphrase; the container is bound to that key, so a
file that was cut, changed or put together from two does not open. The index is left out: the chain has it.
So are private containers (party/containers.py), of which only the notes are in it: each is as large as the
data, and encrypted, so that a plain copy is as good.
"""

from __future__ import annotations

import io
import os
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Literal, TypeVar, cast

from biodesci.chain import accounts
from biodesci.core import container, keyfile
from biodesci.core.documents.backup import Manifest
from biodesci.core.errors import ConfigurationError, IntegrityError, StateError, WrongKeyError
from biodesci.core.files import INDEX_FILE, PRIVATE, WORK_FILE
from biodesci.party import containers, keys
from biodesci.store import engine, sqlite

T = TypeVar("T")
_MAGIC: Final = b"BDSB\x01"
_PURPOSE: Final = "biodesci/backup/v1"
_MANIFEST: Final = "biodesci-backup.json"
_ACCOUNT: Final = "account.json"
_AGAIN: Final = (INDEX_FILE, f"{WORK_FILE}-")  # what is made anew, and SQLite's own files beside the work
_PASSING: Final = (".lock", ".part", ".partial")
_ANOTHER: Final = "Use another copy of it."


@dataclass(frozen=True)
class Summary:
    """What a backup holds: its first entry, how many files, their bytes, and whether a work database of
    SQLite's is among them although the home's work is on a server."""

    manifest: Manifest
    files: int
    size: int
    has_file_besides: bool = False


def create(home: Path, account: Path, work: Path | str, file: Path, passphrase: str) -> Summary:
    """Writes the backup of a home, whose workers may be running, to a new file (mode 0600).

    `account` is the keystore, which may lie elsewhere; `work` is the work database, of which a file is
    copied as it is at one moment. Of a database on a server nothing is in it, but a work database that lies
    in the home besides is. StateError where the file exists or would lie in the home, where the home is none,
    and where a file changes while it is copied; WrongKeyError for a passphrase that does not open the home's
    account or key, and InputError for one that is too short; ConfigurationError for a URL that is none.
    """
    engine.check(work)
    if file.exists():
        raise StateError(f"{file} exists already.", "Name a new file for the backup.")
    if not home.is_dir():
        raise StateError(f"There is no home {home}.", "Set BIODESCI_HOME.")
    folders = {home.resolve()}
    for _ in _below(home, folders):
        pass
    if file.parent.resolve() in folders:
        raise StateError(
            f"{file} would lie in the home, where the next backup takes it along: each would be as large as "
            "all before it.",
            "Name a file outside of the home, best on another disk.",
        )
    keyfile.check_passphrase(passphrase)
    # A typo would make a file that nobody opens on the day it is needed.
    if account.exists():
        accounts.load(account, passphrase)
    if keys.path(home).exists():
        keys.load_seed(home, passphrase)
    key = container.generate_key()
    sealed = keyfile.seal(key, passphrase, _PURPOSE)
    partial = file.with_name(f".{file.name}.partial")
    try:
        descriptor = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, PRIVATE)
        with os.fdopen(descriptor, "wb") as target:
            target.write(_MAGIC + len(sealed).to_bytes(2, "big") + sealed)
            with _flow(lambda sink: _pack(home, account, work, sink)) as (source, packed):
                container.encrypt(source, target, key)
            target.flush()
            os.fsync(target.fileno())
        partial.replace(file)
    except BaseException as exc:
        with suppress(OSError):  # what kept it from being written may keep it from being taken away
            partial.unlink(missing_ok=True)
        if isinstance(exc, OSError):
            raise _unwritten(exc, file) from exc
        raise
    return packed.result()


def check(file: Path, passphrase: str) -> Summary:
    """Reads all of a backup and keeps nothing. IntegrityError: it is none, or damaged. WrongKeyError."""
    with _opened(file) as source:
        return _unpack(source, passphrase, None)


def restore(file: Path, home: Path, passphrase: str) -> Summary:
    """Makes a home of a backup. Nothing is written before all of the file was read and found whole.

    StateError where the home has anything in it; and as `check`.
    """
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise StateError(
            f"{home} is not empty, and nothing in it is overwritten.",
            "Name a home that does not exist (BIODESCI_HOME).",
        )
    with _opened(file, home) as source:
        _unpack(source, passphrase, None)
        source.seek(0)
        is_given = home.exists()  # what it lies in may be another's then
        place = home if is_given else home.parent
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place, prefix=f".{home.name}.") as beside:
            made = Path(beside) / "home"
            made.mkdir(mode=0o700)
            summary = _unpack(source, passphrase, made)
            if is_given:
                # The account last: nothing is sent from half a home.
                for path in sorted(made.iterdir(), key=lambda path: path.name == _ACCOUNT):
                    path.replace(home / path.name)
            else:
                made.replace(home)
    return summary


@contextmanager
def _opened(file: Path, target: Path | None = None) -> Iterator[BinaryIO]:
    try:
        with file.open("rb") as source:
            yield source
    except OSError as exc:
        raise _unwritten(exc, target or file) from exc


def _unwritten(exc: OSError, path: Path) -> ConfigurationError:
    """`path` is what it was about where the system does not say that."""
    return ConfigurationError(
        f"{exc.filename or path} cannot be read or written: {exc.strerror}.",
        "Check paths and rights, and free space.",
    )


@contextmanager
def _flow(write: Callable[[BinaryIO], T]) -> Iterator[tuple[BinaryIO, Future[T]]]:
    """What another thread writes, to be read here to its end, without a copy on disk; and what it returned.

    Where both fail, the writer's error is the cause, and raised.
    """
    reading, writing = os.pipe()

    def run() -> T:
        with os.fdopen(writing, "wb") as sink:
            return write(sink)

    with ThreadPoolExecutor(1, thread_name_prefix="backup") as pool, os.fdopen(reading, "rb") as source:
        written = pool.submit(run)
        try:
            yield source, written
        except BaseException:
            source.close()
            error = written.exception()
            if error is not None and not isinstance(error, BrokenPipeError):
                raise error from None
            raise
        written.result()


def _pack(home: Path, account: Path, work: Path | str, sink: BinaryIO) -> Summary:
    database = work if isinstance(work, Path) else home / WORK_FILE
    try:
        copied = sqlite.copy(database) if database.exists() else None
    except sqlite3.Error as exc:
        raise StateError(
            f"{database} cannot be copied: {exc}.",
            "Look at it with biodesci doctor, then repeat the command.",
        ) from exc
    kind: Literal["file", "server", "none"] = "server" if isinstance(work, str) else "file"
    manifest = Manifest(
        made=int(time.time()),
        program=version("biodesci"),
        work="none" if kind == "file" and copied is None else kind,
    )
    count = size = 0
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        _put(tar, _MANIFEST, manifest.to_bytes())
        if copied is not None:
            _put(tar, WORK_FILE, copied)
            count, size = 1, len(copied)
        for name, path in _files(home, account, work):
            try:
                with path.open("rb") as source:
                    length = os.fstat(source.fileno()).st_size
                    tar.addfile(_entry(name, length), source)
            except FileNotFoundError as exc:
                if path.is_symlink():
                    raise StateError(
                        f"{path} is a link to what is not there.", "Mount or put back what it leads to."
                    ) from exc
                continue  # a worker has just finished with it
            except BrokenPipeError:
                raise  # who writes the file has failed, and says why
            except OSError as exc:
                raise StateError(
                    f"{path} changed or could not be read while it was copied.", "Repeat the command."
                ) from exc
            count, size = count + 1, size + length
    return Summary(manifest, count, size, kind == "server" and copied is not None)


def _files(home: Path, account: Path, work: Path | str) -> Iterator[tuple[str, Path]]:
    for path in _below(home, {home.resolve()}):
        name = path.relative_to(home).as_posix()
        if name == WORK_FILE or path == work or name.startswith(_AGAIN) or name.endswith(_PASSING):
            continue
        if name.startswith(f"{containers.FOLDER}/") and name.endswith(containers.SUFFIX):
            continue
        if path.name.startswith(".") or (path.exists() and not path.is_file()):
            continue
        yield name, path
    if account.exists() and not (home / _ACCOUNT).exists():
        yield _ACCOUNT, account


def _below(folder: Path, seen: set[Path]) -> Iterator[Path]:
    """All that is no folder, in order, links to folders elsewhere included: keys may lie there."""
    for path in sorted(folder.iterdir()):
        if not path.is_dir():
            yield path
        elif (real := path.resolve()) not in seen:
            seen.add(real)
            yield from _below(path, seen)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, PRIVATE
    return entry


def _put(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    tar.addfile(_entry(name, len(data)), io.BytesIO(data))


def _unpack(source: BinaryIO, passphrase: str, target: Path | None) -> Summary:
    """Reads all of it, into `target` where there is one."""
    head = source.read(len(_MAGIC) + 2)
    if len(head) < len(_MAGIC) + 2 or head[: len(_MAGIC)] != _MAGIC:
        raise IntegrityError("This is no backup of a home.", "Check the path, or use another copy.")
    try:
        key = keyfile.open_(source.read(int.from_bytes(head[-2:], "big")), passphrase, _PURPOSE)
    except WrongKeyError as exc:
        raise WrongKeyError(
            "The passphrase does not open this backup.",
            "Set BIODESCI_PASSPHRASE to that of the day on which it was made. If it is right, the file was "
            "changed since: use another copy.",
        ) from exc
    except IntegrityError as exc:
        raise IntegrityError("The backup is damaged at its beginning.", _ANOTHER) from exc

    def open_(sink: BinaryIO) -> None:
        try:
            container.decrypt(source, sink, key, expected_root=None)
        except (IntegrityError, WrongKeyError) as exc:
            raise IntegrityError("The backup is damaged, or a part of it is missing.", _ANOTHER) from exc

    with _flow(open_) as (plain, _):
        try:
            summary = _read(plain, target)
            while plain.read(1 << 16):  # to the end of the container, which alone shows that it is whole
                continue
        except (tarfile.TarError, EOFError) as exc:
            raise IntegrityError("The backup is damaged.", _ANOTHER) from exc
    return summary


def _read(source: BinaryIO, target: Path | None) -> Summary:
    manifest, count, size, has_file = None, 0, 0, False
    with tarfile.open(fileobj=source, mode="r|") as tar:
        for entry in tar:
            name = PurePosixPath(entry.name)
            if not entry.isreg() or name.is_absolute() or ".." in name.parts:
                raise IntegrityError("The backup holds more than files of a home.", _ANOTHER)
            content = cast(BinaryIO, tar.extractfile(entry))
            if manifest is None:
                if entry.name != _MANIFEST or entry.size > Manifest.limit:
                    raise IntegrityError("The backup does not say what it is.", _ANOTHER)
                manifest = Manifest.parse(content.read())
                continue
            _keep(content, target / name if target else None)
            count, size = count + 1, size + entry.size
            has_file = has_file or entry.name == WORK_FILE
    if manifest is None:
        raise IntegrityError("The backup is empty.", _ANOTHER)
    return Summary(manifest, count, size, has_file and manifest.work == "server")


def _keep(content: BinaryIO, path: Path | None) -> None:
    if path is None:
        while content.read(1 << 20):
            continue
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE)
    with os.fdopen(descriptor, "wb") as written:
        while piece := content.read(1 << 20):
            written.write(piece)
        written.flush()
        os.fsync(written.fileno())
