"""Copies of private containers at partners: whom a dataset's owner named, and that a partner keeps one.

Nothing here checks a signature (market/partners.py, market/copies.py).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from eth_utils.address import to_canonical_address
from eth_utils.crypto import keccak
from pydantic import Field

from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.content_request import Origin
from biodesci.core.documents.values import (
    Address,
    Bytes32,
    Count,
    HexBytes,
    Uint32,
    Uint256,
    UnixSeconds,
)
from biodesci.core.errors import IntegrityError

MOST: Final = 32
"""Partners of one dataset."""


class Partner(Part):
    """Who keeps copies, and the origin of its server of containers."""

    account: Address
    url: Origin


class PartnerList(Document):
    """By the owner: who keeps copies of a dataset's containers, and where its own server is (`served_at`).
    `contract` is the DatasetNFT; a list that was `named` later replaces it."""

    title: ClassVar = "list of partners"
    remedy: ClassVar = "Ask the data owner: biodesci dataset partners writes it anew."
    limit: ClassVar = 64 << 10
    refusal: ClassVar = IntegrityError

    format: Literal["biodesci-partners/1"] = "biodesci-partners/1"
    chain_id: Uint256
    contract: Address
    dataset_id: Uint256
    owner: Address
    served_at: Origin
    partners: Annotated[tuple[Partner, ...], Field(max_length=MOST)]
    named: UnixSeconds
    signature: HexBytes

    @property
    def content(self) -> bytes:
        """The hash of the owner's origin and then, in their order, of each partner's account and origin."""
        parts = [keccak(text=self.served_at)]
        parts += [to_canonical_address(one.account) + keccak(text=one.url) for one in self.partners]
        return keccak(b"".join(parts))

    @property
    def origins(self) -> tuple[str, ...]:
        """Where the containers may be asked for: at the owner's server, and at the partners'."""
        return tuple(dict.fromkeys([self.served_at, *(one.url for one in self.partners)]))


class CopyReceipt(Document):
    """By a partner: that at the time `kept` it had the whole container of a version, with this CID digest,
    content root and size in bytes. It is a statement; `dataset partners` asks for places of the copy."""

    title: ClassVar = "receipt of a copy"
    remedy: ClassVar = "Ask the partner for another: biodesci dataset keep."
    limit: ClassVar = 16 << 10
    refusal: ClassVar = IntegrityError

    format: Literal["biodesci-copy-receipt/1"] = "biodesci-copy-receipt/1"
    chain_id: Uint256
    contract: Address
    dataset_id: Uint256
    version: Uint32
    content: Bytes32
    content_root: Bytes32
    size: Count
    partner: Address
    kept: UnixSeconds
    signature: HexBytes
