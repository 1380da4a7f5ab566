"""DP-SGD: the same steps under a key when the noise moves along, the same ε without, each sample clipped."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch
from opacus.accountants import RDPAccountant
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from torch.nn import functional as F

from biodesci.core.errors import InputError
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.training import check_combination, check_model, freeze_for
from biodesci.ee.training.losses import class_losses, scores
from biodesci.ee.training.private import (
    Draws,
    Noise,
    Privacy,
    accounted,
    fine_tune_privately,
    stream_noise,
    train_privately,
)
from tests.backend.ee.training.drift import (
    Subject,
    back,
    distance,
    encode,
    exact_norms,
    parameters,
    reference,
)
from tests.backend.ee.training.drift_table import PLANS, subject

SEED = hashlib.sha256(b"test").digest()
PRIVACY = Privacy(noise_multiplier=1.1, delta=1e-5)
PLAN = replace(PLANS["sgd"], batch_size=16, epochs=10, clip=0.5)  # 100 steps on 160 samples


def moved_noise(key: ModelKey) -> Noise:
    """The noise of the plain run in the key's basis."""
    draw = stream_noise(SEED)

    def moved(name: str, shape: torch.Size) -> Tensor:
        rule, x = key.layout.rules[name], draw(name, shape)
        x = x.reshape(rule.view or x.shape)
        for i, axis in enumerate(rule.axes):
            x = key.basis.along(x, i, axis)
        return x.reshape(shape)

    return moved


def columns_of(one: Subject, key: ModelKey) -> dict[str, Tensor]:
    columns = encode(key, one.columns)
    if "input_ids" in columns:  # Opacus wants the sample axis in every input
        n, length = columns["input_ids"].shape
        columns["position_ids"] = torch.arange(length).expand(n, length)
        if one.name == "bert":
            columns["token_type_ids"] = torch.zeros(n, length, dtype=torch.long)
    return columns


def trained(one: Subject, key: ModelKey, noise: Noise | None, optimizer: str = "sgd") -> dict[str, Tensor]:
    model = one.under(key)
    freeze_for(model, key.layout)
    plan = replace(PLAN, optimizer=optimizer, learning_rate=PLANS[optimizer].learning_rate)
    plan = plan if one.name == "tabular" and optimizer == "sgd" else replace(plan, epochs=3)
    with exact_norms(model):
        check_combination(optimizer, key.mode)
        check_model(model, key.layout)
        train_privately(model, columns_of(one, key), plan, PRIVACY, one.loss, Draws.of(SEED, noise))
    return parameters(model)


EVERY_CHANGE: list[tuple[str, str, Mode]] = [
    ("tabular", "sgd", "orthogonal"),
    ("tabular", "adamw", "permutation"),
    ("bert", "sgd", "orthogonal"),
]
# Of one block with every change, and of two in `make test-deep`.
CASES = [
    *((*one, 1) for one in EVERY_CHANGE),
    *(
        pytest.param(*one, 2, marks=pytest.mark.deep)
        for one in (*EVERY_CHANGE, ("gpt2", "sgd", "orthogonal"))
    ),
]


@pytest.mark.parametrize(("name", "optimizer", "mode", "layers"), CASES)
def test_with_the_same_noise_it_is_plaintext_dp_sgd(
    name: str, optimizer: str, mode: Mode, layers: int
) -> None:
    one = subject(name, layers)
    key = ModelKey.for_model(one.config, one.state, mode)
    held = reference(key)
    start = parameters(one.under(held))
    plain = trained(one, held, None, optimizer)
    theirs = back(key, trained(one, key, moved_noise(key), optimizer))
    assert distance(plain, theirs) / distance(plain, start) < 1e-9
    if optimizer == "adamw":
        others = back(key, trained(one, key, None, optimizer))  # noise of another basis: another draw
        assert distance(plain, others) / distance(plain, start) > 0.1


def test_epsilon_is_the_accountants_and_known_before() -> None:
    one = subject("tabular")
    key = ModelKey.for_model(one.config, one.state, "orthogonal")
    spent, plan = [], replace(PLAN, epochs=3)
    for held in (reference(key), key):
        model = one.under(held)
        spent.append(fine_tune_privately(model, columns_of(one, held), plan, PRIVACY, one.loss, key.layout))
    accountant = RDPAccountant()
    for _ in range(30):
        accountant.step(noise_multiplier=1.1, sample_rate=0.1)
    assert spent[0] == spent[1] == accounted(PRIVACY, plan, 160)
    assert spent[0].epsilon == pytest.approx(accountant.get_epsilon(1e-5))
    assert (spent[0].steps, spent[0].sample_rate) == (30, 0.1)
    whole = accounted(PRIVACY, PLAN, 160).epsilon
    assert spent[0].epsilon < whole
    assert 1 < whole < 20
    assert accounted(replace(PRIVACY, noise_multiplier=2.2), PLAN, 160).epsilon < whole / 2


