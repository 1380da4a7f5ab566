"""A small transformer for tabular records; the architecture only, no secrets.

One dense layer reads the record into T latent tokens, pre-LN blocks mix them, the head reads their mean.
LayerNorm carries no affine part (it is folded into the next layer), so that an orthogonal change of basis
that fixes the all-ones direction commutes with it, in training too. Encrypted and plaintext weights load
alike.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from biodesci.core.errors import InputError
from biodesci.ee.architectures.architecture import Architecture
from biodesci.ee.architectures.blueprint import Blueprint
from biodesci.ee.architectures.draft import Draft, widened
from biodesci.ee.groups import CentredOrthogonals, Invertibles, Mode, Permutations
from biodesci.ee.layout import Factor, Layout, Shift, axis
from biodesci.ee.sampling import Stream

LIMITS = {
    "features": 4096,
    "tokens": 256,
    "width": 1024,
    "heads": 64,
    "layers": 64,
    "hidden": 8192,
    "classes": 1024,
}


@dataclass(frozen=True)
class TabularConfig(Blueprint):
    """features F, tokens T, width d, heads, layers, hidden neurons of the FFN, classes."""

    name: ClassVar[str] = "biodesci/tabular-transformer/v1"
    kind: ClassVar[str] = "biodesci-tabular"

    features: int
    tokens: int = 8
    width: int = 32
    heads: int = 4
    layers: int = 2
    hidden: int = 64
    classes: int = 2

    def __post_init__(self) -> None:
        for name, limit in LIMITS.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= limit:
                raise InputError(
                    f"The architecture's {name} must be an integer from 1 to {limit}.",
                    "Correct the architecture.",
                )
        if self.width % self.heads or self.width < 2:
            raise InputError(
                f"The width {self.width} does not split into {self.heads} heads.",
                "Choose a width of at least 2 that is a multiple of the heads.",
            )

    @property
    def head_width(self) -> int:
        """Coordinates of one attention head: d / heads."""
        return self.width // self.heads

    def module(self, dtype: torch.dtype = torch.float64) -> TabularTransformer:
        """A TabularTransformer, with whatever weights it begins with."""
        return TabularTransformer(self, dtype)

    def traced_numbers(self) -> int:
        """Of the first layer, of query, key, value, output, expansion and contraction for each token, and of
        the head."""
        of_a_token = self.layers * (8 * self.width + 2 * (self.width + self.hidden))
        return self.features + self.tokens * (self.width + of_a_token) + self.width + self.classes

    def initial_weights(self, seed: bytes) -> dict[str, NDArray[np.float64]]:
        """Fresh plaintext weights, fp64, from 32 secret bytes: N(0, 1 / fan-in), residual writers scaled down
        by sqrt(2 layers), zero biases but for the tokens', which must differ from one another."""
        weights = super().initial_weights(seed)
        for name in weights:
            if name.endswith(("output.weight", "contract.weight")):
                weights[name] *= (2.0 * self.layers) ** -0.5
        bias = weights["input.bias"]
        weights["input.bias"] = 0.5 * Stream(seed, "init/input.bias").gaussian(*bias.shape)
        return weights


class Block(nn.Module):
    """Pre-LN attention and GELU feed-forward network, each added to the residual stream."""

    def __init__(self, config: TabularConfig) -> None:
        super().__init__()
        d = config.width
        self.heads = config.heads
        self.query = nn.Linear(d, d)
        self.key = nn.Linear(d, d)
        self.value = nn.Linear(d, d)
        self.output = nn.Linear(d, d)
        self.expand = nn.Linear(d, config.hidden)
        self.contract = nn.Linear(config.hidden, d)

    def forward(self, h: Tensor) -> Tensor:
        """States h (n, T, d) -> (n, T, d)."""
        n, t, d = h.shape
        u = F.layer_norm(h, (d,))
        # (n, T, d) -> (n, heads, T, d_h)
        q, k, v = (
            layer(u).view(n, t, self.heads, d // self.heads).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        weights = torch.softmax(q @ k.transpose(-1, -2) * (d // self.heads) ** -0.5, dim=-1)
        h = h + self.output((weights @ v).transpose(1, 2).reshape(n, t, d))
        result: Tensor = h + self.contract(F.gelu(self.expand(F.layer_norm(h, (d,)))))
        return result


class TabularTransformer(nn.Module):
    """x (n, F) -> logits (n, classes)."""

    def __init__(self, config: TabularConfig, dtype: torch.dtype = torch.float64) -> None:
        super().__init__()
        self.config = config
        self.input = nn.Linear(config.features, config.tokens * config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.head = nn.Linear(config.width, config.classes)
        self.to(dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, classes) of records x (n, F), no softmax."""
        d = self.config.width
        h = self.input(x).view(-1, self.config.tokens, d)  # (n, T, d)
        for block in self.blocks:
            h = block(h)
        logits: Tensor = self.head(F.layer_norm(h, (d,)).mean(dim=1))
        return logits


def layout(config: Mapping[str, Any], names: Collection[str], mode: Mode) -> Layout:
    """The layout; `config` has the fields of TabularConfig."""
    c = TabularConfig.from_settings(config)
    d = Draft(c.kind, mode, names)
    stream = axis(c.width, d.place("stream", CentredOrthogonals(c.width)))
    records = axis(c.features, d.place("records", Invertibles(c.features)))
    order = d.place("tokens", Permutations(c.tokens, "tokens can be reordered, nothing else"))
    d.inputs["records"] = records
    # The tokens all lie in the one stream, and nothing depends on their order.
    written = axis(c.tokens * c.width, Factor("stream", outer=c.tokens), Factor(order.place, inner=c.width))
    shift = None
    if mode == "general":
        d.shifts["records"] = c.features
        shift = Shift("records", "input.weight")
    d.linear("input", written, records, shift=shift)
    for i in range(c.layers):
        h = d.attention(f"blocks.{i}.attention", c.heads, c.head_width)
        for which, moved in (("query", h.query), ("key", h.key), ("value", h.value)):
            d.linear(f"blocks.{i}.{which}", moved, stream)
        d.linear(f"blocks.{i}.output", stream, h.read)
        neurons = d.neurons(f"blocks.{i}", c.hidden, "gelu")
        d.linear(f"blocks.{i}.expand", neurons, stream)
        d.linear(f"blocks.{i}.contract", stream, neurons)
    d.scores("head", c.classes, stream)
    return d.layout()


ARCHITECTURE = Architecture(
    {TabularConfig.kind: "TabularTransformer"},
    layout,
    depth="layers",
    blueprint=TabularConfig,
    task="classes",
    wider=partial(widened, name="hidden"),
)
