"""Publishes a dataset in a process of its own, which kills itself at the step that it is told.

The processes are forked from one that has imported all of this, and print the dataset's number.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import runpy
import signal
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from eth_account import Account

from biodesci.chain import transactions
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.entries import Book, Entry
from biodesci.chain.sending import Sending

PUBLICATION = (b"\x01" * 32, b"\x02" * 32, b"\x03" * 32, 1, bytes(32))
_PLACES: dict[str, Any] = {"Book": Book, "Entry": Entry, "transactions": transactions}


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["biodesci.chain.client", "biodesci.chain.deployment"])


class Publisher:
    """The process that carries an order out."""

    def __init__(self, order: Order) -> None:
        self._printed, theirs = _FORKS.Pipe(duplex=False)
        # By its path: a package of ours may be called `tests`, and so may any that is installed.
        given = {"GIVEN": (asdict(order), theirs)}
        self._process = _FORKS.Process(target=runpy.run_path, args=(__file__, given, "__main__"))
        self._process.start()
        theirs.close()

    @property
    def has_ended(self) -> bool:
        return not self._process.is_alive()

    def kill(self) -> None:
        """As `kill -9` does."""
        self._process.kill()

    def end(self, timeout: float = 120) -> tuple[int, str]:
        """Waits for its end: the exit status, negative for a signal, and what it has printed."""
        self._process.join(timeout)
        status, printed = self._process.exitcode, ""
        assert status is not None, "the process has not ended"
        while True:
            try:
                printed += self._printed.recv()
            except EOFError:
                return status, printed


@dataclass
class Order:
    """`dies` is such as "after Book.add 1": the second time that it is called. Empty: it lives."""

    rpc_url: str
    deployment_file: str
    home: str
    private_key: str
    about: str = "one"
    dies: str = ""
    stuck_after: float = 60.0
    block_timeout: float = 120.0
    room: int | None = None  # bytes that a file may have

    def start(self) -> Publisher:
        """The process, to which the order has been told."""
        return Publisher(self)

    def connect(self) -> Chain:
        """The client that the order describes."""
        return Chain(
            self.rpc_url,
            load_deployment(Path(self.deployment_file)),
            Account.from_key(self.private_key),
            Path(self.home),
            sending=Sending(block_timeout=self.block_timeout, stuck_after=self.stuck_after),
        )


def publish(chain: Chain, about: str = "one", tell: Callable[[str], None] = print) -> int:
    """The number of the dataset that this intent has published, in this run or in one before."""
    with chain.intent("publication", about) as intent:
        receipt = intent.resume() or intent.send(chain.datasets.functions.publish(PUBLICATION, []))
        dataset = int(chain.event(receipt, chain.datasets, "DatasetPublished")["datasetId"])
        tell(str(dataset))
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


def _carry_out(order: Order, printed: Connection) -> None:
    if order.room is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order.room, order.room))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    client = order.connect()
    if order.dies:
        _die(*order.dies.split())
    try:
        publish(client, order.about, printed.send)
    except Exception:
        printed.send(traceback.format_exc())
        raise


if __name__ == "__main__":
    _fields, _printed = globals()["GIVEN"]
    _carry_out(Order(**_fields), _printed)
