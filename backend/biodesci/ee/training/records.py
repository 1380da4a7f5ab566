"""Local training of a model of records in a round, and its evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from biodesci.core.errors import InputError
from biodesci.ee.training.loop import minibatches, run
from biodesci.ee.training.losses import class_losses
from biodesci.ee.training.plan import TrainingPlan


def train(model: nn.Module, x: NDArray[Any], y: NDArray[Any], plan: TrainingPlan) -> None:
    """Trains `model` in place on x (n, F), y (n,)."""
    dtype = next(model.parameters()).dtype
    inputs = torch.from_numpy(np.ascontiguousarray(x)).to(dtype)
    labels = torch.from_numpy(np.ascontiguousarray(y)).long()
    if inputs.ndim != 2 or labels.shape != inputs.shape[:1] or not len(labels):
        raise InputError(
            f"Records of shape {tuple(inputs.shape)} and labels of shape {tuple(labels.shape)} do not fit.",
            "Give one label per record, and at least one record.",
        )
    if not bool(torch.isfinite(inputs).all()):
        raise InputError("The records hold missing or infinite values.", "Normalize them first.")
    run(model, minibatches({"x": inputs, "labels": labels}, plan), plan, class_losses)


def evaluate(model: nn.Module, x: NDArray[Any], y: NDArray[Any]) -> tuple[float, int]:
    """Summed cross-entropy and number of right answers on x (n, F), y (n,)."""
    model.eval()
    with torch.no_grad():
        logits = model(torch.from_numpy(np.ascontiguousarray(x)).to(next(model.parameters()).dtype))
        labels = torch.from_numpy(np.ascontiguousarray(y)).long()
        loss = F.cross_entropy(logits, labels, reduction="sum")
        return float(loss), int((logits.argmax(dim=1) == labels).sum())
