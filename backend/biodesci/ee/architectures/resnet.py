"""ResNet: convolutions with BatchNorm and ReLU.

Channels are reordered, and scaled by positive factors behind each BatchNorm (general keys). The image's own
channels are not: unless the stem runs at the client, the worker sees the image."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from biodesci.ee.architectures.architecture import Architecture
from biodesci.ee.architectures.draft import Draft, class_count, prefix_of, setting
from biodesci.ee.groups import Mode
from biodesci.ee.layout import Axis, Layout, Output, Rule, axis, dual, order_only, size

PREFIX = "resnet."
INNER = "relu"  # stock ResNet's within a block, whatever hidden_act says
CHANNELS = 1  # the axis of hidden (n, C, H, W) and pooled (n, C, 1, 1) states that the key moves
VISIBLE = "The stem reads the image as it is: run the stem at the client, or the worker sees the images."


def layout(config: Mapping[str, Any], names: Collection[str], mode: Mode) -> Layout:
    """The layout of an image classifier, or of the base model."""
    d = Draft("resnet", mode, names)
    d.notes.append(VISIBLE)
    base = prefix_of(names, PREFIX)
    activation = setting(config, "hidden_act", default="relu")
    kind = setting(config, "layer_type", default="bottleneck")
    stem = d.neurons("stem", setting(config, "embedding_size"), activation, pooled=True)
    image = axis(setting(config, "num_channels", default=3))
    _convolution(d, f"{base}embedder.embedder", stem, image, 7)
    into = stem
    stages = zip(setting(config, "hidden_sizes"), setting(config, "depths"), strict=True)
    for s, (width, depth) in enumerate(stages):
        # The blocks of a stage add to one stream, so they share its key; with no shortcut, so does the last.
        bridged = f"{base}encoder.stages.{s}.layers.0.shortcut.convolution.weight" in names
        stream = d.neurons(f"stages.{s}", width, activation) if bridged else into
        for b in range(depth):
            name, place = f"{base}encoder.stages.{s}.layers.{b}", f"stages.{s}.blocks.{b}"
            between = width // 4 if kind == "bottleneck" else width
            kernels = (1, 3, 1) if kind == "bottleneck" else (3, 3)
            read = into
            for c, kernel in enumerate(kernels):
                last = c == len(kernels) - 1
                out = stream if last else d.neurons(f"{place}.{c}", between, INNER)
                _convolution(d, f"{name}.layer.{c}", out, read, kernel)
                read = out
            if f"{name}.shortcut.convolution.weight" in names:
                _convolution(d, f"{name}.shortcut", stream, into, 1)
            into = stream
    if "classifier.1.weight" in names:
        d.scores("classifier.1", class_count(config), into)
    else:
        d.outputs |= {name: Output(into, dimension=CHANNELS) for name in ("hidden", "pooled")}
    return d.layout()


def _convolution(d: Draft, name: str, out: Axis, into: Axis, kernel: int) -> None:
    """A convolution and its BatchNorm; the norm divides factors out again, so they start behind it."""
    count, channels = size(out), size(into)
    still = axis(kernel)
    d.rules[f"{name}.convolution.weight"] = Rule(
        (order_only(out), dual(into), still, still), (count, channels, kernel, kernel)
    )
    norm = f"{name}.normalization"
    for moved in ("weight", "bias"):
        d.rules[f"{norm}.{moved}"] = Rule((out,), (count,))
    for moved in ("running_mean", "running_var"):
        d.rules[f"{norm}.{moved}"] = Rule((order_only(out),), (count,))
    d.buffer(*(n for n in d.names if n == f"{norm}.num_batches_tracked"))


ARCHITECTURE = Architecture({"resnet": "ResNetModel"}, layout, prefix=PREFIX)
