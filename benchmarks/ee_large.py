"""A Llama of 1.1 billion parameters in bf16, encrypted against plain: on a GPU where there is one, else on
the CPU. Weights are random: what is measured is time, and what rounding to bf16 does in another basis."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks.ee_subjects import SPECIAL
from biodesci.ee.keys import ModelKey

SHAPE: dict[str, Any] = {  # TinyLlama's
    "vocab_size": 32000,
    "hidden_size": 2048,
    "num_hidden_layers": 22,
    "num_attention_heads": 32,
    "num_key_value_heads": 4,
    "intermediate_size": 5632,
}
TOKENS, SAMPLES = 32, 8


def _models(shape: dict[str, Any]) -> tuple[Any, Any, ModelKey, float]:
    """Plain, encrypted, the key, and seconds that encryption took."""
    torch.manual_seed(1)
    torch.set_default_dtype(torch.bfloat16)
    try:
        plain = LlamaForCausalLM(LlamaConfig(**shape, **SPECIAL, tie_word_embeddings=False)).eval()
        twin = LlamaForCausalLM(plain.config).eval()
    finally:
        torch.set_default_dtype(torch.float32)
    state = dict(plain.state_dict())
    key = ModelKey.for_model(json.loads(plain.config.to_json_string()), state, "orthogonal")
    began = time.perf_counter()
    for name, source, rule in key.encrypted_tensors():
        moved = key.encrypt_tensor(name, state[source], rule, state.__getitem__)
        twin.state_dict()[name].copy_(moved)
    return plain, twin, key, time.perf_counter() - began


def _clock(run: Callable[[], object], device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    began = time.perf_counter()
    run()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def _ratio(plain: Any, twin: Any, device: torch.device, pairs: int) -> float:
    """Of the medians of alternating pairs' times for one forward pass of TOKENS tokens."""
    ids = torch.randint(3, SHAPE["vocab_size"], (1, TOKENS), device=device)

    def ask(model: Any) -> Callable[[], Tensor]:
        return lambda: model(input_ids=ids, logits_to_keep=1).logits

    ratios = []
    for pair in range(pairs):
        order = (plain, twin) if pair % 2 == 0 else (twin, plain)
        times = [_clock(ask(model), device) for model in order]
        ratios.append(times[1] / times[0] if pair % 2 == 0 else times[0] / times[1])
    return statistics.median(ratios)


def _agreement(plain: Any, twin: Any, key: ModelKey, device: torch.device) -> tuple[float, float, float]:
    """Deviation of the encrypted model from fp32, of the plain bf16 model from fp32, both relative to fp32's
    largest value, and the share of samples on which the two bf16 models name the same token."""
    moved = key.codec("inference").tokens
    asked = [torch.randint(3, SHAPE["vocab_size"], (1, TOKENS)) for _ in range(SAMPLES)]

    def answers(model: Any, ids: list[Tensor]) -> Tensor:
        found = [model(input_ids=one.to(device), logits_to_keep=1).logits[0, -1].float().cpu() for one in ids]
        return torch.stack(found)

    one = answers(plain, asked)
    other = answers(twin, [moved.encode(ids) for ids in asked])[:, moved.encode(torch.arange(moved.size))]
    exact = answers(plain.float(), asked)
    scale = exact.abs().max()
    gaps = [float((found - exact).abs().max() / scale) for found in (other, one)]
    return gaps[0], gaps[1], float((one.argmax(1) == other.argmax(1)).double().mean())


@torch.no_grad()
def figures() -> dict[str, dict[str, object]]:
    """ee.large.*"""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pairs = 51 if device.type == "cuda" else 9
    where = (
        torch.cuda.get_device_name() if device.type == "cuda" else f"CPU, {torch.get_num_threads()} thread(s)"
    )
    plain, twin, key, seconds = _models(SHAPE)
    size = sum(p.numel() for p in plain.parameters())
    plain, twin = plain.to(device), twin.to(device)
    _ratio(plain, twin, device, 1)
    ratio = _ratio(plain, twin, device, pairs)
    encrypted, rounded, agreed = _agreement(plain, twin, key, device)
    how = f"{where}; {size / 1e9:.2f} G parameters of Llama's shape, bf16, random weights, orthogonal keys"
    return {
        "ee.large.infer_ratio.llama": {
            "value": round(ratio, 4),
            "unit": "time encrypted / plaintext",
            "peer": "the same plaintext model in the same run; confidential GPUs about 1.07",
            "how": f"{how}; {TOKENS} tokens, median of {pairs} alternating pairs",
        },
        "ee.large.max_rel_err.llama": {
            "value": float(f"{encrypted:.3g}"),
            "unit": "|decoded - fp32 plaintext| / largest",
            "peer": f"the plaintext model's own bf16 against its fp32: {rounded:.3g}",
            "how": f"{how}; largest over {SAMPLES} samples",
        },
        "ee.large.agreement.llama": {
            "value": agreed,
            "unit": "share of samples",
            "peer": "the plaintext model in bf16",
            "how": f"{how}; next token of {SAMPLES} samples; random weights leave many near ties",
        },
        "ee.large.encrypt_MBps": {
            "value": round(2e-6 * size / seconds, 1),
            "unit": "MB/s",
            "peer": "none",
            "how": f"{where}, in memory; bf16 in and out",
        },
    }
