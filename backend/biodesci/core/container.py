"""Containers: a dataset file at rest (docs/protocol.md, "Container").

Segmented AES-256-GCM in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, "Online
Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015, https://eprint.iacr.org/2015/189).
Works in a few segments of memory whatever the file's size, on all cores: AES and SHA-256 run without the
interpreter lock.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO, Final, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from biodesci.core import commitment, merkle
from biodesci.core.errors import InputError, IntegrityError, WrongKeyError

KEY_SIZE: Final = 32
HEADER_SIZE: Final = 48
TAG_SIZE: Final = 16
_MAGIC: Final = b"BDSC"
_VERSION: Final = 1
_INFO: Final = b"biodesci/container/v1"
_MAX_SEGMENTS: Final = 1 << 32
_WORKERS: Final = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

Progress = Callable[[int], None]
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class ContainerInfo:
    """What the card and the contract say of a container. Sizes in bytes; `sha256` is of the container."""

    content_root: bytes
    size: int
    plaintext_size: int
    segment_size: int
    sha256: bytes


@dataclass(frozen=True)
class Header:
    """The 48 bytes in front, bound to every segment as associated data."""

    raw: bytes
    segment_size: int

    @classmethod
    def new(cls, segment_size: int) -> Header:
        """A fresh header with a random salt (32 bytes), for segments of `segment_size` bytes of plaintext.

        Raises InputError unless the size is a power of two from 2^16 to 2^24.
        """
        exponent = segment_size.bit_length() - 1
        if segment_size != 1 << max(exponent, 0) or not 16 <= exponent <= 24:
            raise InputError(
                f"A segment cannot have {segment_size} bytes.", "A power of two from 65,536 to 16,777,216."
            )
        return cls(_MAGIC + bytes([_VERSION, exponent]) + bytes(10) + os.urandom(32), segment_size)

    @classmethod
    def parse(cls, raw: bytes) -> Header:
        """The header that the first 48 bytes of a container hold.

        Raises IntegrityError for bytes that are no container, of another version, or with a damaged header.
        """
        if len(raw) < HEADER_SIZE or raw[:4] != _MAGIC:
            raise IntegrityError("These bytes are not a container.", _FETCH_AGAIN)
        if raw[4] != _VERSION:
            raise IntegrityError(f"Container version {raw[4]} is not known here.", "Update BioDeSci.")
        if not 16 <= raw[5] <= 24 or any(raw[6:16]):
            raise IntegrityError("The container's header is damaged.", _FETCH_AGAIN)
        return cls(raw, 1 << raw[5])

    def cipher(self, dataset_key: bytes) -> AESGCM:
        """AES-256-GCM under this file's own key, by HKDF-SHA256 (RFC 5869) from the dataset key and the salt.

        Raises InputError unless the dataset key has 32 bytes.
        """
        if len(dataset_key) != KEY_SIZE:
            raise InputError(f"A dataset key has {KEY_SIZE} bytes, not {len(dataset_key)}.")
        derived = HKDF(algorithm=SHA256(), length=32, salt=self.raw[16:], info=_INFO).derive(dataset_key)
        return AESGCM(derived)

    def sealed_size(self, plaintext_size: int) -> int:
        """Size of the container of a file of `plaintext_size` bytes."""
        segments = max(1, -(-plaintext_size // self.segment_size))
        return HEADER_SIZE + plaintext_size + segments * TAG_SIZE


_FETCH_AGAIN: Final = "Fetch the file again; if it stays so, the copy was damaged or tampered with."


def generate_key() -> bytes:
    """A new dataset key: 32 bytes from the operating system."""
    return os.urandom(KEY_SIZE)


def nonce(index: int, last: bool) -> bytes:
    """The nonce of segment `index`; the flag on the last one is what makes truncation an error.

    The 12 bytes are 7 zeros, the index as u32 and the flag. Raises InputError for an index of 2^32 or more.
    """
    if index >= _MAX_SEGMENTS:
        raise InputError("The file has more segments than a container can count.", "Use larger segments.")
    return bytes(7) + index.to_bytes(4, "big") + bytes([last])


class _Segment:
    """Buffers of one segment, used again and again: fresh megabytes cost more than the cipher."""

    def __init__(self, segment_size: int) -> None:
        self.plaintext = bytearray(segment_size)
        self.sealed = bytearray(segment_size + TAG_SIZE)
        self.length = 0  # of the plaintext, or of the sealed segment when it was just read

    def plain_part(self) -> bytearray:
        return self.plaintext

    def sealed_part(self) -> bytearray:
        return self.sealed

    def seal(self, cipher: AESGCM, header: bytes, index: int, last: bool) -> bytes:
        """Plaintext -> sealed. Returns the Merkle leaf hash."""
        sealed = memoryview(self.sealed)[: self.length + TAG_SIZE]
        cipher.encrypt_into(nonce(index, last), memoryview(self.plaintext)[: self.length], header, sealed)
        return merkle.leaf_hash(sealed)

    def open(self, cipher: AESGCM, header: bytes, index: int, last: bool) -> tuple[bytes, bool]:
        """Sealed -> plaintext. Returns the Merkle leaf hash and whether the tag was right."""
        sealed = memoryview(self.sealed)[: self.length]
        hashed = merkle.leaf_hash(sealed)
        # Only an empty file has an empty last segment: otherwise two containers would hold one file.
        if self.length < TAG_SIZE or (self.length == TAG_SIZE and index > 0):
            return hashed, False
        target = memoryview(self.plaintext)[: self.length - TAG_SIZE]
        try:
            cipher.decrypt_into(nonce(index, last), sealed, header, target)
        except InvalidTag:
            return hashed, False
        return hashed, True


def encrypt(
    source: BinaryIO,
    target: BinaryIO,
    dataset_key: bytes,
    *,
    segment_size: int = 1 << 20,
    progress: Progress | None = None,
) -> ContainerInfo:
    """Encrypts `source` to its end. `progress` is told how many more bytes of plaintext are done."""
    header = Header.new(segment_size)
    cipher = header.cipher(dataset_key)
    tree = merkle.Tree()
    tree.append(header.raw)
    digest = hashlib.sha256(header.raw)
    target.write(header.raw)
    plaintext_size = 0

    def seal(segment: _Segment, index: int, last: bool) -> bytes:
        return segment.seal(cipher, header.raw, index, last)

    def write(segment: _Segment, hashed: bytes) -> None:
        nonlocal plaintext_size
        sealed = memoryview(segment.sealed)[: segment.length + TAG_SIZE]
        tree.append_hash(hashed)
        target.write(sealed)
        digest.update(sealed)
        plaintext_size += segment.length
        if progress is not None:
            progress(segment.length)

    _pipeline(source, segment_size, _Segment.plain_part, seal, write)
    return ContainerInfo(
        tree.root(), header.sealed_size(plaintext_size), plaintext_size, segment_size, digest.digest()
    )


def decrypt(
    source: BinaryIO,
    target: BinaryIO,
    dataset_key: bytes,
    *,
    expected_root: bytes | None,
    progress: Progress | None = None,
) -> int:
    """Decrypts a container and returns the plaintext's size.

    IntegrityError as soon as a segment is not the one that was sealed there; nothing of it is written. The
    content root is known only at the end: write to a temporary file, and keep it once this has returned.
    WrongKeyError: the bytes are the committed ones, and the key does not fit.
    """
    header = Header.parse(_read(source, HEADER_SIZE))
    cipher = header.cipher(dataset_key)
    tree = merkle.Tree()
    tree.append(header.raw)
    plaintext_size = 0
    first_failed = False

    def open_(segment: _Segment, index: int, last: bool) -> tuple[bytes, bool]:
        return segment.open(cipher, header.raw, index, last)

    def write(segment: _Segment, result: tuple[bytes, bool]) -> None:
        nonlocal plaintext_size, first_failed
        index = tree.size - 1
        tree.append_hash(result[0])
        if not result[1]:
            # Whether the key or the bytes are wrong, only the root over the rest can tell.
            if index > 0 and not first_failed:
                raise _damaged(index)
            first_failed = True
        if first_failed:
            return
        length = segment.length - TAG_SIZE
        target.write(memoryview(segment.plaintext)[:length])
        plaintext_size += length
        if progress is not None:
            progress(length)

    _pipeline(source, header.segment_size + TAG_SIZE, _Segment.sealed_part, open_, write)
    if first_failed:
        raise _wrong_key() if tree.root() == expected_root else _damaged(0)
    if expected_root is not None:
        commitment.check(expected_root, tree.root(), "container's content root")
    return plaintext_size


def content_root(source: BinaryIO) -> bytes:
    """The content root of a container, without a key: what anyone can compare with the chain."""
    header = Header.parse(_read(source, HEADER_SIZE))
    tree = merkle.Tree()
    tree.append(header.raw)
    buffer = memoryview(bytearray(header.segment_size + TAG_SIZE))
    while length := _fill(source, buffer):
        tree.append_hash(merkle.leaf_hash(buffer[:length]))
    return tree.root()


def _pipeline(
    source: BinaryIO,
    size: int,
    part: Callable[[_Segment], bytearray],
    work: Callable[[_Segment, int, bool], _Result],
    done: Callable[[_Segment, _Result], None],
) -> None:
    """Reads pieces of `size` bytes, works on them on all cores, and hands the results on in order.

    One piece is read ahead, since a piece must be known to be the last before it is worked on.
    """
    window = 2 * _WORKERS + 1
    running: deque[tuple[_Segment, Future[_Result]]] = deque()
    made = 0

    def finish() -> _Segment:
        segment, future = running.popleft()
        done(segment, future.result())
        return segment

    def read() -> _Segment:
        nonlocal made
        made += 1
        segment = _Segment(size) if made <= window else finish()
        segment.length = _fill(source, memoryview(part(segment))[:size])
        return segment

    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="container") as pool:
        current = read()
        for index in range(_MAX_SEGMENTS + 1):
            following = read() if current.length == size else None
            last = following is None or following.length == 0
            running.append((current, pool.submit(work, current, index, last)))
            if last or following is None:
                break
            current = following
        while running:
            finish()


def _fill(source: BinaryIO, buffer: memoryview) -> int:
    """Reads until the buffer is full or the source ends; pipes and sockets give less at a time."""
    filled = 0
    readinto = getattr(source, "readinto", None)
    while filled < len(buffer):
        if readinto is not None:
            got = readinto(buffer[filled:]) or 0
        else:
            chunk = source.read(len(buffer) - filled)
            got = len(chunk)
            buffer[filled : filled + got] = chunk
        if not got:
            break
        filled += got
    return filled


def _read(source: BinaryIO, size: int) -> bytes:
    buffer = bytearray(size)
    return bytes(buffer[: _fill(source, memoryview(buffer))])


def _damaged(index: int) -> IntegrityError:
    where = "The first segment does" if index == 0 else f"Segment {index} of the container does"
    return IntegrityError(
        f"{where} not open: the bytes were changed, cut, moved or added to"
        + (", or the key is of another file." if index == 0 else "."),
        _FETCH_AGAIN,
    )


def _wrong_key() -> WrongKeyError:
    return WrongKeyError(
        "The key does not open this container, whose bytes are the committed ones.",
        "Compare the key with the key commitment on chain; a licensee who got a wrong key may dispute.",
    )
