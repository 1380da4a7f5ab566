"""One step, of local rounds and of fine-tuning alike: clip, decay, and the plan's optimizer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from biodesci.core.errors import InputError
from biodesci.ee.training.lion import Lion
from biodesci.ee.training.muon import Muon
from biodesci.ee.training.plan import TrainingPlan
from biodesci.ee.training.shampoo import Shampoo


def optimizer_of(parameters: list[Tensor], plan: TrainingPlan) -> Optimizer:
    """The plan's optimizer, without weight decay: `Stepper` decays for all of them."""
    rate, momentum = plan.learning_rate, plan.momentum
    if plan.optimizer == "sgd":
        return torch.optim.SGD(parameters, lr=rate, momentum=momentum, fused=True)
    if plan.optimizer == "adamw":
        return torch.optim.AdamW(parameters, lr=rate, betas=(momentum, 0.999), weight_decay=0.0, fused=True)
    if plan.optimizer == "lion":
        return Lion(parameters, lr=rate, betas=(momentum, 0.99))
    if plan.optimizer == "muon":
        return Muon(parameters, lr=rate, momentum=momentum)
    return Shampoo(parameters, lr=rate, momentum=momentum)


class Stepper:
    """Steps of one plan on the parameters that require gradients. InputError if none does."""

    def __init__(self, parameters: Iterable[Tensor], plan: TrainingPlan) -> None:
        self.parameters = [p for p in parameters if p.requires_grad]
        if not self.parameters:
            raise InputError("Nothing is left to train: every parameter is frozen.", "Unfreeze a layer.")
        self.plan = plan
        self.optimizer = optimizer_of(self.parameters, plan)

    def step(self, loss: Tensor) -> None:
        """One step down a scalar loss."""
        for p in self.parameters:
            p.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        self.clip()
        self.decay()
        self.optimizer.step()

    @torch.no_grad()
    def clip(self) -> None:
        """Bounds the norm over all gradients by the plan's. It is the same in every orthogonal basis, so
        clipping is too. Frozen (folded) norms have no gradient and do not count: theirs would be another."""
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        norm = float(torch.stack(torch._foreach_norm(gradients)).norm())
        if norm > self.plan.clip:
            torch._foreach_mul_(gradients, self.plan.clip / norm)

    @torch.no_grad()
    def decay(self) -> None:
        """Decoupled weight decay, of every trained tensor."""
        if self.plan.weight_decay:
            torch._foreach_mul_(self.parameters, 1.0 - self.plan.learning_rate * self.plan.weight_decay)

    def state(self) -> dict[str, Tensor]:
        """What the optimizer remembers, by `number of the parameter:name`, or `:name:axis` where it keeps one
        per axis; not copied."""
        tensors: dict[str, Tensor] = {}
        for number, kept in self.optimizer.state_dict()["state"].items():
            for name, value in kept.items():
                if isinstance(value, list):
                    tensors |= {f"{number}:{name}:{axis}": tensor for axis, tensor in enumerate(value)}
                elif value is not None:
                    tensors[f"{number}:{name}"] = value
        return tensors

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Takes up what `state` gave for the same plan and parameters; InputError for anything else."""
        kept: dict[int, dict[str, Any]] = {}
        try:
            # Axes in their order: 10 comes behind 9.
            for key, tensor in sorted(state.items(), key=lambda item: (len(item[0]), item[0])):
                number, name, *axis = key.split(":")
                own = kept.setdefault(int(number), {})
                if axis:
                    own.setdefault(name, []).append(tensor)
                else:
                    own[name] = tensor
            self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": kept})
        except (ValueError, KeyError, AttributeError) as exc:
            raise InputError("This optimizer state is of another run.", "Start the run anew.") from exc

    def check_finite(self) -> None:
        """Raises InputError if a weight is no longer finite."""
        # NaN passes through the extremes, which need no mask as large as the model.
        if not all(bool(torch.isfinite(torch.stack(p.detach().aminmax())).all()) for p in self.parameters):
            raise InputError(
                "Training diverged: the weights are no longer finite.", "Lower the plan's learningRate."
            )
