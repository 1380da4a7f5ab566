"""The requester's side of an encrypted inference: encode, commit, seal to the worker, request; later open,
check, decode.

Salt and encoded input are on disk before anything is sent: without them the result can neither be audited
nor disputed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from web3.contract.contract import ContractFunction

from biodesci.chain.client import Chain
from biodesci.chain.records import Request
from biodesci.core import canonical, checkpoint, commitment, envelope, files
from biodesci.core.errors import AccessDeniedError, IntegrityError, NotFoundError, StateError
from biodesci.core.onchain import RequestState
from biodesci.ee.codec import Codec
from biodesci.inference.requests import (
    INPUT,
    LOGITS,
    MAX_BLOB,
    SALT_BYTES,
    input_info,
    read_receipt,
    read_request,
    requester_folder,
    sealed_output,
    split_opening,
)
from biodesci.ipfs.client import Ipfs
from biodesci.proof.bundle import Bundle
from biodesci.registry.models import load_architecture, weights_root

NO_ARBITER = "0x" + "00" * 20
Note = Callable[[str], None]
_INPUT_FILE, _OUTPUT_FILE, _NOTE_FILE = "input.bin", "output.bin", "request.json"


@dataclass(frozen=True)
class InferenceResult:
    """Decoded answer: logits and probabilities (n, classes), in the classes' own order."""

    request_id: int
    logits: NDArray[np.float64]
    probabilities: NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Question:
    """What is asked of whom, and on which terms.

    `records` x (n, F) are in plaintext, normalized as the model's plan says. `fee` is in wei and in escrow
    until the answer is accepted; one above 0 needs an arbiter, whom the worker accepts, too. The worker has
    `deadline_seconds`; then the answer can be disputed before `arbiter` for `challenge_window` seconds.
    `again` asks anew although a run before asked the same and did not see its end: both are paid for.
    """

    model_id: int
    version: int
    worker: str
    records: NDArray[Any]
    fee: int = 0
    deadline_seconds: int = 3600
    challenge_window: int = 86_400
    arbiter: str = NO_ARBITER
    again: bool = False


def request_inference(
    chain: Chain,
    ipfs: Ipfs,
    home: Path,
    codec: Codec,
    question: Question,
    note: Note = lambda _text: None,
) -> int:
    """Seals the encoded records to the worker and requests the inference; the request's number.

    A run before that asked the same of the same worker, and was killed before it saw the receipt, is carried
    to its end instead of paid again; `note` is told so. Raises NotFoundError where the model, its version or
    the worker's key does not exist, InputError for records that don't fit.
    """
    with chain.intent("inference", _about(codec, question)) as intent:
        receipt = intent.resume()
        if receipt is not None and question.again:
            intent.forget()
            receipt = None
        if receipt is None:
            receipt = intent.send(_prepare(chain, ipfs, home, codec, question), question.fee)
        else:
            note("A run before made this request and did not see its end: it is the one that was paid for.")
        return int(chain.event(receipt, chain.inferences, "InferenceRequested")["requestId"])


def _about(codec: Codec, question: Question) -> str:
    """What tells a question from others, in each run the same.

    The salt of a commitment is another one each time, and the encoding may differ in its last bits: so the
    records count. They are hashed with the codec's secret parts, as a plain hash of few records could be
    guessed.
    """
    secret = checkpoint.root(
        {
            f"{place}:{name}": tensor.numpy()
            for place, part in codec.parts.items()
            for name, tensor in part.tensors().items()
        }
    )
    records = np.ascontiguousarray(question.records)
    digest = hashlib.sha256(secret + f"{records.dtype} {records.shape}".encode() + records.tobytes())
    return f"model {question.model_id}, version {question.version}, {question.worker}, {digest.hexdigest()}"


def _prepare(chain: Chain, ipfs: Ipfs, home: Path, codec: Codec, question: Question) -> ContractFunction:
    """Everything that comes before the transaction, which is the function returned."""
    model_id, version, worker = question.model_id, question.version, question.worker
    weights_root(chain, model_id, version)
    _, config = load_architecture(chain, ipfs, model_id)
    encoded = {INPUT: codec.encode_inputs(question.records)}
    if encoded[INPUT].shape[1] != config.features:
        raise IntegrityError(
            f"The codec encodes {encoded[INPUT].shape[1]} features; model {model_id} "
            f"takes {config.features}.",
            "Load the codec that was granted for this model.",
        )
    worker_key = chain.key_of(worker)
    salt = os.urandom(SALT_BYTES)
    inquiry = commitment.Inquiry(chain.chain_id, chain.inferences.address, chain.address, worker)
    committed = commitment.input_commitment(inquiry, salt, checkpoint.root(encoded))
    opening = salt + checkpoint.dump(encoded)
    folder = requester_folder(home, committed)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files.write_private(folder / _INPUT_FILE, opening)
    terms = {"modelId": model_id, "version": version, "worker": worker, "fee": str(question.fee)}
    files.write_private(folder / _NOTE_FILE, canonical.dumps(terms | {"rows": len(question.records)}))
    return chain.inferences.functions.request(
        {
            "modelId": model_id,
            "version": version,
            "worker": worker,
            "arbiter": question.arbiter,
            "deadline": chain.now() + question.deadline_seconds,
            "challengeWindow": question.challenge_window,
            "inputCommitment": committed,
            "input": ipfs.add(
                envelope.seal(worker_key, opening, input_info(inquiry)), "input of an inference request"
            ),
        }
    )


