"""What the tokens say of themselves (ERC-165), held against what they have.

Ids are computed from the interfaces' sources (OpenZeppelin's, and IERC5192) as ERC-165 defines them: the
exclusive or of the selectors of an interface's own functions. ERC-4906 has events only: it states its id.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import reduce
from pathlib import Path

import pytest
from eth_utils import keccak

ROOT = Path(__file__).resolve().parents[3]
OPENZEPPELIN = "@openzeppelin/contracts"
EXTENSIONS = f"{OPENZEPPELIN}/token/ERC721/extensions"

# Interface: its source, and the interface whose functions it inherits.
INTERFACES = {
    "IERC165": (f"{OPENZEPPELIN}/utils/introspection/IERC165.sol", None),
    "IERC721": (f"{OPENZEPPELIN}/token/ERC721/IERC721.sol", "IERC165"),
    "IERC721Metadata": (f"{EXTENSIONS}/IERC721Metadata.sol", "IERC721"),
    "IERC721Enumerable": (f"{EXTENSIONS}/IERC721Enumerable.sol", "IERC721"),
    "IERC2981": (f"{OPENZEPPELIN}/interfaces/IERC2981.sol", "IERC165"),
    "IERC5192": ("contracts/interfaces/IERC5192.sol", None),
    "IERC1155": (f"{OPENZEPPELIN}/token/ERC1155/IERC1155.sol", "IERC165"),
    "IERC20": (f"{OPENZEPPELIN}/token/ERC20/IERC20.sol", None),
    "IERC1271": (f"{OPENZEPPELIN}/interfaces/IERC1271.sol", None),
}
ERC4906 = bytes.fromhex("49064906")
ERC4906_EVENTS = ("MetadataUpdate(uint256)", "BatchMetadataUpdate(uint256,uint256)")

CLAIMS = {
    "datasets": {"IERC165", "IERC721", "IERC721Metadata", "IERC2981"},
    "licenses": {"IERC165", "IERC721", "IERC721Metadata", "IERC5192"},
    "models": {"IERC165", "IERC721", "IERC721Metadata"},
}


@pytest.fixture(scope="module")
def functions():
    """Signatures of each interface's own functions, as the compiler reads its source."""
    sources = "".join(f'import "{source}";\n' for source, _ in INTERFACES.values())
    request = {
        "language": "Solidity",
        "sources": {"All.sol": {"content": f"pragma solidity >=0.8.24;\n{sources}"}},
        "settings": {"outputSelection": {"*": {"*": ["evm.methodIdentifiers"]}}},
    }
    compiler = Path(os.environ["SOLCX_BINARY_PATH"]) / "solc-v0.8.37"
    answer = subprocess.run(
        [compiler, "--standard-json"],
        cwd=ROOT,
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
    )
    compiled = json.loads(answer.stdout)["contracts"]
    all_of = {
        name: set(compiled[source][name]["evm"]["methodIdentifiers"])
        for name, (source, _) in INTERFACES.items()
    }
    return {
        name: all_of[name] - (all_of[parent] if parent else set()) for name, (_, parent) in INTERFACES.items()
    }


@pytest.fixture(params=CLAIMS)
def token(request):
    return request.param, request.getfixturevalue(request.param)


def interface_id(signatures: set[str]) -> bytes:
    selectors = (int.from_bytes(keccak(text=signature)[:4]) for signature in signatures)
    return reduce(int.__xor__, selectors).to_bytes(4)


def test_ids_are_those_of_the_standards(functions):
    assert interface_id(functions["IERC165"]).hex() == "01ffc9a7"
    assert interface_id(functions["IERC721"]).hex() == "80ac58cd"
    assert interface_id(functions["IERC721Metadata"]).hex() == "5b5e139f"
    assert interface_id(functions["IERC2981"]).hex() == "2a55205a"
    assert interface_id(functions["IERC5192"]).hex() == "b45a3c0e"


def test_claims(token, functions):
    name, contract = token
    claimed = {i for i, own in functions.items() if contract.supportsInterface(interface_id(own))}
    assert claimed == CLAIMS[name]


def test_claims_all_that_it_has_and_nothing_else(token, functions):
    _, contract = token
    abi = contract.contract_type
    methods = {method.selector for method in abi.methods}
    for name, own in functions.items():
        assert contract.supportsInterface(interface_id(own)) == (own <= methods), name
    events = {event.selector for event in abi.events}
    assert contract.supportsInterface(ERC4906) == (set(ERC4906_EVENTS) <= events)


def test_only_datasets_announce_new_metadata(datasets, licenses, models):
    assert datasets.supportsInterface(ERC4906)
    assert not licenses.supportsInterface(ERC4906)
    assert not models.supportsInterface(ERC4906)


def test_never_the_id_that_means_no_interface(token):
    _, contract = token
    assert not contract.supportsInterface(b"\xff" * 4)
    assert not contract.supportsInterface(bytes(4))


def test_answers_within_the_gas_of_erc165(token):
    _, contract = token
    for some_id in (ERC4906, b"\xff" * 4):
        call = contract.supportsInterface.encode_input(some_id)
        gas = contract.provider.web3.eth.estimate_gas({"to": contract.address, "data": call})
        assert gas <= 21_000 + 16 * len(call) + 30_000


def test_names(datasets, licenses, models):
    assert (datasets.name(), datasets.symbol()) == ("BioDeSci Dataset", "BDSD")
    assert (licenses.name(), licenses.symbol()) == ("BioDeSci Access Licence", "BDSL")
    assert (models.name(), models.symbol()) == ("BioDeSci Model", "BDSM")


def test_what_is_no_token_claims_nothing(keys, inferences, visas):
    for contract in (keys, inferences, visas):
        assert "supportsInterface(bytes4)" not in {m.selector for m in contract.contract_type.methods}
