"""Who follows the chain reads each block once, after a restart too, and reads again what a reorganization
changed."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from biodesci.chain import blocks
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.events import topics_of
from biodesci.chain.follow import Follower, Trail
from biodesci.chain.provider import Provider
from biodesci.core.errors import UnavailableError
from tests.faults import lies
from tests.faults.proxy import FaultProxy


class Reader:
    """A worker that notes which keys were registered where: (block, index)."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.follower = Follower(chain, "reader", 0)
        self.found = {tuple(each) for each in self.follower.state.get("found", ())}

    def look(self, last: int | None = None) -> None:
        topics = topics_of(self.chain.keys, "KeyRegistered", {})
        head = self.chain.block_number() if last is None else last
        for piece in self.follower.news(head, [self.chain.keys.address], topics):
            self.found |= {(log.block, log.tx_hash) for log in piece.logs}
            self.follower.state = {"found": sorted(self.found)}


@pytest.fixture
def connect(localnet: Any, tmp_path: Path) -> Any:
    def client(url: str = "") -> Chain:
        return Chain(url or localnet.rpc_url, load_deployment(localnet.deployment_file), home=tmp_path)

    return client


_fresh = itertools.count(1)


def register(localnet: Any, chain: Chain) -> tuple[int, str]:
    sent = chain.keys.functions.register(next(_fresh).to_bytes(4) * 304).transact(
        {"from": localnet.web3.eth.accounts[1]}
    )
    receipt = localnet.web3.eth.wait_for_transaction_receipt(sent)
    return int(receipt["blockNumber"]), receipt["transactionHash"].to_0x_hex()


@pytest.fixture
def ranges(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The ranges of blocks whose logs were asked for."""
    asked: list[tuple[int, int]] = []
    real = Provider.logs

    def logs(self: Provider, query: dict[str, Any], blocks: int) -> list[dict[str, Any]]:
        asked.append((int(query["fromBlock"], 16), int(query["toBlock"], 16)))
        return real(self, query, blocks)

    monkeypatch.setattr(Provider, "logs", logs)
    return asked


def test_a_time_is_found_in_a_few_questions(
    localnet: Any, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "_NEAR_ENOUGH", 10)
    with FaultProxy(localnet.rpc_url) as proxy:
        chain = connect(proxy.url)
        localnet.rpc("anvil_mine", hex(300), hex(12))
        for below in (0, 1, 150, 290):
            wanted = chain.block_number() - below
            time = blocks.headers(chain, [wanted])[0].time
            proxy.forget_counts()
            first = blocks.first_since(chain, time, 0)
            assert first <= wanted <= first + 12
            assert proxy.requests <= 4


def test_a_restart_goes_on_where_the_last_run_was(localnet: Any, connect: Any, ranges: Any) -> None:
    chain = connect()
    one = register(localnet, chain)
    localnet.rpc("anvil_mine", hex(30))
    first = Reader(chain)
    first.look()
    assert one in first.found
    reached = chain.block_number()
    two = register(localnet, chain)
    ranges.clear()
    again = Reader(connect())
    assert again.found == first.found
    again.look()
    assert again.found == first.found | {two}
    assert min(ranges)[0] > one[0], "what was read is not read again"
    assert max(ranges)[1] > reached


@pytest.mark.parametrize("depth", [1, 3, 30])
def test_what_a_reorganization_changed_is_read_again(
    localnet: Any, connect: Any, ranges: Any, depth: int
) -> None:
    chain = connect()
    kept = register(localnet, chain)
    reader = Reader(chain)
    reader.look()
    before = localnet.rpc("evm_snapshot")
    height = chain.block_number()
    for number in range(depth):
        register(localnet, chain) if number % 2 == 0 else localnet.rpc("evm_mine")
        reader.look()  # block by block, as a worker does
    localnet.rpc("evm_revert", before)
    reader.look()  # shorter than what it knows: nothing is read, nothing is wrong
    localnet.rpc("evm_increaseTime", 100)
    other = register(localnet, chain)
    localnet.rpc("anvil_mine", hex(depth + 1))
    ranges.clear()
    reader.look()
    assert {kept, other} <= reader.found
    assert min(ranges)[0] > height - 5, "only what changed"
    fresh = Reader(connect())
    fresh.look()
    assert {kept, other} <= fresh.found


def test_a_head_that_jumps_back_is_no_reorganization(localnet: Any, connect: Any, ranges: Any) -> None:
    with FaultProxy(localnet.rpc_url) as proxy:
        chain = connect(proxy.url)
        reader = Reader(chain)
        one = register(localnet, chain)
        reader.look()
        with proxy.fault(lies.HeadBack(5)):
            ranges.clear()
            for _ in range(4):
                reader.look()
            assert ranges == []
            two = register(localnet, chain)
            for _ in range(2):
                reader.look()
        assert {one, two} <= reader.found


def test_a_node_that_answers_short_does_not_move_the_place(localnet: Any, connect: Any) -> None:
    """The log comes as soon as the node is honest again, and meanwhile the place stays or nothing is lost."""
    with FaultProxy(localnet.rpc_url) as proxy:
        chain = connect(proxy.url)
        reader = Reader(chain)
        reader.look()
        for fault in (lies.Lag(3), lies.Drop(), lies.Cut(1.0), lies.WrongHash("logs")):
            new = register(localnet, chain)
            with proxy.fault(fault):
                try:
                    reader.look()
                except UnavailableError:
                    assert reader.follower.next_block <= new[0]
            reader.look()
            assert new in reader.found, fault


def test_a_note_that_is_damaged_is_no_obstacle(localnet: Any, connect: Any) -> None:
    chain = connect()
    one = register(localnet, chain)
    Reader(chain).look()
    work = Reader(chain).follower
    assert work._work is not None
    work._work.put_checkpoint(work._name, b"{")
    again = Reader(chain)
    again.look()
    assert one in again.found


def test_a_trail_stays_short_and_knows_old_blocks() -> None:
    trail = Trail()
    for number in range(10_000):
        trail.add(number, hex(number))
    assert len(trail.ends) <= 128
    assert trail.ends[0][0] == 0
    assert [number for number, _ in trail.ends[-64:]] == list(range(9_936, 10_000))
