"""The acceptance of a role, and the file of a signed one, which anyone may send: its account pays no gas."""

from __future__ import annotations

from typing import ClassVar, Literal

from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import Address, HexBytes, Uint256
from biodesci.core.onchain import Role


class RoleAcceptance(Part):
    """`IDatasetNFT.RoleAcceptance`: `account` takes what `owner` proposed to it, by the proposal's number."""

    dataset_id: Uint256
    role: Literal["custodian", "operator", "committee"]
    account: Address
    owner: Address
    nonce: Uint256
    deadline: Uint256

    def struct(self) -> tuple[int, int, str, str, int, int]:
        """The contract's struct, in the order of its fields."""
        role = int(Role[self.role.upper()])
        return (self.dataset_id, role, self.account, self.owner, self.nonce, self.deadline)


class SignedAcceptance(Document):
    """An acceptance for one DatasetNFT, good for one proposal. The contract checks the signature."""

    title: ClassVar = "role acceptance"
    remedy: ClassVar = "Have it signed again: biodesci dataset accept-role DATASET ROLE --sign FILE."
    limit: ClassVar = 16 << 10
    readable: ClassVar = True

    format: Literal["biodesci-role-acceptance/1"] = "biodesci-role-acceptance/1"
    chain_id: Uint256
    contract: Address
    acceptance: RoleAcceptance
    signature: HexBytes
