"""What a requester discloses to an auditor: an open receipt, and the encoded input and output tensors it
commits to.

The tensors are encoded under the EE key and there is no codec among them, so an auditor sees what the worker
saw, plus its answer.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from biodesci.core import canonical, checkpoint
from biodesci.core.errors import InputError
from biodesci.proof.receipt import Receipt, verify_offline

KIND = "biodesci/audit-bundle"
VERSION = 1
_HINT = "Use the bundle as the requester exported it."


@dataclass(frozen=True)
class Bundle:
    receipt: Receipt
    inputs: Mapping[str, NDArray[Any]] = field(repr=False)
    outputs: Mapping[str, NDArray[Any]] = field(repr=False)

    def verify(self) -> None:
        """Everything that needs no node: see `receipt.verify_offline`."""
        verify_offline(self.receipt, inputs=self.inputs, outputs=self.outputs)

    def to_bytes(self) -> bytes:
        """Canonical JSON; tensors as safetensors in base64."""
        packed = {name: base64.b64encode(checkpoint.dump(t)).decode() for name, t in self._tensors().items()}
        receipt = json.loads(self.receipt.to_bytes())
        return canonical.dumps({"kind": KIND, "version": VERSION, "receipt": receipt, **packed})

    def _tensors(self) -> dict[str, Mapping[str, NDArray[Any]]]:
        return {"inputs": self.inputs, "outputs": self.outputs}

    @classmethod
    def from_bytes(cls, data: bytes) -> Bundle:
        try:
            document = json.loads(data)
        except (UnicodeDecodeError, json.JSONDecodeError) as exc:
            raise InputError("The audit bundle is not JSON.", _HINT) from exc
        if not isinstance(document, dict) or (document.get("kind"), document.get("version")) != (
            KIND,
            VERSION,
        ):
            raise InputError("This document is not an audit bundle of this version.", _HINT)
        try:
            packed = [base64.b64decode(document[name], validate=True) for name in ("inputs", "outputs")]
        except (KeyError, TypeError, binascii.Error, ValueError) as exc:
            raise InputError("The audit bundle lacks its tensors, or they are damaged.", _HINT) from exc
        receipt = Receipt.from_bytes(canonical.dumps(document.get("receipt")))
        return cls(receipt, *map(checkpoint.load, packed))
