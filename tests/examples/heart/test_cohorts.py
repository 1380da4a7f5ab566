"""The heart data as the demo uses them."""

from __future__ import annotations

import csv
import io

import numpy as np
import torch

from examples.heart import baselines, cohorts


def ids(table: bytes) -> set[str]:
    return {row["id"] for row in csv.DictReader(io.StringIO(table.decode()))}


def test_four_hospitals_of_920_patients() -> None:
    hospitals = cohorts.load()
    sizes = {h.name: len(ids(h.train)) + len(ids(h.test)) for h in hospitals}
    assert sizes == {"Cleveland": 304, "Hungary": 293, "Switzerland": 123, "VA Long Beach": 200}
    train, test = [ids(h.train) for h in hospitals], [ids(h.test) for h in hospitals]
    assert len(set.union(*train, *test)) == cohorts.RECORDS
    assert not set.union(*train) & set.union(*test)
    assert sum(map(len, test)) == 306


def test_the_split_is_deterministic_and_salted() -> None:
    assert cohorts.load() == cohorts.load()
    assert cohorts.load("1") != cohorts.load("0")


def test_the_hospital_is_no_feature() -> None:
    for hospital in cohorts.load():
        assert b"dataset" not in hospital.train
        assert hospital.name.encode() not in hospital.train
    assert cohorts.PLAN.width == 25


def test_cholesterol_zero_is_missing() -> None:
    switzerland = baselines.sites()[2]
    chol = [c.name for c in cohorts.PLAN.numeric].index("chol")
    assert np.isnan(switzerland.x[:, chol]).all()
    cleveland = baselines.sites()[0]
    assert not np.isnan(cleveland.x[:, chol]).any()


def test_federated_training_generalizes() -> None:
    """Well above the majority class (55%), and every hospital's ranking is better than chance."""
    torch.set_num_threads(1)
    members = baselines.sites()
    state = baselines.federated(baselines.CONFIG, members, baselines.TRAINING, baselines.ROUNDS, "0")
    norm = baselines.normalization(members)
    score = baselines.score(baselines.predict(baselines.CONFIG, state, norm, members), members)
    assert score.accuracy > 0.76
    assert score.auc > 0.84
    assert all(auc > 0.55 for _, auc in score.sites.values())
