"""Containers: a dataset file at rest (docs/protocol.md, "Container").

Segmented AES-256-GCM in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, "Online
Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015, https://eprint.iacr.org/2015/189).
Works in a few segments of memory whatever the file's size, on all cores (core/pipeline.py): reading, AES,
SHA-256 and writing run without the interpreter lock.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from biodesci.core import commitment, merkle, segments
from biodesci.core.errors import InputError, IntegrityError, WrongKeyError
from biodesci.core.segments import Segment, Segments, read

KEY_SIZE: Final = 32
HEADER_SIZE: Final = 48
TAG_SIZE: Final = segments.TAG_SIZE
_MAGIC: Final = b"BDSC"
_VERSION: Final = 1
_INFO: Final = b"biodesci/container/v1"
nonce: Final = segments.nonce

Progress = Callable[[int], None]
Reader = Callable[[memoryview], object]


@dataclass(frozen=True)
class Sealed:
    """What making a container tells of it. Sizes in bytes."""

    content_root: bytes
    size: int
    plaintext_size: int
    segment_size: int


@dataclass(frozen=True)
class ContainerInfo(Sealed):
    """What the card and the contract say of a container; `sha256` is of the container."""

    sha256: bytes


@dataclass(frozen=True)
class Readers:
    """Who reads along while a container is made: `update` methods of hashes, say.

    Each is called with all bytes in order, by one thread at a time, and beside the others; it may not keep
    what it is given. What reads `plaintext` reads the very bytes that are encrypted: a digest of them tells
    whether the file is still the one that was checked before. `sealed` are the container's bytes.
    """

    plaintext: tuple[Reader, ...] = ()
    sealed: tuple[Reader, ...] = ()


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


def seal(
    source: BinaryIO,
    target: BinaryIO,
    dataset_key: bytes,
    *,
    segment_size: int = 1 << 20,
    progress: Progress | None = None,
    readers: Readers | None = None,
) -> Sealed:
    """Encrypts `source` to its end, in one pass over it, and hashes what it writes once (content root).

    `progress` is told how many more bytes of plaintext are done, by one thread at a time.
    """
    header = Header.new(segment_size)
    cipher = header.cipher(dataset_key)
    readers = readers or Readers()
    tree = merkle.Tree()
    tree.append(header.raw)
    target.write(header.raw)
    for reader in readers.sealed:
        reader(memoryview(header.raw))
    plaintext_size = 0

    def write(segment: Segment) -> None:
        nonlocal plaintext_size
        tree.append_hash(segment.leaf)
        target.write(segment.sealed)
        plaintext_size += len(segment.plaintext)
        if progress is not None:
            progress(len(segment.plaintext))

    Segments(segment_size, lambda segment: segment.read_plaintext(source)).run(
        lambda segment: segment.seal(cipher, header.raw),
        (
            write,
            *(_reads_plaintext(reader) for reader in readers.plaintext),
            *(_reads_sealed(reader) for reader in readers.sealed),
        ),
    )
    return Sealed(tree.root(), header.sealed_size(plaintext_size), plaintext_size, segment_size)


def _reads_plaintext(reader: Reader) -> Callable[[Segment], object]:
    return lambda segment: reader(segment.plaintext)


def _reads_sealed(reader: Reader) -> Callable[[Segment], object]:
    return lambda segment: reader(segment.sealed)


def encrypt(
    source: BinaryIO,
    target: BinaryIO,
    dataset_key: bytes,
    *,
    segment_size: int = 1 << 20,
    progress: Progress | None = None,
) -> ContainerInfo:
    """`seal`, and the SHA-256 that a card says, which is read along."""
    digest = hashlib.sha256()
    sealed = seal(
        source,
        target,
        dataset_key,
        segment_size=segment_size,
        progress=progress,
        readers=Readers(sealed=(digest.update,)),
    )
    return ContainerInfo(**vars(sealed), sha256=digest.digest())


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
    header = Header.parse(read(source, HEADER_SIZE))
    cipher = header.cipher(dataset_key)
    tree = merkle.Tree()
    tree.append(header.raw)
    plaintext_size = 0
    first_failed = False

    def write(segment: Segment) -> None:
        nonlocal plaintext_size, first_failed
        tree.append_hash(segment.leaf)
        if not segment.is_sound:
            # Whether the key or the bytes are wrong, only the root over the rest can tell.
            if segment.index > 0 and not first_failed:
                raise _damaged(segment.index)
            first_failed = True
        if first_failed:
            return
        target.write(segment.plaintext)
        plaintext_size += len(segment.plaintext)
        if progress is not None:
            progress(len(segment.plaintext))

    Segments(header.segment_size, lambda segment: segment.read_sealed(source)).run(
        lambda segment: segment.open(cipher, header.raw), (write,)
    )
    if first_failed:
        raise _wrong_key() if tree.root() == expected_root else _damaged(0)
    if expected_root is not None:
        commitment.check(expected_root, tree.root(), "container's content root")
    return plaintext_size


def content_root(source: BinaryIO) -> bytes:
    """The content root of a container, without a key: what anyone can compare with the chain."""
    header = Header.parse(read(source, HEADER_SIZE))
    tree = merkle.Tree()
    tree.append(header.raw)

    def append(segment: Segment) -> None:
        if segment.sealed:  # else there is nothing behind the header
            tree.append_hash(segment.leaf)

    Segments(header.segment_size, lambda segment: segment.read_sealed(source)).run(Segment.hash, (append,))
    return tree.root()


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
