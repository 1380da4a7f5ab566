"""The data of a Crypt4GH file: segments of 64 KiB, each under ChaCha20-Poly1305 with its own nonce (§3.4).

    nonce (12) ‖ ciphertext (up to 65,536) ‖ tag (16)

The format leaves the nonces to who writes it, and does not notice segments that were moved, repeated or cut
off. Ours are those of a container, the index and a flag on the last one (STREAM): any tool opens the file,
and who knows the rule notices. A data key is of one file, so that no nonce comes twice under it. A nonce that
was drawn at random begins with seven zeros once in 2^56, so that the two kinds are told apart by the first.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from biodesci.core import pipeline
from biodesci.core.errors import IntegrityError
from biodesci.core.segments import fill, nonce

SEGMENT: Final = 1 << 16
NONCE: Final = 12
TAG: Final = 16
SEALED: Final = NONCE + SEGMENT + TAG
_TOGETHER: Final = 16  # segments that a thread works on at a time
_WINDOW: Final = 2 * pipeline.WORKERS
_INFO: Final = b"biodesci/crypt4gh/v1"
_FETCH_AGAIN: Final = "Fetch the file again; if it stays so, the copy was damaged or tampered with."


def data_key(dataset_key: bytes, content_root: bytes) -> bytes:
    """The data key (32 bytes) of a dataset's Crypt4GH file, by HKDF-SHA256 (RFC 5869).

    It follows from the dataset key and the content root on chain alone: all licensees' files have one body,
    and a header is all that another reader needs. It does not give the dataset key away.
    """
    return HKDF(algorithm=SHA256(), length=32, salt=content_root, info=_INFO).derive(dataset_key)


class _Batch:
    """Segments that a thread works on, in buffers used again and again: fresh ones cost more than ciphers."""

    def __init__(self) -> None:
        self.plain = bytearray(_TOGETHER * SEGMENT)
        self.sealed = bytearray(_TOGETHER * SEALED)
        self.first = 0  # index of its first segment
        self.length = 0  # of the plain bytes, or of the sealed ones where it was read
        self.opened = memoryview(b"")

    @property
    def segments(self) -> int:
        return -(-self.length // SEALED)

    def seal(self, cipher: ChaCha20Poly1305, last: bool) -> memoryview:
        """Plain -> sealed, which it returns; with `last`, its last segment is the file's."""
        plain, sealed = memoryview(self.plain)[: self.length], memoryview(self.sealed)
        count = -(-self.length // SEGMENT)
        for index in range(count):
            piece = plain[index * SEGMENT : (index + 1) * SEGMENT]
            number = nonce(self.first + index, last and index == count - 1)
            at = index * SEALED
            sealed[at : at + NONCE] = number
            cipher.encrypt_into(number, piece, None, sealed[at + NONCE : at + NONCE + len(piece) + TAG])
        return sealed[: self.length + count * (NONCE + TAG)]

    def open(self, ciphers: list[ChaCha20Poly1305]) -> None:
        """Sealed -> plain (`opened`). IntegrityError for a segment that does not open."""
        plain, sealed = memoryview(self.plain), memoryview(self.sealed)[: self.length]
        for index in range(self.segments):
            piece = sealed[index * SEALED : (index + 1) * SEALED]
            size = len(piece) - NONCE - TAG
            room = plain[index * SEGMENT : index * SEGMENT + max(size, 0)]
            # An empty segment stands nowhere.
            if size <= 0 or not any(_opens(cipher, piece, room) for cipher in ciphers):
                raise IntegrityError(
                    f"Segment {self.first + index} of the Crypt4GH file does not open: its bytes were "
                    "changed, cut or added to.",
                    _FETCH_AGAIN,
                )
        self.opened = plain[: self.length - self.segments * (NONCE + TAG)]

    def nonces(self) -> list[bytes]:
        """Those of its sealed segments."""
        return [bytes(self.sealed[at : at + NONCE]) for at in range(0, self.length, SEALED)]


def _opens(cipher: ChaCha20Poly1305, piece: memoryview, room: memoryview) -> bool:
    try:
        cipher.decrypt_into(piece[:NONCE], piece[NONCE:], None, room)
    except InvalidTag:
        return False
    return True


class Writer:
    """Encrypts what is written to it, on all cores; leaving the context ends the file."""

    def __init__(self, target: BinaryIO, key: bytes) -> None:
        self._target = target
        self._cipher = ChaCha20Poly1305(key)
        self._pool = ThreadPoolExecutor(pipeline.WORKERS, thread_name_prefix="crypt4gh")
        self._running: deque[tuple[_Batch, Future[memoryview]]] = deque()
        self._batch = _Batch()

    def write(self, data: bytes | memoryview) -> int:
        """Takes bytes of the plain file. The last segment is held back, as its nonce says that it is last."""
        view = memoryview(data)
        taken = 0
        while taken < len(view):
            if self._batch.length == _TOGETHER * SEGMENT:
                self._send(last=False)
            start = self._batch.length
            piece = view[taken : taken + _TOGETHER * SEGMENT - start]
            memoryview(self._batch.plain)[start : start + len(piece)] = piece
            self._batch.length += len(piece)
            taken += len(piece)
        return len(view)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                if self._batch.length:
                    self._send(last=True)
                while self._running:
                    self._finish()
        finally:
            self._pool.shutdown(cancel_futures=True)

    def _send(self, *, last: bool) -> None:
        sent = self._batch
        self._running.append((sent, self._pool.submit(sent.seal, self._cipher, last)))
        self._batch = _Batch() if len(self._running) <= _WINDOW else self._finish()
        self._batch.first, self._batch.length = sent.first + _TOGETHER, 0

    def _finish(self) -> _Batch:
        batch, sealed = self._running.popleft()
        self._target.write(sealed.result())
        return batch


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
    order, free = _Order(), list[_Batch]()
    first = size = 0

    def take() -> _Batch | None:
        nonlocal first
        batch = free.pop() if free else _Batch()
        batch.first, batch.length = first, fill(source, memoryview(batch.sealed))
        first += _TOGETHER
        return batch if batch.length else None

    def write(batch: _Batch) -> None:
        nonlocal size
        for number in batch.nonces():
            order.follow(number)
        target.write(batch.opened)
        size += len(batch.opened)

    pipeline.run(take, lambda batch: batch.open(ciphers), [write], free.append)
    order.end()
    return Opened(size, order.is_counted)


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
