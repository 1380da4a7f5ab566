"""Publishes a dataset in a process of its own, which kills itself at the step that it is told.

Run by test_outbox_killed.py, with an `Order` as JSON on standard input. Prints the dataset's number.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eth_account import Account

from biodesci.chain import entries, transactions
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.outbox import Sending

PUBLICATION = (b"\x01" * 32, b"\x02" * 32, b"\x03" * 32, 1, bytes(32))
_PLACES: dict[str, Any] = {"entries": entries, "transactions": transactions, "Path": Path}


@dataclass
class Order:
    """`dies` is such as "after entries.write 2": the second time that it is called. Empty: it lives."""

    rpc_url: str
    deployment_file: str
    home: str
    private_key: str
    about: str = "one"
    dies: str = ""
    stuck_after: float = 60.0
    block_timeout: float = 30.0

    def start(self) -> subprocess.Popen[str]:
        """The process, to which the order has been told."""
        process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(asdict(self)))
        process.stdin.close()
        process.stdin = None
        return process

    def connect(self) -> Chain:
        """The client that the order describes."""
        return Chain(
            self.rpc_url,
            load_deployment(Path(self.deployment_file)),
            Account.from_key(self.private_key),
            Path(self.home),
            sending=Sending(block_timeout=self.block_timeout, stuck_after=self.stuck_after),
        )


def publish(chain: Chain, about: str = "one") -> int:
    """The number of the dataset that this intent has published, in this run or in one before."""
    with chain.intent("publication", about) as intent:
        receipt = intent.resume() or intent.send(chain.datasets.functions.publish(PUBLICATION, []))
        dataset = int(chain.event(receipt, chain.datasets, "DatasetPublished")["datasetId"])
        print(dataset, flush=True)
        return dataset


def _die(when: str, what: str, call: str) -> None:
    place, name = what.split(".")
    real, calls = getattr(_PLACES[place], name), 0

    def dying(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if when == "before" and calls == int(call):
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args)
        if calls == int(call):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(_PLACES[place], name, dying)


if __name__ == "__main__":
    order = Order(**json.load(sys.stdin))
    client = order.connect()
    if order.dies:
        _die(*order.dies.split())
    publish(client, order.about)
