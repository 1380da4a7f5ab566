"""The training table, on real mini-batches: exact combinations are exact, refused ones are another training.

100 steps each; θ' is trained under the key, θ without, from the same start and in the same order."""

from __future__ import annotations

import pytest
import torch
import transformers

from biodesci.core.errors import InputError
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.training import EXACT, check_combination, check_parts
from biodesci.ee.training.loop import fine_tune, freeze_for, minibatches, own_loss
from biodesci.ee.training.losses import mean
from tests.backend.ee.training.drift import (
    back,
    distance,
    encode,
    exact_norms,
    measure,
    parameters,
    reference,
)
from tests.backend.ee.training.drift_table import (
    PLANS,
    STEPS,
    SUBJECTS,
    conditions,
    row,
    stretched_key,
    subject,
)

transformers.logging.set_verbosity_error()
# Each optimizer in each mode that it is offered in, and each model, of one block; the full product, of two
# blocks, is for `make test-deep`.
EVERY_CHANGE: list[tuple[str, str, Mode]] = [
    ("tabular", "adamw", "permutation"),
    ("tabular", "lion", "permutation"),
    ("tabular", "muon", "permutation"),
    ("bert", "shampoo", "permutation"),
    ("llama", "sgd", "permutation"),
    ("vit", "sgd", "orthogonal"),
    ("qwen3", "muon", "orthogonal"),
    ("tabular", "shampoo", "orthogonal"),
]
PRODUCT: list[tuple[str, str, Mode]] = [
    *((m, "adamw", "permutation") for m in SUBJECTS),
    *((m, "sgd", "orthogonal") for m in SUBJECTS),
    *((m, "muon", "orthogonal") for m in SUBJECTS if m != "tabular"),
    *((m, "lion", "permutation") for m in ("tabular", "bert", "llama")),
    *((m, "shampoo", "orthogonal") for m in ("gpt2", "vit")),
    *(("bert", o, "permutation") for o in ("sgd", "muon", "shampoo")),
]


def test_every_offer_is_tried_with_every_change() -> None:
    offered = {(name, mode) for name, modes in EXACT.items() for mode in modes if mode != "plain"}
    assert {(optimizer, mode) for _, optimizer, mode in EVERY_CHANGE} == offered
    assert {model for model, _, _ in EVERY_CHANGE} == set(SUBJECTS) - {"gpt2"}  # see decryption, below


@pytest.mark.parametrize(
    ("model", "optimizer", "mode", "layers"),
    [
        *((*one, 1) for one in EVERY_CHANGE),
        *(pytest.param(*one, 2, marks=pytest.mark.deep) for one in dict.fromkeys([*EVERY_CHANGE, *PRODUCT])),
    ],
)
def test_exact_combinations_are_plaintext_training(
    model: str, optimizer: str, mode: Mode, layers: int
) -> None:
    assert STEPS >= 100
    check_combination(optimizer, mode)
    found = row(model, optimizer, mode, layers)
    assert found.refused is None
    assert found.drift < 1e-9


@pytest.mark.parametrize("optimizer", ["adamw", "lion"])
@pytest.mark.parametrize(
    ("model", "layers"),
    [("tabular", 1), *(pytest.param(m, 2, marks=pytest.mark.deep) for m in ("tabular", "llama", "bert"))],
)
def test_steps_by_coordinate_are_another_training_where_keys_mix_them(
    model: str, layers: int, optimizer: str
) -> None:
    with pytest.raises(InputError, match="scales every coordinate by itself"):
        check_combination(optimizer, "orthogonal")
    assert row(model, optimizer, "orthogonal", layers).drift > 0.1


@pytest.mark.deep
def test_conditions_break_or_keep_it() -> None:
    found = {(r.optimizer, r.mode): r for r in conditions("gpt2")}
    kept = found.pop(("sgd", "orthogonal with GL heads, frozen"))
    assert kept.refused is None
    assert kept.drift < 1e-9
    assert found["sgd", "orthogonal with GL heads"].drift > 0.1
    assert found["muon", "orthogonal with GL heads"].drift > 0.1
    assert found["sgd", "orthogonal, folded norms trained"].drift > 1e-3
    assert found["torch.optim.Muon", "orthogonal"].drift > 1e-3
    assert found["lion as in the paper", "permutation"].drift > 1e-3
    assert all(r.refused for r in found.values())


def test_parts_that_stretch_a_trained_tensor_are_refused() -> None:
    one = subject("gpt2")
    key = stretched_key(one)
    model = one.under(key)
    freeze_for(model, key.layout)
    with pytest.raises(InputError, match=r"c_attn.* cannot be trained .* its part .* stretches it"):
        check_parts(model, key.layout, key.parts)
    for name, p in model.named_parameters():
        p.requires_grad_(p.requires_grad and "attn" not in name)
    check_parts(model, key.layout, key.parts)
    sound = ModelKey.for_model(one.config, one.state, "orthogonal")
    check_parts(one.under(sound), sound.layout, sound.parts)


