"""How far training under a key drifts from plaintext training: ‖back(θ') - θ‖ / ‖Δθ‖ after the same steps.

θ is the plain model in the form whose training is equalled (norms folded and frozen where the mode folds
them), back() takes the key off the trained encrypted weights, Δθ is what training changed. Everything runs,
and is compared, in fp64."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from biodesci.ee.architectures import registry
from biodesci.ee.keys import ModelKey, vocabulary
from biodesci.ee.parts import Monomial, identity
from biodesci.ee.serving.config import encrypted_config
from biodesci.ee.training.combinations import own_name
from biodesci.ee.training.loop import Batches, freeze_for, minibatches, run
from biodesci.ee.training.losses import Loss
from biodesci.ee.training.plan import TrainingPlan

Columns = Mapping[str, Tensor]
State = dict[str, Tensor]
Train = Callable[[nn.Module, Batches, TrainingPlan, Loss], object]


@dataclass(frozen=True, eq=False)
class Subject:
    """A plain fp64 model without dropout, with real data: `config` as in config.json, `columns` named as the
    model's arguments, one row per sample."""

    name: str
    model: nn.Module
    config: Mapping[str, Any]
    columns: Columns
    loss: Loss

    @property
    def state(self) -> State:
        """As a checkpoint stores it: without what is tied to others."""
        state = {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}
        if self.config.get("tie_word_embeddings"):
            for name in getattr(self.model, "_tied_weights_keys", None) or ():
                state.pop(name, None)
        return state

    def under(self, key: ModelKey) -> nn.Module:
        """The model with the subject's weights in the key's basis."""
        moved = key.encrypt(self.state)
        blueprint = registry.of(self.config).blueprint
        if blueprint is not None:
            return blueprint.from_settings(self.config).build(moved)
        # With the numbers of special tokens moved: an embedding's row of the padding token does not train.
        config = encrypted_config(key, self.config)
        kind: Any = type(self.model)
        settings: Any = type(self.model.config)
        fresh = kind(settings(**config)).double()
        fresh.load_state_dict(moved, strict=False)
        fresh.tie_weights()
        result: nn.Module = fresh
        return result


def reference(key: ModelKey) -> ModelKey:
    """The key that moves nothing, and folds and unties what `key` does: its model is the plaintext to compare
    with."""
    return replace(
        key,
        parts={place: identity(group.n) for place, group in key.layout.places.items()},
        shifts={name: torch.zeros_like(shift) for name, shift in key.shifts.items()},
    )


def encode(key: ModelKey, columns: Columns) -> dict[str, Tensor]:
    """The columns as the encrypted model reads them. Class numbers stay where general keys mix the scores."""
    parts, moved = key.parts, dict(columns)
    tokens = vocabulary(key)
    if tokens is not None:
        rows = tokens.order.argsort()
        moved["input_ids"] = rows[columns["input_ids"]]
        if columns["labels"].ndim == 2:
            moved["labels"] = rows[columns["labels"]]
    classes = parts.get("classes")
    if isinstance(classes, Monomial):
        moved["labels"] = classes.order.argsort()[columns["labels"]]
    if "records" in parts:
        moved["x"] = parts["records"].apply(columns["x"], 1)
    if "patch" in parts:
        side = int(key.config["patch_size"])
        n, c, high, wide = columns["pixel_values"].shape
        grid = (n, high // side, wide // side, c, side, side)
        split = columns["pixel_values"].reshape(n, c, grid[1], side, grid[2], side)
        patches = split.permute(0, 2, 4, 1, 3, 5).reshape(n, grid[1] * grid[2], -1)
        patches = parts["positions"].apply(parts["patch"].apply(patches, 2), 1)
        joined = patches.reshape(grid).permute(0, 3, 1, 4, 2, 5)
        moved["pixel_values"] = joined.reshape(n, c, high, wide)
    return moved


def back(key: ModelKey, state: Mapping[str, Tensor]) -> State:
    """Weights trained under the key, in the basis of its `reference`: folded norms stay folded."""
    result = {}
    for name, _, rule in key.encrypted_tensors():
        x = state[name].double()
        if not rule.buffer:
            x = x.reshape(rule.view or x.shape)
            for i, axis in enumerate(rule.axes):
                x = key.basis.along(x, i, axis, inverse=True)
        result[name] = x.reshape(state[name].shape)
    return result


def distance(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> float:
    """‖a - b‖ over all tensors."""
    return float(
        torch.stack([(a[name].double() - b[name].double()).square().sum() for name in a]).sum().sqrt()
    )


def parameters(model: nn.Module) -> State:
    """Copies of the parameters, by their own names."""
    return {own_name(name): p.detach().clone() for name, p in model.named_parameters()}


def measure(
    subject: Subject, key: ModelKey, plan: TrainingPlan, *, freeze: bool = True, train: Train = run
) -> float:
    """The drift of the subject's training under the key. Checks nothing: it is for what is refused, too."""
    trained: list[State] = []
    start: State = {}
    for held in (reference(key), key):
        model = subject.under(held)
        if freeze and key.mode != "general":
            freeze_for(model, key.layout)
        start = start or parameters(model)
        with exact_norms(model):
            train(model, minibatches(encode(held, subject.columns), plan), plan, subject.loss)
        trained.append(parameters(model))
    plain, encrypted = trained
    moved = {name: encrypted.get(name, tensor) for name, tensor in model.state_dict().items()}
    named = {name: tensor for name, tensor in back(key, moved).items() if name in plain}
    return distance({name: plain[name] for name in named}, named) / distance(plain, start)


@contextmanager
def exact_norms(model: nn.Module) -> Iterator[None]:
    """transformers' RMSNorm rounds to fp32 even in an fp64 model, which would hide drifts below 1e-7."""
    norms: list[Any] = [m for m in model.modules() if type(m).__name__.endswith("RMSNorm")]

    def normed(norm: Any) -> Callable[[Tensor], Tensor]:
        return lambda x: (
            norm.weight * x * torch.rsqrt(x.square().mean(-1, keepdim=True) + norm.variance_epsilon)
        )

    for norm in norms:
        norm.forward = normed(norm)
    yield
    for norm in norms:
        del norm.forward