def name_auditors(chain: Chain, request_id: int, auditors: list[str]) -> None:
    """Says whose audits of this request count as the requester's, from now on; it cannot be taken back."""
    chain.send(chain.inferences.functions.nameAuditors(request_id, auditors))


def collect_result(
    chain: Chain, ipfs: Ipfs, home: Path, seed: bytes, request_id: int, codec: Codec
) -> InferenceResult:
    """Opens the answer, checks it against the worker's commitment on chain, and decodes it."""
    request = _own_request(chain, request_id)
    salt, tensors, opening = _open_output(chain, ipfs, seed, request)
    root = weights_root(chain, request.model_id, request.version)
    answer = commitment.Answer(chain.chain_id, chain.inferences.address, request_id, request.worker, root)
    committed = commitment.output_commitment(answer, salt, checkpoint.root(tensors))
    commitment.check(request.output_commitment, committed, f"answer to request {request_id}")
    if LOGITS not in tensors:
        raise IntegrityError("The answer holds no logits.", "Dispute the result within the challenge window.")
    folder = requester_folder(home, request.input_commitment)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files.write_private(folder / _OUTPUT_FILE, opening)
    logits = codec.decode_logits(tensors[LOGITS])
    return InferenceResult(request_id, logits, probabilities(logits))


def finalize(chain: Chain, request_id: int) -> None:
    """Accepts the answer: the worker is credited. Does nothing if that happened already."""
    state = read_request(chain, request_id).state
    if state is RequestState.FINALIZED:
        return
    if state is not RequestState.COMMITTED:
        raise StateError(f"Request {request_id} is {state.name.lower()}, so it cannot be finalized.")
    chain.send(chain.inferences.functions.finalize(request_id))


def challenge(chain: Chain, request_id: int, report: bytes) -> None:
    """Disputes the answer; `report` is the CID digest of the audit report that says why."""
    chain.send(chain.inferences.functions.challenge(request_id, report))


def reclaim(chain: Chain, request_id: int) -> int:
    """Ends a request that got no answer in time, or whose challenge nobody decided in 30 days, and pays out
    what is owed to this account: wei."""
    state = read_request(chain, request_id).state
    if state is RequestState.REQUESTED:
        chain.send(chain.inferences.functions.expire(request_id))
    elif state is RequestState.CHALLENGED:
        chain.send(chain.inferences.functions.finalize(request_id))
    elif state not in (RequestState.EXPIRED, RequestState.REFUSED):
        raise StateError(f"Request {request_id} is {state.name.lower()}: there is nothing to reclaim.")
    return withdraw(chain)


def withdraw(chain: Chain) -> int:
    """Pays out the fees owed to this account: wei. 0 where nothing is owed."""
    owed = int(chain.call(chain.inferences.functions.owed(chain.address)))
    if owed:
        chain.send(chain.inferences.functions.collect(chain.address))
    return owed


def requests_of(chain: Chain, requester: str) -> list[Request]:
    """Everything that `requester` has asked for, oldest first."""
    asked = chain.events(chain.inferences, "InferenceRequested", chain.deployment.first_block)
    mine = [e["args"]["requestId"] for e in asked if e["args"]["requester"].lower() == requester.lower()]
    return [read_request(chain, int(i)) for i in mine]


def export_bundle(chain: Chain, home: Path, request_id: int) -> bytes:
    """What an auditor needs: open receipt, encoded input and output. No codec, key or plaintext record."""
    request = read_request(chain, request_id)
    folder = requester_folder(home, request.input_commitment)
    if not (folder / _INPUT_FILE).exists() or not (folder / _OUTPUT_FILE).exists():
        raise NotFoundError(
            f"This folder does not hold both input and answer of request {request_id}.",
            "Collect the result first, in the home folder that made the request.",
        )
    input_salt, inputs = split_opening(files.read(folder / _INPUT_FILE))
    output_salt, outputs = split_opening(files.read(folder / _OUTPUT_FILE))
    receipt = read_receipt(chain, request_id).opened(
        input_salt, checkpoint.root(inputs), output_salt, checkpoint.root(outputs)
    )
    bundle = Bundle(receipt, inputs, outputs)
    bundle.verify()
    return bundle.document().to_bytes()


def probabilities(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Softmax over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: NDArray[np.float64] = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


def _own_request(chain: Chain, request_id: int) -> Request:
    request = read_request(chain, request_id)
    if request.requester.lower() != chain.address.lower():
        raise AccessDeniedError(
            f"Request {request_id} was made by another account.", "Use the account that made the request."
        )
    if request.state is RequestState.REQUESTED:
        raise StateError(
            f"Request {request_id} has no answer yet.",
            f"Wait for worker {request.worker}; after its deadline the fee can be reclaimed.",
        )
    if not any(request.output_commitment):
        raise StateError(
            f"Request {request_id} expired without an answer.", "Request again, from another worker."
        )
    return request


def _open_output(
    chain: Chain, ipfs: Ipfs, seed: bytes, request: Request
) -> tuple[bytes, dict[str, NDArray[Any]], bytes]:
    info = envelope.info(
        "inference-output", chain.chain_id, chain.inferences.address, request.id, request.requester
    )
    opening = envelope.open_(seed, ipfs.cat(sealed_output(chain, request), max_size=MAX_BLOB), info)
    return (*split_opening(opening), opening)
