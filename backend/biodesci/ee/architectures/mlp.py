"""A multilayer perceptron for records: linear layers with one activation between them.

Records move by x' = x T + δ with any invertible T: nothing but a linear layer reads them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from biodesci.core.errors import InputError
from biodesci.ee.architectures.draft import Draft, check_activation, setting
from biodesci.ee.groups import Invertibles, Mode
from biodesci.ee.layout import Layout, Shift, axis

TYPES = ("biodesci-mlp",)
ACTIVATIONS = {"gelu": nn.GELU, "relu": nn.ReLU, "silu": nn.SiLU, "tanh": nn.Tanh}


class Mlp(nn.Module):
    """x (n, features) -> logits (n, classes)."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        features, hidden, classes = shape(config)
        check_activation(config["activation"])
        widths = [features, *hidden, classes]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.activation = ACTIVATIONS[config["activation"]]()

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        logits: Tensor = self.layers[-1](x)
        return logits


def shape(config: Mapping[str, Any]) -> tuple[int, list[int], int]:
    """features, hidden widths, classes; InputError unless they are positive integers."""
    features, hidden, classes = (setting(config, n) for n in ("features", "hidden", "classes"))
    widths = [features, *hidden, classes] if isinstance(hidden, list) else [0]
    if not all(isinstance(w, int) and 1 <= w <= 1 << 20 for w in widths) or len(widths) < 3:
        raise InputError(
            "An MLP needs features, a list of hidden widths, and classes, each from 1 to 2^20.",
            "Correct config.json.",
        )
    if config.get("activation") not in ACTIVATIONS:
        raise InputError(
            f"An MLP with activation {config.get('activation')!r} is not known.",
            f"Known are: {', '.join(ACTIVATIONS)}.",
        )
    return features, hidden, classes


def layout(config: Mapping[str, Any], names: Collection[str], mode: Mode) -> Layout:
    """The layout of a classifier."""
    features, hidden, _ = shape(config)
    d = Draft("biodesci-mlp", mode, names)
    records = axis(features, d.place("records", Invertibles(features)))
    d.inputs["records"] = records
    shift = None
    if mode == "general":
        d.shifts["records"] = features
        shift = Shift("records", "layers.0.weight")
    into = records
    for i, width in enumerate(hidden):
        out = d.neurons(f"layers.{i}", width, config["activation"])
        d.linear(f"layers.{i}", out, into, shift=shift)
        into, shift = out, None
    d.scores(f"layers.{len(hidden)}", config["classes"], into)
    return d.layout()


def build(config: Mapping[str, Any], state: Mapping[str, Tensor], dtype: torch.dtype = torch.float64) -> Mlp:
    """The model with these weights, encrypted or not."""
    model = Mlp(config).to(dtype)
    model.load_state_dict({name: tensor.to(dtype) for name, tensor in state.items()})
    return model.eval()
