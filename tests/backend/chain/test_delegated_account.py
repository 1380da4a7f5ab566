"""An account that is delegated to code (EIP-7702): the code answers for its signatures (ERC-1271)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from web3 import Web3

from biodesci.chain.client import Chain
from biodesci.chain.records import Key
from biodesci.core import typed_data
from biodesci.core.documents.registration import SignedRegistration
from biodesci.core.envelope import generate_seed, public_key
from biodesci.core.errors import RevertedError
from biodesci.party import keys
from tests.backend.conftest import ARTIFACTS


def delegated(localnet: Any, account: LocalAccount, signer: str) -> None:
    """Delegates `account` to a wallet that takes the signatures of `signer` for its own."""
    web3 = localnet.web3
    artifact = json.loads((ARTIFACTS / "Wallet1271.sol/Wallet1271.json").read_text())
    factory = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"]["object"])
    made = factory.constructor(signer).transact({"from": web3.eth.accounts[0]})
    wallet = web3.eth.wait_for_transaction_receipt(made)["contractAddress"]
    chain_id, nonce = web3.eth.chain_id, web3.eth.get_transaction_count(account.address)
    # The account sends it itself: by then the transaction has used its nonce.
    authorization = account.sign_authorization({"chainId": chain_id, "address": wallet, "nonce": nonce + 1})
    fee = {"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9, "gas": 100_000}
    sent = account.sign_transaction(
        {
            **{"type": 4, "chainId": chain_id, "nonce": nonce, "to": account.address, "value": 0},
            **{"authorizationList": [authorization], **fee},
        }
    )
    receipt = web3.eth.wait_for_transaction_receipt(web3.eth.send_raw_transaction(sent.raw_transaction))
    assert receipt["status"] == 1
    assert bytes(web3.eth.get_code(account.address)) == b"\xef\x01\x00" + bytes.fromhex(wallet[2:])


def registration(chain: Chain, account: str, signer: LocalAccount) -> SignedRegistration:
    """Of a new key for `account`, as `signer` signs it."""
    public, deadline, registry = public_key(generate_seed()), chain.now() + 600, str(chain.keys.address)
    nonce = chain.call(chain.keys.functions.nonces(account))
    document = typed_data.registration(
        chain.chain_id, registry, account, bytes(Web3.keccak(public)), nonce, deadline
    )
    return SignedRegistration(
        chain_id=chain.chain_id,
        registry=registry,
        account=account,
        public_key=public,
        deadline=deadline,
        signature=bytes(signer.sign_message(encode_typed_data(full_message=document)).signature),
    )


def refusal(relayer: Chain, signed: SignedRegistration) -> tuple[str, tuple[object, ...]]:
    """The contract's error for a registration, and the error's arguments."""
    with pytest.raises(RevertedError) as caught:
        keys.relay(relayer, signed)
    return caught.value.name, caught.value.args_


def test_the_code_of_a_delegated_account_answers_for_its_signatures(
    localnet: Any, chain_for: Callable[..., Chain]
) -> None:
    relayer, account, signer = chain_for(), localnet.account(), Account.create()
    delegated(localnet, account, signer.address)
    own = registration(relayer, account.address, account)
    assert refusal(relayer, own) == ("KeyRegistry_BadSignature", (account.address,))
    signed = registration(relayer, account.address, signer)
    later = signed.model_copy(update={"deadline": signed.deadline + 1})
    assert refusal(relayer, later) == ("KeyRegistry_BadSignature", (account.address,))
    assert keys.relay(relayer, signed).sent
    assert relayer.read(Key, account.address).key_hash == Web3.keccak(signed.public_key)
