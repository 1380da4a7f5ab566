"""Workers as processes of their own: two do no job twice, one that was killed is followed, and a signal ends
each in time. Chain, IPFS node and databases are real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from biodesci.chain import accounts
from biodesci.core.onchain import LicenseState
from biodesci.market import license
from biodesci.party import keys
from tests.backend.acting import PASSPHRASE
from tests.backend.conftest import free_port
from tests.faults.faults import Slow
from tests.faults.proxy import FaultProxy


class Process:
    """A worker, its log, and its figures."""

    def __init__(self, worker: str, log: Path, **settings: object) -> None:
        self.worker, self._log, self.port = worker, log, free_port()
        chosen = {"BIODESCI_METRICS_PORT": self.port, "BIODESCI_POLL_INTERVAL": 0.1, **settings}
        kept = {k: v for k, v in os.environ.items() if not k.startswith("BIODESCI_")}
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"biodesci.workers.{worker}"],
                env={**kept, **{name: str(value) for name, value in chosen.items()}},
                stdout=output,
                stderr=output,
            )

    def log(self) -> str:
        return self._log.read_text()

    def wait(self, done: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert self._process.poll() is None, self.log()[-3000:]
            assert time.monotonic() < deadline, self.log()[-3000:]
            time.sleep(0.05)

    def why_not_ready(self) -> str | None:
        """None before it listens."""
        try:
            return str(httpx.get(f"http://127.0.0.1:{self.port}/ready").json()["why"])
        except httpx.HTTPError:
            return None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def terminate(self) -> tuple[int, float]:
        """Its exit status, and the seconds it took."""
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30), time.monotonic() - began


@pytest.fixture
def start(localnet: Any, ipfs_node: Any, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """start("custodian", BIODESCI_HOME=...) starts one; all are gone at the end."""
    started: list[Process] = []

    def begin(worker: str, **settings: object) -> Process:
        network = {
            "BIODESCI_RPC_URL": localnet.rpc_url,
            "BIODESCI_IPFS_API": ipfs_node.api,
            "BIODESCI_DEPLOYMENT": localnet.deployment_file,
            "BIODESCI_PASSPHRASE": PASSPHRASE,
            "BIODESCI_HOME": tmp_path / "home",
        }
        started.append(Process(worker, tmp_path / f"{worker}-{len(started)}.log", **{**network, **settings}))
        return started[-1]

    yield begin
    for process in started:
        process.kill()


@pytest.fixture
def hospital(sale: Any) -> Any:
    """The sale, with its owner's account in a file."""
    key = bytes(sale.owner.account.key)
    accounts.create(sale.home / "account.json", PASSPHRASE, private_key=key, work_factor=1 << 12)
    return sale


def deliveries(sale: Any, license_id: int) -> int:
    licenses = sale.owner.licenses
    return len(sale.owner.events(licenses, "LicenseDelivered", 0, filters={"licenseId": license_id}))


def is_delivered(sale: Any, license_id: int) -> bool:
    return license.get(sale.owner, license_id).state is LicenseState.DELIVERED


def test_of_two_custodians_one_works_and_the_other_follows_a_killed_one(
    start: Any, hospital: Any, chain_for: Any, tmp_path: Path
) -> None:
    home = {"BIODESCI_HOME": hospital.home}
    first = start("custodian", **home)
    first.wait(lambda: first.why_not_ready() == "")
    second = start("custodian", **home)
    second.wait(lambda: "stands by" in (second.why_not_ready() or ""))
    bought = [hospital.buy().license_id]
    first.wait(lambda: is_delivered(hospital, bought[0]))
    first.kill()
    hospital.buyer = chain_for()
    keys.register(hospital.buyer, tmp_path / "another", PASSPHRASE)
    bought.append(hospital.buy().license_id)
    second.wait(lambda: is_delivered(hospital, bought[1]) and "key delivered" in second.log())
    assert [deliveries(hospital, one) for one in bought] == [1, 1]
    assert "standing by" in second.log()
    status, seconds = second.terminate()
    assert (status, seconds < 10) == (0, True)


def test_a_signal_ends_a_worker_in_the_middle_of_waiting(start: Any, hospital: Any, localnet: Any) -> None:
    with FaultProxy(localnet.rpc_url) as proxy:
        worker = start("custodian", BIODESCI_HOME=hospital.home, BIODESCI_RPC_URL=proxy.url)
        worker.wait(lambda: worker.why_not_ready() == "")
        with proxy.fault(Slow(18.0)):
            proxy.forget_counts()
            worker.wait(lambda: proxy.requests > 0)
            status, seconds = worker.terminate()
    assert status == 0
    assert seconds < 10
    assert "the next start goes on with it" in worker.log()


def test_a_worker_whose_chain_is_away_waits_and_says_so(start: Any, hospital: Any) -> None:
    worker = start("custodian", BIODESCI_HOME=hospital.home, BIODESCI_RPC_URL="http://127.0.0.1:9")
    worker.wait(lambda: "UnavailableError" in (worker.why_not_ready() or ""))
    status, seconds = worker.terminate()
    assert (status, seconds < 10) == (0, True)


def test_wrong_settings_end_a_worker_with_status_1(start: Any, tmp_path: Path) -> None:
    worker = start("custodian", BIODESCI_HOME=tmp_path / "nobody")
    assert worker._process.wait(60) == 1
    assert "Traceback" not in worker.log()
