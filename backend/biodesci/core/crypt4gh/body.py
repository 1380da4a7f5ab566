"""The data of a Crypt4GH file: segments of 64 KiB, each under ChaCha20-Poly1305 with its own nonce (§3.4).

    nonce (12) ‖ ciphertext (up to 65,536) ‖ tag (16)

The format leaves the nonces to who writes it, and does not notice segments that were moved, repeated or cut
off. Ours are those of a container, the index and a flag on the last one (STREAM): any tool opens the file,
and who knows the rule notices. A data key is of one file, so that no nonce comes twice under it. A nonce that
was drawn at random begins with seven zeros once in 2^56, so that the two kinds are told apart by the first.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from biodesci.core.container import nonce
from biodesci.core.errors import IntegrityError

SEGMENT: Final = 1 << 16
NONCE: Final = 12
TAG: Final = 16
SEALED: Final = NONCE + SEGMENT + TAG
_TOGETHER: Final = 16  # segments that a thread works on at a time
_WORKERS: Final = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
_WINDOW: Final = 2 * _WORKERS
_INFO: Final = b"biodesci/crypt4gh/v1"
_FETCH_AGAIN: Final = "Fetch the file again; if it stays so, the copy was damaged or tampered with."


def data_key(dataset_key: bytes, content_root: bytes) -> bytes:
    """The data key (32 bytes) of a dataset's Crypt4GH file, by HKDF-SHA256 (RFC 5869).

    It follows from the dataset key and the content root on chain alone: all licensees' files have one body,
    and a header is all that another reader needs. It does not give the dataset key away.
    """
    return HKDF(algorithm=SHA256(), length=32, salt=content_root, info=_INFO).derive(dataset_key)


class Writer:
    """Encrypts what is written to it, on all cores; leaving the context ends the file."""

    def __init__(self, target: BinaryIO, key: bytes) -> None:
        self._target = target
        self._cipher = ChaCha20Poly1305(key)
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="crypt4gh")
        self._running: deque[Future[bytearray]] = deque()
        self._waiting = bytearray()
        self._segments = 0

    def write(self, data: bytes | memoryview) -> int:
        """Takes bytes of the plain file. The last segment is held back, as its nonce says that it is last."""
        view = memoryview(data)
        taken = 0
        while taken < len(view):
            if len(self._waiting) == _TOGETHER * SEGMENT:
                self._send(last=False)
            room = _TOGETHER * SEGMENT - len(self._waiting)
            self._waiting += view[taken : taken + room]
            taken += min(room, len(view) - taken)
        return len(view)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                if self._waiting:
                    self._send(last=True)
                self._drain(0)
        finally:
            self._pool.shutdown(cancel_futures=True)

    def _send(self, *, last: bool) -> None:
        self._running.append(self._pool.submit(self._seal, self._waiting, self._segments, last))
        self._segments += -(-len(self._waiting) // SEGMENT)
        self._waiting = bytearray()
        self._drain(_WINDOW)

    def _drain(self, most: int) -> None:
        while len(self._running) > most:
            self._target.write(self._running.popleft().result())

    def _seal(self, plain: bytearray, first: int, last: bool) -> bytearray:
        view = memoryview(plain)
        starts = range(0, len(plain), SEGMENT)
        sealed = bytearray(len(plain) + len(starts) * (NONCE + TAG))
        for index, start in enumerate(starts):
            piece = view[start : start + SEGMENT]
            number = nonce(first + index, last and start == starts[-1])
            at = index * SEALED
            sealed[at : at + NONCE] = number
            room = memoryview(sealed)[at + NONCE : at + NONCE + len(piece) + TAG]
            self._cipher.encrypt_into(number, piece, None, room)
        return sealed


@dataclass(frozen=True)
class Opened:
    """What was decrypted: its size in bytes, and whether its segments say in which order they were written,
    and which was the last. Where they don't, nothing in the file shows that it is whole."""

    size: int
    is_ordered: bool


def decrypt(source: BinaryIO, target: BinaryIO, keys: tuple[bytes, ...]) -> Opened:
    """Decrypts the data that follows a header, to its end, in a few megabytes of memory.

    IntegrityError as soon as a segment does not open with any of the keys; of it nothing is written. That the
    end is missing is known at the end: write to a temporary file, and keep it once this has returned.
    """
    ciphers = [ChaCha20Poly1305(key) for key in keys]
    order = _Order()
    running: deque[Future[tuple[bytearray, list[bytes]]]] = deque()
    size = 0

    def finish() -> None:
        nonlocal size
        plain, nonces = running.popleft().result()
        for number in nonces:
            order.follow(number)
        target.write(plain)
        size += len(plain)

    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="crypt4gh") as pool:
        first = 0
        while sealed := _read(source, _TOGETHER * SEALED):
            running.append(pool.submit(_open, sealed, first, ciphers))
            first += _TOGETHER
            if len(running) > _WINDOW:
                finish()
        while running:
            finish()
    order.end()
    return Opened(size, order.is_counted)


def _open(sealed: bytes, first: int, ciphers: list[ChaCha20Poly1305]) -> tuple[bytearray, list[bytes]]:
    """The plaintext of some segments, and their nonces."""
    plain, nonces = bytearray(), []
    for index, start in enumerate(range(0, len(sealed), SEALED)):
        piece = sealed[start : start + SEALED]
        plain += _segment(piece, first + index, ciphers)
        nonces.append(piece[:NONCE])
    return plain, nonces


def _segment(piece: bytes, index: int, ciphers: list[ChaCha20Poly1305]) -> bytes:
    if len(piece) > NONCE + TAG:  # an empty one stands nowhere
        for cipher in ciphers:
            try:
                return cipher.decrypt(piece[:NONCE], memoryview(piece)[NONCE:], None)
            except InvalidTag:
                continue
    raise IntegrityError(
        f"Segment {index} of the Crypt4GH file does not open: its bytes were changed, cut or added to.",
        _FETCH_AGAIN,
    )


class _Order:
    """Holds the nonces against the rule of a container, where the first one is by it."""

    def __init__(self) -> None:
        self.is_counted = False
        self._next = 0
        self._ended = False

    def follow(self, number: bytes) -> None:
        counted = not any(number[:7]) and number[11] in (0, 1)
        if self._next == 0:
            self.is_counted = counted
        if counted != self.is_counted or (
            counted and (self._ended or number[:11] != nonce(self._next, False)[:11])
        ):
            raise IntegrityError(
                f"Segment {self._next} of the Crypt4GH file is not the one that was written there: segments "
                "were moved, repeated, left out or added.",
                _FETCH_AGAIN,
            )
        self._ended = counted and number[11] == 1
        self._next += 1

    def end(self) -> None:
        if self.is_counted and not self._ended:
            raise IntegrityError("The Crypt4GH file is cut off: its last segment is missing.", _FETCH_AGAIN)


def _read(source: BinaryIO, size: int) -> bytes:
    """Reads until there are `size` bytes or the source ends; pipes and sockets give less at a time."""
    pieces = []
    while size and (piece := source.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
