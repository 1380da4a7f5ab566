"""Audits of answers, bundles, traces and models: what is wrong is found, and named."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from biodesci.chain.client import Chain
from biodesci.core.documents.report import Report
from biodesci.core.errors import (
    AccessDeniedError,
    IntegrityError,
    NotFoundError,
    RevertedError,
    WrongKeyError,
)
from biodesci.core.onchain import RequestState, Standing
from biodesci.inference import arbiter, attestation, auditor
from biodesci.inference import requester as infer
from biodesci.inference.requests import read_request
from biodesci.inference.trace_disclosure import disclose_trace
from biodesci.proof.bundle import Bundle
from biodesci.proof.report import sign
from biodesci.registry.models import load_registered
from examples.heart.dishonest_worker import answer_with_other_weights


def test_an_honest_answer_passes_both_audits_and_is_attested(world: Any, answered: int) -> None:
    by_execution = world.audit(answered)
    assert by_execution.passed, by_execution.reason
    assert by_execution.figures["largest_difference"] == 0.0
    w, a = world.worker, world.auditor
    world.name_auditor(answered)
    digest = disclose_trace(w.chain, world.ipfs, w.home, answered, a.address)
    trace = auditor.open_trace(a.chain, world.ipfs, a.seed, answered, digest)
    by_trace = world.audit(answered, trace=trace)
    assert by_trace.passed, by_trace.reason
    assert by_trace.figures["products"] == 8  # input, q, k, v, output, expand, contract, head
    published = attestation.attest(a.chain, world.ipfs, by_trace)
    (event,) = a.chain.events(a.chain.inferences, "AuditAttested", 0, filters={"requestId": answered})
    assert event["args"]["passed"] is True
    assert bytes(event["args"]["report"]) == published
    assert event["args"]["standing"] == Standing.NAMED
    report = Report.parse(world.ipfs.cat(published))
    assert report.model_copy(update={"signature": None}) == by_trace.document()
    attestation.check_signature(world.client.chain, report)
    assert attestation.find_attestation(world.client.chain, world.ipfs, report).report == published


def test_a_report_is_attested_of_the_answer_that_was_audited_alone(
    world: Any, localnet: Any, x: np.ndarray
) -> None:
    """A reorganization gives the request's number to another one, which is answered, too."""
    before = localnet.rpc("evm_snapshot")
    request_id = world.request(x)
    assert world.serve() == [request_id]
    world.collect(request_id)
    found = world.audit(request_id)
    assert found.passed
    localnet.rpc("evm_revert", before)
    assert world.request(x + 1) == request_id
    assert world.serve() == [request_id]
    a = world.auditor
    with pytest.raises(RevertedError) as raised:
        attestation.attest(a.chain, world.ipfs, found)
    assert raised.value.name == "InferenceCommitment_OtherRequest"
    assert attestation.attestations(a.chain, request_id) == []
    signed = sign(found.document(), a.chain.signer())
    with pytest.raises(IntegrityError, match="another answer than the report"):
        attestation.find_attestation(a.chain, world.ipfs, signed)


def test_a_challenge_is_decided_of_the_answer_that_the_arbiter_saw(world: Any, x: np.ndarray) -> None:
    request_id = world.request(x)
    assert world.serve() == [request_id]
    infer.challenge(world.client.chain, request_id, os.urandom(32))
    answer = read_request(world.arbiter.chain, request_id).output_commitment
    with pytest.raises(RevertedError) as raised:
        arbiter.decide(world.arbiter.chain, request_id, os.urandom(32), upheld=True)
    assert raised.value.name == "InferenceCommitment_OtherRequest"
    arbiter.decide(world.arbiter.chain, request_id, answer, upheld=False)
    assert read_request(world.arbiter.chain, request_id).state is RequestState.FINALIZED


def test_the_trace_opens_for_its_auditor_alone(world: Any, answered: int) -> None:
    w, c = world.worker, world.client
    with pytest.raises(AccessDeniedError, match="did not name"):
        disclose_trace(w.chain, world.ipfs, w.home, answered, world.auditor.address)
    world.name_auditor(answered)
    digest = disclose_trace(w.chain, world.ipfs, w.home, answered, world.auditor.address)
    with pytest.raises(WrongKeyError):
        auditor.open_trace(c.chain, world.ipfs, c.seed, answered, digest)
    unserved = world.request(np.ones((1, world.config.features)))
    world.name_auditor(unserved)
    with pytest.raises(NotFoundError, match="no trace"):
        disclose_trace(w.chain, world.ipfs, w.home, unserved, world.auditor.address)
    assert world.serve() == [unserved]


def test_another_version_is_caught_and_named(world: Any, x: np.ndarray) -> None:
    request_id = world.request(x)
    w = world.worker
    answer_with_other_weights(w.chain, world.ipfs, w.home, w.seed, request_id, 2)
    world.collect(request_id)  # the commitment itself is in order
    found = world.audit(request_id)
    assert not found.passed
    assert found.reason.startswith("output: the output is not what version 1")
    assert "what version 2 gives: the worker swapped the model" in found.reason
    a = world.auditor
    attestation.attest(a.chain, world.ipfs, found)
    (event,) = a.chain.events(a.chain.inferences, "AuditAttested", 0, filters={"requestId": request_id})
    assert event["args"]["passed"] is False


