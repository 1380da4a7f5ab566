"""What a requester discloses to an auditor: an open receipt, and the encoded input and output tensors it
commits to.

The tensors are encoded under the EE key and there is no codec among them, so an auditor sees what the worker
saw, plus its answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from biodesci.core import checkpoint
from biodesci.core.documents.bundle import BundleFile
from biodesci.core.documents.receipt import Receipt
from biodesci.proof.receipt import verify_offline


@dataclass(frozen=True)
class Bundle:
    """An open receipt with the tensors that it commits to, by name; its `repr` does not show these."""

    receipt: Receipt
    inputs: Mapping[str, NDArray[Any]] = field(repr=False)
    outputs: Mapping[str, NDArray[Any]] = field(repr=False)

    def verify(self) -> None:
        """Everything that needs no node: see `receipt.verify_offline`."""
        verify_offline(self.receipt, inputs=self.inputs, outputs=self.outputs)

    def document(self) -> BundleFile:
        """The file that the requester hands over."""
        return BundleFile(
            receipt=self.receipt, inputs=checkpoint.dump(self.inputs), outputs=checkpoint.dump(self.outputs)
        )

    @classmethod
    def parse(cls, raw: bytes) -> Bundle:
        """From the file's bytes. InputError where it is no bundle, IntegrityError for damaged tensors."""
        file = BundleFile.parse(raw)
        return cls(file.receipt, checkpoint.load(file.inputs), checkpoint.load(file.outputs))
