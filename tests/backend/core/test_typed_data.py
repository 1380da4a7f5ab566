"""What is signed here is what the contracts (and a token of the large stablecoins' kind) check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from web3 import Web3

from biodesci.chain import currency
from biodesci.core import typed_data

VECTORS = Path(__file__).parents[2] / "vectors" / "typed_data.json"
CASES = json.loads(VECTORS.read_text())["cases"]
OURS = [case for case in CASES if case["domain"]["name"].startswith("BioDeSci")]


def words(case: dict) -> dict:
    """The message with numbers and bytes as web3 takes them."""

    def value(kind: str, said: object) -> object:
        if isinstance(said, dict):
            return tuple(value(field["type"], said[field["name"]]) for field in case["types"][kind])
        return int(str(said)) if kind.startswith("uint") else said

    return {
        f["name"]: value(f["type"], case["message"][f["name"]]) for f in case["types"][case["primaryType"]]
    }


# The contracts never see the signatures of these: whoever reads them checks it.
BY_READERS = {
    "AuditReport", "ContentRequest", "Copy", "Deletion", "InspectionReport", "Institution", "KeySplit",
    "Partners", "ShareRelease",
}  # fmt: skip
CHECKED = [case for case in OURS if case["primaryType"] not in BY_READERS]


@pytest.mark.parametrize("case", CHECKED, ids=lambda case: case["label"])
def test_the_contract_hashes_as_the_vectors_do(case, chain_for, localnet):
    chain, message = chain_for(), words(case)
    contract, function, arguments = {
        "Visa": (chain.visas, "hashOf", (tuple(message.values()),)),
        "Order": (chain.licenses, "orderHash", (tuple(message.values()),)),
        "Registration": (chain.keys, "registrationHash", tuple(message.values())),
        "RoleAcceptance": (chain.datasets, "acceptanceHash", (tuple(message.values()),)),
        "Approval": (chain.custody, "approvalHash", (tuple(message.values())[:-1], message.get("set"))),
    }[case["primaryType"]]
    # The vectors' domain is at another address: the deployed code, put there, must know where it is.
    where = Web3.to_checksum_address(case["domain"]["verifyingContract"])
    there = localnet.rpc("eth_getCode", where, "latest")
    localnet.rpc("anvil_setCode", where, Web3.to_hex(chain.web3.eth.get_code(contract.address)))
    try:
        at = chain.web3.eth.contract(address=where, abi=contract.abi)
        assert chain.call(at.functions[function](*arguments)).hex() == case["hash"][2:]
    finally:
        localnet.rpc("anvil_setCode", where, there)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_a_changed_field_changes_the_hash(case):
    types = {"EIP712Domain": typed_data._DOMAIN, **case["types"]}
    document = {**case, "types": types, "message": _numbers(case, case["message"], case["primaryType"])}
    assert typed_data.digest(document).hex() == case["hash"][2:]
    assert typed_data.separator(case["domain"]).hex() == case["domainSeparator"][2:]
    for field in case["types"][case["primaryType"]]:
        if field["type"].startswith("uint") or field["type"] == "bool":
            value = document["message"][field["name"]]
            changed = {**document["message"], field["name"]: not value if value is bool(value) else value ^ 1}
            assert typed_data.digest({**document, "message": changed}).hex() != case["hash"][2:]
    moved = {**case["domain"], "chainId": case["domain"]["chainId"] + 1}
    assert typed_data.digest({**document, "domain": moved}).hex() != case["hash"][2:]


def _numbers(case: dict, message: dict, kind: str) -> dict:
    found = {}
    for field in case["types"][kind]:
        said = message[field["name"]]
        if isinstance(said, dict):
            found[field["name"]] = _numbers(case, said, field["type"])
        else:
            found[field["name"]] = int(said) if field["type"].startswith("uint") else said
    return found


def test_a_token_takes_the_permit_and_the_authorization(chain_for, dollar):
    chain, payer = chain_for(), Account.create()
    dollar.mint(payer.address, 30)
    domain = currency.domain(chain, dollar.address)
    assert domain == typed_data.domain("Test Dollar", "1", chain.chain_id, dollar.address)
    later = chain.now() + 600

    permit = typed_data.permit(domain, payer.address, chain.address, 10, 0, later)
    signed = payer.sign_message(encode_typed_data(full_message=permit))
    erc20 = currency.erc20(chain, dollar.address).functions
    chain.send(
        erc20.permit(
            payer.address, chain.address, 10, later, signed.v, signed.r.to_bytes(32, "big"),
            signed.s.to_bytes(32, "big"),
        )
    )  # fmt: skip
    assert chain.call(erc20.allowance(payer.address, chain.address)) == 10

    nonce = b"\x07" * 32
    document = typed_data.receive_with_authorization(
        domain, typed_data.Authorization(payer.address, chain.address, 20, 0, later, nonce)
    )
    signed = payer.sign_message(encode_typed_data(full_message=document))
    functions = dollar.contract.functions
    chain.send(
        functions.receiveWithAuthorization(
            payer.address, chain.address, 20, 0, later, nonce, signed.v, signed.r.to_bytes(32, "big"),
            signed.s.to_bytes(32, "big"),
        )
    )  # fmt: skip
    assert chain.call(erc20.balanceOf(chain.address)) == 20
