"""What chain and IPFS say about a request and about a registered model: read by requester, worker and
auditor alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biodesci.chain.client import Chain
from biodesci.chain.records import Request
from biodesci.core import checkpoint, commitment, envelope
from biodesci.core.documents.receipt import Receipt
from biodesci.core.errors import InputError, IntegrityError, NotFoundError, StateError, UnavailableError
from biodesci.core.onchain import RequestState
from biodesci.ee.architectures.blueprint import Blueprint
from biodesci.ipfs.client import Ipfs
from biodesci.registry.models import weights_root

INPUT, LOGITS, TRACE_ROOT = "x", "logits", "trace_root"
SALT_BYTES = 32
MAX_BLOB = 64 << 20  # bytes of a sealed input or output
MAX_ROWS = 4096


def read_request(chain: Chain, request_id: int) -> Request:
    """The request's state on chain. NotFoundError if there is none."""
    request = chain.read(Request, request_id)
    if request.state is RequestState.NONE:
        raise NotFoundError(
            f"There is no inference request {request_id}.", "Check the number and the network."
        )
    return request


def read_receipt(chain: Chain, request_id: int) -> Receipt:
    """A closed receipt: what the chain itself says of a request that was answered."""
    request = read_request(chain, request_id)
    if not any(request.output_commitment):
        raise StateError(
            f"Request {request_id} has no answer on chain yet.", "Wait for the worker's commitment."
        )
    asked = _the_event(chain, "InferenceRequested", request_id)
    answered = _the_event(chain, "InferenceCommitted", request_id)
    return Receipt(
        chain_id=chain.chain_id,
        contract=chain.inferences.address,
        registry=chain.models.address,
        request_id=request_id,
        model_id=request.model_id,
        model_version=request.version,
        weights_root=weights_root(chain, request.model_id, request.version),
        architecture=bytes(chain.call(chain.models.functions.architectureOf(request.model_id))),
        requester=request.requester,
        worker=request.worker,
        input_commitment=request.input_commitment,
        output_commitment=request.output_commitment,
        request_tx=bytes(asked["transactionHash"]),
        request_block=asked["blockNumber"],
        commit_tx=bytes(answered["transactionHash"]),
        commit_block=answered["blockNumber"],
    )


def inquiry_of(chain: Chain, request: Request) -> commitment.Inquiry:
    """What the input of a request is bound to."""
    return commitment.Inquiry(chain.chain_id, chain.inferences.address, request.requester, request.worker)


def input_info(inquiry: commitment.Inquiry) -> bytes:
    """What the envelope of an input is bound to: its requester (as a number, in place of a request's, which
    has none yet) and its worker."""
    return envelope.info(
        "inference-input", inquiry.chain_id, inquiry.contract, int(inquiry.requester, 16), inquiry.worker
    )


def sealed_input(chain: Chain, request: Request) -> bytes:
    """CID digest of a request's input, sealed to its worker. UnavailableError where the node shows no such
    event, or not the one of this request."""
    return _sealed(chain, "InferenceRequested", "input", request.id, request.input_commitment)


def sealed_output(chain: Chain, request: Request) -> bytes:
    """CID digest of the answer to a request, sealed to its requester. Raises as `sealed_input` does."""
    return _sealed(chain, "InferenceCommitted", "output", request.id, request.output_commitment)


def _sealed(chain: Chain, event: str, what: str, request_id: int, committed: bytes) -> bytes:
    args = _the_event(chain, event, request_id)["args"]
    if bytes(args[f"{what}Commitment"]) != committed:
        raise UnavailableError(
            f"The node shows another {what} of request {request_id} than it has in state.",
            "Its logs and its state do not fit: ask another node.",
        )
    return bytes(args[what])


def split_opening(plaintext: bytes) -> tuple[bytes, dict[str, NDArray[Any]]]:
    """Salt and tensors of what an envelope held."""
    if len(plaintext) <= SALT_BYTES:
        raise IntegrityError(
            "The envelope is too short to hold a salt and tensors.", "Ask the sender for it again."
        )
    return plaintext[:SALT_BYTES], checkpoint.load(plaintext[SALT_BYTES:])


def input_rows(config: Blueprint, tensors: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """The encoded records (n, F) of a request. InputError says what is wrong with them."""
    hint = "Encode the records with the model's codec and send them again."
    if set(tensors) != {INPUT}:
        raise InputError(f"A request holds one tensor named {INPUT!r}, not {sorted(tensors)[:4]}.", hint)
    x = tensors[INPUT]
    if x.dtype != np.float64 or x.ndim != 2 or x.shape[1] != config.features or not 1 <= len(x) <= MAX_ROWS:
        raise InputError(
            f"The input is {x.dtype} {x.shape}; the model takes float64 "
            f"(1 to {MAX_ROWS}, {config.features}).",
            hint,
        )
    return x


def requester_folder(home: Path, input_commitment: bytes) -> Path:
    """Where a requester keeps what opens a request. Named by the commitment, which exists before the request
    has a number.
    """
    return home / "inferences" / input_commitment.hex()


def _the_event(chain: Chain, name: str, request_id: int) -> Any:
    events = chain.events(
        chain.inferences, name, chain.deployment.first_block, filters={"requestId": request_id}
    )
    if len(events) != 1:
        raise UnavailableError(
            f"The node shows {len(events)} {name} events for request {request_id}, not one.",
            "The node is not in step, or does not serve old logs, which name the sealed input and output: "
            "use another (BIODESCI_RPC_URL).",
        )
    return events[0]


def open_input(chain: Chain, ipfs: Ipfs, seed: bytes, request: Request) -> dict[str, NDArray[Any]]:
    """The input tensors of a request to this worker, checked against the requester's commitment.

    Envelope and commitment both name the requester: another's request cannot use them.
    """
    inquiry = inquiry_of(chain, request)
    sealed = ipfs.cat(sealed_input(chain, request), max_size=MAX_BLOB)
    salt, tensors = split_opening(envelope.open_(seed, sealed, input_info(inquiry)))
    committed = commitment.input_commitment(inquiry, salt, checkpoint.root(tensors))
    commitment.check(request.input_commitment, committed, f"input of request {request.id}")
    return tensors