def test_unregistered_weights_are_caught_by_execution_and_by_trace(world: Any, x: np.ndarray) -> None:
    request_id = world.request(x)
    w, a = world.worker, world.auditor
    tensors = dict(load_registered(w.chain, world.ipfs, world.model_id, 1).tensors)
    name = "blocks.0.expand.weight"
    tensors[name] = tensors[name].copy()
    tensors[name][0, 0] += np.float32(1e-3)
    answer_with_other_weights(w.chain, world.ipfs, w.home, w.seed, request_id, tensors)
    world.collect(request_id)
    assert "used other weights" in world.audit(request_id).reason
    world.name_auditor(request_id)
    digest = disclose_trace(w.chain, world.ipfs, w.home, request_id, a.address)
    trace = auditor.open_trace(a.chain, world.ipfs, a.seed, request_id, digest)
    assert "matrix product 5: row 0 is not the product" in world.audit(request_id, trace=trace).reason


def test_a_trace_that_was_made_up_afterwards_is_not_the_committed_one(world: Any, x: np.ndarray) -> None:
    honest, cheated = world.request(x), world.request(x)
    w, a = world.worker, world.auditor
    answer_with_other_weights(w.chain, world.ipfs, w.home, w.seed, cheated, 2)
    assert world.serve() == [honest]
    world.collect(cheated)
    world.name_auditor(honest)
    digest = disclose_trace(w.chain, world.ipfs, w.home, honest, a.address)
    good_trace = auditor.open_trace(a.chain, world.ipfs, a.seed, honest, digest)
    assert "trace root" in world.audit(cheated, trace=good_trace).reason


def tampered(bundle: Bundle, kind: str) -> Bundle:
    receipt, inputs, outputs = bundle.receipt, dict(bundle.inputs), dict(bundle.outputs)
    match kind:
        case "input value":
            inputs["x"] = inputs["x"] + 1e-12
        case "output value":
            outputs["logits"] = outputs["logits"] * 1.5
        case "output salt":
            receipt = receipt.model_copy(update={"output_salt": os.urandom(32)})
        case "worker":
            receipt = receipt.model_copy(update={"worker": receipt.requester})
        case "version":
            receipt = receipt.model_copy(update={"model_version": 2})
        case "weights root":
            receipt = receipt.model_copy(update={"weights_root": os.urandom(32)})
        case "chain":
            receipt = receipt.model_copy(update={"chain_id": 1})
        case "contract":
            receipt = receipt.model_copy(update={"contract": receipt.registry})
        case "output commitment":
            receipt = receipt.model_copy(update={"output_commitment": os.urandom(32)})
        case "request tx":
            receipt = receipt.model_copy(update={"request_tx": os.urandom(32)})
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
    world: Any, bundled: Bundle, kind: str, reason: str
) -> None:
    found = auditor.audit_inference(world.auditor.chain, world.ipfs, tampered(bundled, kind))
    assert not found.passed
    assert found.reason.startswith(reason)


@pytest.fixture(scope="module")
def bundled(world: Any) -> Bundle:
    request_id = world.request(np.ones((2, world.config.features)))
    world.serve()
    world.collect(request_id)
    return world.bundle(request_id)


def test_a_bundle_of_another_request_does_not_fit(world: Any, bundled: Bundle, answered: int) -> None:
    other = replace(bundled, receipt=bundled.receipt.model_copy(update={"request_id": answered}))
    found = auditor.audit_inference(world.auditor.chain, world.ipfs, other)
    assert found.reason.startswith("chain: ")
    missing = replace(bundled, receipt=bundled.receipt.model_copy(update={"request_id": 10**6}))
    with pytest.raises(NotFoundError, match="no inference request"):
        auditor.audit_inference(world.auditor.chain, world.ipfs, missing)


def test_model_audit_tells_the_lineage_and_needs_no_account(world: Any, localnet) -> None:
    from biodesci.chain.deployment import load_deployment

    nobody = Chain(localnet.rpc_url, load_deployment(localnet.deployment_file))
    found = auditor.audit_model(nobody, world.ipfs, world.model_id, 2)
    assert found.passed, found.reason
    assert found.findings == ["version 1: published by the owner", "version 2: published by the owner"]
    with pytest.raises(NotFoundError, match="no version 3"):
        auditor.audit_model(nobody, world.ipfs, world.model_id, 3)


@pytest.mark.parametrize("kind", ["value", "name", "dtype", "shape", "missing", "added", "swapped"])
def test_weights_that_are_not_the_registered_ones_fail_the_model_audit(world: Any, kind: str) -> None:
    model_id = world.register_altered(kind)
    found = auditor.audit_model(world.auditor.chain, world.ipfs, model_id, 1)
    assert not found.passed
    assert f"weights: The weights root of model {model_id} version 1" in found.reason


def test_an_architecture_that_is_not_the_cards_fails_the_model_audit(world: Any) -> None:
    o = world.owner
    version = o.chain.call(o.chain.models.functions.versionOf(world.model_id, 1))
    card = o.chain.call(o.chain.models.functions.cardOf(world.model_id))
    call = o.chain.models.functions.register(os.urandom(32), card, version[0], version[1])
    model_id = o.chain.event(o.chain.send(call), o.chain.models, "ModelRegistered")["modelId"]
    assert "architecture" in auditor.audit_model(world.auditor.chain, world.ipfs, model_id, 1).reason
