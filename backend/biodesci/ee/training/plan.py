"""What a node trains: the plan whose hash it approved, and the order of rows that follows from it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from biodesci.core.documents.training import Training
from biodesci.core.errors import InputError
from biodesci.ee.training.combinations import check_combination


@dataclass(frozen=True)
class TrainingPlan:
    """What a node runs in one round; every field is in the plan document whose hash the node approved.

    `momentum` is AdamW's and Lion's first decay too; `clip` bounds the norm over all trained tensors;
    `weight_decay` is decoupled (arXiv:1711.05101): θ <- (1 - rate · decay) θ before each step.
    """

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
    def from_document(cls, training: Training) -> TrainingPlan:
        """The plan that a document describes. Raises InputError for values out of their ranges."""
        return cls(**dict(training))

    def document(self) -> Training:
        """The plan as documents have it."""
        return Training(**asdict(self))


def order(seed: str, epoch: int, count: int) -> NDArray[np.int64]:
    """The order of `count` rows in an epoch, from the plan's seed by hashing: the same on every machine."""
    prefix = f"biodesci/shuffle/v1|{seed}|{epoch}|".encode()
    ranks = [hashlib.sha256(prefix + i.to_bytes(8, "big")).digest() for i in range(count)]
    return np.array(sorted(range(count), key=ranks.__getitem__), dtype=np.int64)
