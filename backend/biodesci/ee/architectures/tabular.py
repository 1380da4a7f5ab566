"""A small transformer for tabular records; the architecture only, no secrets.

One dense layer reads the record into T latent tokens, pre-LN blocks mix them, the head reads their mean.
LayerNorm carries no affine part (it is folded into the next layer), so that an orthogonal change of basis
that fixes the all-ones direction commutes with it, in training too. Encrypted and plaintext weights load
alike.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from biodesci.core.errors import InputError
from biodesci.ee.architectures.draft import Draft
from biodesci.ee.groups import CentredOrthogonals, Invertibles, Mode, Permutations
from biodesci.ee.layout import Factor, Layout, Shift, axis
from biodesci.ee.sampling import Stream

NAME = "biodesci/tabular-transformer/v1"
TYPES = ("biodesci-tabular",)
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
class TabularConfig:
    """features F, tokens T, width d, heads, layers, hidden neurons of the FFN, classes."""

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
        return self.width // self.heads

    def settings(self) -> dict[str, Any]:
        """What config.json would hold: the form that keys are made for."""
        return {"model_type": TYPES[0], **asdict(self)}

    def document(self) -> dict[str, Any]:
        """The architecture document; its canonical SHA-256 is the architecture hash on chain."""
        return {"name": NAME, **asdict(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> TabularConfig:
        names = {field.name for field in fields(cls)}
        if document.get("name") != NAME or set(document) != names | {"name"}:
            raise InputError(
                "This is not the description of a tabular transformer that this version knows.",
                f"Expected the name {NAME} and exactly the fields {', '.join(sorted(names))}.",
            )
        return cls(**{name: document[name] for name in names})


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
        d = self.config.width
        h = self.input(x).view(-1, self.config.tokens, d)  # (n, T, d)
        for block in self.blocks:
            h = block(h)
        logits: Tensor = self.head(F.layer_norm(h, (d,)).mean(dim=1))
        return logits


def shapes(config: TabularConfig) -> dict[str, tuple[int, ...]]:
    """The names and shapes of the architecture's tensors."""
    with torch.device("meta"):
        model = TabularTransformer(config)
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def check_state(config: TabularConfig, state: Mapping[str, Tensor]) -> None:
    """Raises InputError unless `state` holds exactly the architecture's tensors, floating and finite."""
    expected = shapes(config)
    if set(state) != set(expected):
        odd = sorted(set(state) ^ set(expected))
        raise InputError(
            f"These weights are not of this architecture: missing or unknown are {', '.join(odd[:4])}.",
            "Use the weights that belong to the model's architecture.",
        )
    for name, shape in expected.items():
        tensor = state[name]
        if tuple(tensor.shape) != shape or not tensor.is_floating_point():
            raise InputError(
                f"The tensor {name} is {tensor.dtype} {tuple(tensor.shape)}, not floating {shape}.",
                "Use the weights that belong to the model's architecture.",
            )
        if not bool(torch.isfinite(tensor).all()):
            raise InputError(
                f"The tensor {name} holds NaN or infinite values.",
                "Train again with a smaller learning rate.",
            )


def build(
    config: TabularConfig, state: Mapping[str, Tensor], dtype: torch.dtype = torch.float64
) -> TabularTransformer:
    """The model with these weights (encrypted or not), checked."""
    check_state(config, state)
    model = TabularTransformer(config, dtype)
    model.load_state_dict({name: tensor.to(dtype) for name, tensor in state.items()})
    return model


def initial_weights(config: TabularConfig, seed: bytes) -> dict[str, NDArray[np.float64]]:
    """Fresh plaintext weights: N(0, 1 / fan-in), residual writers scaled down by sqrt(2 layers), zero biases
    but for the tokens', which must differ from one another."""
    weights: dict[str, NDArray[np.float64]] = {}
    for name, shape in shapes(config).items():
        if name.endswith(".bias"):
            weights[name] = np.zeros(shape)
            if name == "input.bias":
                weights[name] = 0.5 * Stream(seed, f"init/{name}").gaussian(*shape)
            continue
        gain = float(shape[1]) ** -0.5
        if name.endswith(("output.weight", "contract.weight")):
            gain *= (2.0 * config.layers) ** -0.5
        weights[name] = gain * Stream(seed, f"init/{name}").gaussian(*shape)
    return weights


def layout(config: Mapping[str, Any], names: Collection[str], mode: Mode) -> Layout:
    """The layout; `config` has the fields of TabularConfig."""
    c = TabularConfig(**{f.name: config[f.name] for f in fields(TabularConfig) if f.name in config})
    d = Draft("biodesci-tabular", mode, names)
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
