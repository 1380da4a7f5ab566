"""The file that `scripts/deploy.py` writes: where the contracts of one network are."""

from __future__ import annotations

from typing import ClassVar, Final, Self

from pydantic import model_validator

from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import Address, Bytes32, Count, Uint256
from biodesci.core.errors import ConfigurationError, InputError

CONTRACTS: Final = (
    "DatasetNFT", "AccessLicense", "ModelRegistry", "InferenceCommitment", "KeyRegistry", "VisaRegistry",
    "LicenseLens", "GuardedCustody",
)  # fmt: skip


class Deployed(Part):
    """One contract: its address, the block of its creation, Keccak-256 of its runtime code, and the gas that
    its creation took."""

    address: Address
    block: Count
    code_hash: Bytes32
    gas: Count


class Deployment(Document):
    """The contracts of one network; `block` is the first one that any of them can have events in."""

    title: ClassVar = "deployment file"
    remedy: ClassVar = "Write it again with `ape run deploy`."
    limit: ClassVar = 64 << 10
    readable: ClassVar = True
    refusal: ClassVar = ConfigurationError

    network: str
    chain_id: Uint256
    block: Count
    contracts: dict[str, Deployed]

    @model_validator(mode="after")
    def _has_all(self) -> Self:
        if set(self.contracts) != set(CONTRACTS):
            raise InputError(
                f"its contracts are not {', '.join(CONTRACTS)}", "Deploy them all: `ape run deploy`."
            )
        return self

    @property
    def first_block(self) -> int:
        """No event of ours can be older."""
        return min(contract.block for contract in self.contracts.values())
