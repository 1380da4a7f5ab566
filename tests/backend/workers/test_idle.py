"""What has nothing to do asks the chain node at most once a second, while the chain goes on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from biodesci.chain import accounts
from biodesci.localnet.processes import free_port
from biodesci.party import keys
from tests.backend.acting import PASSPHRASE
from tests.backend.workers.processes import Start
from tests.faults.proxy import FaultProxy

SECONDS = 60.0  # of which a look that comes a little sooner is a small part
WORKERS = ("indexer", "custodian", "inference_worker", "aggregator")


@pytest.mark.deep
def test_an_idle_worker_asks_once_a_second_at_most(
    start: Start, hospital: Any, localnet: Any, chain_for: Any, tmp_path: Path
) -> None:
    keys.register(hospital.owner, hospital.home, PASSPHRASE)
    own = {
        "indexer": {"BIODESCI_DATABASE": tmp_path / "index" / "index.sqlite"},
        "inference_worker": {"BIODESCI_UNPAID": 1},
        "aggregator": {
            "BIODESCI_MODEL_OWNERS": accounts.address(hospital.home / "account.json"),
            "BIODESCI_AGGREGATOR_URL": f"http://127.0.0.1:{free_port()}",
        },
    }
    proxies = {worker: FaultProxy(localnet.rpc_url) for worker in WORKERS}
    for worker, proxy in proxies.items():
        proxy.listen()
        settings = {"BIODESCI_HOME": hospital.home, "BIODESCI_RPC_URL": proxy.url}
        # As long as the longest pause of a worker that has been idle for a minute.
        process = start(worker, **settings, BIODESCI_POLL_INTERVAL=10, **own.get(worker, {}))
        process.wait(lambda: process.why_not_ready() == "")  # noqa: B023
        assert 'biodesci_rpc_calls_total{method="eth_blockNumber"}' in process.metrics()
    time.sleep(10)  # what follows the first step
    for proxy in proxies.values():
        proxy.forget_counts()
    began = time.monotonic()
    while time.monotonic() < began + SECONDS:
        localnet.rpc("evm_mine")
        time.sleep(2)  # each block's header is read, to see that none of its events is missing
    seconds = time.monotonic() - began
    asked = {worker: sum(proxy.calls.values()) / seconds for worker, proxy in proxies.items()}
    for proxy in proxies.values():
        proxy.stop_listening()
    assert all(0 < rate <= 1 for rate in asked.values()), {
        worker: one.calls for worker, one in proxies.items()
    }
