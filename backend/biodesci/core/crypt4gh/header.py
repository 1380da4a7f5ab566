"""The header of a Crypt4GH file: the data key, sealed to each reader (§3.2, §3.3).

    "crypt4gh" ‖ version u32 = 1 ‖ count u32 ‖ packets;  a packet: length u32 ‖ method u32 = 0 ‖
    writer's public key (32) ‖ nonce (12) ‖ ChaCha20-Poly1305 ciphertext ‖ tag (16)

Numbers are little-endian. A header says nothing of who wrote it: whoever knows a reader's public key can
write one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from biodesci.core.crypt4gh.keyfiles import KEY_SIZE
from biodesci.core.errors import InputError, IntegrityError, WrongKeyError

MAGIC: Final = b"crypt4gh"
PACKET_SIZE: Final = 108  # of a data key for one reader, with its length
MOST_PACKETS: Final = 1_024
LARGEST_PACKET: Final = 64 << 10
MOST_KEYS: Final = 16  # data keys of one file: each segment is tried with each
_VERSION: Final = 1
_X25519: Final = bytes(4)
_DATA_KEY, _EDIT_LIST = 0, 1
_CHACHA20: Final = 0
_NONCE: Final = 12
_TAG: Final = 16
_LEAST_PACKET: Final = 4 + 4 + KEY_SIZE + _NONCE + _TAG
_FETCH_AGAIN: Final = "Fetch the file again; if it stays so, the copy was damaged or tampered with."


def starts(raw: bytes) -> bool:
    """Whether a file that begins with these bytes says that it is Crypt4GH, of whatever version."""
    return raw[: len(MAGIC)] == MAGIC


def seal(data_key: bytes, readers: Sequence[bytes]) -> bytes:
    """A header of 16 + 108 bytes a reader that gives each the data key (32 bytes); `readers` are their public
    keys.

    Each packet is written with a key of its own, which is forgotten. Raises InputError without readers, with
    more than 1,024, and for a public key that is none.
    """
    if not 1 <= len(readers) <= MOST_PACKETS:
        raise InputError(f"A header is for 1 to {MOST_PACKETS} readers, not {len(readers)}.")
    payload = (_DATA_KEY).to_bytes(4, "little") + _CHACHA20.to_bytes(4, "little") + data_key
    packets = [_sealed(payload, reader) for reader in readers]
    return MAGIC + _VERSION.to_bytes(4, "little") + len(packets).to_bytes(4, "little") + b"".join(packets)


def open_(source: BinaryIO, private: bytes) -> tuple[bytes, ...]:
    """The data keys that a header gives the reader with this private key; reads exactly the header.

    Raises IntegrityError for what is no header, one that is cut or damaged, or of another version or
    encryption; WrongKeyError for one that gives this reader nothing; InputError for an edit list.
    """
    keys: list[bytes] = []
    for packet in _packets(source):
        payload = _opened(packet, private)
        if payload is None:
            continue  # "should not be considered an error": for another reader
        kind = int.from_bytes(payload[:4], "little")
        if kind == _EDIT_LIST:
            raise InputError(
                "The Crypt4GH file has an edit list, which leaves parts of its data out.",
                "Write the file out first, as its tools do (crypt4gh decrypt), and encrypt what that gives.",
            )
        if kind != _DATA_KEY or len(payload) < 8 + KEY_SIZE:
            raise IntegrityError("The Crypt4GH header holds what is not known here.", _FETCH_AGAIN)
        if int.from_bytes(payload[4:8], "little") != _CHACHA20:
            raise IntegrityError(
                "The Crypt4GH file's data is encrypted in a way that is not known here.",
                "Write it with chacha20_ietf_poly1305, as crypt4gh encrypt does.",
            )
        keys.append(payload[8 : 8 + KEY_SIZE])
        if len(keys) > MOST_KEYS:
            raise IntegrityError(f"The Crypt4GH header has more than {MOST_KEYS} data keys.", _FETCH_AGAIN)
    if not keys:
        raise WrongKeyError(
            "The Crypt4GH file does not open with this private key.",
            "It is for another reader, or its header was changed. Give the key of the reader that it is for.",
        )
    return tuple(dict.fromkeys(keys))


def skip(source: BinaryIO) -> None:
    """Reads past a header without a key. Raises IntegrityError as `open_` does."""
    for _ in _packets(source):
        continue


def _packets(source: BinaryIO) -> Iterator[bytes]:
    """Packets without their length, one at a time: no more than one is in memory."""
    start = source.read(16)
    if len(start) < 16 or not starts(start):
        raise IntegrityError("These bytes are not a Crypt4GH file.", _FETCH_AGAIN)
    version, count = (int.from_bytes(start[at : at + 4], "little") for at in (8, 12))
    if version != _VERSION:
        raise IntegrityError(f"Version {version} of Crypt4GH is not known here.", "Write it as version 1.")
    if not 1 <= count <= MOST_PACKETS:
        raise IntegrityError(
            f"The Crypt4GH header says that it has {count} packets; 1 to {MOST_PACKETS} are read.",
            _FETCH_AGAIN,
        )
    for _ in range(count):
        size = int.from_bytes(source.read(4), "little")
        if not _LEAST_PACKET <= size <= LARGEST_PACKET:
            raise IntegrityError("The Crypt4GH header is damaged, or cut off.", _FETCH_AGAIN)
        packet = source.read(size - 4)
        if len(packet) < size - 4:
            raise IntegrityError("The Crypt4GH header is cut off.", _FETCH_AGAIN)
        yield packet


def _sealed(payload: bytes, reader: bytes) -> bytes:
    writer = X25519PrivateKey.generate()
    public = writer.public_key().public_bytes_raw()
    try:
        shared = _shared(writer, reader, reader, public)
    except ValueError as exc:
        raise InputError("This is no Crypt4GH public key.", "Ask its owner for it again.") from exc
    nonce = os.urandom(_NONCE)
    packet = _X25519 + public + nonce + ChaCha20Poly1305(shared).encrypt(nonce, payload, None)
    return (4 + len(packet)).to_bytes(4, "little") + packet


def _opened(packet: bytes, private: bytes) -> bytes | None:
    """A packet's payload; None where it is not for this reader."""
    if packet[:4] != _X25519:
        return None
    writer, nonce = packet[4 : 4 + KEY_SIZE], packet[4 + KEY_SIZE : 4 + KEY_SIZE + _NONCE]
    reader = X25519PrivateKey.from_private_bytes(private)
    try:
        shared = _shared(reader, writer, reader.public_key().public_bytes_raw(), writer)
        return ChaCha20Poly1305(shared).decrypt(nonce, packet[4 + KEY_SIZE + _NONCE :], None)
    except (InvalidTag, ValueError):  # ValueError: a low-order point
        return None


def _shared(own: X25519PrivateKey, other: bytes, reader: bytes, writer: bytes) -> bytes:
    """BLAKE2b(X25519 ‖ reader's ‖ writer's public key), its first half, as libsodium's crypto_kx (§3.3.1)."""
    exchanged = own.exchange(X25519PublicKey.from_public_bytes(other))
    return hashlib.blake2b(exchanged + reader + writer).digest()[:KEY_SIZE]
