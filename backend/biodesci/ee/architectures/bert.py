"""BERT: post-norm with LayerNorm, whose weights sit on the residual path.

A stock encrypted BERT therefore permutes its stream in every mode; attention heads and neurons get what the
mode allows. To turn the stream, each norm would have to end in a matrix Q_lᵀ diag(γ) Q_{l+1}: that was built
and measured, and those matrices give their keys away up to an order (docs/security.md)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from biodesci.ee.architectures.architecture import Architecture, Split, Stem
from biodesci.ee.architectures.draft import ROWS, Draft, class_count, prefix_of, refuse, setting, widened
from biodesci.ee.groups import Mode, Permutations
from biodesci.ee.layout import Axis, Layout, Output, Rule, axis, order_only, size

PREFIX = "bert."
CONSTANTS = ("position_ids", "token_type_ids")
MASKED = "cls.predictions"  # before the layers of a masked-language head
RESIDUAL = "LayerNorm's weights act on each coordinate of the residual stream, so only reordering commutes"


def layout(config: Mapping[str, Any], names: Collection[str], mode: Mode, shuffle: bool = False) -> Layout:
    """The layout of an encoder with or without pooler, classifier or masked-language head. `shuffle`:
    position and token-type rows are reordered too, so that clients may send tokens in any order, with their
    positions."""
    refuse(config, "is_decoder", "a decoder of BERT's shape")
    refuse(config, "add_cross_attention", "cross-attention")
    d = Draft("bert", mode, names)
    width, heads = setting(config, "hidden_size"), setting(config, "num_attention_heads")
    base = prefix_of(names, PREFIX)
    stream = axis(width, d.place("stream", Permutations(width, RESIDUAL)))
    tokens = d.tokens(setting(config, "vocab_size"))
    positions = axis(setting(config, "max_position_embeddings"))
    types = axis(setting(config, "type_vocab_size"))
    if shuffle:
        positions = axis(positions[0].size, d.place("positions", Permutations(positions[0].size, ROWS)))
        types = axis(types[0].size, d.place("types", Permutations(types[0].size, ROWS)))
        d.inputs |= {"positions": positions, "types": types}
        d.settings["keep_first"] = int(f"{base}pooler.dense.weight" in names)
    d.table(f"{base}embeddings.word_embeddings.weight", tokens, stream)
    d.table(f"{base}embeddings.position_embeddings.weight", positions, stream)
    d.table(f"{base}embeddings.token_type_embeddings.weight", types, stream)
    d.buffer(*(name for name in names if name in {f"{base}embeddings.{c}" for c in CONSTANTS}))
    _norm(d, f"{base}embeddings.LayerNorm", stream)
    for i in range(setting(config, "num_hidden_layers")):
        name, place = f"{base}encoder.layer.{i}", f"layers.{i}"
        h = d.attention(f"{place}.attention", heads, width // heads)
        for which, moved in (("query", h.query), ("key", h.key), ("value", h.value)):
            d.linear(f"{name}.attention.self.{which}", moved, stream)
        d.linear(f"{name}.attention.output.dense", stream, h.read)
        _norm(d, f"{name}.attention.output.LayerNorm", stream)
        neurons = d.neurons(
            f"{place}.mlp",
            setting(config, "intermediate_size"),
            setting(config, "hidden_act", default="gelu"),
        )
        d.linear(f"{name}.intermediate.dense", neurons, stream)
        d.linear(f"{name}.output.dense", stream, neurons)
        _norm(d, f"{name}.output.LayerNorm", stream)
    _heads(d, config, base, tokens, stream)
    return d.layout()


def _norm(d: Draft, name: str, stream: Axis) -> None:
    """A LayerNorm on the residual path."""
    d.rules[f"{name}.weight"] = Rule((order_only(stream),), (size(stream),))
    d.rules[f"{name}.bias"] = Rule((stream,), (size(stream),))


def _heads(d: Draft, config: Mapping[str, Any], base: str, tokens: Axis, stream: Axis) -> None:
    read = stream
    if f"{base}pooler.dense.weight" in d.names:
        read = d.neurons("pooler", size(stream), "tanh")
        d.linear(f"{base}pooler.dense", read, stream)
    if "classifier.weight" in d.names:
        d.scores("classifier", class_count(config), read)
    elif "qa_outputs.weight" in d.names:
        d.scores("qa_outputs", 2, stream)
    elif f"{MASKED}.transform.dense.weight" in d.names:
        _masked_language_head(d, tokens, stream)
    else:
        d.outputs["hidden"] = Output(stream)
        if read is not stream:
            d.outputs["pooled"] = Output(read)


def _masked_language_head(d: Draft, tokens: Axis, stream: Axis) -> None:
    width, tied = size(stream), f"{MASKED}.decoder.weight" not in d.names
    # A decoder that is not the embedding need not read what the embedding writes.
    between = stream if tied else axis(width, d.place("transform", Permutations(width, RESIDUAL)))
    d.linear(f"{MASKED}.transform.dense", between, stream)
    _norm(d, f"{MASKED}.transform.LayerNorm", between)
    d.rules[f"{MASKED}.bias"] = Rule((tokens,), (tokens[0].size,))
    if not tied:
        d.linear(f"{MASKED}.decoder", tokens, between)
    d.outputs["logits"] = Output(tokens)


ARCHITECTURE = Architecture(
    {"bert": "BertModel"},
    layout,
    shuffled=partial(layout, shuffle=True),
    prefix=PREFIX,
    constants=CONSTANTS,
    wider=partial(widened, name="intermediate_size"),
    stem=Stem(
        {
            "tokens": "embeddings.word_embeddings.weight",
            "positions": "embeddings.position_embeddings.weight",
            "types": "embeddings.token_type_embeddings.weight",
        },
        norm="embeddings.LayerNorm",
    ),
    split=Split(
        block="encoder.layer",
        last_norm="encoder.layer.{last}.output.LayerNorm",
        heads={"qa_outputs": "tokens", f"{MASKED}.decoder": "tokens", "classifier": "pooled"},
        encoder=True,
        transform=MASKED,
    ),
)
