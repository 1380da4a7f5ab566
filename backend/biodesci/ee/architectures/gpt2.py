"""GPT-2: pre-norm with LayerNorm, learned positions, GELU, fused query, key and value stored as (in, out)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from biodesci.ee.architectures.draft import Draft, linear_rule, prefix_of, refuse, setting
from biodesci.ee.architectures.llama import d_classes
from biodesci.ee.groups import CentredOrthogonals, Mode
from biodesci.ee.layout import Layout, Output, axis

TYPES = ("gpt2",)


def layout(config: Mapping[str, Any], names: Collection[str], mode: Mode) -> Layout:
    """The layout of a language model, a sequence classifier, or a base model without head."""
    refuse(config, "add_cross_attention", "cross-attention")
    d = Draft("gpt2", mode, names)
    width, heads = setting(config, "n_embd", "hidden_size"), setting(config, "n_head", "num_attention_heads")
    stream = axis(width, d.place("stream", CentredOrthogonals(width)))
    base = prefix_of(names, "transformer.")
    tokens = d.tokens(setting(config, "vocab_size"))
    d.table(f"{base}wte.weight", tokens, stream)
    d.table(f"{base}wpe.weight", axis(setting(config, "n_positions", "max_position_embeddings")), stream)
    for i in range(setting(config, "n_layer", "num_hidden_layers")):
        name, place = f"{base}h.{i}", f"layers.{i}"
        d.buffer(*(n for n in names if n in (f"{name}.attn.bias", f"{name}.attn.masked_bias")))
        h = d.attention(f"{place}.attention", heads, width // heads)
        fold = d.norm(f"{name}.ln_1", stream)
        d.linear(f"{name}.attn.c_attn", h.query + h.key + h.value, stream, fold=fold, transposed=True)
        d.linear(f"{name}.attn.c_proj", stream, h.read, transposed=True)
        hidden = setting(config, "n_inner", default=4 * width)
        neurons = d.neurons(
            f"{place}.mlp", hidden, setting(config, "activation_function", default="gelu_new")
        )
        fold = d.norm(f"{name}.ln_2", stream)
        d.linear(f"{name}.mlp.c_fc", neurons, stream, fold=fold, transposed=True)
        d.linear(f"{name}.mlp.c_proj", stream, neurons, transposed=True)
    last = d.norm(f"{base}ln_f", stream)
    if "score.weight" in names:
        d.scores("score", d_classes(config), stream, fold=last, bias=False)
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
