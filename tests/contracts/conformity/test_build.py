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
)


def without_metadata(code: str) -> bytes:
    """Creation code without what the compiler appends: a hash of sources' paths and settings, its length."""
    whole = bytes.fromhex(code.removeprefix("0x"))
    return whole[: -2 - int.from_bytes(whole[-2:])]


@pytest.mark.parametrize("name", CONTRACTS)
def test_forge_tests_what_ape_deploys(project, name):
    built = json.loads((FORGE_OUT / f"{name}.sol" / f"{name}.json").read_text())
    deployed = project.get_contract(name).contract_type.deployment_bytecode.bytecode
    assert without_metadata(built["bytecode"]["object"]) == without_metadata(deployed)
