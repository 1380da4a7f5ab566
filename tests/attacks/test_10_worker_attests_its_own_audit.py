"""A worker that vouches for its own answer, by its own account or by one that nobody named."""

from __future__ import annotations

import os
from typing import Any

import pytest

from biodesci.core.errors import RevertedError
from biodesci.core.onchain import Standing
from biodesci.inference import requester as infer
from biodesci.inference.attestation import attestations, trust_auditor
from tests.backend import calls
from tests.backend.inference.conftest import answered, world, x  # noqa: F401


def attest(who: Any, request_id: int) -> None:
    who.chain.send(calls.attest(who.chain, request_id, os.urandom(32), passed=True))


@pytest.mark.parametrize("who", ["worker", "client"])
def test_a_party_cannot_attest_although_the_models_owner_trusts_it(
    world: Any,
    answered: int,
    who: str,
) -> None:
    party = getattr(world, who)
    trust_auditor(world.owner.chain, world.model_id, party.address, trusted=True)
    with pytest.raises(RevertedError, match="counts for nothing"):
        attest(party, answered)
    assert attestations(world.client.chain, answered) == []


@pytest.mark.parametrize("who", ["worker", "client"])
def test_a_party_cannot_be_named(world: Any, answered: int, who: str) -> None:
    with pytest.raises(RevertedError, match="counts for nothing"):
        infer.name_auditors(world.client.chain, answered, [getattr(world, who).address])


def test_a_worker_names_nobody(world: Any, answered: int) -> None:
    with pytest.raises(RevertedError, match="Only the account that made request"):
        infer.name_auditors(world.worker.chain, answered, [world.auditor.address])


def test_a_statement_counts_once_its_auditor_was_named_and_not_afterwards(
    world: Any,
    answered: int,
) -> None:
    """Or a requester could name whoever said what it likes."""
    attest(world.auditor, answered)
    world.name_auditor(answered)
    attest(world.auditor, answered)
    made = attestations(world.client.chain, answered)
    assert [one.standing for one in made] == [Standing.UNNAMED, Standing.NAMED]
