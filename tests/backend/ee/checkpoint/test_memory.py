"""Encryption tensor by tensor: memory against the largest shard."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MEASURE = """
import resource, sys, threading, time
from pathlib import Path
import torch
from transformers import BertConfig, CONFIG_MAPPING, GenerationConfig  # loaded once, whatever the size
from biodesci.ee.checkpoint import moving
from biodesci.ee.checkpoint.reading import Checkpoint
torch.set_num_threads(1)

def resident():
    return int(next(l for l in open('/proc/self/status') if l.startswith('VmRSS')).split()[1]) * 1024

torch.randn(64, 64).double() @ torch.randn(64, 64).double()
before, peak, running = resident(), [0], [True]
def watch():
    while running[0]:
        peak[0] = max(peak[0], resident())
        time.sleep(0.002)
watcher = threading.Thread(target=watch)
watcher.start()
source = Checkpoint.open(Path(sys.argv[1]))
key = moving.make_key(source, sys.argv[3])
moving.encrypt(source, key, Path(sys.argv[2]))
running[0] = False
watcher.join()
print(peak[0] - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="resident memory is read from /proc")
@pytest.mark.parametrize("mode", [pytest.param("permutation", marks=pytest.mark.deep), "orthogonal"])
def test_memory_stays_below_two_shards(tmp_path, mode, plain):
    """Resident memory, mapped file pages counted, against the largest shard: about 100 MB of 200."""
    model = plain("llama", vocab_size=60_000, hidden_size=256, num_hidden_layers=24, intermediate_size=1024)
    model.save_pretrained(tmp_path / "plain", max_shard_size="100MB")
    largest = max(p.stat().st_size for p in (tmp_path / "plain").glob("*.safetensors"))
    assert largest > 60e6
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, tmp_path / "plain", tmp_path / "out", mode],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert int(run.stdout) <= 2 * largest
