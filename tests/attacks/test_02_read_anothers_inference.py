"""A stranger who copies a request's input commitment and sealed input into a request of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from biodesci.core import commitment, envelope
from biodesci.core.errors import AccessDeniedError
from biodesci.core.onchain import NOBODY, RequestState
from biodesci.inference import worker as serve
from biodesci.inference.policy import Policy
from biodesci.inference.requests import input_info, inquiry_of, read_request, sealed_input
from biodesci.inference.trace_disclosure import disclose_trace
from tests.backend.inference.conftest import answered, world, x  # noqa: F401


def copied(world: Any, thief: Any, request_id: int, **changes: Any) -> int:
    """The number of a request by `thief` that has another's input."""
    c = thief.chain
    victim = read_request(c, request_id)
    wish = {
        "modelId": victim.model_id,
        "version": victim.version,
        "worker": victim.worker,
        "arbiter": NOBODY,
        "deadline": c.now() + 600,
        "challengeWindow": 60,
        "inputCommitment": victim.input_commitment,
        "input": sealed_input(c, victim),
    } | changes
    receipt = c.send(c.inferences.functions.request(wish))
    return int(c.event(receipt, c.inferences, "InferenceRequested")["requestId"])


def refusal(world: Any, request_id: int) -> str:
    w = world.worker
    return (serve.journal(w.home, w.chain, request_id) / "refused.json").read_text()


@pytest.mark.parametrize("moment", ["before the answer", "after it", "after a restart"])
def test_a_copied_request_is_not_answered(world: Any, x: np.ndarray, moment: str) -> None:
    """Each call of `serve` is a worker that starts anew."""
    mine = world.request(x)
    if moment == "after it":
        assert world.serve() == [mine]
    copy = copied(world, world.auditor, mine)
    served = world.serve()
    assert served == ([] if moment == "after it" else [mine])
    if moment == "after a restart":
        assert world.serve() == []
    assert read_request(world.client.chain, copy).state is RequestState.REQUESTED
    assert "does not open" in refusal(world, copy)
    assert world.collect(mine).logits.shape == (7, 2)


def test_a_copy_in_front_of_the_request_does_not_keep_it_from_its_answer(world: Any, x: np.ndarray) -> None:
    """Whoever sees a request on its way may copy it in front of it."""
    victim = world.client.chain
    mine = world.request(x)
    copy = copied(world, world.auditor, mine)
    request = read_request(victim, mine)
    again = copied(world, world.client, mine)  # the requester's own, which came after the thief's
    assert copy < again
    w = world.worker
    serve.claim_input(w.chain, w.home, request)
    assert world.serve() == [mine]
    assert f"is that of request {mine}" in refusal(world, again)


def test_an_input_serves_once_although_its_requester_asks_again(world: Any, x: np.ndarray) -> None:
    mine = world.request(x)
    assert world.serve() == [mine]
    again = copied(world, world.client, mine)
    assert world.serve() == []
    assert f"is that of request {mine}, which came before" in refusal(world, again)


def test_a_commitment_names_requester_and_worker(world: Any, x: np.ndarray) -> None:
    """Sealed anew under the thief's name, a copied commitment still names the victim."""
    w, thief = world.worker, world.auditor
    mine = read_request(w.chain, world.request(x))
    own = inquiry_of(w.chain, mine)
    salt, root = bytes(32), bytes(32)
    others = [
        commitment.Inquiry(own.chain_id, own.contract, thief.address, own.worker),
        commitment.Inquiry(own.chain_id, own.contract, own.requester, thief.address),
        commitment.Inquiry(own.chain_id, thief.address, own.requester, own.worker),
        commitment.Inquiry(own.chain_id + 1, own.contract, own.requester, own.worker),
    ]
    assert len({commitment.input_commitment(one, salt, root) for one in [own, *others]}) == 5
    public = envelope.public_key(w.seed)
    info = input_info(others[0])
    sealed = world.ipfs.add(envelope.seal(public, b"what the thief makes up" * 8, info))
    copy = copied(world, thief, mine.id, input=sealed)
    assert world.serve() == [mine.id]
    assert read_request(w.chain, copy).state is RequestState.REQUESTED


def test_the_trace_of_an_answer_is_not_sealed_to_whom_the_requester_did_not_name(
    world: Any,
    answered: int,
) -> None:
    w = world.worker
    with pytest.raises(AccessDeniedError, match="did not name"):
        disclose_trace(w.chain, world.ipfs, w.home, answered, world.auditor.address)


@pytest.mark.parametrize("who", ["nobody that pays", "a requester", "a model", "a lower fee"])
def test_a_worker_does_no_work_for_whom_it_does_not_serve(world: Any, x: np.ndarray, who: str) -> None:
    arbiters = frozenset({world.arbiter.address})
    asked: dict[str, Any] = {}
    match who:
        case "nobody that pays":
            policy, asked = Policy(arbiters=arbiters), {"fee": 0, "arbiter": NOBODY}
        case "a requester":
            policy = Policy(arbiters=arbiters, requesters=frozenset({world.owner.address}))
        case "a model":
            policy = Policy(arbiters=arbiters, models=frozenset({world.model_id + 1}))
        case _:
            policy = Policy(arbiters=arbiters, minimum_fee=10**18)
    request_id = world.request(x, **asked)
    assert world.serve(policy) == []
    assert not serve.journal(world.worker.home, world.worker.chain, request_id).exists()
    assert world.serve() == [request_id], "it is left to whoever serves it"
