"""The networks that people have: slow blocks with finality, fast blocks, fees that jump."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from web3 import HTTPProvider, Web3

from biodesci.chain.client import Chain
from biodesci.chain.outbox import Sending
from biodesci.chain.reading import Reading
from biodesci.core.errors import BioDeSciError
from biodesci.index.database import Store
from biodesci.index.sync import sync
from biodesci.ipfs.client import Ipfs
from biodesci.market.custody import Custodian
from tests.backend.acting import acting
from tests.backend.conftest import ROOT, IpfsNode, Localnet, deploy, free_port, stop
from tests.faults.proxy import FaultProxy, wait_until
from tests.faults.world import World

GWEI = 10**9


@contextmanager
def network(folder: Path, *options: str) -> Iterator[Localnet]:
    """An anvil of its own, with the contracts."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    anvil = [str(ROOT / "node_modules/.bin/anvil"), "--port", str(port), "--silent", *options]
    process = subprocess.Popen(anvil, stdout=subprocess.DEVNULL, start_new_session=True, env=dict(os.environ))
    try:
        web3 = Web3(HTTPProvider(url))
        wait_until(web3.is_connected, 30)
        file = folder / "local.json"
        file.write_bytes(deploy(url).to_bytes())
        yield Localnet(url, file, web3)
    finally:
        stop(process)


@pytest.fixture
def ipfs(ipfs_node: IpfsNode) -> Ipfs:
    return Ipfs(ipfs_node.api, timeout=2.0)


def test_blocks_of_a_rollup(ipfs: Ipfs, tmp_path: Path) -> None:
    """A block every 0.25 s, whatever happens."""
    with network(tmp_path) as localnet, FaultProxy(localnet.rpc_url) as proxy:
        world = World(localnet, proxy, ipfs, tmp_path)
        localnet.rpc("evm_setAutomine", False)
        stopped = threading.Event()
        mining = threading.Thread(target=_mine, args=(localnet, stopped))
        mining.start()
        try:
            licence = world.buy()
            wait_until(lambda: world.custodian.poll() is not None and world.is_delivered(licence), 20)
        finally:
            stopped.set()
            mining.join()


def _mine(localnet: Localnet, stopped: threading.Event) -> None:
    """anvil counts its intervals in whole seconds."""
    while not stopped.wait(0.25):
        localnet.rpc("evm_mine")


def test_a_key_leaves_once_its_purchase_is_final(ipfs: Ipfs, tmp_path: Path) -> None:
    """As on Sepolia with BIODESCI_CONFIRMATIONS=finalized; an epoch is 4 blocks here."""
    with (
        network(tmp_path, "--slots-in-an-epoch", "4") as localnet,
        FaultProxy(localnet.rpc_url) as proxy,
        Store(tmp_path / "index.sqlite") as store,
    ):
        world = World(localnet, proxy, ipfs, tmp_path)
        seller = world.seller
        final = Chain(
            localnet.rpc_url, world.deployment, seller.chain.account, seller.home,
            reading=Reading(confirmations="finalized"), sending=Sending(block_timeout=30),
        )  # fmt: skip
        localnet.rpc("anvil_mine", hex(20))
        licence = world.buy_honestly()
        custodian = Custodian(acting(final, ipfs, seller.home))
        assert custodian.poll() == []
        finalized = int(localnet.rpc("eth_getBlockByNumber", "finalized", False)["number"], 16)
        assert finalized < world.reader.honest.block_number()
        assert sync(final, ipfs, store).block == finalized
        localnet.rpc("anvil_mine", hex(20))
        stopped = threading.Event()
        mining = threading.Thread(target=_mine, args=(localnet, stopped))  # its delivery is to be final, too
        mining.start()
        try:
            custodian.poll()
        finally:
            stopped.set()
            mining.join()
        assert world.is_delivered(licence)


def test_the_base_fee_jumps_fiftyfold(ipfs: Ipfs, tmp_path: Path) -> None:
    """What was offered before the jump is offered anew; beyond what an operator pays, a sentence says so."""
    with network(tmp_path, "--base-fee", str(GWEI)) as localnet, FaultProxy(localnet.rpc_url) as proxy:
        world = World(localnet, proxy, ipfs, tmp_path)
        licence = world.buy_honestly()
        localnet.rpc("anvil_setNextBlockBaseFeePerGas", hex(50 * GWEI))
        wait_until(lambda: world.custodian.poll() is not None and world.is_delivered(licence), 30)
        localnet.rpc("anvil_setNextBlockBaseFeePerGas", hex(5_000 * GWEI))
        localnet.rpc("evm_mine")
        localnet.rpc("anvil_setNextBlockBaseFeePerGas", hex(5_000 * GWEI))
        with pytest.raises(BioDeSciError, match=r"(?i)gas|fee|gwei"):
            world.buy()
