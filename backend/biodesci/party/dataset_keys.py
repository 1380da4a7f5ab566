"""Dataset keys at rest in their owner's home, found by the commitment that is on chain."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from biodesci.core import commitment, container, files, keyfile
from biodesci.core.errors import NotFoundError

_PURPOSE: Final = "dataset-key"


def path(home: Path, key_commitment: bytes) -> Path:
    """The file in which a home keeps the dataset key with this commitment (32 bytes); it may not exist."""
    return home / "datasets" / f"{key_commitment.hex()}.key"


def create(home: Path, passphrase: str) -> bytes:
    """Makes a key and its salt, seals them to disk, and returns the commitment."""
    key, salt = container.generate_key(), os.urandom(32)
    committed = commitment.key_commitment(key, salt)
    files.write_private(path(home, committed), keyfile.seal(key + salt, passphrase, _PURPOSE))
    return committed


def load(home: Path, passphrase: str, key_commitment: bytes) -> tuple[bytes, bytes]:
    """(dataset key, salt) for a commitment; NotFoundError where this home does not hold it."""
    source = path(home, key_commitment)
    if not source.exists():
        raise NotFoundError(
            f"The key of the dataset with commitment 0x{key_commitment.hex()[:16]}… is not in {home}.",
            "Use the home folder that published it, or restore its datasets/ folder from a copy.",
        )
    opened = keyfile.open_(source.read_bytes(), passphrase, _PURPOSE)
    key, salt = opened[:32], opened[32:]
    commitment.check(key_commitment, commitment.key_commitment(key, salt), "dataset key")
    return key, salt
