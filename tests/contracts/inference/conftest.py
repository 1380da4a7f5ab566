"""A model, and requests in each state."""

from __future__ import annotations

import pytest
from vocabulary import DAY, word

FEE = 10**16


@pytest.fixture
def model(models, model_owner):
    models.register(word("a"), word("c"), word("r"), word("w"), sender=model_owner)
    return models.modelCount()


@pytest.fixture
def parties(register_key, researcher, worker):
    register_key(researcher)
    register_key(worker)


@pytest.fixture
def request_(inferences, model, parties, researcher, worker, arbiter, now):
    def go(value: int = FEE, **changes) -> int:
        fields = {
            "modelId": model,
            "version": 1,
            "worker": worker,
            "arbiter": arbiter,
            "inputCommitment": word("in"),
            "input": word("in blob"),
            "deadline": now() + DAY,
            "challengeWindow": 2 * DAY,
        }
        inferences.request(*{**fields, **changes}.values(), value=value, sender=researcher)
        return inferences.requestCount()

    return go


@pytest.fixture
def requested(request_):
    return request_()


@pytest.fixture
def commit(inferences, worker):
    def go(request_id: int) -> int:
        inferences.commit(request_id, word("out"), word("out blob"), sender=worker)
        return request_id

    return go


@pytest.fixture
def committed(commit, requested):
    return commit(requested)


@pytest.fixture
def challenged(inferences, committed, researcher):
    inferences.challenge(committed, word("evidence"), sender=researcher)
    return committed
