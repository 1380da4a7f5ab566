"""How fast checkpoints are encrypted on disk, beside copying the same file."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks.ee_subjects import SPECIAL, minilm
from biodesci.ee.checkpoint import moving
from biodesci.ee.checkpoint.reading import Checkpoint
from biodesci.ee.groups import Mode

RUNS = 3


def _speed(source: Path, mode: Mode, folder: Path) -> tuple[float, float]:
    """MB/s of encryption (key drawn beforehand), and of a plain copy of the weights."""
    checkpoint = Checkpoint.open(source)
    key = moving.make_key(checkpoint, mode)
    ours, copied = [], []
    for _ in range(RUNS):
        began = time.perf_counter()
        moving.encrypt(checkpoint, key, folder / "out")
        ours.append(time.perf_counter() - began)
        shutil.rmtree(folder / "out")
        began = time.perf_counter()
        shutil.copytree(source, folder / "copy")
        copied.append(time.perf_counter() - began)
        shutil.rmtree(folder / "copy")
    size = checkpoint.size / 1e6
    return size / statistics.median(ours), size / statistics.median(copied)


def _products(width: int) -> float:
    """MB/s of fp32 weights if the one dense product that each of them takes part in, with a stream's key in
    fp64, were all there is to do."""
    matrix = torch.randn(width, width, dtype=torch.float64)
    times = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        matrix @ matrix
        times.append(time.perf_counter() - began)
    return 4e-6 * width * width / statistics.median(times)


def figures() -> dict[str, dict[str, object]]:
    """ee.encrypt_checkpoint_MBps, for a Llama-shaped model under orthogonal keys, and MiniLM under
    permutations."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        torch.manual_seed(1)
        config = LlamaConfig(
            vocab_size=32000,
            hidden_size=1024,
            num_hidden_layers=6,
            num_attention_heads=16,
            num_key_value_heads=4,
            intermediate_size=2816,
            **SPECIAL,
        )
        LlamaForCausalLM(config).save_pretrained(folder / "llama")
        llama, copy = _speed(folder / "llama", "orthogonal", folder)
        limit = _products(1024)
        (folder / "minilm").mkdir()
        for file in ("config.json", "model.safetensors"):
            shutil.copy(minilm() / file, folder / "minilm")
        bert, bert_copy = _speed(folder / "minilm", "permutation", folder)
    threads = torch.get_num_threads()
    how = f"median of {RUNS} runs, disk to disk with fsync, {threads} thread(s), fp32 in, fp64 inside"
    return {
        "ee.encrypt_checkpoint_MBps": {
            "value": round(llama, 1),
            "unit": "MB/s",
            "peer": f"copying the same folder: {copy:.0f} MB/s; the products in fp64 alone: {limit:.0f} MB/s",
            "how": f"{how}; 121 M parameters of Llama's shape, width 1024, orthogonal keys",
        },
        "ee.encrypt_checkpoint_MBps.permutation": {
            "value": round(bert, 1),
            "unit": "MB/s",
            "peer": f"copying the same folder: {bert_copy:.0f} MB/s",
            "how": f"{how}; MiniLM (22.7 M parameters), permutation keys",
        },
    }
