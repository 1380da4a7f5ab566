"""A person's X-Wing key: the seed sealed in the home folder, the public half in KeyRegistry."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from web3 import Web3

from biodesci.chain.client import Chain
from biodesci.core import envelope, keyfile
from biodesci.core.errors import NotFoundError, StateError
from biodesci.services import files

_PURPOSE: Final = "x-wing-seed"


@dataclass(frozen=True)
class Registered:
    """`sent` is False where the chain had this key already."""

    account: str
    key_hash: str
    sent: bool


def path(home: Path) -> Path:
    return home / "key.bin"


def create(home: Path, passphrase: str) -> Path:
    target = path(home)
    if target.exists():
        raise StateError(
            f"There is a key at {target} already.", "What was sealed to it needs it; move it away to rotate."
        )
    files.write_private(target, keyfile.seal(envelope.generate_seed(), passphrase, _PURPOSE))
    return target


def load_seed(home: Path, passphrase: str) -> bytes:
    target = path(home)
    if not target.exists():
        raise NotFoundError(f"There is no key at {target}.", "Make one: biodesci key register.")
    seed: bytes = keyfile.open_(target.read_bytes(), passphrase, _PURPOSE)
    return seed


def register(chain: Chain, home: Path, passphrase: str) -> Registered:
    """Puts this home's public key on chain, once; makes the key first where there is none."""
    if not path(home).exists():
        create(home, passphrase)
    public = envelope.public_key(load_seed(home, passphrase))
    key_hash = Web3.keccak(public)
    current, _, _ = chain.call(chain.keys.functions.keyOf(chain.address))
    sent = bytes(current) != bytes(key_hash)
    if sent:
        chain.send(chain.keys.functions.register(public))
    return Registered(chain.address, key_hash.to_0x_hex(), sent)
