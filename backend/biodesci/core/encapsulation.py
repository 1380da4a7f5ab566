"""HPKE with its encapsulation's randomness given: whoever is shown that can compute an envelope again.

RFC 9180 in base mode, single shot, with X-Wing (draft-connolly-cfrg-xwing-kem), HKDF-SHA256 and AES-256-GCM:
byte for byte what `cryptography`'s Suite opens. That library lets nobody choose ML-KEM's randomness, so that
half comes from kyber-py here. It is pure Python and takes no care to run in constant time: whoever can time
the sealing process to the microsecond may learn something of this half, and of nothing else; X25519 and all
symmetric parts are from `cryptography`. So it is given no secret key, and randomness that serves once
(docs/security.md says why it stays, and what would replace it).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from kyber_py.ml_kem import ML_KEM_768

from biodesci.core.errors import InputError

RANDOMNESS_SIZE: Final = 64  # ML-KEM's message ‖ X25519's ephemeral private key
MLKEM_PUBLIC_SIZE: Final = 1_184
_LABEL: Final = b"\\.//^\\"  # the draft's drawing of an X-Wing
# "HPKE" ‖ KEM 0x647a ‖ KDF HKDF-SHA256 ‖ AEAD AES-256-GCM
_SUITE_ID: Final = b"HPKE" + bytes.fromhex("647a00010002")
_BASE: Final = b"\0"


def encapsulate(public_key: bytes, randomness: bytes) -> tuple[bytes, bytes]:
    """(encapsulated key, shared secret): EncapsulateDerand of X-Wing, for a public key that was checked.

    Raises InputError for randomness of another size, and ValueError for an X25519 point of low order.
    """
    if len(randomness) != RANDOMNESS_SIZE:
        raise InputError(f"An encapsulation takes {RANDOMNESS_SIZE} random bytes, not {len(randomness)}.")
    mlkem, x25519 = public_key[:MLKEM_PUBLIC_SIZE], public_key[MLKEM_PUBLIC_SIZE:]
    ephemeral = X25519PrivateKey.from_private_bytes(randomness[32:])
    sent = ephemeral.public_key().public_bytes_raw()
    agreed = ephemeral.exchange(X25519PublicKey.from_public_bytes(x25519))
    secret, ciphertext = ML_KEM_768._encaps_internal(mlkem, randomness[:32])  # FIPS 203's own name
    return ciphertext + sent, hashlib.sha3_256(secret + agreed + sent + x25519 + _LABEL).digest()


def seal(public_key: bytes, plaintext: bytes, info: bytes, randomness: bytes) -> bytes:
    """Encapsulated key ‖ ciphertext (RFC 9180, sections 5.1 and 6.1), the same for the same arguments.

    One randomness seals one plaintext: with a second one, under the same key and info, AES-GCM would use a
    nonce twice.
    """
    encapsulated, shared = encapsulate(public_key, randomness)
    context = _BASE + _extract(b"", b"psk_id_hash", b"") + _extract(b"", b"info_hash", info)
    secret = _extract(shared, b"secret", b"")
    key = _expand(secret, b"key", context, 32)
    nonce = _expand(secret, b"base_nonce", context, 12)
    return encapsulated + AESGCM(key).encrypt(nonce, plaintext, b"")


def _extract(salt: bytes, label: bytes, secret: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + _SUITE_ID + label + secret, "sha256")


def _expand(secret: bytes, label: bytes, context: bytes, size: int) -> bytes:
    labelled = size.to_bytes(2) + b"HPKE-v1" + _SUITE_ID + label + context
    return HKDFExpand(SHA256(), size, labelled).derive(secret)
