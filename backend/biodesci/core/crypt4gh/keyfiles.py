"""Key files of the Crypt4GH tools: PEM-like text around a public key, or around a "c4gh-v1" private key.

    "c4gh-v1" ‖ kdf ‖ (rounds u32 ‖ salt, unless the kdf is "none") ‖ cipher ‖ key material ‖ comment

Each part but the first has its length before it, as u16 (https://crypt4gh.readthedocs.io/en/latest/keys.html).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from biodesci.core.errors import InputError, IntegrityError, WrongKeyError
from biodesci.core.keyfile import check_passphrase

KEY_SIZE: Final = 32
LARGEST: Final = 64 << 10  # bytes of a key file; ours have about 200
_MAGIC: Final = b"c4gh-v1"
_NONCE: Final = 12
_SALT: Final = 16
_CIPHER: Final = b"chacha20_poly1305"
_MOST_ROUNDS: Final = 1_000_000  # of PBKDF2; the tools write 100,000
_PUBLIC: Final = "CRYPT4GH PUBLIC KEY"
_PRIVATE: Final = "CRYPT4GH PRIVATE KEY"
_MAKE: Final = "Make a pair of keys with: crypt4gh-keygen."


def generate() -> bytes:
    """A new private key: 32 bytes from the operating system."""
    return os.urandom(KEY_SIZE)


def public_key(private: bytes) -> bytes:
    """The public key (32 bytes) of a private one (RFC 7748, 6.1)."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def write_public(public: bytes) -> bytes:
    """The file of a public key."""
    return _wrapped(public, _PUBLIC)


def read_public(raw: bytes) -> bytes:
    """The public key in a file's bytes, 32 bytes. Raises InputError for what is no such file."""
    title, body = _unwrapped(raw)
    if title == _PRIVATE:
        raise InputError("This is a private key, which stays with its owner.", "Give the public key's file.")
    if title != _PUBLIC or len(body) != KEY_SIZE:
        raise InputError("This is no file of a Crypt4GH public key.", _MAKE)
    return body


def write_private(private: bytes, passphrase: str) -> bytes:
    """The file of a private key, sealed as the tools seal it: scrypt (n = 2^14, r = 8, p = 1; RFC 7914) and
    ChaCha20-Poly1305. Raises InputError for a passphrase that is too short."""
    check_passphrase(passphrase)
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    sealed = ChaCha20Poly1305(_scrypt(passphrase, salt)).encrypt(nonce, private, None)
    parts = (b"scrypt", bytes(4) + salt, _CIPHER, nonce + sealed)
    return _wrapped(_MAGIC + b"".join(len(part).to_bytes(2, "big") + part for part in parts), _PRIVATE)


def read_private(raw: bytes, passphrase: str | None = None) -> bytes:
    """The private key in a file's bytes, 32 bytes.

    Raises InputError for what is no such file, one without a passphrase that needs one, and one sealed by
    bcrypt, which the tools write where Python lacks scrypt; IntegrityError for a damaged file; WrongKeyError
    for a passphrase that does not open it.
    """
    title, body = _unwrapped(raw)
    if title != _PRIVATE or not body.startswith(_MAGIC):
        raise InputError("This is no file of a Crypt4GH private key.", _MAKE)
    parts = _Parts(body[len(_MAGIC) :])
    kdf = parts.next()
    options = b"" if kdf == b"none" else parts.next()
    cipher, material = parts.next(), parts.next()
    if (kdf == b"none") != (cipher == b"none") or cipher not in (b"none", _CIPHER):
        raise _damaged()
    if cipher == b"none":
        return _checked(material)
    if passphrase is None:
        raise InputError("The Crypt4GH private key is sealed.", "Set its passphrase: C4GH_PASSPHRASE.")
    key = _derived(kdf, passphrase, options)
    try:
        return _checked(ChaCha20Poly1305(key).decrypt(material[:_NONCE], material[_NONCE:], None))
    except (InvalidTag, ValueError) as exc:
        raise WrongKeyError(
            "The Crypt4GH private key does not open.",
            "Check its passphrase (C4GH_PASSPHRASE), or restore the file from a copy.",
        ) from exc


def is_sealed(raw: bytes) -> bool:
    """Whether the bytes are a private key that opens with a passphrase alone."""
    title, body = _unwrapped(raw)
    return title == _PRIVATE and not body.startswith(_MAGIC + b"\0\4none")


class _Parts:
    """Texts with their lengths before them."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def next(self) -> bytes:
        size = int.from_bytes(self._raw[:2], "big")
        if len(self._raw) < 2 + size:
            raise _damaged()
        part, self._raw = self._raw[2 : 2 + size], self._raw[2 + size :]
        return part


def _derived(kdf: bytes, passphrase: str, options: bytes) -> bytes:
    rounds, salt = int.from_bytes(options[:4], "big"), options[4:]
    if kdf == b"scrypt":
        return _scrypt(passphrase, salt)
    if kdf == b"pbkdf2_hmac_sha256":
        if not 1 <= rounds <= _MOST_ROUNDS:
            raise _damaged()
        return hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, rounds, KEY_SIZE)
    if kdf == b"bcrypt":
        raise InputError(
            "The Crypt4GH private key is sealed by bcrypt, which is not read here.",
            "Seal it anew, by scrypt: crypt4gh-keygen --relock --sk FILE.",
        )
    raise _damaged()


def _scrypt(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=KEY_SIZE, n=1 << 14, r=8, p=1).derive(passphrase.encode())


def _checked(private: bytes) -> bytes:
    if len(private) != KEY_SIZE:
        raise _damaged()
    return private


def _wrapped(body: bytes, title: str) -> bytes:
    return f"-----BEGIN {title}-----\n{base64.b64encode(body).decode()}\n-----END {title}-----\n".encode()


def _unwrapped(raw: bytes) -> tuple[str, bytes]:
    """(title, body) of PEM-like text; an empty title for what is none."""
    if len(raw) > LARGEST:
        raise InputError("The file is too large for a key.", "Give the file of a Crypt4GH key.")
    if raw.startswith(b"ssh-") or b"OPENSSH" in raw[:64]:
        raise InputError("SSH keys are not read here.", _MAKE)
    lines = [line.strip() for line in raw.splitlines() if line.strip()]
    for title in (_PUBLIC, _PRIVATE):
        frame = [f"-----BEGIN {title}-----".encode(), f"-----END {title}-----".encode()]
        if len(lines) > 2 and [lines[0], lines[-1]] == frame:
            try:
                return title, base64.b64decode(b"".join(lines[1:-1]), validate=True)
            except binascii.Error as exc:
                raise _damaged() from exc
    return "", b""


def _damaged() -> IntegrityError:
    return IntegrityError("The file of the Crypt4GH key is damaged.", "Restore it from a copy.")
