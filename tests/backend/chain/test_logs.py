"""The log reader against a faulty provider: whatever is wrong with it, no log is lost or comes twice."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.logs import Log, Piece, pieces
from biodesci.chain.reading import Reading
from biodesci.chain.records import Key
from biodesci.cli import checkup
from biodesci.core.errors import UnavailableError
from tests.faults import faults, lies
from tests.faults.faults import Call, Proxy
from tests.faults.proxy import FaultProxy
from tests.waiting import LATE_S, in_time

BLOCKS, KEYS = 680, 40
SOME = 240  # blocks, where each header is read through the proxy


@dataclass
class History:
    """A chain of 700 blocks in which keys were registered here and there; `logs`: what a node has of it."""

    localnet: Any
    logs: list[tuple[int, int]]
    last: int

    def up_to(self, block: int) -> list[tuple[int, int]]:
        """Block and place of each log up to a block."""
        return [place for place in self.logs if place[0] <= block]

    def connect(self, proxy: FaultProxy, **reading: Any) -> Chain:
        """A new client: one that has learnt nothing of the node yet."""
        return Chain(proxy.url, load_deployment(self.localnet.deployment_file), reading=Reading(**reading))


@pytest.fixture(scope="module")
def history(localnet: Any) -> History:
    chain = Chain(localnet.rpc_url, load_deployment(localnet.deployment_file))
    sender, wait = localnet.web3.eth.accounts[0], localnet.web3.eth.wait_for_transaction_receipt
    for number in range(KEYS):
        register = chain.keys.functions.register(bytes([number]) * 1216)
        if number % 4 == 3:  # three in one block
            localnet.rpc("evm_setAutomine", False)
            sent = [register.transact({"from": sender, "gas": 3_000_000}) for _ in range(3)]
            localnet.rpc("evm_mine")
            localnet.rpc("evm_setAutomine", True)
        else:
            sent = [register.transact({"from": sender})]
        for each in sent:
            wait(each)
        localnet.rpc("anvil_mine", hex(BLOCKS // KEYS))
    wait(chain.keys.functions.register(b"\xff" * 1216).transact({"from": sender}))
    last = localnet.web3.eth.block_number
    raw = localnet.rpc(
        "eth_getLogs", {"fromBlock": "0x0", "toBlock": hex(last), "address": chain.keys.address}
    )
    return History(localnet, [(int(one["blockNumber"], 16), int(one["logIndex"], 16)) for one in raw], last)


@pytest.fixture
def proxy(history: History) -> Iterator[FaultProxy]:
    with FaultProxy(history.localnet.rpc_url) as proxy:
        yield proxy


def places(logs: list[Log]) -> list[tuple[int, int]]:
    return [(log.block, log.index) for log in logs]


def read(chain: Chain, last: int, **more: Any) -> list[Log]:
    """All logs of the keys' contract, after a look at the pieces: they cover the blocks without a gap."""
    got: list[Piece] = list(pieces(chain, 0, last, [chain.keys.address], **more))
    assert [piece.first for piece in got] == [0, *(piece.last + 1 for piece in got[:-1])]
    assert got[-1].last == last
    for before, piece in pairwise(got):
        assert piece.parent == before.headers[before.last].hash
        assert set(piece.headers) == {log.block for log in piece.logs} | {piece.last}
    return [log for piece in got for log in piece.logs]


LIMITS = [
    *(faults.RangeLimit(100, wording) for wording in faults.RANGE_WORDINGS),
    faults.RangeLimit(400),
    *(faults.ResultLimit(9, wording) for wording in faults.RESULT_WORDINGS),
]
SLOWLY = [
    *(faults.TooManyRequests(wording) for wording in faults.BUSY_WORDINGS),
    faults.Slow(0.03),
    faults.BatchRefused(),
    faults.BatchShuffled(),
    faults.ReceiptsRefused(),
    faults.Pruned(128),
]


@pytest.mark.parametrize("fault", LIMITS, ids=lambda fault: f"{fault!r} {fault.wording}")
def test_what_a_provider_refuses_as_too_much_is_asked_in_parts(
    proxy: FaultProxy, history: History, fault: faults.Fault
) -> None:
    chain = history.connect(proxy)
    with proxy.fault(fault):
        events = chain.events(chain.keys, "KeyRegistered", 0)
    assert [(event["blockNumber"], event["logIndex"]) for event in events] == history.logs


