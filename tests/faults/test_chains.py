"""The networks that people have: a dataset is published, sold, delivered and indexed on each.

What is tested is when blocks come and what a transaction costs. Time is the chain's own: a block of 12 s is
made as soon as the one before is there.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from web3 import HTTPProvider, Web3

from biodesci.chain.fees import Fees
from biodesci.core.errors import BioDeSciError
from biodesci.index.database import Store
from biodesci.index.sync import Follower
from biodesci.ipfs.client import Ipfs
from biodesci.localnet.processes import free_port
from tests.backend.conftest import ROOT, IpfsNode, Localnet, deploy, stop
from tests.faults.faults import BeforeEip1559
from tests.faults.proxy import FaultProxy
from tests.faults.world import PRICE, World, dump, persist
from tests.waiting import meanwhile, wait_for

GWEI = 10**9
_SLOT_S, _EPOCH = 12, 4  # seconds, blocks
_CHEAP = "--disable-min-priority-fee"


@contextmanager
def network(folder: Path, *options: str, base_fee: int = GWEI) -> Iterator[Localnet]:
    """An anvil of its own, whose first block has this base fee (wei), with the contracts."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    anvil = [str(ROOT / "node_modules/.bin/anvil"), "--port", str(port), "--silent"]
    anvil += ["--block-base-fee-per-gas", str(base_fee), *options]
    process = subprocess.Popen(anvil, stdout=subprocess.DEVNULL, start_new_session=True, env=dict(os.environ))
    try:
        web3 = Web3(HTTPProvider(url))
        wait_for(web3.is_connected, 30)
        file = folder / "local.json"
        file.write_bytes(deploy(url, 2 * base_fee).to_bytes())
        yield Localnet(url, file, web3)
    finally:
        stop(process)


@pytest.fixture
def ipfs(ipfs_node: IpfsNode) -> Ipfs:
    return Ipfs(ipfs_node.api, timeout=2.0)


class Mining:
    """Makes a block with each step, and replaces the first `reorgs` that have transactions by empty ones.

    A block is replaced once `seen` says so of its number. `jump` is the base fee, in wei, of all blocks from
    the one on that the first transaction waits for.
    """

    def __init__(
        self, localnet: Localnet, reorgs: int = 0, seen: Callable[[int], bool] = bool, jump: int = 0
    ) -> None:
        self.localnet, self.reorgs, self.seen, self.jump = localnet, reorgs, seen, jump
        self.has_jumped = False

    def step(self) -> None:
        if self.jump:
            self.has_jumped = self.has_jumped or int(self.localnet.rpc("txpool_status")["pending"], 16) > 0
            if not self.has_jumped:
                return  # a block could take, at the old fee, the transaction that comes meanwhile
            self.localnet.rpc("anvil_setNextBlockBaseFeePerGas", hex(self.jump))
        self.localnet.rpc("evm_mine")
        block = self.localnet.rpc("eth_getBlockByNumber", "latest", False)
        if self.reorgs and block["transactions"]:
            self.reorgs -= 1
            wait_for(lambda: self.seen(int(block["number"], 16)))
            self.localnet.rpc("anvil_reorg", 1 + self.reorgs % 2, [])


class Index:
    """One that follows while things happen."""

    def __init__(self, world: World, store: Store, *, at_head: bool = False) -> None:
        chain = world.reader.honest if at_head else world.reader.chain
        self.world, self.store = world, store
        self.follower = Follower(chain, world.ipfs, store, patience=0)
        self.rolled_back = 0

    def has(self, block: int) -> bool:
        """Whether it has read this block."""
        cursor = self.store.cursor()
        return cursor is not None and cursor.number >= block

    def step(self) -> None:
        with contextlib.suppress(BioDeSciError):  # the chain changed while it was read
            self.rolled_back += self.follower.step().rolled_back


def sell(world: World, index: Index) -> int:
    """Publishes, buys and delivers by the provider while the index follows; the licence.

    What a reorganization or a jump of fees makes late is repeated, as its error says.
    """
    file, offers, licences = world.cohort(), list[int | None](), list[int]()
    with meanwhile(index.step, 0.1):
        persist(lambda: offers.append(world.publish(file).offer_id), seconds=60)
        persist(lambda: licences.append(world.buy(offers[0])), seconds=60)
        persist(world.custodian.poll, seconds=60, until=lambda: world.is_delivered(licences[0]))
    return licences[0]


def ends_right(world: World, index: Index, licence: int) -> None:
    """Everything happened once, and the index is that of one who comes when all is over."""
    world.localnet.rpc("anvil_mine", hex(4 * _EPOCH))
    index.step()
    assert dump(index.store) == world.rebuilt()
    assert world.count("datasets", "DatasetPublished", owner=world.seller.address) == 2
    assert world.count("licenses", "LicensePurchased", licensee=world.buyer.address) == 1
    assert world.count("licenses", "LicenseDelivered", licenseId=licence) == 1
    assert world.count("licenses", "KeyRedelivered", licenseId=licence) == 0


