"""Plaintext reference runs on the heart data: each hospital alone, all records pooled, federated averaging.

Same architecture, features, training and number of epochs as the encrypted federated run, so that the
figures can be compared. Alone, a hospital has only its own statistics; the federated run normalizes with
sums over all sites.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from torch import Tensor

from biodesci.core.features import FeaturePlan, Normalization
from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.ee.runtime import infer
from biodesci.ee.training import TrainingPlan, train
from examples.heart import cohorts

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]
State = dict[str, Tensor]

CONFIG = TabularConfig(
    features=cohorts.PLAN.width, tokens=8, width=32, heads=4, layers=2, hidden=64, classes=2
)
ROUNDS = 8
TRAINING = TrainingPlan(
    epochs=4, batch_size=32, learning_rate=0.005, momentum=0.9, clip=1.0, weight_decay=0.01, seed="heart"
)


@dataclass(frozen=True)
class Site:
    """One hospital's raw features and classes."""

    name: str
    x: Matrix
    y: Labels
    test_x: Matrix
    test_y: Labels


@dataclass(frozen=True)
class Score:
    """On held-out records: all hospitals' together, and each hospital's."""

    accuracy: float
    auc: float
    sites: dict[str, tuple[float, float]]


def sites(split: str = "0", plan: FeaturePlan = cohorts.PLAN) -> list[Site]:
    """The hospitals' encoded records."""
    return [Site(h.name, *plan.encode(h.train), *plan.encode(h.test)) for h in cohorts.load(split)]


def score(predict: Sequence[Matrix], members: Sequence[Site]) -> Score:
    """From logits per hospital, in the hospitals' order."""

    def figures(logits: Matrix, y: Labels) -> tuple[float, float]:
        margin = logits[:, 1] - logits[:, 0]
        return float(((margin > 0) == (y == 1)).mean()), float(roc_auc_score(y, margin))

    each = {s.name: figures(z, s.test_y) for s, z in zip(members, predict, strict=True)}
    accuracy, auc = figures(np.concatenate(list(predict)), np.concatenate([s.test_y for s in members]))
    return Score(accuracy, auc, each)


def normalization(members: Sequence[Site], plan: FeaturePlan = cohorts.PLAN) -> Normalization:
    """From the sums over `members`, in the clear."""
    return Normalization.from_sums(plan, np.sum([plan.sums(s.x) for s in members], axis=0))


def fit(config: TabularConfig, state: State, x: Matrix, y: Labels, plan: TrainingPlan) -> State:
    """One round of local training."""
    model = config.build(state)
    train(model, x, y, plan)
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def start(config: TabularConfig, seed: str) -> State:
    """Initial weights; a named seed, so that runs can be compared."""
    digest = hashlib.sha256(f"biodesci/baseline/{seed}".encode()).digest()
    return {name: torch.from_numpy(w) for name, w in config.initial_weights(digest).items()}


def of_round(plan: TrainingPlan, number: int) -> TrainingPlan:
    """The plan of one round: another shuffle each."""
    return replace(plan, seed=f"{plan.seed}/{number}")


def local(
    config: TabularConfig, members: Sequence[Site], plan: TrainingPlan, rounds: int, seed: str
) -> State:
    """Trains on the records of `members` together, with their own statistics."""
    norm = normalization(members)
    x = np.concatenate([norm.apply(s.x) for s in members])
    y = np.concatenate([s.y for s in members])
    state = start(config, seed)
    for number in range(rounds):
        state = fit(config, state, x, y, of_round(plan, number))
    return state


def federated(
    config: TabularConfig, members: Sequence[Site], plan: TrainingPlan, rounds: int, seed: str
) -> State:
    """Federated averaging weighted by records (McMahan et al. 2017), statistics over all sites."""
    norm = normalization(members)
    inputs = [norm.apply(s.x) for s in members]
    total = sum(len(s.y) for s in members)
    state = start(config, seed)
    for number in range(rounds):
        updates = [
            fit(config, state, x, s.y, of_round(plan, number)) for x, s in zip(inputs, members, strict=True)
        ]
        state = {
            name: sum(
                (u[name] * (len(s.y) / total) for u, s in zip(updates, members, strict=True)), torch.zeros(())
            )
            for name in state
        }
    return state


def predict(
    config: TabularConfig, state: State, norm: Normalization, members: Sequence[Site]
) -> list[Matrix]:
    """Logits on each hospital's held-out records."""
    tensors = {name: tensor.numpy() for name, tensor in state.items()}
    return [infer(config, tensors, norm.apply(s.test_x)) for s in members]


def alone(
    config: TabularConfig, members: Sequence[Site], plan: TrainingPlan, rounds: int, seed: str
) -> Score:
    """Every hospital trains alone and predicts its own held-out records."""
    logits = []
    for site in members:
        state = local(config, [site], plan, rounds, seed)
        logits += predict(config, state, normalization([site]), [site])
    return score(logits, members)


def run(rounds: int = ROUNDS, seed: str = "0", split: str = "0") -> dict[str, Score]:
    """The three references, after as many rounds of training each as the encrypted federated run has."""
    members = sites(split)
    norm = normalization(members)
    pooled = local(CONFIG, members, TRAINING, rounds, seed)
    joint = federated(CONFIG, members, TRAINING, rounds, seed)
    return {
        "alone": alone(CONFIG, members, TRAINING, rounds, seed),
        "pooled": score(predict(CONFIG, pooled, norm, members), members),
        "federated": score(predict(CONFIG, joint, norm, members), members),
    }
