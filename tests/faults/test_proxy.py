"""The faulty provider does what its faults say, and is honest without them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from eth_account import Account
from eth_typing import HexStr

from tests.backend.conftest import Localnet
from tests.faults import faults, lies
from tests.faults.held import HeldTransaction, hash_of
from tests.faults.proxy import FaultProxy


@pytest.fixture
def proxy(localnet: Localnet) -> Iterator[FaultProxy]:
    with FaultProxy(localnet.rpc_url) as proxy:
        yield proxy


def post(proxy: FaultProxy, body: Any) -> requests.Response:
    return requests.post(proxy.url, json=body, timeout=60)


def call(method: str, *params: Any, number: int = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}


def ask(proxy: FaultProxy, method: str, *params: Any) -> dict[str, Any]:
    answer: dict[str, Any] = post(proxy, call(method, *params)).json()
    return answer


def logs(proxy: FaultProxy, first: int = 0, last: str = "latest") -> dict[str, Any]:
    return ask(proxy, "eth_getLogs", {"fromBlock": hex(first), "toBlock": last})


@pytest.fixture(scope="module")
def keys_registered(localnet: Localnet) -> int:
    """Ten logs, a block each; the number of logs that there are."""
    from biodesci.chain.client import Chain
    from biodesci.chain.deployment import load_deployment

    chain = Chain(localnet.rpc_url, load_deployment(localnet.deployment_file))
    sender = localnet.web3.eth.accounts[0]
    for number in range(10):
        sent = chain.keys.functions.register(bytes([number]) * 1216).transact({"from": sender})
    localnet.web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.02)
    return len(localnet.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"}))


def test_without_a_fault_it_is_the_node(proxy: FaultProxy, localnet: Localnet) -> None:
    assert ask(proxy, "eth_blockNumber") == {"jsonrpc": "2.0", "id": 1, "result": hex(proxy.head())}
    both = post(proxy, [call("eth_chainId", number=7), call("eth_nothing", number=8)]).json()
    assert [answer["id"] for answer in both] == [7, 8]
    assert "error" in both[1]
    assert proxy.calls == {"eth_blockNumber": 1, "eth_chainId": 1, "eth_nothing": 1}
    assert proxy.requests == 2


def test_ranges_are_refused_in_each_providers_words(proxy: FaultProxy, localnet: Localnet) -> None:
    localnet.rpc("anvil_mine", hex(30))
    for wording in faults.RANGE_WORDINGS:
        with proxy.fault(faults.RangeLimit(20, wording)):
            assert "error" in logs(proxy), wording
            assert "result" in logs(proxy, 5, hex(24)), wording
            assert "error" in logs(proxy, 5, hex(25)), wording
    assert "result" in logs(proxy)


def test_results_are_refused(proxy: FaultProxy, keys_registered: int) -> None:
    for wording in faults.RESULT_WORDINGS:
        with proxy.fault(faults.ResultLimit(keys_registered - 1, wording)):
            assert "error" in logs(proxy), wording
    with proxy.fault(faults.ResultLimit(keys_registered)):
        assert len(logs(proxy)["result"]) == keys_registered


def test_logs_are_missing(proxy: FaultProxy, localnet: Localnet, keys_registered: int) -> None:
    assert len(logs(proxy)["result"]) == keys_registered
    with proxy.fault(lies.Cut(0.3)):
        assert len(logs(proxy)["result"]) == int(0.7 * keys_registered)
    with proxy.fault(lies.Drop()):
        assert len(logs(proxy)["result"]) == keys_registered - 1
    with proxy.fault(lies.WrongHash("logs")):
        log = logs(proxy)["result"][0]
        block = ask(proxy, "eth_getBlockByNumber", log["blockNumber"], False)["result"]
        assert block["hash"] != log["blockHash"]


def test_it_is_behind(proxy: FaultProxy, localnet: Localnet) -> None:
    localnet.rpc("anvil_mine", hex(5))
    head = proxy.head()
    for fault in (lies.Lag(3, whole=True), lies.HeadBack(3)):
        with proxy.fault(fault):
            told = {int(ask(proxy, "eth_blockNumber")["result"], 16) for _ in range(4)}
            assert told == {head, head - 3}
    with proxy.fault(lies.Lag(head)):
        assert int(ask(proxy, "eth_blockNumber")["result"], 16) == head
        assert logs(proxy)["result"] == []


def test_refusals(proxy: FaultProxy) -> None:
    with proxy.fault(faults.TooManyRequests("http", share=1)):
        assert post(proxy, call("eth_chainId")).status_code == 429
    for wording in ("compute units", "request rate"):
        with proxy.fault(faults.TooManyRequests(wording, share=1)):
            assert "error" in ask(proxy, "eth_chainId")
    with proxy.fault(faults.TooManyRequests("request rate", share=0.5)):
        told = ["error" in ask(proxy, "eth_chainId") for _ in range(30)]
        assert 5 < sum(told) < 25
    with proxy.fault(faults.Html()):
        assert "<title>" in post(proxy, call("eth_chainId")).text
    with proxy.fault(faults.BatchRefused()):
        assert post(proxy, [call("eth_chainId")]).status_code == 400
        assert "result" in ask(proxy, "eth_chainId")
    with proxy.fault(faults.BatchShuffled()):
        both = post(proxy, [call("eth_chainId", number=7), call("eth_blockNumber", number=8)]).json()
        assert [answer["id"] for answer in both] == [8, 7]
    with proxy.fault(faults.ReceiptsRefused()):
        assert ask(proxy, "eth_getBlockReceipts", "latest")["error"]["code"] == -32601


def test_it_is_dead_and_comes_back(proxy: FaultProxy) -> None:
    with requests.Session() as session:
        session.post(proxy.url, json=call("eth_chainId"), timeout=60)
        for how in ("refused", "reset"):
            with proxy.fault(faults.Dead(how)), pytest.raises(requests.ConnectionError):
                session.post(proxy.url, json=call("eth_chainId"), timeout=60)
            assert "result" in ask(proxy, "eth_chainId")
        with proxy.fault(faults.Dead("hang")), pytest.raises(requests.Timeout):
            session.post(proxy.url, json=call("eth_chainId"), timeout=0.3)
    began = time.monotonic()
    with proxy.fault(faults.Slow(0.1)):
        ask(proxy, "eth_chainId")
    assert time.monotonic() - began >= 0.1


def test_old_state_is_gone(proxy: FaultProxy, localnet: Localnet) -> None:
    localnet.rpc("anvil_mine", hex(10))
    somebody = localnet.web3.eth.accounts[0]
    with proxy.fault(faults.Pruned(5)):
        assert "result" in ask(proxy, "eth_getBalance", somebody, "latest")
        assert "missing trie node" in ask(proxy, "eth_getBalance", somebody, "0x1")["error"]["message"]


def signed(localnet: Localnet, account: Any, fee: int, *, legacy: bool = False) -> str:
    fees = {"gasPrice": fee} if legacy else {"maxFeePerGas": fee, "maxPriorityFeePerGas": 1}
    transaction = {
        "chainId": localnet.web3.eth.chain_id, "nonce": 0, "to": account.address, "value": 1, "gas": 21_000,
    }  # fmt: skip
    return str(Account.sign_transaction({**transaction, **fees}, account.key).raw_transaction.to_0x_hex())


def status(localnet: Localnet, raw: str) -> int:
    """Of a transaction that was sent. anvil takes it first, and makes its block after that."""
    receipt = localnet.web3.eth.wait_for_transaction_receipt(HexStr(hash_of(raw)), 10, poll_latency=0.02)
    return receipt["status"]


@pytest.mark.parametrize("legacy", [False, True])
def test_a_transaction_is_held_until_it_is_released(
    proxy: FaultProxy, localnet: Localnet, legacy: bool
) -> None:
    account = localnet.account()
    raw = signed(localnet, account, 10**11, legacy=legacy)
    with proxy.fault(HeldTransaction()):
        assert ask(proxy, "eth_sendRawTransaction", raw)["result"] == hash_of(raw)
        assert ask(proxy, "eth_getTransactionByHash", hash_of(raw))["result"]["blockNumber"] is None
        assert ask(proxy, "eth_getTransactionReceipt", hash_of(raw))["result"] is None
        assert ask(proxy, "eth_getTransactionCount", account.address, "pending")["result"] == "0x1"
        assert ask(proxy, "eth_getTransactionCount", account.address, "latest")["result"] == "0x0"
    assert status(localnet, raw) == 1
    assert proxy.sent == [raw]


def test_who_replaces_a_held_transaction_pays_more(proxy: FaultProxy, localnet: Localnet) -> None:
    account = localnet.account()
    first, dearer, dearest = (signed(localnet, account, fee) for fee in (10**11, 10**11 + 9, 2 * 10**11))
    held = HeldTransaction(most=1)
    with proxy.fault(held):
        ask(proxy, "eth_sendRawTransaction", first)
        assert "underpriced" in ask(proxy, "eth_sendRawTransaction", dearer)["error"]["message"]
        assert held.held == [first]
        ask(proxy, "eth_sendRawTransaction", dearest)
    assert status(localnet, dearest) == 1
