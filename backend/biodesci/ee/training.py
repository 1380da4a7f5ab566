"""Local training that is the same under EE: encrypted steps are the plaintext steps in another basis.

Holds for orthogonal keys with SGD and momentum, and with Muon (Jordan et al. 2024: orthogonalized momentum by
Newton-Schulz), under clipping by the global norm and decoupled weight decay: each commutes with W -> L W R
for orthogonal L, R. Adaptive steps per coordinate (Adam, Lion) do not, and are refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from biodesci.core.errors import InputError
from biodesci.ee.architectures.tabular import TabularTransformer

# optimizer -> key modes under which encrypted training equals plaintext training; "plain" is no key at all
EXACT: dict[str, frozenset[str]] = {
    "sgd": frozenset({"plain", "orthogonal"}),
    "muon": frozenset({"plain", "orthogonal"}),
}


@dataclass(frozen=True)
class TrainingPlan:
    """What a node runs in one round; every field is in the plan document whose hash the node approved."""

    epochs: int
    batch_size: int
    learning_rate: float
    momentum: float = 0.9
    clip: float = 1.0
    optimizer: str = "sgd"
    weight_decay: float = 0.0
    seed: str = ""

    def __post_init__(self) -> None:
        ranges = {
            "epochs": (1, 1000),
            "batch_size": (1, 65536),
            "learning_rate": (0.0, 10.0),
            "momentum": (0.0, 0.9999),
            "clip": (1e-6, 1e6),
            "weight_decay": (0.0, 1.0),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
                raise InputError(f"The plan's {name} must lie in [{low}, {high}].", "Correct the plan.")
        if not isinstance(self.epochs, int) or not isinstance(self.batch_size, int):
            raise InputError("The plan's epochs and batchSize must be integers.", "Correct the plan.")
        if not isinstance(self.seed, str):
            raise InputError("The plan's seed must be a text.", "Correct the plan.")
        check_combination(self.optimizer, "plain")

    @classmethod
    def from_document(cls, plan: Mapping[str, Any]) -> TrainingPlan:
        """From a round's plan document."""
        try:
            return cls(
                epochs=plan["epochs"],
                batch_size=plan["batchSize"],
                learning_rate=plan["learningRate"],
                momentum=plan["momentum"],
                clip=plan["clip"],
                optimizer=plan["optimizer"],
                weight_decay=plan.get("weightDecay", 0.0),
                seed=plan["seed"],
            )
        except KeyError as exc:
            raise InputError(f"The plan has no field {exc.args[0]}.", "Correct the plan.") from exc

    def document(self) -> dict[str, Any]:
        """The fields as the plan document names them."""
        return {
            "epochs": self.epochs,
            "batchSize": self.batch_size,
            "learningRate": self.learning_rate,
            "momentum": self.momentum,
            "clip": self.clip,
            "optimizer": self.optimizer,
            "weightDecay": self.weight_decay,
            "seed": self.seed,
        }


def check_combination(optimizer: str, mode: str) -> None:
    """Raises InputError unless training with `optimizer` under keys of `mode` equals plaintext training."""
    exact = sorted(name for name, modes in EXACT.items() if mode in modes)
    if optimizer not in exact:
        raise InputError(
            f"Training with {optimizer} under {mode} keys is not equivalent to plaintext training.",
            f"Use one of: {', '.join(exact)}." if exact else "Create the model with an orthogonal key.",
        )


def order(seed: str, epoch: int, count: int) -> NDArray[np.int64]:
    """The order of `count` rows in an epoch, from the plan's seed by hashing: the same on every machine."""
    prefix = f"biodesci/shuffle/v1|{seed}|{epoch}|".encode()
    ranks = [hashlib.sha256(prefix + i.to_bytes(8, "big")).digest() for i in range(count)]
    return np.array(sorted(range(count), key=ranks.__getitem__), dtype=np.int64)


def train(model: TabularTransformer, x: NDArray[Any], y: NDArray[Any], plan: TrainingPlan) -> None:
    """Trains `model` in place on x (n, F), y (n,)."""
    dtype = model.head.weight.dtype
    inputs = torch.from_numpy(np.ascontiguousarray(x)).to(dtype)
    labels = torch.from_numpy(np.ascontiguousarray(y)).long()
    if inputs.ndim != 2 or labels.shape != inputs.shape[:1] or not len(labels):
        raise InputError(
            f"Records of shape {tuple(inputs.shape)} and labels of shape {tuple(labels.shape)} do not fit.",
            "Give one label per record, and at least one record.",
        )
    if not bool(torch.isfinite(inputs).all()):
        raise InputError("The records hold missing or infinite values.", "Normalize them first.")
    parameters = list(model.parameters())
    velocity = [torch.zeros_like(p) for p in parameters]
    model.train()
    for epoch in range(plan.epochs):
        rows = torch.from_numpy(order(plan.seed, epoch, len(labels)))
        for batch in torch.split(rows, plan.batch_size):
            loss = F.cross_entropy(model(inputs[batch]), labels[batch])
            gradients = list(torch.autograd.grad(loss, parameters))
            _step(parameters, gradients, velocity, plan)
    if not all(bool(torch.isfinite(p).all()) for p in parameters):
        raise InputError(
            "Training diverged: the weights are no longer finite.", "Lower the plan's learningRate."
        )


def _step(
    parameters: Sequence[Tensor], gradients: Sequence[Tensor], velocity: Sequence[Tensor], plan: TrainingPlan
) -> None:
    # The Frobenius norm over all tensors is the same in every orthogonal basis, so clipping by it is too.
    norm = float(torch.stack([g.square().sum() for g in gradients]).sum().sqrt())
    scale = min(1.0, plan.clip / norm) if norm > 0 else 1.0
    with torch.no_grad():
        for p, g, v in zip(parameters, gradients, velocity, strict=True):
            v.mul_(plan.momentum).add_(g, alpha=scale)
            step = _orthogonalize(v) if plan.optimizer == "muon" and p.ndim == 2 else v
            if plan.weight_decay:
                p.mul_(1.0 - plan.learning_rate * plan.weight_decay)
            p.sub_(step, alpha=plan.learning_rate)


def _orthogonalize(matrix: Tensor) -> Tensor:
    """Muon's direction: five quintic Newton-Schulz steps towards U Vᵀ of the matrix's SVD."""
    norm = matrix.norm()
    if norm == 0:
        return matrix
    m = matrix / norm
    tall = m.shape[0] > m.shape[1]
    m = m.T if tall else m
    for _ in range(5):
        gram = m @ m.T
        m = 3.4445 * m + (-4.7750 * gram + 2.0315 * gram @ gram) @ m
    result: Tensor = m * max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
    return result.T if tall else result


def evaluate(model: TabularTransformer, x: NDArray[Any], y: NDArray[Any]) -> tuple[float, int]:
    """Summed cross-entropy and number of right answers on x (n, F), y (n,)."""
    model.eval()
    with torch.no_grad():
        logits = model(torch.from_numpy(np.ascontiguousarray(x)).to(model.head.weight.dtype))
        labels = torch.from_numpy(np.ascontiguousarray(y)).long()
        loss = F.cross_entropy(logits, labels, reduction="sum")
        return float(loss), int((logits.argmax(dim=1) == labels).sum())
