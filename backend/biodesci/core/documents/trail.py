"""The proofs of an audit trail (docs/audit.md): a file of lines, each a document in canonical form.

The first line is a `TrailHead`, then comes a `TrailBlock` for each block, ascending, and a `TrailEnd`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import Address, BareBytes32, Bytes32, Count, HexBytes
from biodesci.core.errors import IntegrityError

_REMEDY = "Use the file as `biodesci dataset audit-export` wrote it."


class TrailHead(Document):
    """What the trail is of: a dataset, as the contracts at these addresses tell of it in the blocks `first`
    to `last`, the latter of the hash `last_hash`.

    `complete`: there is a line for every one of these blocks, so that nothing can be missing; otherwise for
    the first, the last, and those with events.
    """

    title: ClassVar = "audit trail"
    remedy: ClassVar = _REMEDY
    limit: ClassVar = 64 << 10
    must_be_canonical: ClassVar = True
    refusal: ClassVar = IntegrityError

    format: Literal["biodesci-audit-trail/1"] = "biodesci-audit-trail/1"
    chain_id: Count
    dataset_id: Count
    first: Count
    last: Count
    last_hash: Bytes32
    contracts: dict[str, Address]
    complete: bool


class TrailPlace(Part):
    """Events of one transaction: its place in the block, and which logs of its receipt they are; all counted
    from 0."""

    transaction: Count
    logs: Annotated[list[Count], Field(min_length=1)]


class TrailBlock(Document):
    """A block: its header, the events of the dataset in it, and the trie nodes that prove them.

    `all_receipts` are all of the block's, in a complete trail where the header's bloom does not rule out
    events of the contracts.
    """

    title: ClassVar = "block of an audit trail"
    remedy: ClassVar = _REMEDY
    limit: ClassVar = 64 << 20
    must_be_canonical: ClassVar = True
    refusal: ClassVar = IntegrityError

    header: HexBytes
    events: list[TrailPlace]
    receipts: list[HexBytes]
    transactions: list[HexBytes]
    all_receipts: list[HexBytes] | None = None


class TrailEnd(Document):
    """How many blocks and events there are, and the SHA-256 of all lines before this one."""

    title: ClassVar = "end of an audit trail"
    remedy: ClassVar = _REMEDY
    limit: ClassVar = 4 << 10
    must_be_canonical: ClassVar = True
    refusal: ClassVar = IntegrityError

    blocks: Count
    events: Count
    sha256: BareBytes32
