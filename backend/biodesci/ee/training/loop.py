"""The training loop, for our models of records and for stock transformers models, plain or encrypted.

Two-party fine-tuning is this loop on an encrypted model, with batches encoded by the codec: the data owner
never sees plaintext weights, the model owner never sees data, and decryption gives the model that plaintext
training would have given. "Plaintext" is the plain model with its norm weights folded into the next layer and
frozen, and, in orthogonal mode, with its head untied (`untied`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from biodesci.core.errors import InputError
from biodesci.ee.layout import Layout
from biodesci.ee.training.combinations import check_combination, check_model, lets_train, own_name
from biodesci.ee.training.losses import Batch, Loss, mean, own_loss
from biodesci.ee.training.plan import TrainingPlan, order
from biodesci.ee.training.stepping import Stepper

Batches = Callable[[int], Iterable[Batch]]  # those of an epoch


@dataclass(frozen=True, eq=False)
class Watch:
    """Who follows a run: `step` gets each step's mean loss, a scalar, `epoch` the number of epochs done and
    the stepper, whose state is all that a later run needs beside the weights."""

    step: Callable[[Tensor], None] = lambda _: None
    epoch: Callable[[int, Stepper], None] = lambda _number, _stepper: None


@dataclass(frozen=True, eq=False)
class Stopped:
    """Where a run stopped: how many epochs were done, and the state of its stepper (`Stepper.state`)."""

    epochs: int
    optimizer: Mapping[str, Tensor]


UNWATCHED = Watch()


def minibatches(columns: Mapping[str, Tensor], plan: TrainingPlan) -> Batches:
    """Batches of rows in the plan's order; `columns` have one row per sample and are named as the model's
    arguments."""
    counts = {len(column) for column in columns.values()}
    if len(counts) != 1 or not min(counts):
        raise InputError(
            "The columns have no rows, or not equally many.", "Give every column one row per sample."
        )
    count = counts.pop()

    def of_epoch(epoch: int) -> Iterable[Batch]:
        rows = torch.from_numpy(order(plan.seed, epoch, count))
        for batch in torch.split(rows, plan.batch_size):
            yield {name: column[batch] for name, column in columns.items()}

    return of_epoch


def run(
    model: nn.Module,
    batches: Batches,
    plan: TrainingPlan,
    loss: Loss,
    *,
    watch: Watch = UNWATCHED,
    stopped: Stopped | None = None,
) -> int:
    """Trains in place, without asking about keys; the number of steps. InputError if it diverges.

    To go on where a run `stopped`, the model has to hold the weights of that moment."""
    stepper, steps = Stepper(model.parameters(), plan), 0
    if stopped is not None:
        stepper.restore(stopped.optimizer)
    model.train()
    for epoch in range(0 if stopped is None else stopped.epochs, plan.epochs):
        for batch in batches(epoch):
            value = mean(loss(model, batch))
            stepper.step(value)
            steps += 1
            watch.step(value.detach())
        stepper.check_finite()
        watch.epoch(epoch + 1, stepper)
    return steps


def fine_tune(
    model: nn.Module,
    batches: Batches,
    plan: TrainingPlan,
    layout: Layout | None = None,
    loss: Loss = own_loss,
) -> int:
    """Trains a model in place; the number of steps. InputError if it diverges.

    `layout` is that of the key which the model is encrypted with (`ModelKey.layout`, or `registry.layout` of
    the public configuration, names and mode): InputError, with the reason, if training under it would not
    equal plaintext training. None: the model is plain. PEFT models train their adapters alone.
    """
    if layout is not None:
        check_combination(plan.optimizer, layout.mode)
        check_model(model, layout)
    return run(model, batches, plan, loss)


def freeze_for(model: nn.Module, layout: Layout) -> tuple[str, ...]:
    """Freezes in place what a key does not let train: folded norm weights, and everything under general
    keys. The names that it froze."""
    named = {own_name(name): parameter for name, parameter in model.named_parameters()}
    frozen = sorted(n for n, rule in layout.rules.items() if not rule.buffer and lets_train(layout, rule))
    missing = [name for name in frozen if name not in named]
    if missing:
        raise InputError(
            f"The model has no parameter {missing[0]}, which the key's layout freezes.",
            "Make the layout from this model's own state_dict: checkpoints may name tensors otherwise.",
        )
    for name in frozen:
        named[name].requires_grad_(False)
    return tuple(frozen)


def untied(
    config: Mapping[str, Any], state: Mapping[str, Tensor], layout: Layout
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Configuration and weights of the same plain model with a head of its own, to encrypt and train.

    Orthogonal keys fold the last norm into the head, so that head and embedding are two tensors; trained,
    they part, and what they decrypt to is an untied model: the reference that training equals.
    """
    copies = {name: state[source].clone() for name, (source, _) in layout.extra.items()}
    return {**config, **({"tie_word_embeddings": False} if copies else {})}, {**state, **copies}
