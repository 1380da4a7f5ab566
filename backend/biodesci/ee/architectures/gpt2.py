"""GPT-2: pre-norm with LayerNorm, learned positions, GELU, fused query, key and value stored as (in, out)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from biodesci.ee.architectures.architecture import Architecture, Split, Stem
from biodesci.ee.architectures.draft import Draft, class_count, linear_rule, prefix_of, refuse, setting
from biodesci.ee.groups import CentredOrthogonals, Mode
from biodesci.ee.layout import Layout, Output, axis

PREFIX = "transformer."
CONSTANTS = ("attn.bias", "attn.masked_bias")


def layout(config: Mapping[str, Any], names: Collection[str], mode: Mode) -> Layout:
    """The layout of a language model, a sequence classifier, or a base model without head."""
    refuse(config, "add_cross_attention", "cross-attention")
    d = Draft("gpt2", mode, names)
    width, heads = setting(config, "n_embd", "hidden_size"), setting(config, "n_head", "num_attention_heads")
    stream = axis(width, d.place("stream", CentredOrthogonals(width)))
    base = prefix_of(names, PREFIX)
    tokens = d.tokens(setting(config, "vocab_size"))
    d.table(f"{base}wte.weight", tokens, stream)
    d.table(f"{base}wpe.weight", axis(setting(config, "n_positions", "max_position_embeddings")), stream)
    for i in range(setting(config, "n_layer", "num_hidden_layers")):
        name, place = f"{base}h.{i}", f"layers.{i}"
        d.buffer(*(n for n in names if n in {f"{name}.{c}" for c in CONSTANTS}))
        h = d.attention(f"{place}.attention", heads, width // heads)
        fold = d.norm(f"{name}.ln_1", stream)
        d.conv1d(f"{name}.attn.c_attn", h.query + h.key + h.value, stream, fold=fold)
        d.conv1d(f"{name}.attn.c_proj", stream, h.read)
        activation = setting(config, "activation_function", default="gelu_new")
        neurons = d.neurons(f"{place}.mlp", _inner(config), activation)
        fold = d.norm(f"{name}.ln_2", stream)
        d.conv1d(f"{name}.mlp.c_fc", neurons, stream, fold=fold)
        d.conv1d(f"{name}.mlp.c_proj", stream, neurons)
    last = d.norm(f"{base}ln_f", stream)
    if "score.weight" in names:
        d.scores("score", class_count(config), stream, fold=last, bias=False)
    elif not base:
        d.outputs["hidden"] = Output(stream, fold=last)
    else:
        d.outputs["logits"] = Output(tokens)
        if "lm_head.weight" in names:
            d.linear("lm_head", tokens, stream, fold=last, bias=False)
        elif (
            last is not None
        ):  # with the last norm's weight folded in, head and embedding are no longer the same
            d.extra["lm_head.weight"] = (f"{base}wte.weight", linear_rule(tokens, stream, last))
        if last is not None:
            d.config["tie_word_embeddings"] = False
    return d.layout()


def _inner(config: Mapping[str, Any]) -> int:
    """How many neurons a block has."""
    return int(setting(config, "n_inner", default=4 * setting(config, "n_embd", "hidden_size")))


def _wider(config: Mapping[str, Any], count: int) -> dict[str, Any]:
    return {**config, "n_inner": _inner(config) + count}


ARCHITECTURE = Architecture(
    {"gpt2": "GPT2Model"},
    layout,
    prefix=PREFIX,
    depth="n_layer",
    constants=CONSTANTS,
    wider=_wider,
    stem=Stem({"tokens": "wte.weight", "positions": "wpe.weight"}),
    split=Split(block="h", last_norm="ln_f", heads={"lm_head": "tokens", "score": "last"}),
)
