"""Receipt of an inference: what was promised on chain, and (if the requester discloses it) what opens the
promises.

`verify_offline` needs no node: it recomputes both commitments (docs/protocol.md, "Commitments") from the
openings, and the tensor roots from the tensors where they are given. That shows the receipt agrees with
itself. That the chain holds these very commitments, and the registered version this very root, is
`compare`'s part, with facts read from a node the verifier trusts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from numpy.typing import NDArray

from biodesci.core import checkpoint, commitment
from biodesci.core.documents.receipt import OPENINGS, Receipt
from biodesci.core.errors import InputError, IntegrityError

_ADDRESSES: Final = ("contract", "registry", "requester", "worker")
Tensors = Mapping[str, NDArray[Any]]


def verify_offline(
    receipt: Receipt, *, inputs: Tensors | None = None, outputs: Tensors | None = None
) -> None:
    """Recomputes what the receipt claims; IntegrityError names the first thing that differs.

    1. both commitments follow from their openings, chain, contract, requester, worker, request and weights
       root;
    2. tensors that are given have the roots that were committed to;
    3. the answer did not come before the question.

    Raises InputError for a closed receipt.
    """
    if not receipt.is_open:
        raise InputError(
            "The receipt carries no openings, so its commitments cannot be recomputed.",
            "Ask the requester for the open receipt, or compare the closed one with the chain.",
        )
    salt_in, root_in, salt_out, root_out = (getattr(receipt, name) for name in OPENINGS)
    place = (receipt.chain_id, receipt.contract)
    inquiry = commitment.Inquiry(*place, receipt.requester, receipt.worker)
    commitment.check(
        receipt.input_commitment, commitment.input_commitment(inquiry, salt_in, root_in), "input commitment"
    )
    answer = commitment.Answer(*place, receipt.request_id, receipt.worker, receipt.weights_root)
    committed = commitment.output_commitment(answer, salt_out, root_out)
    commitment.check(receipt.output_commitment, committed, "output commitment")
    if inputs is not None:
        commitment.check(root_in, checkpoint.root(inputs), "input tensor root")
    if outputs is not None:
        commitment.check(root_out, checkpoint.root(outputs), "output tensor root")
    if receipt.commit_block < receipt.request_block:
        raise IntegrityError(
            "The receipt's block of the commit lies before the block of the request.",
            "The receipt was put together wrongly.",
        )


def compare(receipt: Receipt, facts: Receipt) -> None:
    """Checks a receipt against one read from the chain, openings aside. An IntegrityError names the field."""
    for name in Receipt.model_fields:
        if name in OPENINGS:
            continue
        mine, theirs = getattr(receipt, name), getattr(facts, name)
        if name in _ADDRESSES:
            mine, theirs = mine.lower(), theirs.lower()
        if mine != theirs:
            raise IntegrityError(
                f"The receipt's {name.replace('_', ' ')} is not what the chain says.",
                "The receipt was changed, or belongs to another chain, contract or request.",
            )
