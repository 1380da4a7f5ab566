"""The file that `scripts/deploy.py` writes: where the contracts of one network are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from web3 import Web3

from biodesci.core.errors import ConfigurationError

CONTRACTS: Final = (
    "DatasetNFT", "AccessLicense", "ModelRegistry", "InferenceCommitment", "KeyRegistry", "VisaRegistry",
)  # fmt: skip


@dataclass(frozen=True)
class Deployed:
    """One contract: checksummed address, block of its creation, Keccak-256 of its runtime code."""

    address: str
    block: int
    code_hash: str


@dataclass(frozen=True)
class Deployment:
    network: str
    chain_id: int
    block: int
    contracts: dict[str, Deployed]

    @property
    def first_block(self) -> int:
        """No event of ours can be older."""
        return min(c.block for c in self.contracts.values())

    @classmethod
    def load(cls, path: Path) -> Deployment:
        try:
            data: dict[str, Any] = json.loads(Path(path).read_text())
        except FileNotFoundError as exc:
            raise ConfigurationError(
                f"There is no deployment file at {path}.",
                "Deploy the contracts with `ape run deploy`, or set BIODESCI_DEPLOYMENT.",
            ) from exc
        except (OSError, ValueError) as exc:
            raise ConfigurationError(
                f"The deployment file {path} cannot be read: {exc}.",
                "Write it again with `ape run deploy`.",
            ) from exc
        return cls.parse(data, str(path))

    @classmethod
    def parse(cls, data: dict[str, Any], source: str) -> Deployment:
        try:
            contracts = {
                name: Deployed(
                    address=Web3.to_checksum_address(data["contracts"][name]["address"]),
                    block=int(data["contracts"][name]["block"]),
                    code_hash=str(data["contracts"][name].get("codeHash", "")).lower(),
                )
                for name in CONTRACTS
            }
            return cls(str(data["network"]), int(data["chainId"]), int(data["block"]), contracts)
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise ConfigurationError(
                f"The deployment file {source} lacks or spoils a field: {exc}.",
                "Write it again with `ape run deploy`.",
            ) from exc
