"""Masks over Z_2^32: X25519 agreement, HKDF-SHA256, AES-256-CTR keystream; and shares encrypted to a peer.

Bonawitz et al., "Practical Secure Aggregation for Privacy-Preserving Machine Learning", CCS 2017, with keys
bound to chain id, registry, round and pair (docs/protocol.md, "Secure aggregation"), so that a mask is never
used in a second place. The AES counter starts at zero: each key makes one keystream only.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from biodesci.core.errors import InputError, IntegrityError
from biodesci.fl.quantize import Ring

_BLOCK: Final = 1 << 20  # bytes of keystream at a time: stays in cache
_ZEROS: Final = bytes(_BLOCK)
_NONCE: Final = bytes(12)


@dataclass(frozen=True, slots=True)
class Context:
    """What a round's keys are bound to."""

    chain_id: int
    registry: bytes
    round_id: int

    def __post_init__(self) -> None:
        if len(self.registry) != 20:
            raise InputError("The registry's address must have 20 bytes.", "Give the raw address.")

    def info(self, purpose: str, first: bytes, second: bytes) -> bytes:
        """`purpose ‖ chain id u256 ‖ registry ‖ round id u256 ‖ first ‖ second` (addresses of 20 bytes)."""
        return b"".join(
            (
                purpose.encode(),
                self.chain_id.to_bytes(32, "big"),
                self.registry,
                self.round_id.to_bytes(32, "big"),
                first,
                second,
            )
        )


def generate_key() -> bytes:
    """A new X25519 private key (32 bytes)."""
    return X25519PrivateKey.generate().private_bytes_raw()


def public_key(private: bytes) -> bytes:
    """The X25519 public key (32 bytes, RFC 7748) of a private key. ValueError unless that has 32 bytes."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def require_usable(public: bytes) -> None:
    """Raises IntegrityError for a key of small order, with which every agreement is the same."""
    _agree(generate_key(), public)


def pair_key(context: Context, private: bytes, public: bytes, first: bytes, second: bytes) -> bytes:
    """The mask key that two nodes share; the same from either side, whatever the order of the addresses."""
    low, high = sorted((first, second))
    return _derive(_agree(private, public), context.info("biodesci/mask/v1", low, high))


def self_key(context: Context, seed: bytes, address: bytes) -> bytes:
    """The key of a node's own mask."""
    return _derive(seed, context.info("biodesci/mask/v1", address, address))


def apply_mask(vector: Ring, key: bytes, sign: int) -> None:
    """Add (`sign` 1) or subtract (-1) the key's keystream, read as big-endian u32, in place.

    The keystream is AES-256-CTR from counter 0 under the key (32 bytes). Raises InputError unless the vector
    is one of uint32, (P,).
    """
    if vector.dtype != np.uint32 or vector.ndim != 1:
        raise InputError("Masks apply to a vector of uint32.", "Quantize the update first.")
    stream = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    step = _BLOCK // 4
    for start in range(0, vector.size, step):
        part = vector[start : start + step]
        mask = np.frombuffer(stream.update(_ZEROS[: 4 * part.size]), dtype=">u4").astype(np.uint32)
        if sign > 0:
            part += mask
        else:
            part -= mask


def seal_shares(
    context: Context, private: bytes, public: bytes, sender: bytes, to: bytes, data: bytes
) -> bytes:
    """Encrypt shares to a peer: `nonce (12) ‖ AES-256-GCM`, key from the pair's share-encryption keys."""
    info = context.info("biodesci/share/v1", sender, to)
    nonce = os.urandom(len(_NONCE))
    return nonce + AESGCM(_derive(_agree(private, public), info)).encrypt(nonce, data, info)


def open_shares(
    context: Context, private: bytes, public: bytes, sender: bytes, to: bytes, sealed: bytes
) -> bytes:
    """Decrypt what `seal_shares` made. Raises IntegrityError when it was changed, or is for someone else."""
    info = context.info("biodesci/share/v1", sender, to)
    try:
        return AESGCM(_derive(_agree(private, public), info)).decrypt(sealed[:12], sealed[12:], info)
    except (InvalidTag, ValueError) as exc:
        raise IntegrityError(
            f"The shares from 0x{sender.hex()} do not open.",
            "They were changed on the way, or are not for this node.",
        ) from exc


def _agree(private: bytes, public: bytes) -> bytes:
    try:
        return X25519PrivateKey.from_private_bytes(private).exchange(
            X25519PublicKey.from_public_bytes(public)
        )
    except ValueError as exc:  # a point of small order: RFC 7748, section 6.1
        raise IntegrityError(
            "A peer's round key is not a usable X25519 key.", "Leave this peer out."
        ) from exc


def _derive(secret: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(secret)
