"""ViT: pre-norm with LayerNorm, GELU, patches read by one convolution, a class token and learned positions.

Checkpoints name their blocks `encoder.layer.N.attention.attention.query`; models in memory (transformers 5)
name them `layers.N.attention.q_proj`. Both are the same layout."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from biodesci.ee.architectures.architecture import Architecture
from biodesci.ee.architectures.draft import ROWS, Draft, class_count, prefix_of, setting, widened
from biodesci.ee.groups import CentredOrthogonals, Invertibles, Mode, Permutations
from biodesci.ee.layout import Factor, Layout, Output, Rule, Span, axis, dual

PREFIX = "vit."
STORED = {
    "block": "encoder.layer",
    "query": "attention.attention.query",
    "key": "attention.attention.key",
    "value": "attention.attention.value",
    "output": "attention.output.dense",
    "expand": "intermediate.dense",
    "contract": "output.dense",
}
IN_MEMORY = {
    "block": "layers",
    "query": "attention.q_proj",
    "key": "attention.k_proj",
    "value": "attention.v_proj",
    "output": "attention.o_proj",
    "expand": "mlp.fc1",
    "contract": "mlp.fc2",
}


def layout(config: Mapping[str, Any], names: Collection[str], mode: Mode) -> Layout:
    """The layout of an image classifier, or of the base model with or without pooler."""
    d = Draft("vit", mode, names)
    width, heads = setting(config, "hidden_size"), setting(config, "num_attention_heads")
    stream = axis(width, d.place("stream", CentredOrthogonals(width)))
    base = prefix_of(names, PREFIX)
    _embeddings(d, config, f"{base}embeddings", width)
    called = STORED if any(n.startswith(f"{base}{STORED['block']}.") for n in names) else IN_MEMORY
    for i in range(setting(config, "num_hidden_layers")):
        name, place = f"{base}{called['block']}.{i}", f"layers.{i}"
        h = d.attention(f"{place}.attention", heads, width // heads)
        fold = d.norm(f"{name}.layernorm_before", stream)
        for which, moved in (("query", h.query), ("key", h.key), ("value", h.value)):
            d.linear(f"{name}.{called[which]}", moved, stream, fold=fold, bias=config.get("qkv_bias", True))
        d.linear(f"{name}.{called['output']}", stream, h.read)
        activation = setting(config, "hidden_act", default="gelu")
        neurons = d.neurons(f"{place}.mlp", setting(config, "intermediate_size"), activation)
        fold = d.norm(f"{name}.layernorm_after", stream)
        d.linear(f"{name}.{called['expand']}", neurons, stream, fold=fold)
        d.linear(f"{name}.{called['contract']}", stream, neurons)
    last = d.norm(f"{base}layernorm", stream)
    if "classifier.weight" in names:
        d.scores("classifier", class_count(config), stream, fold=last)
    else:
        d.outputs["hidden"] = Output(stream, fold=last)
    if f"{base}pooler.dense.weight" in names:
        activation = setting(config, "pooler_act", default="tanh")
        pooled = d.neurons("pooler", setting(config, "pooler_output_size", default=width), activation)
        d.linear(f"{base}pooler.dense", pooled, stream, fold=last)
        d.outputs["pooled"] = Output(pooled)
    return d.layout()


def _embeddings(d: Draft, config: Mapping[str, Any], name: str, width: int) -> None:
    d.settings |= (sizes := geometry(config))
    channels, patch_high, patch_wide = sizes["channels"], sizes["patch_high"], sizes["patch_wide"]
    count = (sizes["high"] // patch_high) * (sizes["wide"] // patch_wide)
    values = channels * patch_high * patch_wide
    stream = axis(width, Factor("stream"))
    pixels = axis(values, d.place("patch", Invertibles(values)))
    # The class token keeps its place; the patches come in a secret order, and their positions with them.
    order = d.place("positions", Permutations(count, ROWS))
    d.inputs |= {"patches": pixels, "positions": axis(count, order)}
    d.rules[f"{name}.patch_embeddings.projection.weight"] = Rule(
        (stream, dual(pixels)), (width, channels, patch_high, patch_wide), view=(width, values)
    )
    d.rules[f"{name}.patch_embeddings.projection.bias"] = Rule((stream,), (width,))
    rows = (Span(1), Span(count, (order,)))
    d.rules[f"{name}.position_embeddings"] = Rule((axis(1), rows, stream), (1, count + 1, width))
    d.rules[f"{name}.cls_token"] = Rule((axis(1), axis(1), stream), (1, 1, width))
    if f"{name}.mask_token" in d.names:
        d.rules[f"{name}.mask_token"] = Rule((axis(1), axis(1), stream), (1, 1, width))


def sides(length: int | list[int] | tuple[int, int]) -> tuple[int, int]:
    """Height and width from one number or a pair."""
    return (length, length) if isinstance(length, int) else (int(length[0]), int(length[1]))


def geometry(config: Mapping[str, Any]) -> dict[str, int]:
    """The sizes of an image and of its patches, in pixels, that a codec works by."""
    (high, wide), (patch_high, patch_wide) = (
        sides(config.get("image_size", 224)),
        sides(config.get("patch_size", 16)),
    )
    return {
        "channels": int(config.get("num_channels", 3)),
        "high": high,
        "wide": wide,
        "patch_high": patch_high,
        "patch_wide": patch_wide,
    }


ARCHITECTURE = Architecture(
    {"vit": "ViTModel"}, layout, prefix=PREFIX, wider=partial(widened, name="intermediate_size")
)
