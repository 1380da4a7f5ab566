"""Training under EE is plaintext training in another basis; what is not is refused."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch

from biodesci.core.documents.training import Training
from biodesci.core.errors import InputError
from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.ee.codec import Codec
from biodesci.ee.keys import ModelKey
from biodesci.ee.parts import Monomial
from biodesci.ee.training import TrainingPlan, check_combination, evaluate, order, train

CONFIG = TabularConfig(features=9, tokens=4, width=12, heads=3, layers=1, hidden=20, classes=3)


def state_of(config: TabularConfig = CONFIG) -> dict[str, torch.Tensor]:
    seed = hashlib.sha256(b"training").digest()
    return {n: torch.from_numpy(w) for n, w in config.initial_weights(seed).items()}


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(60, CONFIG.features))
    return x, (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype(int) + (x[:, 3] > 1)


def distance(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> float:
    return float(sum((a[n] - b[n]).square().sum() for n in a) ** 0.5)


def relative_error(key: ModelKey, codec: Codec, plan: TrainingPlan) -> float:
    """‖dec(θ') - θ‖ / ‖Δθ‖ after the plan's steps on both."""
    state, (x, y) = state_of(), data()
    plain, encrypted = CONFIG.build(state), CONFIG.build(key.encrypt(state))
    train(plain, x, y, plan)
    train(encrypted, codec.encode_inputs(x), codec.encode_labels(y), plan)
    trained = dict(plain.state_dict())
    return distance(key.decrypt(encrypted.state_dict()), trained) / distance(trained, state)


@pytest.mark.parametrize(
    ("optimizer", "rate", "clip", "bound"),
    [
        ("sgd", 0.05, 1.0, 1e-12),
        ("sgd", 0.05, 0.05, 1e-12),
        pytest.param("muon", 0.005, 1.0, 1e-11, marks=pytest.mark.deep),  # what steps is as in test_drift
        pytest.param("shampoo", 0.01, 1.0, 1e-11, marks=pytest.mark.deep),
    ],
)
def test_encrypted_training_is_plaintext_training(
    optimizer: str, rate: float, clip: float, bound: float
) -> None:
    """120 steps: 20 epochs of 6 batches."""
    key = ModelKey.generate(CONFIG.settings(), CONFIG.shapes(), "orthogonal")
    plan = TrainingPlan(
        epochs=20,
        batch_size=10,
        learning_rate=rate,
        momentum=0.9,
        clip=clip,
        optimizer=optimizer,
        weight_decay=0.05,
        seed="e",
    )
    assert relative_error(key, key.codec("training"), plan) < bound


def test_with_general_keys_training_would_differ() -> None:
    """Why general keys give no training codec: with the codec made by hand, the result is another model."""
    key = ModelKey.generate(CONFIG.settings(), CONFIG.shapes(), "general")
    with pytest.raises(InputError, match="for inference only"):
        key.codec("training")
    asking = key.codec("inference")
    classes = Monomial(torch.arange(CONFIG.classes))
    by_hand = Codec("training", key.key_id, {**asking.parts, "output:logits": classes}, {})
    plan = TrainingPlan(epochs=5, batch_size=10, learning_rate=0.05, seed="e")
    assert relative_error(key, by_hand, plan) > 0.01


def test_training_learns() -> None:
    x, y = data()
    model = CONFIG.build(state_of())
    before = evaluate(model, x, y)
    train(model, x, y, TrainingPlan(epochs=20, batch_size=10, learning_rate=0.05, seed="l"))
    after = evaluate(model, x, y)
    assert after[0] < before[0] / 2
    assert after[1] >= 50


def test_the_plan_fixes_the_result() -> None:
    x, y = data()

    def run(seed: str) -> dict[str, torch.Tensor]:
        model = CONFIG.build(state_of())
        train(model, x, y, TrainingPlan(epochs=2, batch_size=10, learning_rate=0.05, seed=seed))
        return dict(model.state_dict())

    assert distance(run("a"), run("a")) == 0
    assert distance(run("a"), run("b")) > 0


def test_an_order_holds_each_row_once() -> None:
    assert sorted(order("s", 0, 100)) == list(range(100))
    assert list(order("s", 0, 100)) != list(order("s", 1, 100))


@pytest.mark.parametrize("optimizer", ["adamw", "lion"])
def test_optimizers_that_do_not_commute_are_refused(optimizer: str) -> None:
    with pytest.raises(InputError, match="not equivalent"):
        check_combination(optimizer, "orthogonal")


@pytest.mark.parametrize("optimizer", ["adam", "SGD", ""])
def test_plans_of_unknown_optimizers_are_refused(optimizer: str) -> None:
    with pytest.raises(InputError, match="not known here"):
        TrainingPlan(epochs=1, batch_size=1, learning_rate=0.1, optimizer=optimizer)


@pytest.mark.parametrize("optimizer", ["sgd", "muon"])
def test_general_keys_are_refused_for_training(optimizer: str) -> None:
    check_combination(optimizer, "orthogonal")
    with pytest.raises(InputError, match="under general keys is not equivalent"):
        check_combination(optimizer, "general")


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 0},
        {"epochs": 1.5},
        {"batchSize": 0},
        {"learningRate": float("nan")},
        {"learningRate": "0.1"},
        {"momentum": 1.0},
        {"clip": 0.0},
        {"weightDecay": -1},
        {"seed": 3},
    ],
)
def test_bad_plans_are_refused(change: dict[str, object]) -> None:
    good = TrainingPlan(epochs=1, batch_size=4, learning_rate=0.1, seed="s").document()
    assert TrainingPlan.from_document(good).document() == good
    with pytest.raises(InputError):
        TrainingPlan.from_document(Training(**{**good.model_dump(), **change}))


def test_bad_data_are_refused() -> None:
    model = CONFIG.build(state_of())
    plan = TrainingPlan(epochs=1, batch_size=4, learning_rate=0.1)
    x, y = data()
    with pytest.raises(InputError, match="do not fit"):
        train(model, x, y[:-1], plan)
    x[0, 0] = np.nan
    with pytest.raises(InputError, match="missing or infinite"):
        train(model, x, y, plan)


def test_divergence_is_an_error() -> None:
    x, y = data()
    model = CONFIG.build(state_of())
    with torch.no_grad():
        model.head.weight.fill_(1e308)
    with pytest.raises(InputError, match="diverged"):
        train(model, 10 * x, y, TrainingPlan(epochs=2, batch_size=10, learning_rate=10.0))