@pytest.mark.parametrize(
    ("model", "optimizer", "mode"), [("gpt2", "sgd", "orthogonal"), ("bert", "adamw", "permutation")]
)
def test_decryption_gives_the_plaintext_training(model: str, optimizer: str, mode: Mode) -> None:
    """As its two parties run it, with two blocks: ‖dec(θ') - θ‖ / ‖Δθ‖ with the norms unfolded again; the
    loss went down."""
    one = subject(model, layers=2)
    key = ModelKey.for_model(one.config, one.state, mode)
    plain, encrypted = one.under(reference(key)), one.under(key)
    batches = minibatches(one.columns, PLANS[optimizer])
    before = [float(mean(one.loss(plain, batch)).detach()) for batch in batches(0)]
    assert set(freeze_for(plain, key.layout)) == set(freeze_for(encrypted, key.layout))
    steps = fine_tune(plain, batches, PLANS[optimizer], loss=one.loss)
    moved = minibatches(encode(key, one.columns), PLANS[optimizer])
    assert fine_tune(encrypted, moved, PLANS[optimizer], key.layout, one.loss) == steps == STEPS
    after = [float(mean(one.loss(plain, batch)).detach()) for batch in batches(0)]
    assert sum(after) < 0.9 * sum(before)

    theirs, ours = key.decrypt(dict(encrypted.state_dict())), reference(key).decrypt(dict(plain.state_dict()))
    start = one.state
    difference = sum(float((theirs[n] - ours[n]).square().sum()) for n in start) ** 0.5
    change = sum(float((ours[n] - start[n]).square().sum()) for n in start) ** 0.5
    assert change > 0.01
    assert difference / change < 1e-9


@pytest.mark.parametrize("layers", [1, pytest.param(2, marks=pytest.mark.deep)])
def test_a_models_own_loss_trains_alike_in_fp32(layers: int) -> None:
    """The stock model with its own loss, in fp32: rounding is all that differs."""
    one = subject("bert", layers)
    key = ModelKey.for_model(one.config, one.state, "orthogonal")
    plain, encrypted = one.under(reference(key)).float(), one.under(key).float()
    plan = PLANS["sgd"]
    start = parameters(plain)
    fine_tune(plain, minibatches(one.columns, plan), plan, loss=own_loss)
    fine_tune(encrypted, minibatches(encode(key, one.columns), plan), plan, key.layout)
    theirs = key.decrypt(dict(encrypted.state_dict()), torch.float64)
    ours = {name: p.detach() for name, p in plain.named_parameters()}
    difference = sum(float((theirs[n] - p).square().sum()) for n, p in ours.items()) ** 0.5
    change = sum(float((start[n] - p).square().sum()) for n, p in ours.items()) ** 0.5
    assert 0 < difference / change < 1e-3


def test_the_norms_of_the_measurement_compute_what_transformers_does() -> None:
    one = subject("llama")
    ids = one.columns["input_ids"][:4]
    stock = one.model(input_ids=ids).logits  # type: ignore[operator]
    with exact_norms(one.model):
        exact = one.model(input_ids=ids).logits  # type: ignore[operator]
    assert 0 < float((stock - exact).abs().max()) < 1e-5


def test_lion_moves_the_weights_to_the_same_bits() -> None:
    """Its drift under permutations is 0.0, though the weights moved and were encrypted."""
    one, plan = subject("bert"), PLANS["lion"]
    key = ModelKey.for_model(one.config, one.state, "permutation")
    ended, moved = [], []
    for held in (reference(key), key):
        model = one.under(held)
        start = parameters(model)
        fine_tune(model, minibatches(encode(held, one.columns), plan), plan, key.layout, one.loss)
        ended.append(parameters(model))
        moved.append(distance(ended[-1], start))
    plain, encrypted = ended
    assert min(moved) > 1
    assert distance(plain, encrypted) > 1
    taken_off = back(key, encrypted)
    assert all(torch.equal(taken_off[name], tensor) for name, tensor in plain.items())


def test_a_measured_drift_sees_a_difference() -> None:
    """The measure is no constant: one weight decay apart is not zero."""
    one = subject("tabular")
    key = ModelKey.for_model(one.config, one.state, "orthogonal")
    seen: list[int] = []

    def uneven(model: torch.nn.Module, batches: object, plan: object, loss: object) -> None:
        seen.append(1)
        with torch.no_grad():
            for p in model.parameters():
                p.mul_(0.9 if len(seen) == 1 else 0.91)

    assert 0.05 < measure(one, key, PLANS["sgd"], train=uneven) < 0.15  # type: ignore[arg-type]
