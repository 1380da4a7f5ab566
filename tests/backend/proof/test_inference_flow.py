"""Request, serve, collect and audit over a real chain and IPFS node; failures end with the right reason."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from biodesci.chain.client import Chain
from biodesci.core import canonical, checkpoint, commitment, envelope
from biodesci.core.errors import (
    AccessDeniedError,
    InputError,
    IntegrityError,
    NotFoundError,
    StateError,
    WrongKeyError,
)
from biodesci.demo.dishonest_worker import answer_with_other_weights
from biodesci.ee import runtime
from biodesci.ee.tabular import TabularConfig
from biodesci.ipfs.client import Ipfs
from biodesci.proof.bundle import Bundle
from biodesci.proof.report import AuditReport
from biodesci.services import audit, infer, keys, serve
from biodesci.services.codec import load_codec
from biodesci.services.inferences import Registered, State, load_registered, read_receipt, read_request
from biodesci.services.model import create_model, decrypt_model, grant_codec

PASS = "correct horse"
CONFIG = TabularConfig(features=6, tokens=3, width=8, heads=2, layers=1, hidden=12, classes=2)
FEE = 10**15
torch.set_num_threads(1)


@dataclass
class Actor:
    chain: Chain
    home: Path
    seed: bytes

    @property
    def address(self) -> str:
        return self.chain.address


@dataclass
class World:
    ipfs: Ipfs
    owner: Actor
    client: Actor
    worker: Actor
    auditor: Actor
    model_id: int

    def request(self, x: np.ndarray, **changes: Any) -> int:
        chain = self.client.chain
        codec = load_codec(chain, self.ipfs, self.client.seed, self.model_id, "inference")
        asked = {"model_id": self.model_id, "version": 1, "worker": self.worker.address, "fee": FEE} | changes
        return infer.request_inference(chain, self.ipfs, self.client.home, x=x, codec=codec, **asked)

    def collect(self, request_id: int) -> infer.InferenceResult:
        c = self.client
        codec = load_codec(c.chain, self.ipfs, c.seed, self.model_id, "inference")
        return infer.collect_result(c.chain, self.ipfs, c.home, c.seed, request_id, codec)

    def serve(self) -> list[int]:
        w = self.worker
        return serve.serve_pending(w.chain, self.ipfs, w.home, w.seed)

    def bundle(self, request_id: int) -> Bundle:
        return Bundle.from_bytes(infer.export_bundle(self.client.chain, self.client.home, request_id))

    def audit(self, request_id: int, **more: Any) -> AuditReport:
        return audit.audit_inference(self.auditor.chain, self.ipfs, self.bundle(request_id), **more)


@pytest.fixture(scope="module")
def world(localnet, ipfs_node, tmp_path_factory) -> World:
    from biodesci.chain.deployment import Deployment

    def actor(name: str) -> Actor:
        home = tmp_path_factory.mktemp(name)
        chain = Chain(localnet.rpc_url, Deployment.load(localnet.deployment_file), localnet.account())
        keys.register(chain, home, PASS)
        return Actor(chain, home, keys.load_seed(home, PASS))

    ipfs = Ipfs(ipfs_node.api)
    owner, client, worker, auditor = (actor(n) for n in ("owner", "client", "worker", "auditor"))
    made = create_model(owner.chain, ipfs, owner.home, PASS, CONFIG, name="small")
    grant_codec(owner.chain, ipfs, owner.home, PASS, made.model_id, client.address, "inference")
    # version 2: other weights, so that a worker could serve the wrong version
    first = load_registered(owner.chain, ipfs, made.model_id, 1).tensors
    second = {n: (t * np.float32(1.25)).astype(t.dtype) for n, t in first.items()}
    digest = ipfs.add(checkpoint.dump(second))
    publish = owner.chain.models.functions.publishVersion(made.model_id, checkpoint.root(second), digest)
    owner.chain.send(publish)
    return World(ipfs, owner, client, worker, auditor, made.model_id)


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(8).normal(size=(7, CONFIG.features))


@pytest.fixture
def answered(world: World, x: np.ndarray) -> int:
    request_id = world.request(x)
    assert world.serve() == [request_id]
    world.collect(request_id)
    return request_id


def test_the_decoded_answer_is_the_plaintext_models(world: World, x: np.ndarray) -> None:
    request_id = world.request(x)
    assert world.serve() == [request_id]
    assert world.serve() == []
    found = world.collect(request_id)
    o = world.owner
    plain = decrypt_model(o.chain, world.ipfs, o.home, PASS, world.model_id, 1)
    np.testing.assert_allclose(found.logits, runtime.infer(CONFIG, plain, x), rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1.0)
    infer.finalize(world.client.chain, request_id)
    infer.finalize(world.client.chain, request_id)
    assert read_request(world.client.chain, request_id).state is State.FINALIZED
    owed = world.worker.chain.call(world.worker.chain.inferences.functions.owed(world.worker.address))
    assert owed >= FEE


def test_an_honest_answer_passes_both_audits_and_is_attested(world: World, answered: int) -> None:
    by_execution = world.audit(answered)
    assert by_execution.passed, by_execution.reason
    assert by_execution.figures["largest_difference"] == 0.0
    w, a = world.worker, world.auditor
    digest = serve.disclose_trace(w.chain, world.ipfs, w.home, answered, a.address)
    trace = audit.open_trace(a.chain, world.ipfs, a.seed, answered, digest)
    by_trace = world.audit(answered, trace=trace)
    assert by_trace.passed, by_trace.reason
    assert by_trace.figures["products"] == 8  # input, q, k, v, output, expand, contract, head
    published = audit.attest(a.chain, world.ipfs, by_trace)
    (event,) = a.chain.events(a.chain.inferences, "AuditAttested", 0, filters={"requestId": answered})
    assert event["args"]["passed"] is True
    assert bytes(event["args"]["report"]) == published
    assert AuditReport.from_bytes(world.ipfs.cat(published)) == by_trace


def test_the_trace_opens_for_its_auditor_alone(world: World, answered: int) -> None:
    w, c = world.worker, world.client
    digest = serve.disclose_trace(w.chain, world.ipfs, w.home, answered, world.auditor.address)
    with pytest.raises(WrongKeyError):
        audit.open_trace(c.chain, world.ipfs, c.seed, answered, digest)
    with pytest.raises(NotFoundError, match="no trace"):
        serve.disclose_trace(w.chain, world.ipfs, w.home, answered + 1000, world.auditor.address)


def test_another_version_is_caught_and_named(world: World, x: np.ndarray) -> None:
    request_id = world.request(x)
    w = world.worker
    answer_with_other_weights(w.chain, world.ipfs, w.home, w.seed, request_id, 2)
    world.collect(request_id)  # the commitment itself is in order
    found = world.audit(request_id)
    assert not found.passed
    assert found.reason.startswith("output: the output is not what version 1")
    assert "what version 2 gives: the worker swapped the model" in found.reason
    a = world.auditor
    audit.attest(a.chain, world.ipfs, found)
    (event,) = a.chain.events(a.chain.inferences, "AuditAttested", 0, filters={"requestId": request_id})
    assert event["args"]["passed"] is False


def test_unregistered_weights_are_caught_by_execution_and_by_trace(world: World, x: np.ndarray) -> None:
    request_id = world.request(x)
    w, a = world.worker, world.auditor
    tensors = dict(load_registered(w.chain, world.ipfs, world.model_id, 1).tensors)
    name = "blocks.0.expand.weight"
    tensors[name] = tensors[name].copy()
    tensors[name][0, 0] += np.float32(1e-3)
    answer_with_other_weights(w.chain, world.ipfs, w.home, w.seed, request_id, tensors)
    world.collect(request_id)
    assert "used other weights" in world.audit(request_id).reason
    digest = serve.disclose_trace(w.chain, world.ipfs, w.home, request_id, a.address)
    trace = audit.open_trace(a.chain, world.ipfs, a.seed, request_id, digest)
    assert "matrix product 5: row 0 is not the product" in world.audit(request_id, trace=trace).reason


def test_a_trace_that_was_made_up_afterwards_is_not_the_committed_one(world: World, x: np.ndarray) -> None:
    honest, cheated = world.request(x), world.request(x)
    w, a = world.worker, world.auditor
    answer_with_other_weights(w.chain, world.ipfs, w.home, w.seed, cheated, 2)
    assert world.serve() == [honest]
    world.collect(cheated)
    digest = serve.disclose_trace(w.chain, world.ipfs, w.home, honest, a.address)
    good_trace = audit.open_trace(a.chain, world.ipfs, a.seed, honest, digest)
    assert "trace root" in world.audit(cheated, trace=good_trace).reason


def tampered(bundle: Bundle, kind: str) -> Bundle:
    receipt, inputs, outputs = bundle.receipt, dict(bundle.inputs), dict(bundle.outputs)
    match kind:
        case "input value":
            inputs["x"] = inputs["x"] + 1e-12
        case "output value":
            outputs["logits"] = outputs["logits"] * 1.5
        case "output salt":
            receipt = replace(receipt, output_salt=os.urandom(32))
        case "worker":
            receipt = replace(receipt, worker=receipt.requester)
        case "version":
            receipt = replace(receipt, model_version=2)
        case "weights root":
            receipt = replace(receipt, weights_root=os.urandom(32))
        case "chain":
            receipt = replace(receipt, chain_id=1)
        case "contract":
            receipt = replace(receipt, contract=receipt.registry)
        case "output commitment":
            receipt = replace(receipt, output_commitment=os.urandom(32))
        case "request tx":
            receipt = replace(receipt, request_tx=os.urandom(32))
    return Bundle(receipt, inputs, outputs)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("input value", "commitments: The input tensor root"),
        ("output value", "commitments: The output tensor root"),
        ("output salt", "commitments: The output commitment"),
        ("worker", "chain: The receipt's worker"),
        ("version", "chain: The receipt's model version"),
        ("weights root", "chain: The receipt's weights root"),
        ("chain", "chain: The receipt's chain id"),
        ("contract", "chain: The receipt's contract"),
        ("output commitment", "chain: The receipt's output commitment"),
        ("request tx", "chain: The receipt's request tx"),
    ],
)
def test_a_tampered_bundle_is_refused_for_its_own_reason(
    world: World, bundled: Bundle, kind: str, reason: str
) -> None:
    found = audit.audit_inference(world.auditor.chain, world.ipfs, tampered(bundled, kind))
    assert not found.passed
    assert found.reason.startswith(reason)


@pytest.fixture(scope="module")
def bundled(world: World) -> Bundle:
    request_id = world.request(np.ones((2, CONFIG.features)))
    world.serve()
    world.collect(request_id)
    return world.bundle(request_id)


def test_a_bundle_of_another_request_does_not_fit(world: World, bundled: Bundle, answered: int) -> None:
    other = replace(bundled, receipt=replace(bundled.receipt, request_id=answered))
    found = audit.audit_inference(world.auditor.chain, world.ipfs, other)
    assert found.reason.startswith("chain: ")
    missing = replace(bundled, receipt=replace(bundled.receipt, request_id=10**6))
    with pytest.raises(NotFoundError, match="no inference request"):
        audit.audit_inference(world.auditor.chain, world.ipfs, missing)


def test_model_audit_tells_the_lineage_and_needs_no_account(world: World, localnet) -> None:
    from biodesci.chain.deployment import Deployment

    nobody = Chain(localnet.rpc_url, Deployment.load(localnet.deployment_file))
    found = audit.audit_model(nobody, world.ipfs, world.model_id, 2)
    assert found.passed, found.reason
    assert found.findings == ["version 1: published by the owner", "version 2: published by the owner"]
    with pytest.raises(NotFoundError, match="no version 3"):
        audit.audit_model(nobody, world.ipfs, world.model_id, 3)


def weights_bytes(kind: str, tensors: dict[str, np.ndarray]) -> bytes:
    name = "head.weight"
    other = dict(tensors)
    match kind:
        case "value":
            other[name] = other[name].copy()
            other[name].flat[0] = np.nextafter(other[name].flat[0], np.float32(9))
        case "name":
            other["head.weigth"] = other.pop(name)
        case "dtype":
            other[name] = other[name].astype(np.float64)
        case "shape":
            other[name] = other[name].T
        case "missing":
            del other[name]
        case "added":
            other["more"] = np.zeros(1, np.float32)
        case "swapped":
            other["blocks.0.query.weight"], other["blocks.0.key.weight"] = (
                other["blocks.0.key.weight"],
                other["blocks.0.query.weight"],
            )
    return checkpoint.dump(other)


@pytest.mark.parametrize("kind", ["value", "name", "dtype", "shape", "missing", "added", "swapped"])
def test_weights_that_are_not_the_registered_ones_fail_the_model_audit(world: World, kind: str) -> None:
    o = world.owner
    tensors = dict(load_registered(o.chain, world.ipfs, world.model_id, 1).tensors)
    architecture = o.chain.call(o.chain.models.functions.architectureOf(world.model_id))
    card = o.chain.call(o.chain.models.functions.cardOf(world.model_id))
    digest = world.ipfs.add(weights_bytes(kind, tensors))
    call = o.chain.models.functions.register(architecture, card, checkpoint.root(tensors), digest)
    model_id = o.chain.event(o.chain.send(call), o.chain.models, "ModelRegistered")["modelId"]
    found = audit.audit_model(world.auditor.chain, world.ipfs, model_id, 1)
    assert not found.passed
    assert f"weights: The weights root of model {model_id} version 1" in found.reason


def test_an_architecture_that_is_not_the_cards_fails_the_model_audit(world: World) -> None:
    o = world.owner
    version = o.chain.call(o.chain.models.functions.versionOf(world.model_id, 1))
    card = o.chain.call(o.chain.models.functions.cardOf(world.model_id))
    call = o.chain.models.functions.register(os.urandom(32), card, version[0], version[1])
    model_id = o.chain.event(o.chain.send(call), o.chain.models, "ModelRegistered")["modelId"]
    assert "architecture" in audit.audit_model(world.auditor.chain, world.ipfs, model_id, 1).reason


# The worker side of malformed requests


def raw_request(world: World, plaintext: bytes, root: bytes, salt: bytes, **changes: Any) -> int:
    """A request as a client of another make (or an attacker) would send it."""
    c, w = world.client, world.worker
    contract = c.chain.inferences.address
    committed = commitment.input_commitment(c.chain.chain_id, contract, salt, root)
    info = envelope.info("inference-input", c.chain.chain_id, contract, 0, w.address)
    key = changes.get("key") or c.chain.key_of(w.address)
    digest = world.ipfs.add(changes.get("sealed") or envelope.seal(key, plaintext, info))
    none = "0x" + "00" * 20
    call = c.chain.inferences.functions.request(
        changes.get("model_id", world.model_id),
        1,
        w.address,
        none,
        committed,
        digest,
        c.chain.now() + 600,
        60,
    )
    return int(c.chain.event(c.chain.send(call), c.chain.inferences, "InferenceRequested")["requestId"])


def malformed(kind: str) -> tuple[bytes, bytes, bytes, dict[str, Any]]:
    salt = os.urandom(32)
    good = {"x": np.ones((2, CONFIG.features))}
    tensors, more = good, {}
    match kind:
        case "shape":
            tensors = {"x": np.ones((2, CONFIG.features + 1))}
        case "dtype":
            tensors = {"x": np.ones((2, CONFIG.features), np.float32)}
        case "name":
            tensors = {"y": good["x"]}
        case "no rows":
            tensors = {"x": np.ones((0, CONFIG.features))}
        case "other key":
            more["key"] = envelope.public_key(envelope.generate_seed())
        case "no envelope":
            more["sealed"] = b"no envelope at all" * 100
    data = checkpoint.dump(tensors)
    if kind == "NaN":
        data = data[:-8] + np.array([np.nan]).tobytes()
    if kind == "not safetensors":
        data = b"\x00" * 50
    root = checkpoint.root({"x": np.zeros((2, CONFIG.features))} if kind == "other input" else tensors)
    return salt + data, root, salt, more


@pytest.mark.parametrize(
    "kind",
    [
        "shape",
        "dtype",
        "name",
        "no rows",
        "NaN",
        "not safetensors",
        "other input",
        "other key",
        "no envelope",
    ],
)
def test_a_malformed_request_is_refused_and_the_next_is_served(world: World, kind: str) -> None:
    plaintext, root, salt, more = malformed(kind)
    bad = raw_request(world, plaintext, root, salt, **more)
    good = world.request(np.ones((1, CONFIG.features)))
    assert world.serve() == [good]
    w = world.worker
    folder = serve.journal(w.home, w.chain, bad)
    assert (folder / "refused.json").exists()
    assert read_request(w.chain, bad).state is State.REQUESTED
    assert world.serve() == []


def test_what_was_computed_before_a_crash_is_committed_after_it(world: World, x: np.ndarray) -> None:
    request_id = world.request(x)
    w = world.worker
    request = read_request(w.chain, request_id)
    model = load_registered(w.chain, world.ipfs, world.model_id, 1)
    folder = serve.journal(w.home, w.chain, request_id)
    serve.write_answer(folder, serve.compute(model, model_input(world, request), bytes(32)))
    before = (folder / "output.bin").read_bytes()
    assert world.serve() == [request_id]
    assert (folder / "output.bin").read_bytes() == before
    events = w.chain.events(w.chain.inferences, "InferenceCommitted", 0, filters={"requestId": request_id})
    assert len(events) == 1


def model_input(world: World, request: Any) -> np.ndarray:
    w = world.worker
    return serve.open_input(w.chain, world.ipfs, w.seed, request)["x"]


def test_a_transaction_signed_before_a_crash_is_sent_once(world: World, x: np.ndarray) -> None:
    request_id = world.request(x)
    assert world.serve() == [request_id]
    w = world.worker
    request = read_request(w.chain, request_id)
    folder = serve.journal(w.home, w.chain, request_id)
    # killed after the transaction was mined, before the worker knew: the same bytes again
    serve.commit_answer(w.chain, world.ipfs, folder, request, read_receipt(w.chain, request_id).weights_root)
    events = w.chain.events(w.chain.inferences, "InferenceCommitted", 0, filters={"requestId": request_id})
    assert len(events) == 1


def test_only_the_requester_collects_and_only_once_answered(world: World, x: np.ndarray) -> None:
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
    assert request_id in [r.request_id for r in infer.requests_of(world.client.chain, world.client.address)]


def test_bad_requests_cost_nothing(world: World, x: np.ndarray) -> None:
    before = world.client.chain.balance(world.client.address)
    with pytest.raises(NotFoundError, match="no version 9"):
        world.request(x, version=9)
    with pytest.raises(NotFoundError, match="no encryption key"):
        world.request(x, worker="0x" + "12" * 20)
    with pytest.raises(InputError, match="shape"):
        world.request(x[:, :3])
    assert world.client.chain.balance(world.client.address) == before


def test_the_bundle_holds_no_plaintext_record_and_no_codec(world: World, x: np.ndarray) -> None:
    request_id = world.request(x)
    world.serve()
    world.collect(request_id)
    bundle = world.bundle(request_id)
    assert set(bundle.inputs) == {"x"} and set(bundle.outputs) == {"logits", "trace_root"}
    assert not np.isclose(bundle.inputs["x"], x).all(axis=1).any()
    for path in world.client.home.glob("inferences/*/*"):
        assert path.stat().st_mode & 0o077 == 0


def test_an_answer_under_a_root_that_is_not_registered_does_not_open(world: World, x: np.ndarray) -> None:
    request_id = world.request(x)
    w = world.worker
    request = read_request(w.chain, request_id)
    model = load_registered(w.chain, world.ipfs, world.model_id, 1)
    folder = serve.journal(w.home, w.chain, request_id)
    serve.write_answer(folder, serve.compute(model, model_input(world, request), bytes(32)))
    serve.commit_answer(w.chain, world.ipfs, folder, request, os.urandom(32))
    with pytest.raises(IntegrityError, match="answer to request"):
        world.collect(request_id)


def test_a_model_whose_weights_are_not_the_registered_ones_is_not_served(world: World) -> None:
    o, c = world.owner, world.client
    tensors = dict(load_registered(o.chain, world.ipfs, world.model_id, 1).tensors)
    architecture = o.chain.call(o.chain.models.functions.architectureOf(world.model_id))
    card = o.chain.call(o.chain.models.functions.cardOf(world.model_id))
    digest = world.ipfs.add(weights_bytes("value", tensors))
    call = o.chain.models.functions.register(architecture, card, checkpoint.root(tensors), digest)
    model_id = o.chain.event(o.chain.send(call), o.chain.models, "ModelRegistered")["modelId"]
    codec = load_codec(c.chain, world.ipfs, c.seed, world.model_id, "inference")
    request_id = infer.request_inference(
        c.chain,
        world.ipfs,
        c.home,
        model_id=model_id,
        version=1,
        worker=world.worker.address,
        x=np.ones((1, CONFIG.features)),
        codec=codec,
        fee=0,
    )
    good = world.request(np.ones((1, CONFIG.features)))
    assert world.serve() == [good]
    assert read_request(c.chain, request_id).state is State.REQUESTED
    assert not serve.journal(world.worker.home, world.worker.chain, request_id).exists()


@pytest.mark.parametrize("architecture", [3, [1], "tabular", {"name": 1}])
def test_a_strangers_malformed_model_does_not_stop_the_worker(world: World, architecture: Any) -> None:
    """Anybody can register a model, and ask this worker to compute it."""
    c = world.client
    card = world.ipfs.add(canonical.dumps({"architecture": architecture}))
    digest = canonical.sha256(architecture)
    call = c.chain.models.functions.register(digest, card, os.urandom(32), os.urandom(32))
    model_id = c.chain.event(c.chain.send(call), c.chain.models, "ModelRegistered")["modelId"]
    raw_request(world, b"x", bytes(32), bytes(32), model_id=model_id)
    good = world.request(np.ones((1, CONFIG.features)))
    assert world.serve() == [good]


def test_an_answer_is_not_given_to_another_request_of_the_same_number(world: World, x: np.ndarray) -> None:
    """After a reorganisation a number may be somebody else's; the journal holds the first one's answer."""
    w = world.worker
    request = read_request(w.chain, world.request(x))
    folder = serve.journal(w.home, w.chain, request.request_id)
    serve.claim_journal(w.chain, folder, replace(request, requester=world.auditor.address))
    (folder / "output.bin").write_bytes(b"the answer to somebody else")
    assert request.request_id in world.serve()
    assert world.collect(request.request_id).logits.shape == (7, 2)


def test_an_unforeseen_error_in_one_request_stops_no_other(
    world: World, x: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = world.request(x), world.request(x)
    real = serve.open_input

    def open_input(chain: Chain, ipfs: Ipfs, seed: bytes, request: Any) -> Any:
        if request.request_id == bad:
            raise RuntimeError("nobody thought of this")
        return real(chain, ipfs, seed, request)

    with monkeypatch.context() as patched:
        patched.setattr(serve, "open_input", open_input)
        assert world.serve() == [good]
    assert world.serve() == [bad]


def test_a_request_for_a_blob_that_nobody_has_is_not_looked_for_every_time(
    world: World, x: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.request(x)
    looked: list[int] = []

    def open_input(_chain: Chain, _ipfs: Ipfs, _seed: bytes, request: Any) -> Any:
        looked.append(request.request_id)
        raise NotFoundError("Nobody reachable has it.")

    w = world.worker
    server = serve.Server(w.chain, world.ipfs, w.home, w.seed)
    monkeypatch.setattr(serve, "open_input", open_input)
    assert server.serve_pending() == []
    first = len(looked)
    assert first
    assert server.serve_pending() == []
    assert len(looked) == first
    monkeypatch.undo()
    world.serve()


def test_a_request_that_would_take_all_memory_is_refused(world: World) -> None:
    large = TabularConfig(features=6, tokens=64, width=1024, heads=2, layers=64, hidden=8192)
    model = Registered(1, 1, bytes(32), bytes(32), large, {})
    with pytest.raises(InputError, match="too large"):
        serve.compute(model, np.ones((4096, 6)), bytes(32))


def test_past_its_deadline_a_request_is_left_alone(world: World, localnet, x: np.ndarray) -> None:
    request_id = world.request(x, deadline_seconds=5)
    localnet.pass_time(60)
    assert request_id not in world.serve()
    c = world.client.chain
    assert read_request(c, request_id).state is State.REQUESTED
    before = c.balance(c.address)
    assert infer.reclaim(c, request_id) >= FEE
    assert c.balance(c.address) > before
    assert read_request(c, request_id).state is State.EXPIRED
    assert infer.reclaim(c, request_id) == 0


def test_an_answer_found_wrong_is_challenged_with_the_report_and_refunded(
    world: World, x: np.ndarray
) -> None:
    arbiter = world.owner
    request_id = world.request(x, arbiter=arbiter.address)
    w, c = world.worker, world.client
    answer_with_other_weights(w.chain, world.ipfs, w.home, w.seed, request_id, 2)
    world.collect(request_id)
    report = world.audit(request_id)
    assert not report.passed
    infer.challenge(c.chain, request_id, audit.attest(world.auditor.chain, world.ipfs, report))
    with pytest.raises(StateError, match="challenged"):
        infer.finalize(c.chain, request_id)
    arbiter.chain.send(arbiter.chain.inferences.functions.resolve(request_id, True))
    assert read_request(c.chain, request_id).state is State.REFUSED
    assert infer.reclaim(c.chain, request_id) >= FEE


def test_a_worker_withdraws_what_it_earned(world: World, answered: int) -> None:
    infer.finalize(world.client.chain, answered)
    assert infer.withdraw(world.worker.chain) >= FEE
    assert infer.withdraw(world.worker.chain) == 0
