"""DP-SGD (Abadi et al. 2016, arXiv:1607.00133) with Opacus, plain or under a key.

Clipping bounds each sample's gradient norm, which an orthogonal key keeps; the noise is an isotropic
Gaussian, whose distribution it keeps. So an encrypted run spends the same (ε, δ) as a plain one, and with the
same noise moved into the key's basis it takes the same steps. Both the noise and the samples of each step
come from AES-256-CTR under a seed of the operating system: Opacus draws them from PyTorch's Mersenne Twister,
or from torchcsprng, which is not maintained."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from opacus import GradSampleModule  # type: ignore[import-untyped]
from opacus.accountants import RDPAccountant  # type: ignore[import-untyped]
from opacus.optimizers import DPOptimizer  # type: ignore[import-untyped]
from torch import Tensor, nn

from biodesci.core.errors import InputError
from biodesci.ee.layout import Layout
from biodesci.ee.sampling import Stream
from biodesci.ee.training.combinations import check_combination, check_model, trainable
from biodesci.ee.training.losses import Loss
from biodesci.ee.training.plan import TrainingPlan
from biodesci.ee.training.stepping import Stepper

logging.getLogger("opacus").setLevel(logging.WARNING)
Noise = Callable[[str, torch.Size], Tensor]  # standard normal numbers for a parameter's name and shape, fp64


@dataclass(frozen=True)
class Privacy:
    """The noise's standard deviation is `noise_multiplier` · plan.clip, on the sum of clipped gradients;
    `delta` is the probability with which the bound may fail, well below 1 / samples."""

    noise_multiplier: float
    delta: float

    def __post_init__(self) -> None:
        if not 0.05 <= self.noise_multiplier <= 1e3 or not 0.0 < self.delta < 1.0:
            raise InputError(
                "DP-SGD needs a noise multiplier from 0.05 to 1000 and a delta between 0 and 1.",
                "Around 1.0 and 1e-5 are usual; less noise bounds nothing.",
            )


@dataclass(frozen=True)
class Spent:
    """(ε, δ)-DP for adding or removing one sample, by Opacus' RDP accountant (Mironov et al. 2019,
    arXiv:1908.10530, Poisson-sampled Gaussian)."""

    epsilon: float
    delta: float
    steps: int
    sample_rate: float


def accounted(privacy: Privacy, plan: TrainingPlan, samples: int) -> Spent:
    """What a run on so many samples spends; known before it."""
    rate = min(1.0, plan.batch_size / samples)
    steps = plan.epochs * math.ceil(samples / plan.batch_size)
    accountant = RDPAccountant()
    accountant.history.append((privacy.noise_multiplier, rate, steps))
    return Spent(float(accountant.get_epsilon(privacy.delta)), privacy.delta, steps, rate)


def stream_noise(seed: bytes) -> Noise:
    """Noise from a secret seed. Each number is a sum of four, halved: so many that the lowest bits of the sum
    do not give the noise away (Holohan and Braghin 2021, arXiv:2107.10138; what Opacus' secure mode does)."""
    stream = Stream(seed, "dp/noise")

    def draw(_: str, shape: torch.Size) -> Tensor:
        return torch.from_numpy(stream.gaussian(4, *shape).sum(axis=0) / 2.0)

    return draw


@dataclass(frozen=True, eq=False)
class Draws:
    """The randomness of a run: which samples each step takes, and its noise."""

    samples: Stream
    noise: Noise

    @classmethod
    def of(cls, seed: bytes, noise: Noise | None = None) -> Draws:
        """What follows from 32 secret bytes, or with other noise."""
        return cls(Stream(seed, "dp/samples"), noise or stream_noise(seed))

    @classmethod
    def secret(cls) -> Draws:
        """From the operating system's random numbers, never to be seen again."""
        return cls.of(os.urandom(32))


class NoisedOptimizer(DPOptimizer):  # type: ignore[misc]
    """Opacus' optimizer with noise from `noise` instead of PyTorch's generator."""

    def __init__(self, optimizer: Any, names: list[str], noise: Noise, **settings: Any) -> None:
        super().__init__(optimizer, loss_reduction="mean", **settings)
        self.names = names  # in the order of `params`
        self.noise = noise

    def add_noise(self) -> None:
        """Set each gradient to the sum of clipped ones plus noise N(0, (multiplier · clip)²) per
        coordinate."""
        std = self.noise_multiplier * self.max_grad_norm
        for name, p in zip(self.names, self.params, strict=True):
            p.grad = p.summed_grad + std * self.noise(name, p.shape).to(p)


def fine_tune_privately(
    model: nn.Module,
    columns: Mapping[str, Tensor],
    plan: TrainingPlan,
    privacy: Privacy,
    loss: Loss,
    layout: Layout | None = None,
) -> Spent:
    """Trains in place on `columns` (one row per sample, named as the model's arguments); what it spent.

    Each step draws every sample with probability batch_size / samples, secretly (the plan's public order
    would void the accountant's bound); `plan.clip` bounds each sample's gradient. `loss` gives one loss per
    sample (`losses.class_losses`, `token_losses`). Position ids, if any, must be a column of their own:
    Opacus needs the sample axis in every input. `layout`: as for `loop.fine_tune`.
    """
    if layout is not None:
        check_combination(plan.optimizer, layout.mode)
        check_model(model, layout)
    return train_privately(model, columns, plan, privacy, loss, Draws.secret())


def train_privately(
    model: nn.Module,
    columns: Mapping[str, Tensor],
    plan: TrainingPlan,
    privacy: Privacy,
    loss: Loss,
    draws: Draws,
) -> Spent:
    """`fine_tune_privately` without asking about keys, by these draws: what they are decides whether it is
    private."""
    _check_shared(model)
    counts = {len(column) for column in columns.values()}
    if len(counts) != 1 or not min(counts):
        raise InputError("The columns have no rows, or not equally many.", "Give each one row per sample.")
    spent = accounted(privacy, plan, counts.pop())
    stepper, named = Stepper(model.parameters(), plan), trainable(model)
    count = len(next(iter(columns.values())))
    model.train()
    try:
        wrapped = GradSampleModule(model, loss_reduction="sum")
    except NotImplementedError as exc:
        raise InputError(
            "The model has layers that mix samples, such as BatchNorm: no sample's part can be bounded.",
            "Use a model with LayerNorm or GroupNorm, or freeze those layers.",
        ) from exc
    optimizer = NoisedOptimizer(
        stepper.optimizer,
        list(named),
        draws.noise,
        noise_multiplier=privacy.noise_multiplier,
        max_grad_norm=plan.clip,
        expected_batch_size=spent.sample_rate * count,
    )
    try:
        for _ in range(spent.steps):
            drawn = torch.from_numpy(draws.samples.uniform(count) <= spent.sample_rate).nonzero()[:, 0]
            optimizer.zero_grad(set_to_none=True)
            if len(drawn):
                losses = loss(wrapped, {name: column[drawn] for name, column in columns.items()})
                if losses.shape != drawn.shape:
                    raise InputError(
                        "DP-SGD needs one loss per sample.",
                        "Use class_losses or token_losses of training.losses.",
                    )
                losses.sum().backward()  # type: ignore[no-untyped-call]
            for p in optimizer.params:  # parameters that no drawn sample reached get noise all the same
                if getattr(p, "grad_sample", None) is None:
                    p.grad_sample = p.new_zeros((len(drawn), *p.shape))
            stepper.decay()
            optimizer.step()
    finally:
        wrapped.to_standard_module()
    stepper.check_finite()
    return spent


def _check_shared(model: nn.Module) -> None:
    places: dict[int, str] = {}
    for name, p in model.named_parameters(remove_duplicate=False):
        if p.requires_grad and places.setdefault(id(p), name) != name:
            raise InputError(
                f"{name} and {places[id(p)]} are one tensor: Opacus cannot take a sample's gradient of both.",
                "Untie them (training.untied), or freeze them.",
            )
