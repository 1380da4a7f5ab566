"""Forge builds the contracts to the bytes that Ape deploys: what forge tests is what is deployed.

Ape takes them from forge (scripts/ape_manifest.py). That it would compile the same is tried by itself in
`make test-deep` (tests/backend/test_ape_compiles.py); what a change can get wrong are the settings.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
FORGE_OUT = ROOT / ".cache/forge/out"
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


def test_what_ape_compiles_itself_it_compiles_as_forge_does():
    ape = yaml.safe_load((ROOT / "ape-config.yaml").read_text())["solidity"]
    forge = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
    (deployed,) = forge["additional_compiler_profiles"]
    assert deployed["optimizer"] is ape["optimize"] is True
    assert deployed["via_ir"] is ape["via_ir"] is True
    assert deployed["optimizer_runs"] == ape["optimization_runs"]
    assert forge["evm_version"] == ape["evm_version"]
    assert forge["solc"].endswith(f"solc-v{ape['version']}")
    restricted = {one["paths"]: one for one in forge["compilation_restrictions"]}
    for name in CONTRACTS:
        restriction = restricted[f"contracts/{name}.sol"]
        assert (restriction["via_ir"], restriction["optimizer_runs"]) == (True, ape["optimization_runs"])


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_is_small_enough_to_be_deployed(project, name):
    """And AccessLicense much smaller than that."""
    runtime = bytes.fromhex(
        project.get_contract(name).contract_type.runtime_bytecode.bytecode.removeprefix("0x")
    )
    assert len(runtime) <= LIMITS[name], f"{name} has {len(runtime)} bytes of code"
