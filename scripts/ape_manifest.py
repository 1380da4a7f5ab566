"""Hands Ape what forge compiled, as Ape's manifest `.build/__local__.json`: nothing is compiled twice.

`make compile` runs it after forge. A contract that changes later is compiled by Ape itself, whose settings
are forge's (tests/contracts/conformity/test_build.py).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"
COMPILED = ROOT / ".cache" / "forge" / "out"
TARGET = ROOT / ".build" / "__local__.json"
SETTINGS = ("evmVersion", "optimizer", "viaIR")


def artifacts(source: Path) -> dict[str, dict[str, Any]]:
    """By name, what forge made of the contracts, interfaces and libraries in a file, as it is deployed.

    What tests import, too, forge compiles a second time for them, without the optimizer.
    """
    found = {}
    for path in sorted((COMPILED / source.name).glob("*.json")):
        name, _, profile = path.stem.partition(".")
        artifact = json.loads(path.read_text())
        if profile == "deployed" or artifact["metadata"]["settings"].get("viaIR"):
            found[name] = artifact
    return found


def contract_type(name: str, source: str, artifact: dict[str, Any]) -> dict[str, Any]:
    """One contract as Ape notes it (a ContractType of EthPM 3)."""
    documented = json.loads(artifact["rawMetadata"])["output"]  # in "metadata" forge leaves some of it out
    return {
        "abi": artifact["abi"],
        "contractName": name,
        "deploymentBytecode": {"bytecode": artifact["bytecode"]["object"]},
        "devdoc": documented["devdoc"],
        "methodIdentifiers": {
            signature: f"0x{selector}" for signature, selector in artifact["methodIdentifiers"].items()
        },
        "runtimeBytecode": {"bytecode": artifact["deployedBytecode"]["object"]},
        "sourceId": source,
        "sourcemap": artifact["bytecode"]["sourceMap"],
        "userdoc": documented["userdoc"],
    }


def manifest() -> dict[str, Any]:
    """Of all contracts. Raises a click error where forge has compiled none."""
    sources = {str(path.relative_to(ROOT)): path for path in sorted(CONTRACTS.rglob("*.sol"))}
    types, compiler = {}, {}
    for source, path in sources.items():
        for name, artifact in artifacts(path).items():
            if source not in artifact["metadata"]["settings"]["compilationTarget"]:
                continue  # another file of this name, of a library's
            types[name] = contract_type(name, source, artifact)
            settings = artifact["metadata"]["settings"]
            compiler = {
                "name": "solidity",
                "version": artifact["metadata"]["compiler"]["version"],
                "settings": {key: settings[key] for key in SETTINGS if key in settings},
            }
    if not types:
        raise click.ClickException("Forge has compiled no contract here; run `make compile`.")
    return {
        "manifest": "ethpm/3",
        "sources": {source: {"content": path.read_text(), "urls": []} for source, path in sources.items()},
        "contractTypes": types,
        "compilers": [{**compiler, "contractTypes": list(types)}],
    }


if __name__ == "__main__":
    made = manifest()
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(made))
