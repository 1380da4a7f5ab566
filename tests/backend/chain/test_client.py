"""Chain client against anvil: sends once, decodes refusals, says what is wrong with a network."""

from __future__ import annotations

import threading
import time

import pytest
import requests
from eth_account import Account
from hexbytes import HexBytes

from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.core.envelope import generate_seed, public_key
from biodesci.core.errors import (
    ConfigurationError,
    FundsError,
    NotFoundError,
    RevertedError,
    UnavailableError,
)

ZERO32 = b"\0" * 32


def publication(terms: int = 1, seed: bytes = b"\x01") -> tuple[bytes, bytes, bytes, int, bytes]:
    return (seed * 32, b"\x02" * 32, b"\x03" * 32, terms, bytes(32))


def test_send_returns_the_receipt_and_event_its_arguments(chain_for):
    chain = chain_for()
    receipt = chain.send(chain.datasets.functions.publish(publication(), []))
    found = chain.event(receipt, chain.datasets, "DatasetPublished")
    assert found["owner"] == chain.address
    assert found["contentRoot"] == b"\x02" * 32
    logs = chain.events(
        chain.datasets, "DatasetPublished", receipt["blockNumber"], filters={"owner": chain.address}
    )
    assert [log["args"]["datasetId"] for log in logs] == [found["datasetId"]]


def test_key_comes_from_the_event_and_fits_the_state(chain_for):
    chain = chain_for()
    with pytest.raises(NotFoundError, match="no encryption key on chain"):
        chain.key_of(chain.address)
    first, second = (public_key(generate_seed()) for _ in range(2))
    chain.send(chain.keys.functions.register(first))
    assert chain.key_of(chain.address) == first
    chain.send(chain.keys.functions.register(second))
    assert chain.key_of(chain.address.lower()) == second


def test_custom_error_is_decoded_with_arguments_and_hint(chain_for):
    owner, other = chain_for(), chain_for()
    receipt = owner.send(owner.datasets.functions.publish(publication(), []))
    dataset = owner.event(receipt, owner.datasets, "DatasetPublished")["datasetId"]
    with pytest.raises(RevertedError) as caught:
        other.send(other.datasets.functions.withdraw(dataset, 1))
    assert caught.value.name == "DatasetNFT_NotOwner"
    assert caught.value.args_ == (dataset, other.address)
    assert "owns the dataset" in caught.value.hint


def test_error_of_a_called_contract_is_decoded_too(chain_for):
    buyer = chain_for()
    with pytest.raises(RevertedError) as caught:
        buyer.send(buyer.licenses.functions.purchase(10**6, bytes(32), 1, 1, False), 0)
    assert caught.value.name == "AccessLicense_UnknownOffer"
    with pytest.raises(RevertedError) as caught:
        buyer.call(buyer.datasets.functions.ownerOf(10**6))
    assert caught.value.name == "ERC721NonexistentToken"


def test_no_funds_names_account_and_amounts(chain_for):
    poor = chain_for(ether=0)
    with pytest.raises(FundsError) as caught:
        poor.send(poor.datasets.functions.publish(publication(), []))
    assert poor.address in caught.value.message
    assert f"Send ether to {poor.address}" in caught.value.hint
    with pytest.raises(FundsError, match="needs 5 ETH"):
        poor.send(poor.licenses.functions.purchase(1, bytes(32), 1, 1, False), 5 * 10**18)


class _Flaky:
    """Stands between client and node: drops the answer (or the request) of the first `count` sends."""

    def __init__(self, chain: Chain, monkeypatch: pytest.MonkeyPatch, *, deliver: bool, count: int) -> None:
        self.sent: list[str] = []
        provider = chain.web3.provider
        real = provider.make_request
        left = [count]

        def make_request(method, params):
            if method == "eth_sendRawTransaction":
                self.sent.append(params[0] if isinstance(params[0], str) else HexBytes(params[0]).to_0x_hex())
                if left[0] > 0:
                    left[0] -= 1
                    if deliver:
                        real(method, params)
                    raise UnavailableError("connection lost", "")
            return real(method, params)

        monkeypatch.setattr(provider, "make_request", make_request)
        monkeypatch.setattr(provider, "_request_func_cache", (None, None))  # web3 keeps the bound method


