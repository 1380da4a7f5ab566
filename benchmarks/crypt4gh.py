"""Crypt4GH: what a re-grant moves, which tampering is noticed, and how fast files are written and read.

The peer is the `crypt4gh` package of EGA, over the same files in the same run, reading what ours wrote as far
as tampering goes: so each reader has the same chances.
"""

from __future__ import annotations

import io
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from crypt4gh import lib

from benchmarks.container import target
from biodesci.core import container, envelope
from biodesci.core.crypt4gh import body, header, keyfiles, whole
from biodesci.core.crypt4gh.committed import Committed
from biodesci.core.errors import BioDeSciError
from tests.backend.core.crypt4gh import peer
from tests.backend.core.crypt4gh.tampering import KINDS, Sample

SIZE = 64 << 20
RUNS = 5
_CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


def figures() -> dict[str, dict[str, object]]:
    return _regrant() | _tampering() | _rates()


def _regrant() -> dict[str, dict[str, object]]:
    """Sizes of files of 1 MiB and of 64 MiB: what moves for another reader is the same for both."""
    moved, whole_file = set(), 0
    for size in (1 << 20, SIZE):
        plain, dataset_key, seed = os.urandom(size), container.generate_key(), envelope.generate_seed()
        root = container.encrypt(io.BytesIO(plain), io.BytesIO(), dataset_key).content_root
        private = keyfiles.generate()
        key = body.data_key(dataset_key, root)
        data = io.BytesIO()
        with body.Writer(data, key) as writer:
            writer.write(plain)
        info = envelope.info("license", 1, _CONTRACT, 1, _CONTRACT)
        sealed = envelope.seal(envelope.public_key(seed), dataset_key + bytes(32), info)
        opened = envelope.open_(seed, sealed, info)[:32]
        front = header.seal(body.data_key(opened, root), [keyfiles.public_key(private)])
        if peer.opened(front + data.getvalue(), private) != plain:
            raise RuntimeError("the package reads another file")
        moved.add(len(sealed) + len(front))
        whole_file = len(front) + data.tell()
    (value,) = moved
    scaled = 100 * (1 << 30) // SIZE * whole_file
    return {
        "crypt4gh.regrant_bytes": {
            "value": value,
            "unit": "bytes",
            "peer": f"encrypting 64 MiB anew: {whole_file:,} bytes (100 GiB at that rate: {scaled:,}); "
            "crypt4gh reencrypt --header-only: 124 bytes, by whoever holds the private key",
            "how": "a hybrid post-quantum envelope of the dataset key, and the header made of it; the same "
            "for files of 1 and 64 MiB, which the crypt4gh package opens with that header",
        }
    }


def _tampering() -> dict[str, dict[str, object]]:
    file, dataset_key, sealed = Sample.new(), container.generate_key(), io.BytesIO()
    root = container.encrypt(io.BytesIO(file.plain), sealed, dataset_key).content_root
    front = sealed.getvalue()[: container.HEADER_SIZE]

    def ours_alone(raw: bytes) -> bytes:
        target = io.BytesIO()
        whole.decrypt(io.BytesIO(raw), target, file.private)
        return target.getvalue()

    def ours(raw: bytes) -> bytes:
        plain, committed = ours_alone(raw), Committed(front, dataset_key)
        committed.write(plain)
        committed.check(root)
        return plain

    readers: dict[str, Callable[[bytes], bytes]] = {
        "ours": ours,
        "alone": ours_alone,
        "peer": lambda raw: peer.opened(raw, file.private),
    }
    caught = {
        name: sum(_is_caught(read, kind(file)) for kind in KINDS.values()) for name, read in readers.items()
    }
    if any(read(file.raw) != file.plain for read in readers.values()):
        raise RuntimeError("the file that nobody touched does not open")
    return {
        "crypt4gh.tamper_caught": {
            "value": round(caught["ours"] / len(KINDS), 3),
            "unit": "share",
            "peer": f"crypt4gh package: {caught['peer']} of {len(KINDS)}; ours without the root on chain: "
            f"{caught['alone']}",
            "how": f"{len(KINDS)} kinds of tampering with one file: segments swapped, cut off, repeated, "
            "flipped bits, headers cut, absurd, for another reader; caught: an error before the end",
        }
    }


def _is_caught(read: Callable[[bytes], bytes], raw: bytes) -> bool:
    try:
        read(raw)
    except (BioDeSciError, ValueError, AssertionError, MemoryError, OverflowError):
        return True
    return False


def _rates() -> dict[str, dict[str, object]]:
    plain, private, writer = os.urandom(SIZE), keyfiles.generate(), keyfiles.generate()
    public, sealed = keyfiles.public_key(private), io.BytesIO()
    whole.encrypt(io.BytesIO(plain), sealed, [public])
    raw, stored, dataset_key = sealed.getvalue(), io.BytesIO(), container.generate_key()
    container.encrypt(io.BytesIO(plain), stored, dataset_key)

    def deliver() -> None:
        stored.seek(0)
        with body.Writer(target(), bytes(32)) as sink:
            container.decrypt(stored, sink, dataset_key, expected_root=None)  # type: ignore[arg-type]

    def deliver_by_peer() -> None:
        stored.seek(0)
        between = io.BytesIO()
        container.decrypt(stored, between, dataset_key, expected_root=None)
        between.seek(0)
        lib.encrypt([(0, writer, public)], between, target())

    rates = _alternating(
        {
            "encrypt": lambda: whole.encrypt(io.BytesIO(plain), target(), [public]),
            "peer encrypt": lambda: lib.encrypt([(0, writer, public)], io.BytesIO(plain), target()),
            "decrypt": lambda: whole.decrypt(io.BytesIO(raw), target(), private),
            "peer decrypt": lambda: lib.decrypt([(0, private, None)], io.BytesIO(raw), target()),
            "deliver": deliver,
            "peer deliver": deliver_by_peer,
        }
    )
    cores = len(os.sched_getaffinity(0))
    return {
        f"crypt4gh.{name}_MBps": {
            "value": round(rates[name].wall, 1),
            "unit": "MB/s",
            "peer": f"crypt4gh package{more}: {rates[f'peer {name}'].wall:.0f} MB/s; per second of CPU: ours "
            f"{rates[name].cpu:.0f} MB, the package {rates[f'peer {name}'].cpu:.0f} MB",
            "how": f"{SIZE >> 20} MiB in memory, {cores} cores, median of {RUNS} alternating runs{what}",
        }
        for name, more, what in (
            ("encrypt", "", ""),
            ("decrypt", "", ""),
            ("deliver", ", after our container", "; container to Crypt4GH, as license download --crypt4gh"),
        )
    }


@dataclass(frozen=True)
class _Rate:
    """MB a second, by the clock and by what the process took of the cores."""

    wall: float
    cpu: float


def _alternating(actions: dict[str, Callable[[], object]]) -> dict[str, _Rate]:
    """One run of every action in turn, so that a busy moment hits all alike."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in actions}
    for _ in range(RUNS + 1):
        for name, action in actions.items():
            wall, cpu = time.perf_counter(), time.process_time()
            action()
            seconds[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    rates = {}
    for name, taken in seconds.items():
        wall, cpu = (statistics.median(one) for one in zip(*taken[1:], strict=True))
        rates[name] = _Rate(SIZE / 1e6 / wall, SIZE / 1e6 / cpu)
    return rates
