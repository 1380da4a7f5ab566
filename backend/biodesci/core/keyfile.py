"""Key files: a secret at rest under a passphrase.

    "BDSK" ‖ version u8 = 1 ‖ log2(n) u8 ‖ r u8 ‖ p u8 ‖ salt (16) ‖ nonce (12) ‖ AES-256-GCM ciphertext

The key is scrypt(passphrase, salt) (RFC 7914); what stands before the ciphertext and the purpose are
associated data, so that a file of one purpose does not open as another.
Files are written by core/files.py.
"""

from __future__ import annotations

import os
import unicodedata
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from biodesci.core.errors import InputError, IntegrityError, WrongKeyError

_MAGIC: Final = b"BDSK\x01"
_HEADER_SIZE: Final = 8 + 16 + 12
SHORTEST_PASSPHRASE: Final = 10  # the page has the same rule
_R: Final = 8
_P: Final = 3
DEFAULT_N: Final = 1 << 15  # with r = 8, p = 3: one of OWASP's recommended settings, 32 MiB
LOWEST_N: Final = 1 << 10
_LOG_N: Final = range(10, 21)  # above, a forged header would ask for gigabytes


def seal(secret: bytes, passphrase: str, purpose: str, *, n: int = DEFAULT_N) -> bytes:
    """Seals `secret`. `n` is scrypt's cost, from 2^10 to 2^20; a doubling doubles time and memory.

    Raises InputError for another `n`, and for a passphrase that is too short (`check_passphrase`).
    """
    log_n = n.bit_length() - 1
    if n != 1 << max(log_n, 0) or log_n not in _LOG_N:
        raise InputError(f"scrypt cannot use n = {n}.", "A power of two from 2^10 to 2^20.")
    check_passphrase(passphrase)
    header = _MAGIC + bytes([log_n, _R, _P]) + os.urandom(16 + 12)
    return header + _cipher(header, passphrase).encrypt(header[24:], secret, _associated(header, purpose))


def check_passphrase(passphrase: str) -> None:
    """InputError where a new secret must not be sealed by it: whoever gets the file can try short ones."""
    if len(unicodedata.normalize("NFC", passphrase)) < SHORTEST_PASSPHRASE:
        raise InputError(
            f"A passphrase has {SHORTEST_PASSPHRASE} characters at least.",
            "Choose a longer one, such as four words (BIODESCI_PASSPHRASE); what was sealed by a shorter one "
            "still opens.",
        )


def open_(data: bytes, passphrase: str, purpose: str) -> bytes:
    """Opens a key file. IntegrityError: not one. WrongKeyError: wrong passphrase or purpose, or changed."""
    if len(data) < _HEADER_SIZE + 16 or data[:4] != _MAGIC[:4]:
        raise IntegrityError("This is not a key file.", "Check the path, or restore the file from a copy.")
    if data[:5] != _MAGIC:
        raise IntegrityError(f"Key file version {data[4]} is not known here.", "Update BioDeSci.")
    if data[5] not in _LOG_N or (data[6], data[7]) != (_R, _P):
        raise IntegrityError("The key file's header is damaged.", "Restore the file from a copy.")
    header = data[:_HEADER_SIZE]
    try:
        return _cipher(header, passphrase).decrypt(
            header[24:], data[_HEADER_SIZE:], _associated(header, purpose)
        )
    except InvalidTag as exc:
        raise WrongKeyError(
            "The key file does not open.",
            f"Wrong passphrase (BIODESCI_PASSPHRASE), not a {purpose} file, or changed since it was written.",
        ) from exc


def _cipher(header: bytes, passphrase: str) -> AESGCM:
    scrypt = Scrypt(salt=header[8:24], length=32, n=1 << header[5], r=header[6], p=header[7])
    # The same text typed on another system may come in another normal form.
    return AESGCM(scrypt.derive(unicodedata.normalize("NFC", passphrase).encode()))


def _associated(header: bytes, purpose: str) -> bytes:
    return header + b"biodesci/keyfile/v1/" + purpose.encode()


def check_key_id(key_id: str) -> None:
    """InputError unless this is 32 lower-case hexadecimal digits, as the id of a model key."""
    if len(key_id) != 32 or set(key_id) - set("0123456789abcdef"):
        raise InputError(
            f"{key_id[:40]!r} is not the id of a key.", "Use the checkpoint, or the card, as it was written."
        )
