"""Codecs and client halves that travel as files: sealed to one recipient, for one model key, without a chain.

An envelope's `info` is `envelope.info("codec", 0, zero address, key id, recipient)`, where the key id is the
integer that its 32 hexadecimal digits are, and the recipient the last 20 bytes of keccak256(public key), as
an address follows from an account's key. So what was sealed for one model, or to one recipient, opens for no
other. Chain 0 and the zero address keep it apart from what ModelRegistry records (`services/codec.py`)."""

from __future__ import annotations

import json
from pathlib import Path

from eth_utils.crypto import keccak

from biodesci.core import envelope
from biodesci.core.errors import BioDeSciError, InputError, IntegrityError, WrongKeyError
from biodesci.ee.codec import Codec, client_half
from biodesci.ee.codec.client_half import ClientHalf
from biodesci.services import files, keys

NOWHERE = "0x" + "00" * 20


def export(home: Path, passphrase: str, target: Path) -> bytes:
    """Writes this home's public key (1,216 bytes), making the key first where there is none; the key."""
    if not keys.path(home).exists():
        keys.create(home, passphrase)
    public = envelope.public_key(keys.load_seed(home, passphrase))
    files.write_atomic(target, public)
    return public


def read_public(path: Path) -> bytes:
    """What `export` wrote; InputError for anything else."""
    found = files.read(path)
    if len(found) != envelope.PUBLIC_KEY_SIZE:
        raise InputError(
            f"{path} has {len(found)} bytes; a public key has {envelope.PUBLIC_KEY_SIZE}.",
            "Ask the recipient for the file that `biodesci key export` writes.",
        )
    return found


def fingerprint(public: bytes) -> str:
    """Names a public key, for two people to compare by telephone: 40 hexadecimal digits after 0x."""
    return "0x" + keccak(public)[-20:].hex()


def binding(key_id: str, public: bytes) -> bytes:
    """The envelope's `info` for a model key's id (32 hexadecimal digits) and a recipient's public key."""
    try:
        number = int(key_id, 16)
    except ValueError as exc:
        raise InputError(
            "This is not the id of a model key.", "Use the checkpoint as it was written."
        ) from exc
    return envelope.info("codec", 0, NOWHERE, number, fingerprint(public))


def seal(target: Path, public: bytes, secret: Codec | ClientHalf) -> None:
    """Writes the secret, sealed to `public`, readable by its owner alone."""
    files.write_private(target, envelope.seal(public, secret.to_bytes(), binding(secret.key_id, public)))


def open_(path: Path, home: Path, passphrase: str, key_id: str) -> Codec | ClientHalf:
    """What was sealed to this home's key for the model key `key_id`. WrongKeyError for another recipient's,
    another model's, or a changed file."""
    seed = keys.load_seed(home, passphrase)
    sealed = files.read(path)
    try:
        data = envelope.open_(seed, sealed, binding(key_id, envelope.public_key(seed)))
    except WrongKeyError as exc:
        raise WrongKeyError(
            f"{path} does not open with this home's key for this model.",
            "It was sealed to another recipient or for another model, or was changed on the way. Send the "
            "model owner the file that `biodesci key export` writes, and ask for this very model.",
        ) from exc
    except IntegrityError as exc:
        raise InputError(
            f"{path} is not a sealed codec.", "Use the file that `biodesci model grant --out` wrote."
        ) from exc
    try:
        half = _format(data) == client_half.FORMAT
        secret = ClientHalf.from_bytes(data) if half else Codec.from_bytes(data)
    except BioDeSciError as exc:
        raise InputError(f"What {path} holds is damaged.", "Ask the model owner for a new one.") from exc
    secret.check(key_id)
    return secret


def open_codec(path: Path, home: Path, passphrase: str, key_id: str) -> Codec:
    """As `open_`, for a codec; InputError for a client half."""
    secret = open_(path, home, passphrase, key_id)
    if isinstance(secret, Codec):
        return secret
    raise InputError(
        f"{path} holds the client half of a split model, not a codec.",
        "Ask the model owner for a training codec: biodesci model grant.",
    )


def _format(data: bytes) -> str:
    """The format that the secret names in its header; empty if it names none."""
    try:
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        return str(header["__metadata__"]["format"])
    except (ValueError, KeyError, TypeError):
        return ""
