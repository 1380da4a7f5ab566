"""How fast containers are made and opened, side by side with what the machine can do and with a naive tool.

Peers over the same bytes in the same run: AES-256-GCM of `cryptography` on one thread, in place, without
hashing or framing (the limit one core sets), SHA-256 on one thread (a container is hashed once), and Fernet
of `cryptography` (what one would reach for first; whole file in memory). Beside `age`: benchmarks/age.py.
"""

from __future__ import annotations

import hashlib
import io
import os
import statistics
import time
from collections.abc import Callable

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from biodesci.core import container

SIZE = 64 << 20
RUNS = 5
_SEGMENT = 1 << 20


class _Discard(io.RawIOBase):
    """A target that keeps nothing, so that no disk is measured."""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        return memoryview(data).nbytes  # type: ignore[arg-type]


def figures() -> dict[str, dict[str, object]]:
    plaintext = os.urandom(SIZE)
    key = container.generate_key()
    kept = io.BytesIO()
    container.encrypt(io.BytesIO(plaintext), kept, key)
    sealed = kept.getvalue()
    fernet = Fernet(Fernet.generate_key())
    token = fernet.encrypt(plaintext)
    rates = _alternating(
        {
            "encrypt": lambda: container.seal(io.BytesIO(plaintext), target(), key),
            "decrypt": lambda: container.decrypt(io.BytesIO(sealed), target(), key, expected_root=None),
            "raw": lambda: _raw(plaintext),
            "sha": lambda: hashlib.sha256(plaintext).digest(),
            "fernet_encrypt": lambda: fernet.encrypt(plaintext),
            "fernet_decrypt": lambda: fernet.decrypt(token),
        }
    )
    cores = len(os.sched_getaffinity(0))
    how = (
        f"{SIZE >> 20} MiB in memory, 1 MiB segments, {cores} cores, median of {RUNS} alternating runs; "
        "ours includes the Merkle root"
    )
    raw = (
        f"one thread: raw AES-256-GCM {rates['raw']:.0f} MB/s, SHA-256 {rates['sha']:.0f} MB/s, one after "
        f"the other {1 / (1 / rates['raw'] + 1 / rates['sha']):.0f} MB/s"
    )
    return {
        "container.encrypt_MBps": {
            "value": round(rates["encrypt"], 1),
            "unit": "MB/s",
            "peer": f"{raw}; Fernet: {rates['fernet_encrypt']:.0f} MB/s",
            "how": how,
        },
        "container.decrypt_MBps": {
            "value": round(rates["decrypt"], 1),
            "unit": "MB/s",
            "peer": f"{raw}; Fernet: {rates['fernet_decrypt']:.0f} MB/s",
            "how": how,
        },
        "container.overhead_bytes_per_MiB": {
            "value": round((len(sealed) - SIZE) / (SIZE >> 20), 2),
            "unit": "bytes",
            "peer": f"Fernet: {(len(token) - SIZE) / (SIZE >> 20):.0f} bytes",
            "how": f"size of the container of {SIZE >> 20} MiB less the plaintext",
        },
    }


def target() -> io.BytesIO:
    """Where bytes go that nobody keeps."""
    return _Discard()  # type: ignore[return-value]


def _raw(plaintext: bytes) -> None:
    cipher = AESGCM(bytes(32))
    view, out = memoryview(plaintext), bytearray(_SEGMENT + 16)
    for index, start in enumerate(range(0, len(plaintext), _SEGMENT)):
        cipher.encrypt_into(index.to_bytes(12, "big"), view[start : start + _SEGMENT], None, out)


def _alternating(actions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """MB/s of each: one run of every action in turn, so that a busy moment hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(RUNS + 1):
        for name, action in actions.items():
            began = time.perf_counter()
            action()
            seconds[name].append(time.perf_counter() - began)
    return {name: SIZE / 1e6 / statistics.median(taken[1:]) for name, taken in seconds.items()}
