"""Losses per sample, in the model's own type, of a model that returns scores or a transformers output.

transformers computes its losses in fp32 for causal models whatever the model's type; these do not round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from biodesci.core.errors import InputError

Batch = Mapping[str, Tensor]
Loss = Callable[[nn.Module, Batch], Tensor]
IGNORED = -100  # labels of tokens that do not count, as in transformers


def scores(model: nn.Module, batch: Batch) -> Tensor:
    """The model's logits for a batch without its labels."""
    output: Any = model(**{name: column for name, column in batch.items() if name != "labels"})
    logits: Tensor = output if isinstance(output, Tensor) else output.logits
    return logits


def own_loss(model: nn.Module, batch: Batch) -> Tensor:
    """What a transformers model computes from the batch's labels; a scalar."""
    output: Any = model(**batch)
    loss: Tensor | None = getattr(output, "loss", None)
    if loss is None:
        raise InputError(
            "The model returned no loss.",
            "Give the batches labels, or a loss of biodesci.ee.training.losses.",
        )
    return loss


def class_losses(model: nn.Module, batch: Batch) -> Tensor:
    """Cross-entropy per sample (n,), of logits (n, classes) and labels (n,)."""
    return F.cross_entropy(scores(model, batch), batch["labels"], reduction="none")


def token_losses(model: nn.Module, batch: Batch) -> Tensor:
    """Mean cross-entropy of the next token per sample (n,), of logits (n, T, vocabulary) and labels (n, T),
    with `IGNORED` where a token does not count."""
    logits, following = scores(model, batch)[:, :-1], batch["labels"][:, 1:]
    each = F.cross_entropy(logits.transpose(1, 2), following, ignore_index=IGNORED, reduction="none")
    counted = (following != IGNORED).sum(dim=1).clamp(min=1)
    return each.sum(dim=1) / counted


def mean(losses: Tensor) -> Tensor:
    """A scalar, of losses per sample or of a mean that the model took itself."""
    return losses if losses.ndim == 0 else torch.mean(losses)
