"""Defences against the red team that change weights and keep answers: dummy neurons and heads that cancel,
and noise. How much each is worth is measured, not assumed: see `attacks/report.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.sampling import Stream
from biodesci.redteam.attacks.drift import gaussian

# model type -> (the setting that counts neurons, readers of the stream, writers, is stored as (in, out))
FFN: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], bool]] = {
    "bert": ("intermediate_size", (".intermediate.dense",), (".output.dense",), False),
    "vit": ("intermediate_size", (".intermediate.dense", ".mlp.fc1"), (".output.dense", ".mlp.fc2"), False),
    "gpt2": ("n_inner", (".mlp.c_fc",), (".mlp.c_proj",), True),
    "llama": ("intermediate_size", (".mlp.gate_proj", ".mlp.up_proj"), (".mlp.down_proj",), False),
    "biodesci-tabular": ("hidden", (".expand",), (".contract",), False),
}
FFN |= dict.fromkeys(("mistral", "qwen2", "qwen3"), FFN["llama"])


def add_neurons(
    config: Mapping[str, Any], state: Mapping[str, Tensor], pairs: int, seed: bytes
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Config and weights with `pairs` pairs of neurons more in each block: two with the same input weights
    and opposite output weights, so that they cancel. Drawn with the mean and spread of the block's own."""
    kind = str(config.get("model_type"))
    if pairs < 1:
        raise InputError("There must be at least one pair of dummy neurons.", "Ask for one or more.")
    if kind == "biodesci-mlp":
        return _mlp(config, state, pairs, seed)
    if kind not in FFN:
        raise InputError(
            f"Dummy neurons are not known for {kind!r}.",
            f"Known are {', '.join(sorted([*FFN, 'biodesci-mlp']))}.",
        )
    setting, readers, writers, transposed = FFN[kind]
    padded = dict(state)
    count = 0
    for name, x in state.items():
        stem, _, what = name.rpartition(".")
        if stem.endswith(writers) and what == "weight" and ".attention." not in stem:
            axis = 0 if transposed else 1
            count = x.shape[axis]
            drawn = _like(x, axis, pairs, seed, name)
            padded[name] = torch.cat([x, drawn, -drawn], dim=axis)
        elif stem.endswith(readers):
            axis = x.ndim - 1 if transposed else 0
            drawn = _like(x, axis, pairs, seed, name)
            padded[name] = torch.cat([x, drawn, drawn], dim=axis)
    return {**config, setting: count + 2 * pairs}, padded


def add_heads(
    config: Mapping[str, Any], state: Mapping[str, Tensor], seed: bytes
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Config and weights of a Llama with two groups of heads more per layer, equal but for the sign of what
    they write. Where heads and width are bound to one another (BERT, GPT-2, ViT) a stock model has no room
    for them."""
    kind = str(config.get("model_type"))
    if kind not in ("llama", "mistral", "qwen2", "qwen3"):
        raise InputError(
            f"{kind!r} ties the width of a head to the number of heads, so it has no room for dummy heads.",
            "Use dummy neurons, or a Llama-shaped model.",
        )
    heads = int(config["num_attention_heads"])
    groups = int(config.get("num_key_value_heads") or heads)
    width = int(config.get("head_dim") or config["hidden_size"] // heads)
    padded = dict(state)
    for name, x in state.items():
        for which, count in (("q_proj", heads // groups), ("k_proj", 1), ("v_proj", 1)):
            if f".self_attn.{which}." in name:
                drawn = _like(x, 0, count * width, seed, name)
                padded[name] = torch.cat([x, drawn, drawn])
        if ".self_attn.o_proj.weight" in name:
            drawn = _like(x, 1, heads // groups * width, seed, name)
            padded[name] = torch.cat([x, drawn, -drawn], dim=1)
    more = {
        "num_attention_heads": heads + 2 * (heads // groups),
        "num_key_value_heads": groups + 2,
        "head_dim": width,
    }
    return {**config, **more}, padded


def add_noise(state: Mapping[str, Tensor], size: float, seed: bytes) -> dict[str, Tensor]:
    """Weights plus Gaussian noise of `size` times each tensor's standard deviation: it costs answers."""
    return gaussian(state, size, seed)


def _mlp(
    config: Mapping[str, Any], state: Mapping[str, Tensor], pairs: int, seed: bytes
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    padded = dict(state)
    hidden = list(config["hidden"])
    for i in range(len(hidden)):
        for name in (f"layers.{i}.weight", f"layers.{i}.bias"):
            drawn = _like(padded[name], 0, pairs, seed, name)
            padded[name] = torch.cat([padded[name], drawn, drawn])
        name = f"layers.{i + 1}.weight"
        drawn = _like(padded[name], 1, pairs, seed, name)
        padded[name] = torch.cat([padded[name], drawn, -drawn], dim=1)
    return {**config, "hidden": [width + 2 * pairs for width in hidden]}, padded


def _like(x: Tensor, axis: int, count: int, seed: bytes, name: str) -> Tensor:
    """`count` slices along `axis`, normal with the mean and standard deviation of x."""
    shape = list(x.shape)
    shape[axis] = count
    drawn = torch.from_numpy(Stream(seed, f"dummy/{name}/{axis}").gaussian(*shape))
    spread = x.double().std() if x.numel() > 1 else torch.zeros(())
    return (x.double().mean() + spread * drawn).to(x.dtype)
