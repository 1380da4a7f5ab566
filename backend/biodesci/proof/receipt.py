"""Receipt of an inference: what was promised on chain, and (if the requester discloses it) what opens the
promises.

`verify_offline` needs no node: it recomputes both commitments (docs/protocol.md, "Commitments") from the
openings, and the tensor roots from the tensors where they are given. That shows the receipt agrees with
itself. That the chain holds these very commitments, and the registered version this very root, is
`compare`'s part, with facts read from a node the verifier trusts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from numpy.typing import NDArray

from biodesci.core import canonical, checkpoint, commitment
from biodesci.core.errors import InputError, IntegrityError

KIND = "biodesci/receipt"
VERSION = 1
_HASHES = ("weights_root", "architecture", "input_commitment", "output_commitment", "request_tx", "commit_tx")
_OPENINGS = ("input_salt", "input_root", "output_salt", "output_root")
_ADDRESSES = ("contract", "registry", "requester", "worker")
_NUMBERS = ("chain_id", "request_id", "model_id", "model_version", "request_block", "commit_block")
Tensors = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Receipt:
    """Hashes are 32 bytes, addresses hex. Openings are all there, or None where nothing is disclosed."""

    chain_id: int
    contract: str  # InferenceCommitment
    registry: str  # ModelRegistry
    request_id: int
    model_id: int
    model_version: int
    weights_root: bytes
    architecture: bytes
    requester: str
    worker: str
    input_commitment: bytes
    output_commitment: bytes
    request_tx: bytes
    request_block: int
    commit_tx: bytes
    commit_block: int
    input_salt: bytes | None = None
    input_root: bytes | None = None
    output_salt: bytes | None = None
    output_root: bytes | None = None

    @property
    def is_open(self) -> bool:
        """Whether it carries the openings, without which commitments can be compared, not recomputed."""
        return all(getattr(self, name) is not None for name in _OPENINGS)

    def closed(self) -> Receipt:
        """The same without openings: says nothing about input and output."""
        return replace(self, input_salt=None, input_root=None, output_salt=None, output_root=None)

    def opened(self, input_salt: bytes, input_root: bytes, output_salt: bytes, output_root: bytes) -> Receipt:
        """The same with openings."""
        return replace(
            self,
            input_salt=input_salt,
            input_root=input_root,
            output_salt=output_salt,
            output_root=output_root,
        )

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        shown = {
            k: "0x" + v.hex() if isinstance(v, bytes) else v for k, v in asdict(self).items() if v is not None
        }
        shown |= {name: shown[name].lower() for name in _ADDRESSES}
        return canonical.dumps({"kind": KIND, "version": VERSION, **shown})

    @classmethod
    def from_bytes(cls, data: bytes) -> Receipt:
        hint = "Use the receipt as it was exported."
        try:
            document = json.loads(data)
        except (UnicodeDecodeError, json.JSONDecodeError) as exc:
            raise InputError("The receipt is not JSON.", hint) from exc
        if not isinstance(document, dict) or document.pop("kind", None) != KIND:
            raise InputError("This document is not an inference receipt.", hint)
        if (version := document.pop("version", None)) != VERSION:
            raise InputError(
                f"The receipt has version {version!r}; this program reads {VERSION}.", "Update the program."
            )
        known = {f.name for f in fields(cls)}
        missing, unknown = known - set(_OPENINGS) - set(document), set(document) - known
        if missing or unknown:
            raise InputError(
                f"The receipt lacks or adds fields: {', '.join(sorted(missing | unknown))}.", hint
            )
        return cls(**{name: _parse(name, value) for name, value in document.items()})


def verify_offline(
    receipt: Receipt, *, inputs: Tensors | None = None, outputs: Tensors | None = None
) -> None:
    """Recomputes what the receipt claims; IntegrityError names the first thing that differs.

    1. both commitments follow from their openings, chain, contract, request, worker and weights root;
    2. tensors that are given have the roots that were committed to;
    3. the answer did not come before the question.
    """
    if not receipt.is_open:
        raise InputError(
            "The receipt carries no openings, so its commitments cannot be recomputed.",
            "Ask the requester for the open receipt, or compare the closed one with the chain.",
        )
    salt_in, root_in, salt_out, root_out = (getattr(receipt, name) for name in _OPENINGS)
    place = (receipt.chain_id, receipt.contract)
    commitment.check(
        receipt.input_commitment, commitment.input_commitment(*place, salt_in, root_in), "input commitment"
    )
    committed = commitment.output_commitment(
        *place, receipt.request_id, receipt.worker, receipt.weights_root, salt_out, root_out
    )
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
    for f in fields(Receipt):
        if f.name in _OPENINGS:
            continue
        mine, theirs = getattr(receipt, f.name), getattr(facts, f.name)
        if f.name in _ADDRESSES:
            mine, theirs = mine.lower(), theirs.lower()
        if mine != theirs:
            raise IntegrityError(
                f"The receipt's {f.name.replace('_', ' ')} is not what the chain says.",
                "The receipt was changed, or belongs to another chain, contract or request.",
            )


def _parse(name: str, value: object) -> Any:
    hint = "Use the receipt as it was exported."
    if name in _NUMBERS:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise InputError(f"The receipt's {name} is not a number.", hint)
        return value
    length = 20 if name in _ADDRESSES else 32
    if not isinstance(value, str) or not value.startswith("0x") or len(value) != 2 + 2 * length:
        raise InputError(f"The receipt's {name} is not {length} bytes in hex.", hint)
    try:
        raw = bytes.fromhex(value[2:])
    except ValueError as exc:
        raise InputError(f"The receipt's {name} is not {length} bytes in hex.", hint) from exc
    return value if name in _ADDRESSES else raw
