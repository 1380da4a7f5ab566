"""What is said of the contracts' numbers is what the contracts say."""

from __future__ import annotations

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
    RoundState,
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
        (FOREVER, "licensing/Licenses.sol", "FOREVER"),
        (UNCOUNTED, "licensing/Licenses.sol", "UNCOUNTED"),
        (ARBITRATION, "licensing/Settlement.sol", "ARBITRATION"),
        (ARBITRATION, "InferenceCommitment.sol", "ARBITRATION"),
    ],
)
def test_constants_are_those_of_the_contracts(said, file, name):
    assert said == constant(file, name)


@pytest.mark.parametrize(
    ("states", "interface", "enum"),
    [
        (LicenseState, "IAccessLicense", "State"),
        (RoundState, "IModelRegistry", "RoundState"),
        (RequestState, "IInferenceCommitment", "State"),
    ],
)
def test_states_are_those_of_the_contracts(states, interface, enum):
    source = (CONTRACTS / "interfaces" / f"{interface}.sol").read_text()
    body = re.search(rf"enum {enum} \{{(.*?)\}}", source, re.S).group(1)
    names = re.findall(r"^\s*([A-Z]\w*)", body, re.M)
    assert [s.name.replace("_", "").lower() for s in states] == [n.lower() for n in names]


def test_a_time_that_no_date_names_is_the_last_that_one_does():
    assert utc(LAST_SECOND).isoformat() == "9999-12-31T23:59:59+00:00"
    assert utc(LAST_SECOND + 1) == utc(FOREVER) == utc(LAST_SECOND)
