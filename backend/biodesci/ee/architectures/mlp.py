"""A multilayer perceptron for records: linear layers with one activation between them.

Records move by x' = x T + δ with any invertible T: nothing but a linear layer reads them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from biodesci.core.errors import InputError
from biodesci.ee.architectures.architecture import Architecture
from biodesci.ee.architectures.blueprint import Blueprint
from biodesci.ee.architectures.draft import Draft, check_activation
from biodesci.ee.groups import Invertibles, Mode
from biodesci.ee.layout import Layout, Shift, axis

ACTIVATIONS = {"gelu": nn.GELU, "relu": nn.ReLU, "silu": nn.SiLU, "tanh": nn.Tanh}
WIDEST, DEEPEST = 1 << 20, 258  # of what a stranger may describe


@dataclass(frozen=True)
class MlpConfig(Blueprint):
    """features F, widths of the hidden layers, classes, and the activation between all layers."""

    name: ClassVar[str] = "biodesci/mlp/v1"
    kind: ClassVar[str] = "biodesci-mlp"

    features: int
    hidden: tuple[int, ...]
    classes: int
    activation: str

    def __post_init__(self) -> None:
        widths = [self.features, *self.hidden, self.classes] if isinstance(self.hidden, list | tuple) else []
        sound = all(isinstance(w, int) and not isinstance(w, bool) and 1 <= w <= WIDEST for w in widths)
        if not 3 <= len(widths) <= DEEPEST or not sound:
            raise InputError(
                f"An MLP needs features, a list of up to {DEEPEST - 2} hidden widths, and classes, each from "
                "1 to 2^20.",
                "Correct config.json.",
            )
        if not isinstance(self.activation, str) or self.activation not in ACTIVATIONS:
            raise InputError(
                f"An MLP with activation {self.activation!r} is not known.",
                f"Known are: {', '.join(ACTIVATIONS)}.",
            )
        check_activation(self.activation)
        object.__setattr__(self, "hidden", tuple(self.hidden))  # JSON has lists

    def module(self, dtype: torch.dtype = torch.float64) -> Mlp:
        """An Mlp, with whatever weights it begins with."""
        return Mlp(self).to(dtype)

    def traced_numbers(self) -> int:
        """Each hidden value comes out of one layer and goes into the next."""
        return self.features + 2 * sum(self.hidden) + self.classes


class Mlp(nn.Module):
    """x (n, features) -> logits (n, classes)."""

    def __init__(self, config: MlpConfig) -> None:
        super().__init__()
        widths = [config.features, *config.hidden, config.classes]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.activation = ACTIVATIONS[config.activation]()

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, classes) of records x (n, features), no softmax."""
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        logits: Tensor = self.layers[-1](x)
        return logits


def layout(config: Mapping[str, Any], names: Collection[str], mode: Mode) -> Layout:
    """The layout of a classifier; `config` has the fields of MlpConfig."""
    c = MlpConfig.from_settings(config)
    d = Draft(c.kind, mode, names)
    records = axis(c.features, d.place("records", Invertibles(c.features)))
    d.inputs["records"] = records
    shift = None
    if mode == "general":
        d.shifts["records"] = c.features
        shift = Shift("records", "layers.0.weight")
    into = records
    for i, width in enumerate(c.hidden):
        out = d.neurons(f"layers.{i}", width, c.activation)
        d.linear(f"layers.{i}", out, into, shift=shift)
        into, shift = out, None
    d.scores(f"layers.{len(c.hidden)}", c.classes, into)
    return d.layout()


def _wider(config: Mapping[str, Any], count: int) -> dict[str, Any]:
    return {**config, "hidden": [width + count for width in config["hidden"]]}


ARCHITECTURE = Architecture(
    {MlpConfig.kind: "Mlp"}, layout, depth="", blueprint=MlpConfig, task="classes", wider=_wider
)
