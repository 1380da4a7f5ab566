"""ERC-721's functions, return types, mutability and events by slither-check-erc, which was not written here.

It reads the build that `make compile` leaves in .cache/slither.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(".cache/slither/out")
READ_BUILD = ("--ignore-compile", "--compile-force-framework=foundry", f"--foundry-out-directory={BUILD}")

# Licences are soulbound (ERC-5192): what moves or approves a token reverts, so it emits nothing.
SOULBOUND = {
    ("missing_event_emmited", "safeTransferFrom", "Transfer(address,address,uint256)"),
    ("missing_event_emmited", "transferFrom", "Transfer(address,address,uint256)"),
    ("missing_event_emmited", "approve", "Approval(address,address,uint256)"),
    ("missing_event_emmited", "setApprovalForAll", "ApprovalForAll(address,address,bool)"),
}


def misses(contract: str, erc: str) -> set[tuple[str, str, str]]:
    """What the tool finds missing: (kind, function, what). It exits with 0 whatever it finds."""
    assert (ROOT / BUILD / "build-info").is_dir(), "no build for Slither: run `make compile`"
    done = subprocess.run(
        ["slither-check-erc", ".", contract, "--erc", erc, "--json", "-", *READ_BUILD],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    answer = json.loads(done.stdout)
    assert answer["success"], answer["error"]
    return {
        (
            kind,
            found["elements"][0]["name"] if found["elements"] else "",
            found.get("additional_fields", {}).get("missing_event", found["description"].strip()),
        )
        for kind, all_found in answer["results"]["erc-conformance"].items()
        for found in all_found
    }


@pytest.mark.parametrize("contract", ["DatasetNFT", "ModelRegistry"])
def test_transferable_tokens_have_all_of_erc721(contract):
    assert misses(contract, "ERC721") == set()


def test_licences_have_all_of_erc721_but_transfers():
    assert misses("AccessLicense", "ERC721") == SOULBOUND


def test_the_tool_notices_what_is_not_there():
    found = misses("DatasetNFT", "ERC20")
    assert ("missing_function", "DatasetNFT", "[ ] transfer(address,uint256) is missing") in found
