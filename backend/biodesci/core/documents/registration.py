"""The file of a public key that anyone may register for its owner, who signed it and pays no gas."""

from __future__ import annotations

from typing import ClassVar, Literal

from biodesci.core.documents.base import Document
from biodesci.core.documents.values import Address, HexBytes, Uint256


class SignedRegistration(Document):
    """A key for one KeyRegistry, good for one registration. The contract checks the signature."""

    title: ClassVar = "registration"
    remedy: ClassVar = "Have it signed again: biodesci key register --sign FILE."
    limit: ClassVar = 16 << 10
    readable: ClassVar = True

    format: Literal["biodesci-registration/1"] = "biodesci-registration/1"
    chain_id: Uint256
    registry: Address
    account: Address
    public_key: HexBytes
    deadline: Uint256
    signature: HexBytes
