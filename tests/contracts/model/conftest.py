"""A model, and rounds in each state."""

from __future__ import annotations

import pytest
from vocabulary import DAY, Duo, word

PLAN = word("plan")


@pytest.fixture
def model(models, model_owner):
    models.register(
        word("architecture"), word("model card"), word("root 1"), word("weights 1"), sender=model_owner
    )
    return models.modelCount()


@pytest.fixture
def open_round(models, model, model_owner, aggregator, now):
    def go(kind: int = 1, **changes) -> int:
        start = now()
        fields = {
            "modelId": model,
            "kind": kind,
            "plan": PLAN,
            "aggregator": aggregator,
            "minNodes": 2,
            "enrolBy": start + DAY,
            "commitBy": start + 2 * DAY,
            "finalizeBy": start + 3 * DAY,
        }
        models.openRound(*{**fields, **changes}.values(), sender=model_owner)
        return models.roundCount()

    return go


@pytest.fixture
def nodes(publish, hospital, second):
    """Two hospitals, each with a dataset of its own: account -> dataset id."""
    return {
        hospital: publish(hospital, "first", Duo.GRU),
        second: publish(second, "second", Duo.GRU),
    }


@pytest.fixture
def enrol(models):
    def go(round_id: int, node, dataset: int, plan: bytes = PLAN, keys: bytes = b"\x01" * 64):
        return models.enrol(round_id, dataset, plan, keys, sender=node)

    return go


@pytest.fixture
def round_id(open_round):
    return open_round()


@pytest.fixture
def full(round_id, nodes, enrol):
    for node, dataset in nodes.items():
        enrol(round_id, node, dataset)
    return round_id


@pytest.fixture
def running(models, full, aggregator):
    models.startRound(full, sender=aggregator)
    return full


@pytest.fixture
def committed(models, running, nodes):
    for node in nodes:
        models.commitUpdate(running, word(node.address), sender=node)
    return running


@pytest.fixture
def unmasking(models, committed, aggregator):
    models.closeCommits(committed, sender=aggregator)
    return committed
