"""A small transformer for tabular records; the architecture only, no secrets.

One dense layer reads the record into T latent tokens, pre-LN blocks mix them, the head reads their mean.
LayerNorm carries no affine part (it is folded into the next layer), so that an orthogonal change of basis
that fixes the all-ones direction commutes with it, in training too. Encrypted and plaintext weights load
alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from biodesci.core.errors import InputError

NAME = "biodesci/tabular-transformer/v1"
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
