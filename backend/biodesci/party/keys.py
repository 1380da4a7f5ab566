"""A person's X-Wing key: the seed sealed in the home folder, the public half in KeyRegistry."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from eth_utils.crypto import keccak
from web3 import Web3

from biodesci.chain import signatures
from biodesci.chain.client import Chain
from biodesci.chain.records import Key
from biodesci.core import envelope, files, keyfile, typed_data
from biodesci.core.documents.registration import SignedRegistration
from biodesci.core.errors import InputError, NotFoundError, StateError

_PURPOSE: Final = "x-wing-seed"


@dataclass(frozen=True)
class Registered:
    """`sent` is False where the chain had this key already."""

    account: str
    key_hash: str
    sent: bool


def path(home: Path) -> Path:
    """The file in which a home keeps the seed of its owner's X-Wing key; it may not exist."""
    return home / "key.bin"


def create(home: Path, passphrase: str, *, n: int = keyfile.DEFAULT_N) -> Path:
    """Make a new X-Wing seed, seal it under the passphrase, and return the file that it lies in.

    A lower `n` (scrypt's cost) is for passphrases that nobody can guess anyhow, being drawn at random.
    Raises StateError where the home has a key already, and InputError for a passphrase that is too short.
    """
    target = path(home)
    if target.exists():
        raise StateError(
            f"There is a key at {target} already.", "What was sealed to it needs it; move it away to rotate."
        )
    files.write_private(target, keyfile.seal(envelope.generate_seed(), passphrase, _PURPOSE, n=n))
    return target


def keep(home: Path, passphrase: str, seed: bytes) -> None:
    """Files a seed that a backup had. Raises StateError where the home has a key already."""
    if path(home).exists():
        raise StateError(f"There is a key at {path(home)} already.", "Nothing was overwritten.")
    files.write_private(path(home), keyfile.seal(seed, passphrase, _PURPOSE))


def load_seed(home: Path, passphrase: str) -> bytes:
    """The X-Wing seed of this home (32 bytes).

    Raises NotFoundError where there is none, WrongKeyError for another passphrase, and IntegrityError for a
    damaged file.
    """
    target = path(home)
    if not target.exists():
        raise NotFoundError(
            f"There is no key at {target}.",
            "Make one: biodesci key register, or, without a chain, biodesci key export.",
        )
    seed: bytes = keyfile.open_(target.read_bytes(), passphrase, _PURPOSE)
    return seed


def export(home: Path, passphrase: str, target: Path) -> bytes:
    """Writes this home's public key (1,216 bytes), making the key first where there is none; the key."""
    if not path(home).exists():
        create(home, passphrase)
    public = envelope.public_key(load_seed(home, passphrase))
    files.write_atomic(target, public)
    return public


def read_public(file: Path) -> bytes:
    """What `export` wrote; InputError for anything else."""
    public = files.read(file)
    if len(public) != envelope.PUBLIC_KEY_SIZE:
        raise InputError(
            f"{file} has {len(public)} bytes; a public key has {envelope.PUBLIC_KEY_SIZE}.",
            "Ask the recipient for the file that `biodesci key export` writes.",
        )
    return public


def fingerprint(public: bytes) -> str:
    """Names a public key, for two people to compare by telephone: 40 hexadecimal digits after 0x."""
    return "0x" + keccak(public)[-20:].hex()


def sign_registration(chain: Chain, home: Path, passphrase: str, *, seconds: int) -> SignedRegistration:
    """As `register`, for somebody else to send: costs no gas. Makes the key first where there is none."""
    if not path(home).exists():
        create(home, passphrase)
    public = envelope.public_key(load_seed(home, passphrase))
    deadline, registry = chain.now() + seconds, str(chain.keys.address)
    nonce = chain.call(chain.keys.functions.nonces(chain.address))
    document = typed_data.registration(
        chain.chain_id, registry, chain.address, bytes(Web3.keccak(public)), nonce, deadline
    )
    signature = signatures.sign(chain, document)
    return SignedRegistration(
        chain_id=chain.chain_id,
        registry=registry,
        account=chain.address,
        public_key=public,
        deadline=deadline,
        signature=signature,
    )


def relay(chain: Chain, signed: SignedRegistration) -> Registered:
    """Registers another account's key from this one, which pays the gas.

    Raises InputError for a registration that was signed for another chain or KeyRegistry. Nothing is sent
    where the chain has this key already.
    """
    if (signed.chain_id, signed.registry) != (chain.chain_id, str(chain.keys.address)):
        raise InputError(
            f"It is for chain {signed.chain_id}, KeyRegistry {signed.registry}: another network.",
            "Set BIODESCI_DEPLOYMENT to that network's file.",
        )
    key_hash = Web3.keccak(signed.public_key)
    sent = chain.read(Key, signed.account).key_hash != key_hash
    if sent:
        register_for = chain.keys.functions.registerFor
        chain.send(register_for(signed.account, signed.public_key, signed.deadline, signed.signature))
    return Registered(signed.account, key_hash.to_0x_hex(), sent)


def register(chain: Chain, home: Path, passphrase: str) -> Registered:
    """Puts this home's public key on chain, once; makes the key first where there is none."""
    if not path(home).exists():
        create(home, passphrase)
    public = envelope.public_key(load_seed(home, passphrase))
    key_hash = Web3.keccak(public)
    sent = chain.read(Key, chain.address).key_hash != key_hash
    if sent:
        chain.send(chain.keys.functions.register(public))
    return Registered(chain.address, key_hash.to_0x_hex(), sent)
