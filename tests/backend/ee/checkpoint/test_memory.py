"""Encryption tensor by tensor: memory against the largest shard."""

from __future__ import annotations

import ctypes
import gc
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from biodesci.ee.checkpoint import moving
from biodesci.ee.checkpoint.reading import Checkpoint

STATUS = Path("/proc/self/status")
looked = threading.Event()  # the watcher of `grown` has, once more


def resident() -> int:
    """Bytes of this process in memory, mapped pages of files counted."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def grown(work: Callable[[], object]) -> int:
    """By how many bytes the process grows meanwhile, at its largest.

    What earlier tests freed goes back to the system first: memory that is taken again would not show.
    """
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    before, peak, running = resident(), [0], [True]

    def watch() -> None:
        while running[0]:
            peak[0] = max(peak[0], resident())
            looked.set()
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        running[0] = False
        watcher.join()
    return peak[0] - before


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory, plain: Callable[..., object]) -> Path:
    """A model of 200 MB in three shards."""
    folder = tmp_path_factory.mktemp("sharded")
    model = plain("llama", vocab_size=60_000, hidden_size=256, num_hidden_layers=24, intermediate_size=1024)
    model.save_pretrained(folder, max_shard_size="100MB")  # type: ignore[attr-defined]
    return folder


pytestmark = pytest.mark.skipif(
    not STATUS.exists() or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="resident memory is read from /proc, and given back by glibc",
)


@pytest.mark.parametrize("mode", [pytest.param("permutation", marks=pytest.mark.deep), "orthogonal"])
def test_memory_stays_below_two_shards(tmp_path, mode, sharded):
    """Resident memory, mapped file pages counted, against the largest shard: about 100 MB of 200."""
    largest = max(p.stat().st_size for p in sharded.glob("*.safetensors"))
    assert largest > 60e6

    def encrypt() -> None:
        source = Checkpoint.open(sharded)
        moving.encrypt(source, moving.make_key(source, mode), tmp_path / "out")

    assert 0.2 * largest < grown(encrypt) <= 2 * largest


def test_what_is_taken_shows():
    """The measure is no constant, also where the same memory was used and freed before."""

    def take() -> None:
        held = torch.ones(15_000_000)
        for _ in range(2):  # one look may have begun before
            looked.clear()
            assert looked.wait(60)
        del held

    for _ in range(2):
        assert 50e6 < grown(take) < 120e6
