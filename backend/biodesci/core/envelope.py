"""Envelopes: a secret sealed to one person's public key (docs/protocol.md, "Envelope").

HPKE (RFC 9180) base mode, single shot, with the hybrid KEM X25519 + ML-KEM-768 (X-Wing,
draft-connolly-cfrg-xwing-kem), HKDF-SHA256 and AES-256-GCM, all from `cryptography` (but for envelopes that
can be shown to an arbiter, core/encapsulation.py). Ciphertext on IPFS is public for ever; the hybrid keeps it
closed while either of the two problems stays hard.
"""

from __future__ import annotations

import hashlib
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from biodesci.core import encapsulation
from biodesci.core.commitment import address
from biodesci.core.errors import InputError, IntegrityError, WrongKeyError

SEED_SIZE: Final = 32
PUBLIC_KEY_SIZE: Final = 1_216
_HEADER: Final = b"BDSE\x01\x00\x00\x00"
_ENC_SIZE: Final = 1_120
OVERHEAD: Final = len(_HEADER) + _ENC_SIZE + 16
_TYPE: Final = keccak(b"biodesci/envelope/v1")
_OF_DATASETS: Final = ("license", "hand-over", "evidence", "key-share", "guarded-share", "released-share")
_OF_MODELS: Final = ("codec", "inference-input", "inference-output", "inference-trace")
_PURPOSES: Final = frozenset({*_OF_DATASETS, *_OF_MODELS})
_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def generate_seed() -> bytes:
    """A new private key: 32 bytes from the operating system."""
    return os.urandom(SEED_SIZE)


def public_key(seed: bytes) -> bytes:
    """The public key of a seed: ML-KEM-768 public ‖ X25519 public, 1,216 bytes."""
    mlkem, x25519 = _private_parts(seed)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def info(purpose: str, chain_id: int, contract: str, id_: int, subject: str) -> bytes:
    """What an envelope is bound to: its purpose, chain, contract, id and subject (an address). 32 bytes.

    Raises InputError for an unknown purpose, and for a contract or subject that is no address.
    """
    if purpose not in _PURPOSES:
        raise InputError(f"Unknown envelope purpose {purpose!r}.", f"One of: {', '.join(sorted(_PURPOSES))}.")
    return keccak(
        encode(
            ["bytes32", "bytes32", "uint256", "address", "uint256", "address"],
            [_TYPE, keccak(text=purpose), chain_id, address(contract), id_, address(subject)],
        )
    )


def seal(public_key: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Seals `plaintext` to a public key under `info`. Each call gives another envelope."""
    try:
        sealed = _SUITE.encrypt(plaintext, _public(public_key), info=_checked_info(info))
    except ValueError as exc:  # a low-order X25519 point
        raise _bad_public_key() from exc
    return _HEADER + sealed


def seal_shown(public_key: bytes, plaintext: bytes, info: bytes) -> tuple[bytes, bytes]:
    """(envelope, randomness): as `seal`, with what `seal_again` makes the same envelope from.

    Whoever has the randomness and the public key reads the plaintext: it is as secret as that.
    """
    randomness = os.urandom(encapsulation.RANDOMNESS_SIZE)
    return seal_again(public_key, plaintext, info, randomness), randomness


def seal_again(public_key: bytes, plaintext: bytes, info: bytes, randomness: bytes) -> bytes:
    """The envelope that this randomness gives. Raises InputError for a public key that is none."""
    _public(public_key)
    try:
        return _HEADER + encapsulation.seal(public_key, plaintext, _checked_info(info), randomness)
    except ValueError as exc:  # a low-order X25519 point
        raise _bad_public_key() from exc


def open_(seed: bytes, envelope: bytes, info: bytes) -> bytes:
    """Opens an envelope with the private key `seed` (32 bytes), under the `info` that it was sealed with.

    Raises IntegrityError for bytes that are no envelope of this version, and WrongKeyError for one that is of
    another key or purpose, or was changed.
    """
    if len(envelope) < OVERHEAD or envelope[:4] != _HEADER[:4]:
        raise IntegrityError(
            "These bytes are not an envelope.", "Fetch it again; compare its CID with the one on chain."
        )
    if envelope[: len(_HEADER)] != _HEADER:
        raise IntegrityError(
            "The envelope has a version or header this release does not know.", "Update BioDeSci."
        )
    key = MLKEM768X25519PrivateKey(*_private_parts(seed))
    try:
        return _SUITE.decrypt(envelope[len(_HEADER) :], key, info=_checked_info(info))
    except (InvalidTag, ValueError) as exc:
        raise WrongKeyError(
            "The envelope does not open with this key.",
            "It was sealed to another key, licence, chain or account, or was changed on the way.",
        ) from exc


def _private_parts(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    if len(seed) != SEED_SIZE:
        raise InputError(f"A private key seed has {SEED_SIZE} bytes, not {len(seed)}.")
    expanded = hashlib.shake_256(seed).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(
        expanded[64:]
    )


def _public(raw: bytes) -> MLKEM768X25519PublicKey:
    if len(raw) != PUBLIC_KEY_SIZE:
        raise InputError(f"A public key has {PUBLIC_KEY_SIZE} bytes, not {len(raw)}.")
    try:
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(raw[: encapsulation.MLKEM_PUBLIC_SIZE]),
            X25519PublicKey.from_public_bytes(raw[encapsulation.MLKEM_PUBLIC_SIZE :]),
        )
    except ValueError as exc:
        raise _bad_public_key() from exc


def _bad_public_key() -> InputError:
    return InputError("These 1,216 bytes are not a valid public key.", "Ask its owner to register it again.")


def _checked_info(info: bytes) -> bytes:
    if len(info) != 32:
        raise InputError(f"Envelope info has 32 bytes, not {len(info)}.", "Make it with envelope.info().")
    return info
