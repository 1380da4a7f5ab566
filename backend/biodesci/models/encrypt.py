"""Encrypts, decrypts and re-keys checkpoint folders for their owner. The key goes into the home folder,
sealed.

The key file is written before the encrypted checkpoint takes its name, and removed again if that fails: there
is never an encrypted model without its key. Nor is there a key without its model, but after a kill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from biodesci.core import files
from biodesci.core.errors import StateError
from biodesci.ee.checkpoint import moving
from biodesci.ee.checkpoint.reading import Checkpoint
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.mark import Mark
from biodesci.party.model_keys import key_path, open_key, seal_key

Progress = Callable[[int], None]  # bytes done since the last call


@dataclass(frozen=True)
class Scheme:
    """How a checkpoint is encrypted: the mode of its key, and whether the order of tokens is hidden too."""

    mode: Mode = "orthogonal"
    shuffle: bool = False


@dataclass(frozen=True)
class Moved:
    """What was written: folder, the key's id and file, the tensors' size in bytes."""

    folder: Path
    key_id: str
    key_file: Path
    size: int


def encrypt(
    source: Path,
    target: Path,
    home: Path,
    passphrase: str,
    scheme: Scheme,
    *,
    progress: Progress = lambda _: None,
) -> Moved:
    """`source` (config.json, safetensors) -> `target` under a fresh key."""
    files.check_new_folder(target, source)
    checkpoint = Checkpoint.open(source)
    key = moving.make_key(checkpoint, scheme.mode, shuffle=scheme.shuffle)
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
    """The id of the key that a checkpoint is encrypted under. Raises StateError for a plain one, InputError
    for a damaged mark."""
    mark = Mark.of(checkpoint.config)
    if mark is None:
        raise StateError(
            f"{checkpoint.folder} holds no encrypted checkpoint.",
            "Name the folder that `biodesci model encrypt` wrote.",
        )
    return mark.key_id


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
