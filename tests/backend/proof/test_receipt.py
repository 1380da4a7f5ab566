"""Receipts and bundles: every kind of tampering is refused, each for its own reason."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biodesci.core import checkpoint, commitment
from biodesci.core.documents.receipt import Receipt
from biodesci.core.errors import InputError, IntegrityError
from biodesci.proof.bundle import Bundle
from biodesci.proof.receipt import compare, verify_offline

CHAIN, CONTRACT, REGISTRY = 31337, "0x" + "a1" * 20, "0x" + "b2" * 20
REQUESTER, WORKER, OTHER = "0x" + "c3" * 20, "0x" + "d4" * 20, "0x" + "e5" * 20
RNG = np.random.default_rng(3)
INPUTS = {"x": RNG.normal(size=(5, 4))}
OUTPUTS = {"logits": RNG.normal(size=(5, 2)), "trace_root": np.arange(32, dtype=np.uint8)}
WEIGHTS_ROOT, SALT_IN, SALT_OUT = (os.urandom(32) for _ in range(3))


def honest() -> Bundle:
    roots = checkpoint.root(INPUTS), checkpoint.root(OUTPUTS)
    receipt = Receipt(
        chain_id=CHAIN,
        contract=CONTRACT,
        registry=REGISTRY,
        request_id=9,
        model_id=2,
        model_version=3,
        weights_root=WEIGHTS_ROOT,
        architecture=bytes(range(32)),
        requester=REQUESTER,
        worker=WORKER,
        input_commitment=commitment.input_commitment(
            commitment.Inquiry(CHAIN, CONTRACT, REQUESTER, WORKER), SALT_IN, roots[0]
        ),
        output_commitment=commitment.output_commitment(
            commitment.Answer(CHAIN, CONTRACT, 9, WORKER, WEIGHTS_ROOT), SALT_OUT, roots[1]
        ),
        request_tx=bytes([1] * 32),
        request_block=10,
        commit_tx=bytes([2] * 32),
        commit_block=11,
    )
    return Bundle(receipt.opened(SALT_IN, roots[0], SALT_OUT, roots[1]), INPUTS, OUTPUTS)


def replace(what: Any, **changes: Any) -> Any:
    """A receipt or a bundle with other fields, unchecked."""
    if isinstance(what, Receipt):
        return what.model_copy(update=changes)
    return dataclasses.replace(what, **changes)


def flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


def edited(tensors: dict, name: str, change) -> dict:
    return {**tensors, name: change(tensors[name].copy())}


def last_bit(a: np.ndarray) -> np.ndarray:
    a.flat[0] = np.nextafter(a.flat[0], np.inf)
    return a


def receipt_with(**fields) -> object:
    return lambda b: replace(b, receipt=replace(b.receipt, **{k: f(b.receipt) for k, f in fields.items()}))


def inputs_with(change) -> object:
    return lambda b: replace(b, inputs=change(dict(b.inputs)))


def outputs_with(change) -> object:
    return lambda b: replace(b, outputs=change(dict(b.outputs)))


# kind of tampering -> (how, what the error must name)
OFFLINE = {
    "input value": (inputs_with(lambda t: edited(t, "x", last_bit)), "input tensor root"),
    "input dtype": (
        inputs_with(lambda t: edited(t, "x", lambda a: a.astype(np.float32))),
        "input tensor root",
    ),
    "input shape": (inputs_with(lambda t: edited(t, "x", lambda a: a.reshape(4, 5))), "input tensor root"),
    "input name": (inputs_with(lambda t: {"y": t["x"]}), "input tensor root"),
    "input row swapped": (inputs_with(lambda t: edited(t, "x", lambda a: a[::-1])), "input tensor root"),
    "input row dropped": (inputs_with(lambda t: edited(t, "x", lambda a: a[:-1])), "input tensor root"),
    "input missing": (inputs_with(lambda t: {}), "input tensor root"),
    "output value": (outputs_with(lambda t: edited(t, "logits", last_bit)), "output tensor root"),
    "output shape": (outputs_with(lambda t: edited(t, "logits", lambda a: a.T)), "output tensor root"),
    "output name": (
        outputs_with(lambda t: {"logit": t["logits"], "trace_root": t["trace_root"]}),
        "output tensor root",
    ),
    "output dtype": (
        outputs_with(lambda t: edited(t, "logits", lambda a: a.astype(np.float32))),
        "output tensor root",
    ),
    "trace root": (
        outputs_with(lambda t: edited(t, "trace_root", lambda a: a[::-1])),
        "output tensor root",
    ),
    "output tensor missing": (outputs_with(lambda t: {"logits": t["logits"]}), "output tensor root"),
    "output tensor added": (outputs_with(lambda t: {**t, "more": np.zeros(1)}), "output tensor root"),
    "input salt": (receipt_with(input_salt=lambda r: flipped(r.input_salt)), "input commitment"),
    "output salt": (receipt_with(output_salt=lambda r: flipped(r.output_salt)), "output commitment"),
    "input root": (receipt_with(input_root=lambda r: flipped(r.input_root)), "input commitment"),
    "output root": (receipt_with(output_root=lambda r: flipped(r.output_root)), "output commitment"),
    "input commitment": (
        receipt_with(input_commitment=lambda r: flipped(r.input_commitment)),
        "input commitment",
    ),
    "output commitment": (
        receipt_with(output_commitment=lambda r: flipped(r.output_commitment)),
        "output commitment",
    ),
    "weights root": (receipt_with(weights_root=lambda r: flipped(r.weights_root)), "output commitment"),
    "other request": (receipt_with(request_id=lambda r: r.request_id + 1), "output commitment"),
    "other worker": (receipt_with(worker=lambda r: OTHER), "input commitment"),
    "other requester": (receipt_with(requester=lambda r: OTHER), "input commitment"),
    "other chain": (receipt_with(chain_id=lambda r: 1), "input commitment"),
    "other contract": (receipt_with(contract=lambda r: OTHER), "input commitment"),
    "salts exchanged": (
        receipt_with(input_salt=lambda r: r.output_salt, output_salt=lambda r: r.input_salt),
        "input commitment",
    ),
    "answered before asked": (receipt_with(commit_block=lambda r: r.request_block - 1), "block"),
}

# what only the chain can contradict: no commitment covers these fields
AGAINST_CHAIN = {
    "model_id": 7,
    "model_version": 4,
    "architecture": bytes(32),
    "registry": OTHER,
    "requester": OTHER,
    "request_tx": bytes(32),
    "commit_tx": bytes(32),
    "request_block": 9,
    "commit_block": 12,
    "chain_id": 5,
    "contract": OTHER,
    "request_id": 8,
    "worker": OTHER,
    "weights_root": bytes(32),
    "input_commitment": bytes(32),
    "output_commitment": bytes(32),
}


def test_an_honest_bundle_verifies() -> None:
    honest().verify()
    compare(honest().receipt, honest().receipt.closed())


@pytest.mark.parametrize("kind", OFFLINE)
def test_tampering_is_refused_offline_for_its_own_reason(kind: str) -> None:
    how, reason = OFFLINE[kind]
    with pytest.raises(IntegrityError, match=reason):
        how(honest()).verify()


@pytest.mark.parametrize("name", AGAINST_CHAIN)
def test_a_changed_field_is_refused_against_the_chain(name: str) -> None:
    receipt = honest().receipt
    changed = replace(receipt, **{name: AGAINST_CHAIN[name]})
    with pytest.raises(IntegrityError, match=f"{name.replace('_', ' ')} is not what the chain says"):
        compare(changed, receipt.closed())


def test_an_address_may_be_written_in_any_case() -> None:
    receipt = honest().receipt
    compare(replace(receipt, worker="0x" + "D4" * 20), receipt.closed())


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_single_changed_bit_of_an_opening_or_commitment_passes(data) -> None:
    names = [
        "input_salt",
        "input_root",
        "output_salt",
        "output_root",
        "input_commitment",
        "output_commitment",
    ]
    name = data.draw(st.sampled_from([*names, "weights_root"]))
    bit = data.draw(st.integers(0, 255))
    receipt = honest().receipt
    value = bytearray(getattr(receipt, name))
    value[bit // 8] ^= 1 << bit % 8
    with pytest.raises(IntegrityError, match="commitment"):
        verify_offline(replace(receipt, **{name: bytes(value)}))


def test_bytes_are_canonical_and_come_back() -> None:
    bundle = honest()
    for receipt in (bundle.receipt, bundle.receipt.closed()):
        assert Receipt.parse(receipt.to_bytes()) == receipt
    again = Bundle.parse(bundle.document().to_bytes())
    again.verify()
    assert again.document().to_bytes() == bundle.document().to_bytes()


def test_a_closed_receipt_cannot_be_recomputed() -> None:
    closed = honest().receipt.closed()
    assert SALT_IN.hex() not in closed.to_bytes().decode()
    with pytest.raises(InputError, match="no openings"):
        verify_offline(closed)


def document(**changes) -> bytes:
    found = json.loads(honest().receipt.to_bytes())
    found.update(changes)
    return json.dumps({k: v for k, v in found.items() if v is not None}).encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff", "it is not JSON"),
        (b"[]", "no inference receipt"),
        (document(kind="other"), "another document"),
        (document(version=2), "does not know its format"),
        (document(worker=None), "field worker is missing"),
        (document(extra=1), "field 'extra' is unknown"),
        (document(request_id="9"), "field request_id: input should be"),
        (document(request_id=True), "field request_id: input should be"),
        (document(request_id=-1), "field request_id: input should be"),
        (document(weights_root="0x00"), "field weights_root: "),
        (document(weights_root="0x" + "zz" * 32), "field weights_root: "),
        (document(worker="0x00"), "field worker: it should be an address"),
    ],
)
def test_malformed_receipts_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        Receipt.parse(data)


def test_malformed_bundles_are_refused() -> None:
    good = json.loads(honest().document().to_bytes())
    with pytest.raises(InputError, match="it is not JSON"):
        Bundle.parse(b"{")
    with pytest.raises(InputError, match="no audit bundle"):
        Bundle.parse(honest().receipt.to_bytes())
    with pytest.raises(InputError, match="field inputs: it should be base64"):
        Bundle.parse(json.dumps({**good, "inputs": "%%"}).encode())
    with pytest.raises(InputError, match="field outputs is missing"):
        Bundle.parse(json.dumps({k: v for k, v in good.items() if k != "outputs"}).encode())
    with pytest.raises(IntegrityError, match="safetensors"):
        Bundle.parse(json.dumps({**good, "inputs": "AAAA"}).encode())


def test_a_receipt_verifies_within_ten_milliseconds() -> None:
    data = honest().receipt.to_bytes()
    times = []
    for _ in range(15):
        began = time.thread_time()
        verify_offline(Receipt.parse(data))
        times.append(time.thread_time() - began)
    assert min(times) < 0.010
