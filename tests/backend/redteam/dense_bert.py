"""Mode `dense`, as it was built, measured and given up: a BERT whose stream is turned, anew in each sublayer.

LayerNorm's weights γ sit on BERT's residual path, so stock BERT can only reorder its stream. Here each norm
ends in a matrix M = Q_bᵀ diag(γ) Q_a between the streams a before it and b behind it. `undo` takes those
matrices apart, with no key and no public base; what is left is an order, as in mode permutation."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import BertForSequenceClassification

from biodesci.ee.sampling import Stream

TRIES = 24  # mixtures of the norms' factors, of which the one with the best separated eigenvalues is taken
TABLES = ("word_embeddings", "position_embeddings", "token_type_embeddings")


@dataclass(frozen=True)
class Norm:
    """A LayerNorm on the residual path, and the numbers of the streams before and behind it."""

    name: str
    before: int

    @property
    def behind(self) -> int:
        return self.before + 1


def norms(layers: int, base: str = "bert.") -> Iterator[Norm]:
    """In the order in which the residual stream passes them."""
    yield Norm(f"{base}embeddings.LayerNorm", 0)
    for i in range(layers):
        yield Norm(f"{base}encoder.layer.{i}.attention.output.LayerNorm", 2 * i + 1)
        yield Norm(f"{base}encoder.layer.{i}.output.LayerNorm", 2 * i + 2)


def turn(state: Mapping[str, Tensor], keys: list[Tensor], base: str = "bert.") -> dict[str, Tensor]:
    """The weights with stream s turned by keys[s] (d, d): fp64, and each norm weight a matrix (d, d).

    `keys`: one more than there are norms; with orthogonal keys that keep the all-ones direction, the answers
    stay. Of weights that were turned already, norms included, another turn of the same streams."""
    turned = {name: tensor.double() for name, tensor in state.items()}

    def read(name: str, stream: int) -> None:
        turned[f"{name}.weight"] = turned[f"{name}.weight"] @ keys[stream]

    def written(name: str, stream: int) -> None:
        turned[f"{name}.weight"] = keys[stream].T @ turned[f"{name}.weight"]
        turned[f"{name}.bias"] = turned[f"{name}.bias"] @ keys[stream]

    layers = (len(keys) - 2) // 2
    for table in TABLES:
        read(f"{base}embeddings.{table}", 0)
    for norm in norms(layers, base):
        weight = turned[f"{norm.name}.weight"]
        matrix = weight.diag() if weight.ndim == 1 else weight
        turned[f"{norm.name}.weight"] = keys[norm.behind].T @ matrix @ keys[norm.before]
        turned[f"{norm.name}.bias"] = turned[f"{norm.name}.bias"] @ keys[norm.behind]
    for i in range(layers):
        layer = f"{base}encoder.layer.{i}"
        for projection in ("query", "key", "value"):
            read(f"{layer}.attention.self.{projection}", 2 * i + 1)
        written(f"{layer}.attention.output.dense", 2 * i + 1)
        read(f"{layer}.intermediate.dense", 2 * i + 2)
        written(f"{layer}.output.dense", 2 * i + 2)
    if f"{base}pooler.dense.weight" in turned:
        read(f"{base}pooler.dense", len(keys) - 1)
    return turned


def draw_keys(width: int, layers: int) -> list[Tensor]:
    """A fresh key (d, d) for each stream: Haar among the orthogonal maps that keep the all-ones direction."""
    seed = os.urandom(32)
    return [torch.from_numpy(Stream(seed, f"stream.{s}").stabilizer(width)) for s in range(2 * layers + 2)]


def undo(state: Mapping[str, Tensor], layers: int, base: str = "bert.") -> list[Tensor]:
    """What the attacker turns each stream back with (d, d), from turned weights alone: Q_s T_s is an order,
    the same for all streams.

    The polar decomposition of a norm's matrix is (Q_bᵀ Q_a)(Q_aᵀ diag(γ) Q_a), but for the signs of γ. The
    first factor leads from one stream's key to the next one's; the second's eigenvectors are Q_a up to order
    and sign; the all-ones direction shows the signs."""
    width = state[f"{base}embeddings.LayerNorm.bias"].numel()
    to_first = [torch.eye(width, dtype=torch.float64)]
    factors: list[Tensor] = []  # Q_aᵀ diag(|γ|) Q_a of each norm, brought to the first stream
    for norm in norms(layers, base):
        u, values, v = torch.linalg.svd(state[f"{norm.name}.weight"])
        factors.append(to_first[-1].T @ (v.T * values) @ v @ to_first[-1])
        to_first.append(u @ v @ to_first[-1])  # with the signs of γ, which no later factor shows
    basis = _eigenbasis(factors)
    turns = [turned @ basis for turned in to_first]
    return [turned * torch.where(turned.sum(0) < 0, -1.0, 1.0).double() for turned in turns]


def _eigenbasis(factors: list[Tensor]) -> Tensor:
    """A basis (d, d) in which all of `factors` are diagonal."""
    stream, stacked = Stream(os.urandom(32), "mixtures"), torch.stack(factors)
    mixtures = [
        torch.einsum("n,nij->ij", torch.from_numpy(stream.uniform(len(factors))), stacked)
        for _ in range(TRIES)
    ]

    def separation(mixture: Tensor) -> float:
        values = torch.linalg.eigvalsh(mixture)
        return float(values.diff().min()) / float(values.abs().max())

    best = max(mixtures, key=separation)
    basis: Tensor = torch.linalg.eigh((best + best.T) / 2.0).eigenvectors
    return basis


def undone(keys: list[Tensor], turns: list[Tensor]) -> float:
    """Share of all streams' coordinates that came out, up to their order."""
    largest = [(key @ turned).abs().amax(dim=0) for key, turned in zip(keys, turns, strict=True)]
    return float((torch.cat(largest) > 0.9).double().mean())


def as_stock(state: Mapping[str, Tensor], layers: int, base: str = "bert.") -> dict[str, Tensor]:
    """Weights whose norms' matrices are diagonal again, as a stock BERT stores them."""
    stock = dict(state)
    for norm in norms(layers, base):
        stock[f"{norm.name}.weight"] = state[f"{norm.name}.weight"].diagonal().clone()
    return stock


class DenseLayerNorm(nn.Module):
    """x (..., d) -> LN(x) Mᵀ + b, LN without weights; `weight` is M (d, d), out x in."""

    def __init__(self, weight: Tensor, bias: Tensor, eps: float) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = nn.Parameter(weight), nn.Parameter(bias), eps

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(F.layer_norm(x, x.shape[-1:], eps=self.eps), self.weight, self.bias)


def build(config: Mapping[str, object], state: Mapping[str, Tensor]) -> BertForSequenceClassification:
    """The classifier with turned weights, fp64: stock but for its norms."""
    from transformers import AutoConfig  # slow

    settings = AutoConfig.for_model(**dict(config))
    model = BertForSequenceClassification(settings).double().eval()
    for norm in norms(settings.num_hidden_layers):
        parent, _, last = norm.name.rpartition(".")
        weight, bias = state[f"{norm.name}.weight"], state[f"{norm.name}.bias"]
        dense = DenseLayerNorm(weight.clone(), bias.clone(), settings.layer_norm_eps)
        setattr(model.get_submodule(parent), last, dense)
    model.load_state_dict(dict(state))
    return model