@pytest.mark.parametrize("mode", ["plain", "orthogonal"])
@pytest.mark.parametrize(("name", "clip"), [("tabular", 3.5), ("bert", 8.0), ("gpt2", 3.0)])
def test_each_sample_is_clipped(name: str, clip: float, mode: str) -> None:
    """One step without noise and with every sample drawn is the mean of gradients clipped one by one."""
    one = subject(name, layers=2)
    key = ModelKey.for_model(one.config, one.state, "orthogonal")
    held = reference(key) if mode == "plain" else key
    columns = {n: c[:12] for n, c in columns_of(one, held).items()}
    plan = replace(
        PLAN, batch_size=12, epochs=1, learning_rate=1.0, momentum=0.0, weight_decay=0.0, clip=clip
    )
    naive, model = one.under(held), one.under(held)
    for each in (naive, model):
        freeze_for(each, key.layout)
    free = [p for p in naive.parameters() if p.requires_grad]
    clipped, norms = [], []
    for i in range(12):
        loss = one.loss(naive, {n: c[i : i + 1] for n, c in columns.items()})[0]
        gradients = torch.autograd.grad(loss, free, allow_unused=True, materialize_grads=True)
        norms.append(float(torch.cat([g.reshape(-1) for g in gradients]).norm()))
        clipped.append([g * min(1.0, clip / norms[-1]) / 12 for g in gradients])
    assert min(norms) < clip < max(norms)  # some are clipped, some are not
    expected = [sum(of_one) for of_one in zip(*clipped, strict=True)]

    def silent(_: str, shape: torch.Size) -> Tensor:
        return torch.zeros(shape, dtype=torch.float64)

    train_privately(model, columns, plan, PRIVACY, one.loss, Draws.of(SEED, silent))
    moved = [p for p in model.parameters() if p.requires_grad]
    for before, after, step in zip(free, moved, expected, strict=True):
        assert float((before - after - step).detach().abs().max()) < 1e-5  # Opacus adds 1e-6 to each norm


def test_noise_is_gaussian_of_the_promised_size() -> None:
    noise = stream_noise(SEED)("any", torch.Size((400, 500))).numpy().reshape(-1)
    assert abs(noise.mean()) < 0.01
    assert abs(noise.std() - 1) < 0.01
    assert abs((np.abs(noise) < 1).mean() - 0.6827) < 0.005
    one = subject("tabular")
    model, start = one.under(reference(ModelKey.for_model(one.config, one.state))), one.state
    plan = replace(
        PLAN, batch_size=160, epochs=1, learning_rate=1.0, momentum=0.0, weight_decay=0.0, clip=1e-6
    )
    loud = replace(PRIVACY, noise_multiplier=1000.0)
    fine_tune_privately(model, one.columns, plan, loud, one.loss)
    moved = torch.cat([(p - start[n]).detach().reshape(-1) for n, p in model.named_parameters()])
    assert float(moved.std()) == pytest.approx(1000.0 * 1e-6 / 160, rel=0.05)


def test_samples_are_drawn_secretly_and_anew() -> None:
    one, drawn = subject("tabular"), []

    def counting(model: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
        drawn.append(len(batch["labels"]))
        return class_losses(model, batch)

    for _ in range(2):
        fine_tune_privately(one.model, one.columns, replace(PLAN, epochs=5), PRIVACY, counting)
    first, second = drawn[: len(drawn) // 2], drawn[len(drawn) // 2 :]
    assert first != second
    assert len(set(first)) > 5
    assert abs(np.mean(drawn) - 16) < 2


def test_empty_draws_step_by_noise_alone() -> None:
    one = subject("tabular")
    plan = replace(PLAN, batch_size=1, epochs=1)  # each step draws nothing with probability 0.37
    columns = {n: c[:20] for n, c in one.columns.items()}
    before = parameters(one.model)
    fine_tune_privately(one.model, columns, plan, PRIVACY, one.loss)
    assert distance(before, parameters(one.model)) > 0
    assert not any(hasattr(m, "autograd_grad_sample_hooks") for m in one.model.modules())


def test_adapters_train_privately() -> None:
    one = subject("bert")
    key = ModelKey.for_model(one.config, one.state, "orthogonal")
    config = LoraConfig(r=2, target_modules=["query", "value"], lora_dropout=0.0)
    model = get_peft_model(one.under(key), config).double()
    before = parameters(model)
    plan = replace(PLAN, epochs=3)
    spent = fine_tune_privately(model, columns_of(one, key), plan, PRIVACY, one.loss, key.layout)
    after = parameters(model)
    assert spent.steps == 30
    changed = {n for n in after if not torch.equal(before[n], after[n])}
    assert changed == {n for n in after if "lora_" in n}


class Normed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.head = nn.BatchNorm1d(30), nn.Linear(30, 2)
        self.double()

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.head(self.norm(x))
        return result


def test_what_cannot_be_bounded_is_refused() -> None:
    one = subject("tabular")
    with pytest.raises(InputError, match="mix samples"):
        fine_tune_privately(Normed(), one.columns, PLAN, PRIVACY, class_losses)
    with pytest.raises(InputError, match="one loss per sample"):
        fine_tune_privately(
            one.model,
            one.columns,
            PLAN,
            PRIVACY,
            lambda model, batch: F.cross_entropy(scores(model, batch), batch["labels"]),
        )
    with pytest.raises(InputError, match="not equally many"):
        fine_tune_privately(one.model, {"x": torch.zeros(0)}, PLAN, PRIVACY, class_losses)
    key = ModelKey.for_model(one.config, one.state, "orthogonal")
    with pytest.raises(InputError, match="scales every coordinate"):
        fine_tune_privately(
            one.model, one.columns, replace(PLAN, optimizer="lion"), PRIVACY, class_losses, key.layout
        )


@pytest.mark.parametrize(
    ("noise", "delta"), [(0.0, 1e-5), (-1.0, 1e-5), (float("nan"), 1e-5), (1.0, 0.0), (1.0, 1.0)]
)
def test_privacy_without_noise_is_refused(noise: float, delta: float) -> None:
    with pytest.raises(InputError, match="noise multiplier"):
        Privacy(noise, delta)


def test_tied_tensors_are_refused() -> None:
    one = subject("gpt2")
    model = one.model
    model.lm_head.weight = model.transformer.wte.weight  # type: ignore[assignment, union-attr]
    with pytest.raises(InputError, match="are one tensor"):
        fine_tune_privately(model, one.columns, PLAN, PRIVACY, one.loss)
