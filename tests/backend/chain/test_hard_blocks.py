"""Blocks that a node cannot give: too full for it, ahead of it, or with receipts that lack logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.logs import Log, pieces
from biodesci.chain.reading import Reading
from biodesci.core.errors import UnavailableError
from tests.faults import faults, lies
from tests.faults.faults import Call, Fault, Proxy
from tests.faults.proxy import FaultProxy

# A constructor that writes a log of topic 1 and one of topic 2 (LOG1), and leaves no code.
_TWO_LOGS = "0x60016000" + "6000a1" + "60026000" + "6000a1" + "00"


class LogLost(Fault):
    """A log is in no answer, not even among the receipts of its block, which are told without it."""

    def __init__(self, block: int, place: int) -> None:
        super().__init__()
        self.where = block, place

    def _is(self, log: dict[str, Any]) -> bool:
        return (int(log["blockNumber"], 16), int(log["logIndex"], 16)) == self.where

    def result(self, proxy: Proxy, call: Call, result: Any) -> Any:
        if call["method"] == "eth_getLogs":
            return [log for log in result if not self._is(log)]
        if call["method"] == "eth_getBlockReceipts":
            return [{**one, "logs": [log for log in one["logs"] if not self._is(log)]} for one in result]
        if call["method"] == "eth_getTransactionReceipt" and result:
            return {**result, "logs": [log for log in result["logs"] if not self._is(log)]}
        return result


class ReceiptLost(LogLost):
    """As `LogLost`, of the only log of a transaction, whose receipt is gone with it."""

    def result(self, proxy: Proxy, call: Call, result: Any) -> Any:
        if call["method"] == "eth_getBlockReceipts":
            return [one for one in result if not any(map(self._is, one["logs"]))]
        return super().result(proxy, call, result)


@pytest.fixture(scope="module")
def full(localnet: Any) -> tuple[Any, int]:
    """A chain with a block of twelve logs, between emptier ones; and that block."""
    chain = Chain(localnet.rpc_url, load_deployment(localnet.deployment_file))
    senders = localnet.web3.eth.accounts[:4]
    localnet.rpc("anvil_mine", "0x5")
    localnet.rpc("evm_setAutomine", False)
    sent = [
        chain.keys.functions.register(bytes([number]) * 1216).transact({"from": sender, "gas": 3_000_000})
        for sender in senders
        for number in range(3)
    ]
    localnet.rpc("evm_mine")
    localnet.rpc("evm_setAutomine", True)
    block = localnet.web3.eth.wait_for_transaction_receipt(sent[-1])["blockNumber"]
    localnet.rpc("anvil_mine", "0x5")
    chain.keys.functions.register(b"\xee" * 1216).transact({"from": senders[0]})
    localnet.rpc("anvil_mine", "0x5")
    return localnet, block


@pytest.fixture
def proxy(full: tuple[Any, int]) -> Iterator[FaultProxy]:
    with FaultProxy(full[0].rpc_url) as proxy:
        yield proxy


def read(localnet: Any, url: str, last: int, address: str = "") -> list[Log]:
    chain = Chain(url, load_deployment(localnet.deployment_file), reading=Reading(patience=1.0))
    return [log for piece in pieces(chain, 0, last, [address or chain.keys.address]) for log in piece.logs]


@pytest.mark.parametrize("wording", faults.RESULT_WORDINGS)
def test_a_block_with_more_logs_than_a_node_gives_is_read_from_its_receipts(
    proxy: FaultProxy, full: tuple[Any, int], wording: str
) -> None:
    localnet, _ = full
    last = localnet.web3.eth.block_number
    honest = read(localnet, localnet.rpc_url, last)
    assert len(honest) == 13
    with proxy.fault(faults.ResultLimit(5, wording)):
        assert read(localnet, proxy.url, last) == honest


@pytest.mark.parametrize("place", [0, 5, 11])
def test_receipts_whose_numbers_have_a_gap_are_not_believed(
    proxy: FaultProxy, full: tuple[Any, int], place: int
) -> None:
    localnet, block = full
    with proxy.fault(LogLost(block, place)), pytest.raises(UnavailableError):
        read(localnet, proxy.url, localnet.web3.eth.block_number)


def test_the_last_receipt_of_a_block_is_not_lost_with_its_log(
    proxy: FaultProxy, full: tuple[Any, int]
) -> None:
    """Its log makes the bloom of those before, and no number is left out."""
    localnet, block = full
    with proxy.fault(ReceiptLost(block, 11)), pytest.raises(UnavailableError):
        read(localnet, proxy.url, localnet.web3.eth.block_number)


def test_the_only_log_of_a_block_is_not_lost_with_its_receipt(
    proxy: FaultProxy, full: tuple[Any, int]
) -> None:
    localnet, block = full
    with proxy.fault(LogLost(block + 6, 0)), pytest.raises(UnavailableError):
        read(localnet, proxy.url, localnet.web3.eth.block_number)


@pytest.mark.parametrize("whole", [False, True])
def test_what_a_node_has_is_read_while_it_lags(proxy: FaultProxy, full: tuple[Any, int], whole: bool) -> None:
    localnet, _ = full
    last = localnet.web3.eth.block_number
    reached = 0
    chain = Chain(proxy.url, load_deployment(localnet.deployment_file), reading=Reading(patience=1.0))
    with proxy.fault(lies.Lag(3, whole=whole)):
        for _ in range(3):
            try:
                for piece in pieces(chain, reached + 1, last, [chain.keys.address]):
                    reached = piece.last
            except UnavailableError:
                continue
    assert reached >= last - 6


@pytest.mark.parametrize("by_block", [False, True])
def test_the_last_log_of_a_block_is_not_lost_with_its_receipt(
    proxy: FaultProxy, full: tuple[Any, int], by_block: bool
) -> None:
    """Where one receipt settles the block, by the bloom in it; where all do, by that and the header's."""
    localnet, _ = full
    sender = localnet.web3.eth.accounts[0]
    # Of two transactions the first has no log of ours: then every receipt is read.
    localnet.rpc("evm_setAutomine", False)
    if by_block:
        localnet.web3.eth.send_transaction({"from": sender, "data": _TWO_LOGS, "gas": 100_000})
    sent = localnet.web3.eth.send_transaction({"from": sender, "data": _TWO_LOGS, "gas": 100_000})
    localnet.rpc("evm_mine")
    localnet.rpc("evm_setAutomine", True)
    receipt = localnet.web3.eth.wait_for_transaction_receipt(sent)
    block, address = receipt["blockNumber"], receipt["contractAddress"]
    assert len(read(localnet, proxy.url, block, address)) == 2
    with proxy.fault(LogLost(block, receipt["logs"][-1]["logIndex"])), pytest.raises(UnavailableError):
        read(localnet, proxy.url, block, address)
