"""Llama and what is shaped like it: Mistral, Qwen2 (biases), Qwen3 (QK-norm), Phi-3 (fused, partial rotary).

Pre-norm with RMSNorm, rotary positions, grouped queries, SwiGLU. The stream turns by O(d) once the norms'
weights are folded into what reads them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from biodesci.core.errors import InputError
from biodesci.ee.architectures.architecture import Architecture, Split, Stem
from biodesci.ee.architectures.draft import (
    Draft,
    Heads,
    class_count,
    linear_rule,
    prefix_of,
    refuse,
    setting,
    widened,
)
from biodesci.ee.groups import Group, Mode, Orthogonals
from biodesci.ee.layout import Axis, Layout, Output, Rule, axis
from biodesci.ee.rotary import RotaryBlocks, RotarySigns

PREFIX = "model."


def layout(config: Mapping[str, Any], names: Collection[str], mode: Mode) -> Layout:
    """The layout of a causal language model, a sequence classifier, or a base model without head."""
    d = Draft(str(config["model_type"]), mode, names)
    width = setting(config, "hidden_size")
    stream = axis(width, d.place("stream", Orthogonals(width)))
    base = prefix_of(names, PREFIX)
    tokens = d.tokens(setting(config, "vocab_size"))
    d.table(f"{base}embed_tokens.weight", tokens, stream)
    for i in range(setting(config, "num_hidden_layers")):
        _block(d, f"{base}layers.{i}", f"layers.{i}", config, stream)
        d.buffer(*(n for n in names if n == f"{base}layers.{i}.self_attn.rotary_emb.inv_freq"))
    last = d.norm(f"{base}norm", stream, bias=False)
    if "score.weight" in names:
        d.scores("score", class_count(config), stream, fold=last, bias=False)
    elif base:
        _language_head(d, config, base, tokens, stream, last)
    else:
        d.outputs["hidden"] = Output(stream, fold=last)
    return d.layout()


def _language_head(
    d: Draft, config: Mapping[str, Any], base: str, tokens: Axis, stream: Axis, last: str | None
) -> None:
    d.outputs["logits"] = Output(tokens)
    if "lm_head.weight" in d.names:
        d.linear("lm_head", tokens, stream, fold=last, bias=False)
        if last is not None:
            d.config["tie_word_embeddings"] = False
    elif not config.get("tie_word_embeddings", False):
        raise InputError("The checkpoint has no lm_head.weight.", "Use the whole checkpoint, with its head.")
    elif last is not None:  # with the last norm's weight folded in, head and embedding are no longer the same
        rule = linear_rule(tokens, stream, last)
        d.extra["lm_head.weight"] = (f"{base}embed_tokens.weight", rule)
        d.config["tie_word_embeddings"] = False


def _block(d: Draft, name: str, place: str, config: Mapping[str, Any], stream: Axis) -> None:
    heads = setting(config, "num_attention_heads")
    shared = setting(config, "num_key_value_heads", default=heads)
    width = setting(config, "head_dim", default=setting(config, "hidden_size") // heads)
    attention = f"{name}.self_attn"
    normed = f"{attention}.q_norm.weight" in d.names
    rotated = _rotated(config, width)
    group: Group = (
        RotarySigns(shared * width, width, rotated)
        if normed
        else RotaryBlocks(shared * width, width, rotated)
    )
    h = d.attention(f"{place}.attention", heads, width, group, shared)
    fold = d.norm(f"{name}.input_layernorm", stream, bias=False)
    everywhere = bool(config.get("attention_bias", False))
    _projections(d, attention, h, stream, fold, everywhere or config["model_type"] == "qwen2")
    if normed:
        for which in (
            "q_norm",
            "k_norm",
        ):  # one weight per pair of coordinates, and only signs move: as it is
            d.rules[f"{attention}.{which}.weight"] = Rule((axis(width),), (width,))
    d.linear(f"{attention}.o_proj", stream, h.read, bias=everywhere)

    hidden = setting(config, "intermediate_size")
    gate, up = d.gated(f"{place}.mlp", hidden, setting(config, "hidden_act", default="silu"))
    fold = d.norm(f"{name}.post_attention_layernorm", stream, bias=False)
    bias = bool(config.get("mlp_bias", False))
    if f"{name}.mlp.gate_up_proj.weight" in d.names:
        d.linear(f"{name}.mlp.gate_up_proj", gate + up, stream, fold=fold, bias=bias)
    else:
        d.linear(f"{name}.mlp.gate_proj", gate, stream, fold=fold, bias=bias)
        d.linear(f"{name}.mlp.up_proj", up, stream, fold=fold, bias=bias)
    d.linear(f"{name}.mlp.down_proj", stream, up, bias=bias)


def _projections(d: Draft, name: str, h: Heads, stream: Axis, fold: str | None, bias: bool) -> None:
    if f"{name}.qkv_proj.weight" in d.names:
        d.linear(f"{name}.qkv_proj", h.query + h.key + h.value, stream, fold=fold, bias=bias)
        return
    for which, moved in (("q_proj", h.query), ("k_proj", h.key), ("v_proj", h.value)):
        d.linear(f"{name}.{which}", moved, stream, fold=fold, bias=bias)


def _rotated(config: Mapping[str, Any], width: int) -> int:
    """How many of a head's coordinates the positions turn."""
    refuse(config, "qk_layernorm", "a norm over all heads at once")
    share = (config.get("rope_parameters") or {}).get("partial_rotary_factor")
    share = share or config.get("partial_rotary_factor") or 1.0
    if share != 1.0 and config["model_type"] != "phi3":
        raise InputError(
            f"{config['model_type']} with partial_rotary_factor {share} is not a stock model.",
            "Partial rotary positions are known for phi3.",
        )
    return int(width * share)


ARCHITECTURE = Architecture(
    {
        "llama": "LlamaModel",
        "mistral": "MistralModel",
        "qwen2": "Qwen2Model",
        "qwen3": "Qwen3Model",
        "phi3": "Phi3Model",
    },
    layout,
    prefix=PREFIX,
    wider=partial(widened, name="intermediate_size"),
    stem=Stem({"tokens": "embed_tokens.weight"}),
    split=Split(block="layers", last_norm="norm", heads={"lm_head": "tokens", "score": "last"}),
)