@pytest.mark.parametrize("deliver", [True, False])
def test_unclear_send_is_repeated_as_the_same_bytes_and_acts_once(chain_for, monkeypatch, deliver):
    chain = chain_for()
    before = chain.call(chain.datasets.functions.balanceOf(chain.address))
    flaky = _Flaky(chain, monkeypatch, deliver=deliver, count=2)
    chain.send(chain.datasets.functions.publish(publication(), []))
    assert len(flaky.sent) >= 2
    assert len(set(flaky.sent)) == 1
    assert chain.call(chain.datasets.functions.balanceOf(chain.address)) == before + 1
    assert chain.web3.eth.get_transaction_count(chain.address) == 1


def test_threads_of_one_account_do_not_take_each_others_nonce(chain_for):
    chain, failures = chain_for(), []

    def work() -> None:
        try:
            chain.send(chain.datasets.functions.publish(publication(), []))
        except Exception as exc:  # noqa: BLE001 - reported by the assertion below
            failures.append(exc)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert chain.call(chain.datasets.functions.balanceOf(chain.address)) == 4


def test_chain_down(localnet):
    deployment = load_deployment(localnet.deployment_file)
    with pytest.raises(UnavailableError) as caught:
        Chain("http://127.0.0.1:9", deployment)
    assert "does not answer" in caught.value.message
    assert "BIODESCI_RPC_URL" in caught.value.hint


def test_answer_that_is_no_json_rpc_counts_as_down(localnet, monkeypatch):
    def answer(*_args, **_kwargs):
        raise requests.ReadTimeout

    monkeypatch.setattr(requests.Session, "send", answer)
    with pytest.raises(UnavailableError, match="ReadTimeout"):
        Chain(localnet.rpc_url, load_deployment(localnet.deployment_file))


def test_wrong_network(localnet):
    deployment = load_deployment(localnet.deployment_file).model_copy(update={"chain_id": 11155111})
    with pytest.raises(ConfigurationError) as caught:
        Chain(localnet.rpc_url, deployment)
    assert "Wrong network" in caught.value.message
    assert "31337" in caught.value.message
    assert "11155111" in caught.value.message


def test_reset_chain_is_recognised(localnet):
    deployment = load_deployment(localnet.deployment_file)
    moved = deployment.contracts["KeyRegistry"].model_copy(update={"address": Account.create().address})
    gone = deployment.model_copy(update={"contracts": {**deployment.contracts, "KeyRegistry": moved}})
    with pytest.raises(ConfigurationError, match="chain was reset") as caught:
        Chain(localnet.rpc_url, gone)
    assert "ape run deploy" in caught.value.hint
    other = deployment.contracts["DatasetNFT"].model_copy(
        update={"code_hash": deployment.contracts["KeyRegistry"].code_hash}
    )
    swapped = deployment.model_copy(update={"contracts": {**deployment.contracts, "KeyRegistry": other}})
    with pytest.raises(ConfigurationError, match="is not the KeyRegistry"):
        Chain(localnet.rpc_url, swapped)


def test_reader_without_account_cannot_send(localnet):
    chain = Chain(localnet.rpc_url, load_deployment(localnet.deployment_file))
    with pytest.raises(ConfigurationError, match="needs an account"):
        chain.send(chain.keys.functions.revoke())


def test_failure_on_chain_is_explained(chain_for, localnet):
    """A transaction that simulates well, but meets another state when it is mined."""
    chain = chain_for()
    receipt = chain.send(chain.datasets.functions.publish(publication(), []))
    dataset = chain.event(receipt, chain.datasets, "DatasetPublished")["datasetId"]
    outcomes: list[object] = []

    def withdraw(about: str) -> None:
        try:
            with chain.intent("withdrawal", about) as intent:
                outcomes.append(intent.send(chain.datasets.functions.withdraw(dataset, 1)))
        except RevertedError as exc:
            outcomes.append(exc)

    threads = [threading.Thread(target=withdraw, args=(about,)) for about in ("one", "other")]
    localnet.rpc("evm_setAutomine", False)
    try:
        for thread in threads:
            thread.start()
        while chain.web3.eth.get_transaction_count(chain.address, "pending") < 3:
            time.sleep(0.01)
        localnet.rpc("evm_mine")
        for thread in threads:
            thread.join()
    finally:
        localnet.rpc("evm_setAutomine", True)
    (failed,) = (outcome for outcome in outcomes if isinstance(outcome, RevertedError))
    assert failed.name == "DatasetNFT_AlreadyWithdrawn"


def test_each_client_has_a_connection_of_its_own(chain_for):
    """Clients share a contract's class, which web3 takes long to make, and not what it is bound to."""
    one, two = chain_for(), chain_for()
    for chain in (one, two):
        assert chain.keys.w3 is chain.keys.functions.keyOf(chain.address).w3 is chain.web3
    assert one.keys is one.keys
    assert two.keys is not one.keys
