"""What is said of the contracts' numbers is what the contracts say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from biodesci.core.onchain import (
    ARBITRATION,
    DAY,
    FOREVER,
    LAST_SECOND,
    UNCOUNTED,
    LicenseState,
    RequestState,
    Right,
    RoundState,
    Standing,
    utc,
)

CONTRACTS = Path(__file__).parents[3] / "contracts"


def constant(file: str, name: str) -> int:
    """A constant of the contracts, in Solidity's words as Python's."""
    (value,) = re.findall(rf"constant {name} = (.*);", (CONTRACTS / file).read_text())
    if most := re.fullmatch(r"type\(uint(\d+)\)\.max", value):
        return 2 ** int(most[1]) - 1
    (days,) = re.fullmatch(r"(\d+) days", value).groups()
    return int(days) * DAY


@pytest.mark.parametrize(
    ("said", "file", "name"),
    [
        (FOREVER, "libraries/LicenseRules.sol", "FOREVER"),
        (UNCOUNTED, "libraries/LicenseRules.sol", "UNCOUNTED"),
        (ARBITRATION, "licensing/Settlement.sol", "ARBITRATION"),
        (ARBITRATION, "InferenceCommitment.sol", "ARBITRATION"),
    ],
)
def test_constants_are_those_of_the_contracts(said, file, name):
    assert said == constant(file, name)


@pytest.mark.parametrize(
    ("states", "interface", "enum"),
    [
        (LicenseState, "interfaces/IAccessLicense", "State"),
        (Right, "interfaces/IAccessLicense", "Right"),
        (RoundState, "types/Rounds", "RoundState"),
        (RequestState, "types/Inference", "RequestState"),
        (Standing, "types/Inference", "Standing"),
    ],
)
def test_states_are_those_of_the_contracts(states, interface, enum):
    source = (CONTRACTS / f"{interface}.sol").read_text()
    body = re.search(rf"enum {enum} \{{(.*?)\}}", source, re.S).group(1)
    names = re.findall(r"^\s*([A-Z]\w*)", body, re.M)
    assert [s.name.replace("_", "").lower() for s in states] == [n.lower() for n in names]


def test_a_time_that_no_date_names_is_the_last_that_one_does():
    assert utc(LAST_SECOND).isoformat() == "9999-12-31T23:59:59+00:00"
    assert utc(LAST_SECOND + 1) == utc(FOREVER) == utc(LAST_SECOND)


def test_nobody_owns_pauses_or_replaces_a_contract():
    """No function that only one account may call for all, and no code that runs another contract's code."""
    # Over one dataset, by its own owner.
    roles = {"grantRole", "acceptRole", "acceptRoleFor", "revokeRole", "hasRole", "rolesOf"}
    powers = re.compile(r"owner$|admin|role|pause|upgrade|initiali[sz]e|destroy|implementation", re.I)
    abis = sorted((CONTRACTS.parent / "backend/biodesci/chain/abi").glob("*.json"))
    assert len(abis) == 8
    for path in abis:
        functions = [part["name"] for part in json.loads(path.read_text()) if part["type"] == "function"]
        assert functions
        assert {name for name in functions if powers.search(name)} <= roles
    for source in CONTRACTS.rglob("*.sol"):
        assert not re.search(r"delegatecall|selfdestruct|Ownable|Pausable|Proxy", source.read_text())
