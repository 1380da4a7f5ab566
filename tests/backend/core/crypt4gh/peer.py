"""The `crypt4gh` package, as a reader and a writer of files."""

from __future__ import annotations

import io
import logging

import crypt4gh.lib
from crypt4gh import sodium

from biodesci.core.crypt4gh import keyfiles

logging.getLogger("crypt4gh").setLevel(
    logging.CRITICAL + 1
)  # it logs an error for each key that does not fit


def opened(raw: bytes, private: bytes) -> bytes:
    """What the package makes of a file."""
    target = io.BytesIO()
    crypt4gh.lib.decrypt([(0, private, None)], io.BytesIO(raw), target)
    return target.getvalue()


def written(plain: bytes, *readers: bytes) -> bytes:
    """The file that the package writes for readers' public keys."""
    target = io.BytesIO()
    crypt4gh.lib.encrypt([(0, keyfiles.generate(), reader) for reader in readers], io.BytesIO(plain), target)
    return target.getvalue()


def segment(plain: bytes, key: bytes) -> bytes:
    """One segment as the package writes it, under a nonce drawn at random."""
    sealed = bytearray(len(plain) + 28)
    return bytes(sealed[: sodium.chacha20poly1305_encrypt(sealed, plain, key)])
