"""How far the secret weights are from what is public: the attacker's base is never quite the owner's
model."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from biodesci.ee.sampling import Stream

DRIFTS = (0.0, 0.05, 0.1, 0.2, 0.4, 1.0)


def gaussian(state: Mapping[str, Tensor], size: float, seed: bytes) -> dict[str, Tensor]:
    """Every floating tensor plus independent noise of `size` times its own standard deviation."""
    drifted = dict(state)
    for name, x in state.items():
        if not x.is_floating_point() or size == 0.0 or x.numel() < 2:
            continue
        noise = normal(seed, name, x.numel()).reshape(x.shape)
        drifted[name] = (x.double() + size * float(x.double().std()) * noise).to(x.dtype)
    return drifted


def low_rank(state: Mapping[str, Tensor], size: float, rank: int, seed: bytes) -> dict[str, Tensor]:
    """What merged LoRA adapters do (Hu et al. 2021, arXiv:2106.09685): each matrix of a block gets a random
    product of `rank`, whose Frobenius norm is `size` times its own; embeddings, norms, biases stay."""
    drifted = dict(state)
    for name, x in state.items():
        inner = any(piece.isdigit() for piece in name.split("."))
        if x.ndim != 2 or not inner or not x.is_floating_point():
            continue
        rows, columns = x.shape
        r = min(rank, rows, columns)
        b = normal(seed, f"{name}/b", rows * r).reshape(rows, r)
        change = b @ normal(seed, f"{name}/a", r * columns).reshape(r, columns)
        change *= size * x.double().norm() / change.norm()
        drifted[name] = (x.double() + change).to(x.dtype)
    return drifted


def unrelated(state: Mapping[str, Tensor], seed: bytes) -> dict[str, Tensor]:
    """Weights with the same values in other places: an attacker's base that has nothing to do with the
    secret."""
    shuffled = {}
    for name, x in state.items():
        order = torch.randperm(x.numel(), generator=_generator(seed, f"unrelated/{name}"))
        shuffled[name] = x.flatten()[order].reshape(x.shape) if x.is_floating_point() else x
    return shuffled


def normal(seed: bytes, name: str, count: int) -> Tensor:
    """Standard normal numbers, fp64 (count,), that stand for training or DP noise, never for a key."""
    return torch.randn(count, generator=_generator(seed, f"drift/{name}"), dtype=torch.float32).double()


def _generator(seed: bytes, label: str) -> torch.Generator:
    # A generator seeded by the Stream: AES for each of 22.7 million numbers would take most of the card's
    # time.
    return torch.Generator().manual_seed(int(Stream(seed, label).integers(1)[0]) >> 1)
