"""Forge builds the contracts to the bytes that Ape deploys: what forge tests is what is deployed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FORGE_OUT = Path(__file__).resolve().parents[3] / ".cache/forge/out"
CONTRACTS = (
    "KeyRegistry",
    "VisaRegistry",
    "DatasetNFT",
    "AccessLicense",
    "ModelRegistry",
    "InferenceCommitment",
    "LicenseLens",
    "GuardedCustody",
)
LARGEST = 24_576  # bytes of deployed code that Ethereum takes (EIP-170)
# AccessLicense has to have room for what a mend costs; what people only read is LicenseLens's to show.
LIMITS = dict.fromkeys(CONTRACTS, LARGEST) | {"AccessLicense": 23_000}


def without_metadata(code: str) -> bytes:
    """Creation code without what the compiler appends: a hash of sources' paths and settings, its length."""
    whole = bytes.fromhex(code.removeprefix("0x"))
    return whole[: -2 - int.from_bytes(whole[-2:])]


@pytest.mark.parametrize("name", CONTRACTS)
def test_forge_tests_what_ape_deploys(project, name):
    built = json.loads((FORGE_OUT / f"{name}.sol" / f"{name}.json").read_text())
    deployed = project.get_contract(name).contract_type.deployment_bytecode.bytecode
    assert without_metadata(built["bytecode"]["object"]) == without_metadata(deployed)


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_is_small_enough_to_be_deployed(project, name):
    """And AccessLicense much smaller than that."""
    runtime = bytes.fromhex(
        project.get_contract(name).contract_type.runtime_bytecode.bytecode.removeprefix("0x")
    )
    assert len(runtime) <= LIMITS[name], f"{name} has {len(runtime)} bytes of code"
