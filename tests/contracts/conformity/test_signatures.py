"""ERC-721's functions, return types, mutability and events, by slither-check-erc (not written here)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from slither.tools.erc_conformance.erc.ercs import generic_erc_checks
from slither.utils.erc import ERCS

# Licences are soulbound (ERC-5192): what moves or approves a token reverts, so it emits nothing.
SOULBOUND = {
    ("missing_event_emmited", "safeTransferFrom", "Transfer(address,address,uint256)"),
    ("missing_event_emmited", "transferFrom", "Transfer(address,address,uint256)"),
    ("missing_event_emmited", "approve", "Approval(address,address,uint256)"),
    ("missing_event_emmited", "setApprovalForAll", "ApprovalForAll(address,address,bool)"),
}


@pytest.fixture
def misses(slither):
    """What Slither finds missing in a contract: (kind, function, what)."""

    def go(contract: str, erc: str) -> set[tuple[str, str, str]]:
        (declared,) = slither.get_contract_from_name(contract)
        results: dict[str, list[dict[str, Any]]] = defaultdict(list)
        generic_erc_checks(declared, *ERCS[erc], results)
        return {
            (
                kind,
                missing["elements"][0]["name"] if missing["elements"] else "",
                missing.get("additional_fields", {}).get("missing_event", missing["description"].strip()),
            )
            for kind, all_missing in results.items()
            for missing in all_missing
        }

    return go


@pytest.mark.parametrize("contract", ["DatasetNFT", "ModelRegistry"])
def test_transferable_tokens_have_all_of_erc721(misses, contract):
    assert misses(contract, "ERC721") == set()


def test_licences_have_all_of_erc721_but_transfers(misses):
    assert misses("AccessLicense", "ERC721") == SOULBOUND


def test_the_tool_notices_what_is_not_there(misses):
    found = misses("DatasetNFT", "ERC20")
    assert ("missing_function", "DatasetNFT", "[ ] transfer(address,uint256) is missing") in found
