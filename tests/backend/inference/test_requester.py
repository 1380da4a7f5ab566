"""An inference as its requester sees it: asked for, collected, paid, disputed."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from biodesci.core.errors import (
    AccessDeniedError,
    InputError,
    IntegrityError,
    NotFoundError,
    StateError,
    UnavailableError,
)
from biodesci.core.onchain import RequestState
from biodesci.ee import runtime
from biodesci.inference import arbiter, in_flight
from biodesci.inference import requester as infer
from biodesci.inference import worker as serve
from biodesci.inference.attestation import attest
from biodesci.inference.requests import read_request
from biodesci.models.registration import decrypt_model
from biodesci.registry.codecs import load_codec
from biodesci.registry.models import load_registered
from examples.heart.dishonest_worker import answer_with_other_weights
from tests.backend.acting import acting

FEE = 10**15


def test_the_decoded_answer_is_the_plaintext_models(world: Any, x: np.ndarray) -> None:
    request_id = world.request(x)
    assert world.serve() == [request_id]
    assert world.serve() == []
    found = world.collect(request_id)
    o = world.owner
    plain = decrypt_model(acting(o.chain, world.ipfs, o.home), world.model_id, 1)
    np.testing.assert_allclose(found.logits, runtime.infer(world.config, plain, x), rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1.0)
    infer.finalize(world.client.chain, request_id)
    infer.finalize(world.client.chain, request_id)
    assert read_request(world.client.chain, request_id).state is RequestState.FINALIZED
    owed = world.worker.chain.call(world.worker.chain.inferences.functions.owed(world.worker.address))
    assert owed >= FEE


def test_only_the_requester_collects_and_only_once_answered(world: Any, x: np.ndarray) -> None:
    request_id = world.request(x)
    with pytest.raises(StateError, match="no answer yet"):
        world.collect(request_id)
    with pytest.raises(StateError, match="cannot be finalized"):
        infer.finalize(world.client.chain, request_id)
    world.serve()
    with pytest.raises(NotFoundError, match="does not hold both"):
        infer.export_bundle(world.client.chain, world.client.home, request_id)
    codec = load_codec(world.client.chain, world.ipfs, world.client.seed, world.model_id, "inference")
    a = world.auditor
    with pytest.raises(AccessDeniedError, match="another account"):
        infer.collect_result(a.chain, world.ipfs, a.home, a.seed, request_id, codec)
    with pytest.raises(AccessDeniedError, match="No inference codec"):
        load_codec(a.chain, world.ipfs, a.seed, world.model_id, "inference")
    assert request_id in [r.id for r in infer.requests_of(world.client.chain, world.client.address)]


def test_bad_requests_cost_nothing(world: Any, x: np.ndarray) -> None:
    before = world.client.chain.balance(world.client.address)
    with pytest.raises(NotFoundError, match="no version 9"):
        world.request(x, version=9)
    with pytest.raises(NotFoundError, match="no encryption key"):
        world.request(x, worker="0x" + "12" * 20)
    with pytest.raises(InputError, match="shape"):
        world.request(x[:, :3])
    assert world.client.chain.balance(world.client.address) == before


@pytest.mark.parametrize("mined", [False, True])
def test_a_request_killed_before_its_receipt_is_paid_once(
    world: Any, x: np.ndarray, lost: Any, mined: bool
) -> None:
    chain = world.client.chain
    before = len(infer.requests_of(chain, chain.address))
    with lost(chain.inferences) as signed, pytest.raises(UnavailableError):
        world.request(x)
    if mined:
        chain.web3.eth.wait_for_transaction_receipt(chain.web3.eth.send_raw_transaction(signed[0]))
    paid = chain.balance(chain.inferences.address) - (FEE if mined else 0)
    told: list[str] = []
    request_id = world.request(x, note=told.append)
    assert "the one that was paid for" in told[0]
    assert len(infer.requests_of(chain, chain.address)) == before + 1
    assert chain.balance(chain.inferences.address) == paid + FEE
    assert request_id in world.serve()
    assert world.collect(request_id).logits.shape == (7, 2)
    # Its end was seen, so that the same question is another request from now on.
    assert world.request(x, note=told.append) > request_id
    assert len(told) == 1


def test_a_question_is_another_one_for_other_records_or_when_asked_again(
    world: Any, x: np.ndarray, lost: Any
) -> None:
    chain = world.client.chain
    before = len(infer.requests_of(chain, chain.address))
    with lost(chain.inferences), pytest.raises(UnavailableError):
        world.request(x)
    other = world.request(x + 1)
    assert len(infer.requests_of(chain, chain.address)) == before + 1, "the first was never sent, or paid"
    again = world.request(x, again=True)
    assert again > other
    assert world.request(x) > again


def test_the_bundle_holds_no_plaintext_record_and_no_codec(world: Any, x: np.ndarray) -> None:
    request_id = world.request(x)
    world.serve()
    world.collect(request_id)
    bundle = world.bundle(request_id)
    assert set(bundle.inputs) == {"x"} and set(bundle.outputs) == {"logits", "trace_root"}
    assert not np.isclose(bundle.inputs["x"], x).all(axis=1).any()
    for path in world.client.home.glob("inferences/*/*"):
        assert path.stat().st_mode & 0o077 == 0


def test_an_answer_under_a_root_that_is_not_registered_does_not_open(world: Any, x: np.ndarray) -> None:
    request_id = world.request(x)
    w = world.worker
    request = read_request(w.chain, request_id)
    model = load_registered(w.chain, world.ipfs, world.model_id, 1)
    folder = serve.journal(w.home, w.chain, request_id)
    serve.write_answer(folder, serve.compute(model, world.open_input(request), bytes(32)))
    in_flight.commit_answer(w.chain, world.ipfs, folder, request, os.urandom(32))
    with pytest.raises(IntegrityError, match="answer to request"):
        world.collect(request_id)


def test_past_its_deadline_a_request_is_left_alone(world: Any, localnet, x: np.ndarray) -> None:
    request_id = world.request(x, deadline_seconds=600)
    localnet.pass_time(660)
    assert request_id not in world.serve()
    c = world.client.chain
    assert read_request(c, request_id).state is RequestState.REQUESTED
    before = c.balance(c.address)
    assert infer.reclaim(c, request_id) >= FEE
    assert c.balance(c.address) > before
    assert read_request(c, request_id).state is RequestState.EXPIRED
    assert infer.reclaim(c, request_id) == 0


def test_an_answer_found_wrong_is_challenged_with_the_report_and_refunded(world: Any, x: np.ndarray) -> None:
    request_id = world.request(x)
    w, c = world.worker, world.client
    answer_with_other_weights(w.chain, world.ipfs, w.home, w.seed, request_id, 2)
    world.collect(request_id)
    report = world.audit(request_id)
    assert not report.passed
    infer.challenge(c.chain, request_id, attest(world.auditor.chain, world.ipfs, report))
    with pytest.raises(StateError, match="challenged"):
        infer.finalize(c.chain, request_id)
    answer = world.bundle(request_id).receipt.output_commitment
    arbiter.decide(world.arbiter.chain, request_id, answer, upheld=True)
    assert read_request(c.chain, request_id).state is RequestState.REFUSED
    assert infer.reclaim(c.chain, request_id) >= FEE


def test_a_worker_withdraws_what_it_earned(world: Any, answered: int) -> None:
    infer.finalize(world.client.chain, answered)
    assert infer.withdraw(world.worker.chain) >= FEE
    assert infer.withdraw(world.worker.chain) == 0
