"""Workers as processes of their own, with their logs and figures."""

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
from biodesci.localnet.processes import free_port
from biodesci.workers.entry import GRACE_S
from tests.backend.acting import PASSPHRASE
from tests.waiting import LATE_S


class Process:
    """A worker, its log, and its figures."""

    def __init__(self, worker: str, log: Path, **settings: object) -> None:
        self.worker, self._log, self.port = worker, log, free_port()
        self._asking = httpx.Client(base_url=f"http://127.0.0.1:{self.port}")
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

    def wait(self, done: Callable[[], bool], seconds: float = 2 * LATE_S) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert self._process.poll() is None, self.log()[-3000:]
            assert time.monotonic() < deadline, self.log()[-3000:]
            time.sleep(0.05)

    def why_not_ready(self) -> str | None:
        """None before it listens."""
        try:
            return str(self._asking.get("/ready").json()["why"])
        except httpx.HTTPError:
            return None

    def metrics(self) -> str:
        return self._asking.get("/metrics").text

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def terminate(self) -> int:
        """Its exit status. It has ten seconds to end, of which a worker takes `GRACE_S` in its own hands: the
        rest is for a busy machine, and that one may take longer."""
        assert GRACE_S < 10
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(LATE_S)


Start = Callable[..., Process]


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
