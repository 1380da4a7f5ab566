"""An inference as its worker sees it: malformed requests and crashes end in one right answer, or none."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from web3 import Web3

from biodesci.chain.client import Chain
from biodesci.core import canonical, checkpoint, commitment, envelope
from biodesci.core.errors import (
    InputError,
    NotFoundError,
)
from biodesci.core.onchain import NOBODY, RequestState
from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.inference import in_flight
from biodesci.inference import requester as infer
from biodesci.inference import worker as serve
from biodesci.inference.requests import input_info, read_request
from biodesci.inference.runtime import fp64
from biodesci.ipfs.client import Ipfs
from biodesci.registry.codecs import load_codec
from biodesci.registry.models import Registered, load_registered
from biodesci.store import jobs
from biodesci.store.jobs import Jobs
from biodesci.store.work import Work

FEATURES = 6  # of the model in conftest.py
OTHER = "0x" + "31" * 20


def raw_request(world: Any, plaintext: bytes, root: bytes, salt: bytes, **changes: Any) -> int:
    """A request as a client of another make (or an attacker) would send it."""
    c, w = world.client, world.worker
    inquiry = commitment.Inquiry(
        c.chain.chain_id, c.chain.inferences.address, changes.get("requester", c.address), w.address
    )
    key = changes.get("key") or c.chain.key_of(w.address)
    sealed = changes.get("sealed") or envelope.seal(key, plaintext, input_info(inquiry))
    wish = {
        "modelId": changes.get("model_id", world.model_id),
        "version": 1,
        "worker": w.address,
        "arbiter": NOBODY,
        "deadline": c.chain.now() + 600,
        "challengeWindow": 60,
        "inputCommitment": commitment.input_commitment(inquiry, salt, root),
        "input": world.ipfs.add(sealed),
    }
    call = c.chain.inferences.functions.request(wish)
    return int(c.chain.event(c.chain.send(call), c.chain.inferences, "InferenceRequested")["requestId"])


def malformed(kind: str) -> tuple[bytes, bytes, bytes, dict[str, Any]]:
    salt = os.urandom(32)
    good = {"x": np.ones((2, FEATURES))}
    tensors, more = good, {}
    match kind:
        case "shape":
            tensors = {"x": np.ones((2, FEATURES + 1))}
        case "dtype":
            tensors = {"x": np.ones((2, FEATURES), np.float32)}
        case "name":
            tensors = {"y": good["x"]}
        case "no rows":
            tensors = {"x": np.ones((0, FEATURES))}
        case "other key":
            more["key"] = envelope.public_key(envelope.generate_seed())
        case "other requester":
            more["requester"] = OTHER
        case "no envelope":
            more["sealed"] = b"no envelope at all" * 100
    data = checkpoint.dump(tensors)
    if kind == "NaN":
        data = data[:-8] + np.array([np.nan]).tobytes()
    if kind == "not safetensors":
        data = b"\x00" * 50
    root = checkpoint.root({"x": np.zeros((2, FEATURES))} if kind == "other input" else tensors)
    return salt + data, root, salt, more


MALFORMED = (
    *("shape", "dtype", "name", "no rows", "NaN", "not safetensors"),
    *("other input", "other key", "other requester", "no envelope"),
)


def test_a_malformed_request_is_refused_and_the_next_is_served(world: Any) -> None:
    """Each kind of them stands before the one that is served: none stops the worker."""
    bad = {}
    for kind in MALFORMED:
        plaintext, root, salt, more = malformed(kind)
        bad[kind] = raw_request(world, plaintext, root, salt, **more)
    good = world.request(np.ones((1, FEATURES)))
    assert world.serve() == [good]
    w = world.worker
    refused = {
        kind: (serve.journal(w.home, w.chain, request_id) / "refused.json").exists()
        for kind, request_id in bad.items()
    }
    assert refused == dict.fromkeys(MALFORMED, True)
    assert {read_request(w.chain, request_id).state for request_id in bad.values()} == {
        RequestState.REQUESTED
    }
    assert world.serve() == []


def test_what_is_refused_waits_for_a_person_who_has_it_tried_again(world: Any, tmp_path: Path) -> None:
    plaintext, root, salt, more = malformed("shape")
    bad = raw_request(world, plaintext, root, salt, **more)
    w = world.worker
    with Work(tmp_path / "work.sqlite") as work:

        def server() -> serve.Server:
            ours = Jobs(work, "inference_worker of 0xB")
            return serve.Server(w.chain, world.ipfs, w.home, w.seed, world.policy, ours)

        serves = server()
        for _ in range(3):
            assert serves.serve_pending() == []
        found = [job for job in jobs.listed(work) if job.subject == str(bad)]
        assert [(job.attempts, job.due) for job in found] == [(1, None)]
        assert found[0].reason
        jobs.retry(work, found)
        assert server().serve_pending() == []
        again = [job for job in jobs.listed(work) if job.subject == str(bad)]
        assert [(job.attempts, job.due) for job in again] == [(2, None)]


def test_what_was_computed_before_a_crash_is_committed_after_it(world: Any, x: np.ndarray) -> None:
    request_id = world.request(x)
    w = world.worker
    request = read_request(w.chain, request_id)
    model = load_registered(w.chain, world.ipfs, world.model_id, 1)
    folder = serve.journal(w.home, w.chain, request_id)
    serve.write_answer(folder, serve.compute(model, world.open_input(request), bytes(32)))
    before = (folder / "output.bin").read_bytes()
    assert world.serve() == [request_id]
    assert (folder / "output.bin").read_bytes() == before
    events = w.chain.events(w.chain.inferences, "InferenceCommitted", 0, filters={"requestId": request_id})
    assert len(events) == 1


@pytest.mark.parametrize("mined", [False, True])
def test_a_transaction_signed_before_a_crash_is_sent_once(
    world: Any, x: np.ndarray, lost: Any, mined: bool
) -> None:
    request_id = world.request(x)
    w = world.worker
    with lost(w.chain.inferences) as signed:
        assert world.serve() == []
    folder = serve.journal(w.home, w.chain, request_id)
    if mined:  # killed before it knew
        receipt = w.chain.web3.eth.wait_for_transaction_receipt(
            w.chain.web3.eth.send_raw_transaction(signed[0])
        )
        assert receipt["status"] == 1
    request = read_request(w.chain, request_id)
    root = load_registered(w.chain, world.ipfs, world.model_id, 1).weights_root
    in_flight.commit_answer(w.chain, world.ipfs, folder, request, root)
    events = w.chain.events(w.chain.inferences, "InferenceCommitted", 0, filters={"requestId": request_id})
    assert [bytes(event["transactionHash"]) for event in events] == [Web3.keccak(signed[0])]


def test_a_model_whose_weights_are_not_the_registered_ones_is_not_served(world: Any) -> None:
    c, model_id = world.client, world.register_altered("value")
    codec = load_codec(c.chain, world.ipfs, c.seed, world.model_id, "inference")
    question = infer.Question(model_id, 1, world.worker.address, np.ones((1, FEATURES)))
    request_id = infer.request_inference(c.chain, world.ipfs, c.home, codec, question)
    good = world.request(np.ones((1, FEATURES)))
    assert world.serve() == [good]
    assert read_request(c.chain, request_id).state is RequestState.REQUESTED
    assert not serve.journal(world.worker.home, world.worker.chain, request_id).exists()


@pytest.mark.parametrize("architecture", [3, [1], "tabular", {"name": 1}])
def test_a_strangers_malformed_model_does_not_stop_the_worker(world: Any, architecture: Any) -> None:
    """Anybody can register a model, and ask this worker to compute it."""
    c = world.client
    card = world.ipfs.add(canonical.dumps({"architecture": architecture}))
    digest = canonical.sha256(architecture)
    call = c.chain.models.functions.register(digest, card, os.urandom(32), os.urandom(32))
    model_id = c.chain.event(c.chain.send(call), c.chain.models, "ModelRegistered")["modelId"]
    raw_request(world, b"x", bytes(32), bytes(32), model_id=model_id)
    good = world.request(np.ones((1, FEATURES)))
    assert world.serve() == [good]


def test_an_answer_is_not_given_to_another_request_of_the_same_number(world: Any, x: np.ndarray) -> None:
    """After a reorganisation a number may be somebody else's; the journal holds the first one's answer."""
    w = world.worker
    request = read_request(w.chain, world.request(x))
    folder = serve.journal(w.home, w.chain, request.id)
    serve.claim_journal(w.chain, folder, replace(request, requester=world.auditor.address))
    (folder / "output.bin").write_bytes(b"the answer to somebody else")
    assert request.id in world.serve()
    assert world.collect(request.id).logits.shape == (7, 2)


def test_an_unforeseen_error_in_one_request_stops_no_other(
    world: Any, x: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = world.request(x), world.request(x)
    real = serve.open_input

    def open_input(chain: Chain, ipfs: Ipfs, seed: bytes, request: Any) -> Any:
        if request.id == bad:
            raise RuntimeError("nobody thought of this")
        return real(chain, ipfs, seed, request)

    with monkeypatch.context() as patched:
        patched.setattr(serve, "open_input", open_input)
        assert world.serve() == [good]
    assert world.serve() == [bad]


def test_a_request_for_a_blob_that_nobody_has_is_not_looked_for_every_time(
    world: Any, x: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.request(x)
    looked: list[int] = []

    def open_input(_chain: Chain, _ipfs: Ipfs, _seed: bytes, request: Any) -> Any:
        looked.append(request.id)
        raise NotFoundError("Nobody reachable has it.")

    w = world.worker
    clock = [1000.0]
    monkeypatch.setattr(serve, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    server = serve.Server(w.chain, world.ipfs, w.home, w.seed, world.policy)
    monkeypatch.setattr(serve, "open_input", open_input)
    assert server.serve_pending() == []
    first = len(looked)
    assert first
    assert server.serve_pending() == []
    assert len(looked) == first
    clock[0] += 1.1
    assert server.serve_pending() == []
    assert len(looked) == 2 * first, "looked for again after a second, and then ever more rarely"
    clock[0] += 1.1
    assert server.serve_pending() == []
    assert len(looked) == 2 * first
    monkeypatch.undo()
    world.serve()


def test_a_request_that_would_take_all_memory_is_refused(world: Any) -> None:
    large = TabularConfig(features=6, tokens=64, width=1024, heads=2, layers=64, hidden=8192)
    model = Registered(1, 1, bytes(32), bytes(32), large, {})
    with pytest.raises(InputError, match="too large"):
        serve.compute(model, np.ones((4096, 6)), bytes(32))


def test_a_blueprint_counts_all_that_a_trace_holds() -> None:
    """What the limit is reckoned by: the numbers that go in and out of each product with weights."""
    config = TabularConfig(features=6, tokens=3, width=8, heads=2, layers=2, hidden=12, classes=5)
    _, trace = fp64.record(config, config.initial_weights(bytes(32)), np.ones((4, 6)), bytes(32))
    assert sum(p.x.size + p.y.size for p in trace.products) == 4 * config.traced_numbers()