@pytest.mark.parametrize("fault", SLOWLY, ids=lambda fault: f"{fault!r} {getattr(fault, 'wording', '')}")
def test_what_a_provider_limits_or_lacks_only_takes_longer(
    proxy: FaultProxy, history: History, fault: faults.Fault
) -> None:
    chain = history.connect(proxy)
    with proxy.fault(fault):
        assert places(read(chain, SOME)) == history.up_to(SOME)
        events = chain.events(chain.keys, "KeyRegistered", 0)
    assert [(event["blockNumber"], event["logIndex"]) for event in events] == history.logs


class WithoutField(faults.Fault):
    """Its logs lack a field that every log has."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def result(self, proxy: Proxy, call: Call, result: Any) -> Any:
        if call["method"] != "eth_getLogs":
            return result
        return [{name: value for name, value in log.items() if name != self.name} for log in result]


SHORT = [
    *(WithoutField(name) for name in ("blockHash", "transactionHash", "topics", "data", "address")),
    lies.Lag(3),
    lies.Lag(3, whole=True),
    lies.Drop(),
    lies.Cut(0.3),
    lies.WrongHash("logs"),
    lies.WrongHash("headers"),
    faults.Html(),
    *(faults.Dead(how) for how in ("refused", "reset")),
]


@pytest.mark.parametrize("fault", SHORT, ids=repr)
def test_what_a_node_says_short_or_wrongly_is_never_believed(
    proxy: FaultProxy, history: History, fault: faults.Fault
) -> None:
    """Either the reader has all of a piece or it raises; and it has all once the node is honest again."""
    chain = history.connect(proxy, patience=1.0)
    got: list[Log] = []
    reached = start = history.last - SOME
    with proxy.fault(fault):
        try:
            for piece in pieces(chain, start + 1, history.last, [chain.keys.address]):
                got += piece.logs
                reached = piece.last
        except UnavailableError as exc:
            assert exc.hint
    due = [place for place in history.logs if place[0] > start]
    assert places(got) == [place for place in due if place[0] <= reached]
    for piece in pieces(chain, reached + 1, history.last, [chain.keys.address]):
        got += piece.logs
    assert places(got) == due


@pytest.mark.parametrize("fault", [lies.Lag(3), lies.Lag(3, whole=True)], ids=["logs", "whole"])
def test_a_lookup_does_not_miss_what_was_just_mined(
    proxy: FaultProxy, history: History, fault: faults.Fault
) -> None:
    chain = history.connect(proxy, patience=1.0)
    with proxy.fault(fault):
        try:
            events = chain.events(chain.keys, "KeyRegistered", 0)
        except UnavailableError:
            return
    assert len(events) == len(history.logs)


def test_a_head_that_jumps_back_is_no_error(proxy: FaultProxy, history: History) -> None:
    chain = history.connect(proxy, confirmations=2)
    with proxy.fault(lies.HeadBack(5)):
        heads = {chain.counted_head() for _ in range(4)}
        assert heads == {history.last - 2, history.last - 7}
        assert places(read(chain, SOME)) == history.up_to(SOME)


def test_a_tag_says_which_block_counts(proxy: FaultProxy, history: History) -> None:
    def number(tag: str) -> int:
        return int(history.localnet.rpc("eth_getBlockByNumber", tag, False)["number"], 16)

    for tag in ("safe", "finalized"):
        chain = history.connect(proxy, confirmations=tag)
        assert chain.counted_head() == number(tag) < history.last
        assert chain.depth() == history.last - number(tag)


def test_pieces_come_as_they_are_read(proxy: FaultProxy, history: History) -> None:
    """What was read before a provider fails is kept by whoever took it."""
    chain = history.connect(proxy, patience=0.5)
    with proxy.fault(faults.RangeLimit(60)):
        reading = pieces(chain, 0, history.last, [chain.keys.address])
        first = next(reading)
        with proxy.fault(faults.Dead("refused")), pytest.raises(UnavailableError):
            list(reading)
    assert first.first == 0
    assert first.last >= 59


def test_a_client_learns_how_much_its_node_allows(proxy: FaultProxy, history: History) -> None:
    chain = history.connect(proxy)
    with proxy.fault(faults.RangeLimit(100, "ankr")):
        read(chain, history.last, checked=False)
        proxy.forget_counts()
        read(chain, history.last, checked=False)
    assert proxy.calls["eth_getLogs"] <= 9  # 8 pieces; nothing is refused again


class OverSize(faults.Fault):
    """Logs of more than so many blocks come too late, or are refused as if the node were busy."""

    def __init__(self, blocks: int, how: str) -> None:
        super().__init__()
        self.blocks, self.how = blocks, how
        self.refused: set[int] = set()  # sizes

    @staticmethod
    def _size(call: Call) -> int:
        asked = call["params"][0]
        return int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) + 1

    def is_hit(self, call: Call) -> bool:
        """Whether the call asks for too much."""
        return bool(call["method"] == "eth_getLogs" and self._size(call) > self.blocks)

    def instead(self, proxy: Proxy, call: Call) -> dict[str, Any] | None:
        if not self.is_hit(call):
            return None
        self.refused.add(self._size(call))
        if self.how == "late":
            self.ended.wait(100)
            return None
        return faults.refusal(-32005, "limit exceeded")


@pytest.mark.parametrize("how", ["late", "busy"])
@pytest.mark.parametrize("blocks", [25, 3])
def test_a_size_that_is_refused_by_waiting_is_learnt(
    proxy: FaultProxy, history: History, how: str, blocks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By one lookup, or by those after it: none of them begins anew with what was too much."""
    chain, over_size = history.connect(proxy, patience=1.0), OverSize(blocks, how)
    (node,) = chain.provider.endpoints
    ask = node.ask

    def waits_briefly_for_what_comes_late(body: bytes) -> Any:
        call = json.loads(body)
        node.timeout = 0.5 if not isinstance(call, list) and over_size.is_hit(call) else LATE_S
        return ask(body)

    monkeypatch.setattr(node, "ask", waits_briefly_for_what_comes_late)
    got: list[Log] = []
    reached, attempts = 0, 0
    with proxy.fault(over_size):
        while reached < SOME:
            attempts += 1
            assert attempts <= (1 if blocks == 25 else 2), f"block {reached}"
            try:
                for piece in pieces(chain, reached + 1, SOME, [chain.keys.address]):
                    got += piece.logs
                    reached = piece.last
            except UnavailableError:
                continue
    assert places(got) == history.up_to(SOME)


