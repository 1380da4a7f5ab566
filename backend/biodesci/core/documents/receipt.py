"""The receipt of an inference: what was promised on chain and, where the requester discloses it, what opens
the promises. `proof/receipt.py` verifies it."""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from pydantic import ConfigDict

from biodesci.core.documents.base import Document
from biodesci.core.documents.values import Bytes32, LowerAddress, Uint256, Version1

OPENINGS: Final = ("input_salt", "input_root", "output_salt", "output_root")


class Receipt(Document):
    """An open receipt carries all openings, a closed one carries none and says nothing of input and output.
    Its names in JSON are those in Python."""

    model_config = ConfigDict(alias_generator=None)
    title: ClassVar = "inference receipt"
    remedy: ClassVar = "Use the receipt as it was exported."
    limit: ClassVar = 64 << 10

    kind: Literal["biodesci/receipt"] = "biodesci/receipt"
    version: Version1 = 1
    chain_id: Uint256
    contract: LowerAddress  # InferenceCommitment
    registry: LowerAddress  # ModelRegistry
    request_id: Uint256
    model_id: Uint256
    model_version: Uint256
    weights_root: Bytes32
    architecture: Bytes32
    requester: LowerAddress
    worker: LowerAddress
    input_commitment: Bytes32
    output_commitment: Bytes32
    request_tx: Bytes32
    request_block: Uint256
    commit_tx: Bytes32
    commit_block: Uint256
    input_salt: Bytes32 | None = None
    input_root: Bytes32 | None = None
    output_salt: Bytes32 | None = None
    output_root: Bytes32 | None = None

    @property
    def is_open(self) -> bool:
        """Whether it carries the openings, without which commitments can be compared, not recomputed."""
        return all(getattr(self, name) is not None for name in OPENINGS)

    def closed(self) -> Receipt:
        """The same without openings."""
        return self.model_copy(update=dict.fromkeys(OPENINGS))

    def opened(self, input_salt: bytes, input_root: bytes, output_salt: bytes, output_root: bytes) -> Receipt:
        """The same with openings."""
        openings = dict(zip(OPENINGS, (input_salt, input_root, output_salt, output_root), strict=True))
        return self.model_copy(update=openings)
