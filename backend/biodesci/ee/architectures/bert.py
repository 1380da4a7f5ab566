"""BERT: post-norm with LayerNorm, whose weights sit on the residual path.

A stock encrypted BERT therefore permutes its stream in every mode; attention heads and neurons get what the
mode allows. Mode "dense" turns the stream instead, with a fresh Haar key per sublayer: each norm then ends in
a dense map Q_lᵀ diag(γ) Q_{l+1} (`dense_bert.py`), which costs time, needs our class to run, and gives its
keys away up to an order (`attacks/chain.py`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from biodesci.ee.architectures.draft import ROWS, Draft, linear_rule, prefix_of, refuse, setting
from biodesci.ee.architectures.llama import d_classes
from biodesci.ee.groups import CentredOrthogonals, Mode, Permutations
from biodesci.ee.layout import Axis, Layout, Output, Rule, axis, dual, order_only

TYPES = ("bert",)
RESIDUAL = "LayerNorm's weights act on each coordinate of the residual stream, so only reordering commutes"


def layout(config: Mapping[str, Any], names: Collection[str], mode: Mode, shuffle: bool = False) -> Layout:
    """The layout of an encoder with or without pooler, classifier or masked-language head. `shuffle`:
    position and token-type rows are reordered too, so that clients may send tokens in any order, with their
    positions."""
    refuse(config, "is_decoder", "a decoder of BERT's shape")
    refuse(config, "add_cross_attention", "cross-attention")
    d = Draft("bert", mode, names)
    width, heads = setting(config, "hidden_size"), setting(config, "num_attention_heads")
    base = prefix_of(names, "bert.")
    stream = _stream(d, 0, width)
    tokens = d.tokens(setting(config, "vocab_size"))
    positions = axis(setting(config, "max_position_embeddings"))
    types = axis(setting(config, "type_vocab_size"))
    if shuffle:
        positions = axis(positions[0].size, d.place("positions", Permutations(positions[0].size, ROWS)))
        types = axis(types[0].size, d.place("types", Permutations(types[0].size, ROWS)))
        d.inputs |= {"positions": positions, "types": types}
    d.table(f"{base}embeddings.word_embeddings.weight", tokens, stream)
    d.table(f"{base}embeddings.position_embeddings.weight", positions, stream)
    d.table(f"{base}embeddings.token_type_embeddings.weight", types, stream)
    d.buffer(
        *(n for n in names if n in (f"{base}embeddings.position_ids", f"{base}embeddings.token_type_ids"))
    )
    step = 1
    stream = _norm(d, f"{base}embeddings.LayerNorm", stream, step, width)
    for i in range(setting(config, "num_hidden_layers")):
        name, place = f"{base}encoder.layer.{i}", f"layers.{i}"
        h = d.attention(f"{place}.attention", heads, width // heads)
        for which, moved in (("query", h.query), ("key", h.key), ("value", h.value)):
            d.linear(f"{name}.attention.self.{which}", moved, stream)
        d.linear(f"{name}.attention.output.dense", stream, h.read)
        stream = _norm(d, f"{name}.attention.output.LayerNorm", stream, step := step + 1, width)
        neurons = d.neurons(
            f"{place}.mlp",
            setting(config, "intermediate_size"),
            setting(config, "hidden_act", default="gelu"),
        )
        d.linear(f"{name}.intermediate.dense", neurons, stream)
        d.linear(f"{name}.output.dense", stream, neurons)
        stream = _norm(d, f"{name}.output.LayerNorm", stream, step := step + 1, width)
    _heads(d, config, base, tokens, stream, width)
    return d.layout()


def _stream(d: Draft, step: int, width: int) -> Axis:
    if d.mode == "dense":
        return axis(width, d.place(f"stream.{step}", CentredOrthogonals(width)))
    return axis(width, d.place("stream", Permutations(width, RESIDUAL)))


def _norm(d: Draft, name: str, stream: Axis, step: int, width: int) -> Axis:
    """A LayerNorm on the residual path; the stream behind it."""
    behind = _stream(d, step, width)
    if d.mode == "dense":
        d.rules[f"{name}.weight"] = Rule((behind, dual(stream)), (width,), diagonal=True)
        d.rules[f"{name}.bias"] = Rule((behind,), (width,))
    else:
        d.rules[f"{name}.weight"] = Rule((order_only(stream),), (width,))
        d.rules[f"{name}.bias"] = Rule((stream,), (width,))
    return behind


def _heads(d: Draft, config: Mapping[str, Any], base: str, tokens: Axis, stream: Axis, width: int) -> None:
    read = stream
    if f"{base}pooler.dense.weight" in d.names:
        read = d.neurons("pooler", width, "tanh")
        d.linear(f"{base}pooler.dense", read, stream)
    if "classifier.weight" in d.names:
        d.scores("classifier", d_classes(config), read)
    elif "qa_outputs.weight" in d.names:
        d.scores("qa_outputs", 2, stream)
    elif "cls.predictions.transform.dense.weight" in d.names:
        _masked_language_head(d, base, tokens, stream, width)
    else:
        d.outputs["hidden"] = Output(stream)
        if read is not stream:
            d.outputs["pooled"] = Output(read)


def _masked_language_head(d: Draft, base: str, tokens: Axis, stream: Axis, width: int) -> None:
    head = "cls.predictions"
    tied = f"{head}.decoder.weight" not in d.names
    between = stream
    if d.mode == "dense" or not tied:  # the decoder then needs not read what the embedding writes
        between = axis(width, d.place("transform", Permutations(width, RESIDUAL)))
    d.linear(f"{head}.transform.dense", between, stream)
    d.rules[f"{head}.transform.LayerNorm.weight"] = Rule((order_only(between),), (width,))
    d.rules[f"{head}.transform.LayerNorm.bias"] = Rule((between,), (width,))
    d.rules[f"{head}.bias"] = Rule((tokens,), (tokens[0].size,))
    if not tied:
        d.linear(f"{head}.decoder", tokens, between)
    elif d.mode == "dense":
        rule = linear_rule(tokens, between)
        d.extra[f"{head}.decoder.weight"] = (f"{base}embeddings.word_embeddings.weight", rule)
        d.extra[f"{head}.decoder.bias"] = (f"{head}.bias", d.rules[f"{head}.bias"])
        d.config["tie_word_embeddings"] = False
    d.outputs["logits"] = Output(tokens)