def test_a_node_that_is_busy_is_not_examined_for_long(proxy: FaultProxy, history: History) -> None:
    """By `biodesci doctor`, which looks for the size that a node allows."""
    chain, busy = history.connect(proxy, patience=0.5), OverSize(0, "busy")
    with proxy.fault(busy), pytest.raises(UnavailableError, match="limit exceeded"):
        checkup.logs(chain)
    assert 1 <= len(busy.refused) <= 3


def test_reading_ends_soon_after_a_stop(proxy: FaultProxy, history: History) -> None:
    stop = threading.Event()
    chain = history.connect(proxy, stop=stop, patience=600.0)
    threading.Timer(0.5, stop.set).start()
    busy = faults.TooManyRequests("compute units", share=1.0)
    with in_time(), proxy.fault(busy), pytest.raises(UnavailableError):
        read(chain, history.last)


def test_topics_narrow_what_is_asked(proxy: FaultProxy, history: History) -> None:
    chain = history.connect(proxy)
    registered = chain.read(Key, history.localnet.web3.eth.accounts[0])
    events = chain.events(chain.keys, "KeyRegistered", 0, filters={"index": registered.index})
    assert len(events) == 1


@pytest.mark.parametrize("fault", [lies.Drop(), lies.Cut(0.3)], ids=repr)
def test_a_lookup_is_compared_with_a_second_node(
    proxy: FaultProxy, history: History, fault: faults.Fault
) -> None:
    with FaultProxy(history.localnet.rpc_url) as other:
        chain = Chain(
            f"{proxy.url} {other.url}",
            load_deployment(history.localnet.deployment_file),
            reading=Reading(patience=1.0),
        )
        assert len(chain.events(chain.keys, "KeyRegistered", 0)) == len(history.logs)
        for node in (proxy, other):
            with node.fault(fault), pytest.raises(UnavailableError, match="nodes gave"):
                chain.events(chain.keys, "KeyRegistered", 0)


def test_where_no_receipts_are_given_a_second_node_is_asked(
    proxy: FaultProxy, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultProxy(history.localnet.rpc_url) as other:
        both = Chain(
            f"{proxy.url} {other.url}",
            load_deployment(history.localnet.deployment_file),
            reading=Reading(patience=1.0),
        )
        alone = history.connect(proxy, patience=1.0)
        for chain in (both, alone):
            chain.provider.lacking |= {"eth_getBlockReceipts", "eth_getTransactionReceipt"}
        assert places(read(both, SOME)) == history.up_to(SOME)
        assert other.calls["eth_getLogs"] > 0
        with proxy.fault(lies.Drop()), pytest.raises(UnavailableError, match="another node gives"):
            read(both, SOME)
        with pytest.raises(UnavailableError, match="cannot be checked"):
            read(alone, SOME)
