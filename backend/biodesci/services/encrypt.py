"""Encrypts, decrypts and re-keys checkpoint folders for their owner. The key goes into the home folder,
sealed.

The key file is written before the encrypted checkpoint takes its name, and removed again if that fails: there
is never an encrypted model without its key. Nor is there a key without its model, but after a kill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from biodesci.core import keyfile
from biodesci.core.errors import NotFoundError, StateError, WrongKeyError
from biodesci.ee.checkpoint import moving
from biodesci.ee.checkpoint.reading import Checkpoint
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.services import files
from biodesci.services.encrypted_folder import check_key_id

PURPOSE = "ee-key"
Progress = Callable[[int], None]  # bytes done since the last call


@dataclass(frozen=True)
class Moved:
    """What was written: folder, the key's id and file, the tensors' size in bytes."""

    folder: Path
    key_id: str
    key_file: Path
    size: int


def key_path(home: Path, key_id: str) -> Path:
    """Where the owner's sealed key lies. InputError unless `key_id` is one."""
    check_key_id(key_id)
    return home / "models" / f"{key_id}.key"


def seal_key(home: Path, passphrase: str, key: ModelKey) -> Path:
    """Writes the key, sealed under the passphrase, readable by its owner alone."""
    path = key_path(home, key.key_id)
    _check_passphrase(home, passphrase)
    files.write_private(path, keyfile.seal(key.to_bytes(), passphrase, PURPOSE))
    return path


def open_key(home: Path, passphrase: str, key_id: str) -> ModelKey:
    """The key with this id; NotFoundError or WrongKeyError."""
    path = key_path(home, key_id)
    if not path.exists():
        raise NotFoundError(
            f"The key {key_id} is not in {path.parent}.", "Run this with the model owner's home."
        )
    key = ModelKey.from_bytes(keyfile.open_(files.read(path), passphrase, PURPOSE))
    key.check(key_id)
    return key


def encrypt(
    source: Path,
    target: Path,
    home: Path,
    passphrase: str,
    *,
    mode: Mode = "orthogonal",
    shuffle: bool = False,
    progress: Progress = lambda _: None,
) -> Moved:
    """`source` (config.json, safetensors) -> `target` under a fresh key."""
    files.check_new_folder(target, source)
    checkpoint = Checkpoint.open(source)
    key = moving.make_key(checkpoint, mode, shuffle=shuffle)
    return _written(
        lambda: moving.encrypt(checkpoint, key, target, progress), checkpoint, key, target, home, passphrase
    )


def decrypt(
    source: Path, target: Path, home: Path, passphrase: str, *, progress: Progress = lambda _: None
) -> Moved:
    """`source`, encrypted and perhaps fine-tuned since -> the plain checkpoint in `target`."""
    files.check_new_folder(target, source)
    checkpoint = Checkpoint.open(source)
    key = open_key(home, passphrase, key_id_of(checkpoint))
    moving.decrypt(checkpoint, key, target, progress)
    return Moved(target, key.key_id, key_path(home, key.key_id), checkpoint.size)


def rekey(
    source: Path, target: Path, home: Path, passphrase: str, *, progress: Progress = lambda _: None
) -> Moved:
    """`source` -> `target` under a fresh key; codecs of the old key don't fit it. The old key stays in the
    home."""
    files.check_new_folder(target, source)
    checkpoint = Checkpoint.open(source)
    old = open_key(home, passphrase, key_id_of(checkpoint))
    new = old.renewed()
    return _written(
        lambda: moving.rekey(checkpoint, old, new, target, progress),
        checkpoint,
        new,
        target,
        home,
        passphrase,
    )


def key_id_of(checkpoint: Checkpoint) -> str:
    """The id of the key that a checkpoint is encrypted under; StateError for a plain one."""
    marked = checkpoint.config.get("ee")
    if not isinstance(marked, dict) or not isinstance(marked.get("key_id"), str):
        raise StateError(
            f"{checkpoint.folder} holds no encrypted checkpoint.",
            "Name the folder that `biodesci model encrypt` wrote.",
        )
    return str(marked["key_id"])


def _written(
    write: Callable[[], None],
    checkpoint: Checkpoint,
    key: ModelKey,
    target: Path,
    home: Path,
    passphrase: str,
) -> Moved:
    path = seal_key(home, passphrase, key)
    try:
        write()
    except BaseException:
        if not target.exists():  # interrupted after it took its name, it is whole and needs its key
            path.unlink(missing_ok=True)
        raise
    return Moved(target, key.key_id, path, checkpoint.size)


def _check_passphrase(home: Path, passphrase: str) -> None:
    """Raises WrongKeyError if the home's keys are sealed under another one: a key sealed under a mistyped
    passphrase is lost, and its model with it."""
    for path in sorted((home / "models").glob("*.key"))[:1]:
        try:
            keyfile.open_(files.read(path), passphrase, PURPOSE)
        except WrongKeyError as exc:
            raise WrongKeyError(
                "The keys in this home open with another passphrase.",
                "Use that one, or another home (BIODESCI_HOME): nothing was written.",
            ) from exc