def test_a_rollup_with_small_reorganizations(ipfs: Ipfs, tmp_path: Path) -> None:
    """A block every 0.25 s, whatever happens; gas for a few wei. The index shows what no other waits for."""
    with (
        network(tmp_path, _CHEAP, base_fee=100) as localnet,
        FaultProxy(localnet.rpc_url) as proxy,
        Store(tmp_path / "index.sqlite") as store,
    ):
        world = World(localnet, proxy, ipfs, tmp_path, confirmations=2)
        index = Index(world, store, at_head=True)
        index.step()
        localnet.rpc("evm_setAutomine", False)
        localnet.rpc("anvil_mine", hex(2))  # so that no reorganization takes back what was before
        with meanwhile(Mining(localnet, reorgs=2, seen=index.has).step, 0.25):
            licence = sell(world, index)
        ends_right(world, index, licence)
        assert index.rolled_back


@pytest.mark.parametrize("tag", ["safe", pytest.param("finalized", marks=pytest.mark.deep)])
def test_slow_blocks_and_what_the_chain_calls_certain(tag: str, ipfs: Ipfs, tmp_path: Path) -> None:
    """As on Ethereum with BIODESCI_CONFIRMATIONS=safe: before that no key leaves, and no index shows it."""
    with (
        network(tmp_path, "--slots-in-an-epoch", str(_EPOCH)) as localnet,
        FaultProxy(localnet.rpc_url) as proxy,
        Store(tmp_path / "index.sqlite") as store,
    ):
        world = World(localnet, proxy, ipfs, tmp_path, confirmations=tag)
        localnet.rpc("anvil_setBlockTimestampInterval", _SLOT_S)
        localnet.rpc("anvil_mine", hex(4 * _EPOCH))
        index = Index(world, store)
        with meanwhile(Mining(localnet).step, 0.05):
            offer = world.publish(world.cohort()).offer_id
        licence = world.buy_honestly(offer)
        assert world.custodian.poll() == []
        index.step()
        certain = int(localnet.rpc("eth_getBlockByNumber", tag, False)["number"], 16)
        cursor = store.cursor()
        assert cursor is not None
        assert cursor.number == certain < world.reader.honest.block_number()
        localnet.rpc("anvil_mine", hex(4 * _EPOCH))
        with meanwhile(Mining(localnet).step, 0.05):
            persist(world.custodian.poll, seconds=60, until=lambda: world.is_delivered(licence))
        ends_right(world, index, licence)


def test_fees_of_before_eip_1559(ipfs: Ipfs, tmp_path: Path) -> None:
    with (
        network(tmp_path) as node,
        FaultProxy(node.rpc_url) as proxy,
        proxy.fault(BeforeEip1559()),
        Store(tmp_path / "index.sqlite") as store,
    ):
        world = World(Localnet(proxy.url, node.deployment_file, node.web3), proxy, ipfs, tmp_path)
        index = Index(world, store)
        ends_right(world, index, sell(world, index))
        assert len(proxy.sent) >= 5, "a key, two datasets, a purchase, a delivery"
        assert all(int(raw[:4], 16) >= 0xC0 for raw in proxy.sent), "a list of RLP, without a type before it"


def test_gas_for_nothing(ipfs: Ipfs, tmp_path: Path) -> None:
    """As on a consortium's chain: who has no ether at all publishes and delivers."""
    with (
        network(tmp_path, _CHEAP, "--gas-price", "0", base_fee=0) as localnet,
        FaultProxy(localnet.rpc_url) as proxy,
        Store(tmp_path / "index.sqlite") as store,
    ):
        world = World(localnet, proxy, ipfs, tmp_path)
        localnet.rpc("anvil_setBalance", world.seller.address, "0x0")
        localnet.rpc("anvil_setBalance", world.buyer.address, hex(PRICE))
        index = Index(world, store)
        ends_right(world, index, sell(world, index))
        assert [world.reader.honest.balance(one.address) for one in (world.seller, world.buyer)] == [0, 0]


def test_fees_that_jump_fiftyfold(ipfs: Ipfs, tmp_path: Path) -> None:
    """What was offered before the jump is offered anew; beyond what an operator pays, a sentence says so."""
    with (
        network(tmp_path) as localnet,
        FaultProxy(localnet.rpc_url) as proxy,
        Store(tmp_path / "index.sqlite") as store,
    ):
        world = World(localnet, proxy, ipfs, tmp_path)
        index = Index(world, store)
        localnet.rpc("evm_setAutomine", False)
        with meanwhile(Mining(localnet, jump=50 * GWEI).step, 0.1):
            licence = sell(world, index)
        ends_right(world, index, licence)
        paid = [Fees.of(bytes.fromhex(raw[2:])).most for raw in proxy.sent]
        assert min(paid) < 5 * GWEI < 50 * GWEI < max(paid)
        for _ in range(2):
            localnet.rpc("anvil_setNextBlockBaseFeePerGas", hex(5_000 * GWEI))
            localnet.rpc("evm_mine")
        with pytest.raises(BioDeSciError, match=r"5\d* gwei now, and at most 500 are paid"):
            world.buy()
