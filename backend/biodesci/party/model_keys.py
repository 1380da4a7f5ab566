"""The keys of a model owner's encrypted models, sealed under the passphrase in the home folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from biodesci.core import files, keyfile
from biodesci.core.errors import NotFoundError, WrongKeyError
from biodesci.core.keyfile import check_key_id
from biodesci.ee.keys import ModelKey

PURPOSE: Final = "ee-key"


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


def adapter_key_path(home: Path, key_id: str) -> Path:
    """Where the key of an encrypted model's adapters lies. InputError unless `key_id` is an id."""
    return key_path(home, key_id).with_suffix(".adapter-key")


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
