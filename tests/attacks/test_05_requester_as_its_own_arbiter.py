"""A requester who decides its own dispute: the answer and the fee back."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from biodesci.core.errors import RevertedError
from biodesci.core.onchain import ARBITRATION, NOBODY, RequestState
from biodesci.inference import arbiter
from biodesci.inference import requester as infer
from biodesci.inference.requests import read_request
from tests.backend.inference.conftest import FEE, answered, world, x  # noqa: F401


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("who", ["client", "worker"])
def test_a_party_cannot_be_the_arbiter(world: Any, x: np.ndarray, who: str, accepted: bool) -> None:
    party = getattr(world, who)
    if accepted:
        arbiter.accept(party.chain, accepted=True)
    with pytest.raises(RevertedError, match="cannot decide its own dispute"):
        world.request(x, arbiter=party.address)


def test_an_arbiter_that_did_not_accept_cannot_be_named(world: Any, x: np.ndarray) -> None:
    with pytest.raises(RevertedError, match="has not accepted"):
        world.request(x, arbiter=world.owner.address)


def test_a_second_account_of_the_requesters_is_not_served(world: Any, x: np.ndarray) -> None:
    """The contract cannot tell; the worker's list can."""
    arbiter.accept(world.owner.chain, accepted=True)
    request_id = world.request(x, arbiter=world.owner.address)
    assert world.serve() == []
    assert read_request(world.client.chain, request_id).state is RequestState.REQUESTED


def test_a_fee_needs_an_arbiter(world: Any, x: np.ndarray) -> None:
    with pytest.raises(RevertedError, match="arbiter"):
        world.request(x, arbiter=NOBODY)


def test_a_late_arbiter_decides_nothing_and_its_silence_does_not_pay_the_worker(
    world: Any,
    localnet: Any,
    answered: int,
) -> None:
    infer.challenge(world.client.chain, answered, os.urandom(32))
    localnet.pass_time(ARBITRATION + 60)
    answer = world.bundle(answered).receipt.output_commitment
    with pytest.raises(RevertedError, match="too late"):
        arbiter.decide(world.arbiter.chain, answered, answer, upheld=False)
    assert infer.reclaim(world.client.chain, answered) >= FEE
    assert read_request(world.client.chain, answered).state is RequestState.REFUSED
