"""What the contracts need of a chain is what docs/deployment.md says: the opcodes that older chains lack."""

from __future__ import annotations

import json
import re

import pytest

from tests.backend.conftest import ARTIFACTS, ROOT

CONTRACTS = (
    "KeyRegistry", "VisaRegistry", "DatasetNFT", "AccessLicense", "ModelRegistry", "InferenceCommitment",
    "LicenseLens", "GuardedCustody",
)  # fmt: skip
# Since London (2021), by the fork that brought them (EIPs 3855, 1153, 4844, 5656, 7516, 7939).
YOUNG = {
    0x5F: ("Shanghai", "PUSH0"),
    0x5C: ("Cancun", "TLOAD"),
    0x5D: ("Cancun", "TSTORE"),
    0x5E: ("Cancun", "MCOPY"),
    0x49: ("Cancun", "BLOBHASH"),
    0x4A: ("Cancun", "BLOBBASEFEE"),
    0x1E: ("Osaka", "CLZ"),
}
_PUSH1, _PUSH32 = 0x60, 0x7F


def young(code: bytes) -> set[tuple[str, str]]:
    """The young opcodes of a contract. Its last bytes are metadata (CBOR), whose length ends them."""
    end, place, used = len(code) - 2 - int.from_bytes(code[-2:]), 0, set()
    while place < end:
        opcode = code[place]
        if opcode in YOUNG:
            used.add(YOUNG[opcode])
        place += 1 + (opcode - _PUSH1 + 1 if _PUSH1 <= opcode <= _PUSH32 else 0)
    return used


def test_the_scanner_skips_data_and_metadata() -> None:
    code = bytes.fromhex("5f615c5d5e00") + b"\x5c\x5d" + b"\x00\x02"
    assert young(code) == {("Shanghai", "PUSH0"), ("Cancun", "MCOPY")}


@pytest.mark.usefixtures("localnet")  # by then they are built
def test_the_documents_name_the_opcodes_that_the_contracts_use() -> None:
    used = set()
    for name in CONTRACTS:
        artifact = json.loads((ARTIFACTS / f"{name}.sol/{name}.json").read_text())
        for kind in ("bytecode", "deployedBytecode"):
            used |= young(bytes.fromhex(artifact[kind]["object"][2:]))
    line = next(
        line for line in (ROOT / "docs/deployment.md").read_text().splitlines() if "EVM of Cancun" in line
    )
    assert set(re.findall(r"`([A-Z0-9]+)`", line)) == {opcode for _, opcode in used}
    assert any(fork == "Cancun" for fork, _ in used)
    assert all(fork in {"Shanghai", "Cancun"} for fork, _ in used)
