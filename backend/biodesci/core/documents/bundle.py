"""The file of an audit bundle: an open receipt, and the tensors that it commits to (`proof/bundle.py`)."""

from __future__ import annotations

from typing import ClassVar, Literal

from biodesci.core.documents.base import Document
from biodesci.core.documents.receipt import Receipt
from biodesci.core.documents.values import Base64, Version1


class BundleFile(Document):
    """`inputs` and `outputs` are safetensors."""

    title: ClassVar = "audit bundle"
    remedy: ClassVar = "Use the bundle as the requester exported it."
    limit: ClassVar = 512 << 20

    kind: Literal["biodesci/audit-bundle"] = "biodesci/audit-bundle"
    version: Version1 = 1
    receipt: Receipt
    inputs: Base64
    outputs: Base64
