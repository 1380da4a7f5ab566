"""While the aggregator waits for a block, it answers the sites of its rounds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from biodesci.chain.client import Chain
from biodesci.core.onchain import RoundState
from biodesci.ipfs.client import Ipfs
from biodesci.registry import rounds
from tests.attacks.sites import Sites

pytestmark = pytest.mark.timeout(240)


def test_sites_are_answered_while_a_transaction_is_in_no_block(
    chain_for: Callable[..., Chain], ipfs_node: Any, localnet: Any, tmp_path: Path
) -> None:
    sites = Sites(chain_for, Ipfs(ipfs_node.api, timeout=2.0), tmp_path, 3)
    round_id = sites.open()
    with sites.aggregator() as aggregator:
        sites.enrol(aggregator)
        assert rounds.read(sites.owner, round_id).state is RoundState.RUNNING
        for node in sites.nodes:
            node.step()
        localnet.rpc("evm_setAutomine", False)
        fixing = threading.Thread(target=aggregator.step)
        fixing.start()
        try:
            _wait_for(lambda: _pending(localnet) == 1)
            site = sites.chains[0].address
            status = httpx.get(f"{sites.url}/rounds/{round_id}", timeout=10)
            assert status.json()["stage"] == "sharing"
            inbox = httpx.get(f"{sites.url}/rounds/{round_id}/inbox/{site}", timeout=10)
            assert inbox.status_code == 204, "nobody masks before the chain says who dealt"
            assert fixing.is_alive(), "it does not wait any more: this shows nothing"
        finally:
            localnet.rpc("evm_setAutomine", True)
            localnet.rpc("evm_mine")
            fixing.join()
        inbox = httpx.get(f"{sites.url}/rounds/{round_id}/inbox/{site}", timeout=10)
        assert inbox.status_code == 200


def _pending(localnet: Any) -> int:
    return int(localnet.rpc("txpool_status")["pending"], 16)


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
