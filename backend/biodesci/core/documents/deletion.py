"""Asking those who hold copies of a withdrawn version to delete them, and their signed answer."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from eth_utils.crypto import keccak
from pydantic import Field

from biodesci.core.documents.base import Document
from biodesci.core.documents.values import Address, Bytes32, HexBytes, Uint32, Uint256, UnixSeconds
from biodesci.core.errors import IntegrityError


class DeletionRequest(Document):
    """`files` are the digests of the CIDs of card and container; `contract` is the DatasetNFT."""

    title: ClassVar = "request to delete"
    remedy: ClassVar = "Ask the data owner for it again: biodesci dataset erase writes it."
    limit: ClassVar = 64 << 10
    readable: ClassVar = True
    refusal: ClassVar = IntegrityError

    format: Literal["biodesci-deletion-request/1"] = "biodesci-deletion-request/1"
    chain_id: Uint256
    contract: Address
    dataset_id: Uint256
    version: Uint32
    files: Annotated[list[Bytes32], Field(min_length=1, max_length=1_000)]
    asked: UnixSeconds

    @property
    def content(self) -> bytes:
        """The hash of the files, in their order."""
        return keccak(b"".join(self.files))


class DeletionReceipt(Document):
    """`holder` says that it deleted what the request names, at the time `deleted`. It is a statement: nobody
    can see whether it kept another copy."""

    title: ClassVar = "receipt of a deletion"
    remedy: ClassVar = "Ask its holder for it again: biodesci dataset confirm-erasure."
    limit: ClassVar = 128 << 10
    readable: ClassVar = True
    refusal: ClassVar = IntegrityError

    format: Literal["biodesci-deletion-receipt/1"] = "biodesci-deletion-receipt/1"
    request: DeletionRequest
    holder: Address
    deleted: UnixSeconds
    signature: HexBytes
