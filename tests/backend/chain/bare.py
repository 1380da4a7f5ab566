"""An outbox on a chain of any kind, without the contracts: what it sends is a call that does nothing."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from eth_account import Account
from web3 import HTTPProvider, Web3
from web3.middleware import AttributeDictMiddleware

from biodesci.chain.entries import Book
from biodesci.chain.outbox import Outbox
from biodesci.chain.provider import Provider
from biodesci.chain.sending import Sender, Sending
from biodesci.localnet.processes import free_port
from tests.backend.conftest import ROOT, stop
from tests.waiting import LATE_S, wait_for

ABI: Final = [{"type": "function", "name": "ping", "stateMutability": "payable", "outputs": [],
               "inputs": [{"name": "n", "type": "uint256"}]}]  # fmt: skip
WHERE: Final = Web3.to_checksum_address("0x" + "c0" * 20)
TAKES, REVERTS = "0x00", "0x60006000fd"  # STOP; PUSH1 0 PUSH1 0 REVERT


@dataclass
class Bare:
    """A chain of one's own, with a contract that takes or reverts every call."""

    url: str
    web3: Web3

    def rpc(self, method: str, *params: Any) -> Any:
        answer = self.web3.provider.make_request(method, list(params))  # type: ignore[arg-type]
        assert "error" not in answer, answer
        return answer["result"]

    def outbox(self, database: Path | str, key: str = "", url: str = "", **more: Any) -> Outbox:
        """Of the account with this key, or of a new one with 10 ETH."""
        signer = Account.from_key(key) if key else Account.create()
        if not key:
            self.rpc("anvil_setBalance", signer.address, hex(more.pop("wei", 10**19)))
        middleware = [(AttributeDictMiddleware, "attrdict")]
        web3 = Web3(Provider(url or self.url), middleware=middleware)
        ended = more.pop("stop", None)
        confirmations = more.pop("confirmations", 0)
        network = f"{web3.eth.chain_id}:0x00:{WHERE}"
        return Outbox(Sender(web3, signer, network, ended), Book(database), confirmations, Sending(**more))

    def pool(self, outbox: Outbox) -> dict[int, dict[str, Any]]:
        """What the node has of the account in no block, by nonces."""
        content = self.rpc("txpool_content")["pending"]
        found = {k: v for k, v in content.items() if k.lower() == outbox.sender.address.lower()}
        return {int(nonce): sent for by_nonce in found.values() for nonce, sent in by_nonce.items()}

    def mined(self, outbox: Outbox) -> int:
        """How many transactions of the account are in blocks."""
        return int(self.web3.eth.get_transaction_count(outbox.sender.address))

    def calls(self, outbox: Outbox) -> list[int]:
        """The numbers that the account's calls in blocks have, in their order."""
        head = self.web3.eth.block_number
        blocks = (self.web3.eth.get_block(number, full_transactions=True) for number in range(1, head + 1))
        sent: list[Any] = [one for block in blocks for one in block["transactions"]]
        return [
            int.from_bytes(one["input"][4:]) for one in sent
            if one["from"] == outbox.sender.address and one["to"] == WHERE
        ]  # fmt: skip


def ping(outbox: Outbox, number: int) -> Any:
    """A call to the contract."""
    return outbox.sender.web3.eth.contract(address=WHERE, abi=ABI).functions.ping(number)


def begin(outbox: Outbox, number: int) -> None:
    """Sends, and waits for no block."""
    with outbox.intent("ping", f"{number}") as intent:
        intent.begin(ping(outbox, number))


class Sent(threading.Thread):
    """A call that another thread sends and waits for; its receipt or error when it has ended."""

    def __init__(self, outbox: Outbox, number: int) -> None:
        super().__init__(daemon=True)
        self._outbox, self._number = outbox, number
        self.receipt: Any = None
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            with self._outbox.intent("ping", f"{self._number}") as intent:
                self.receipt = intent.send(ping(self._outbox, self._number))
        except BaseException as exc:  # noqa: BLE001 - the test looks at it
            self.error = exc

    def end(self, seconds: float = LATE_S) -> Any:
        """The receipt."""
        self.join(seconds)
        assert not self.is_alive()
        if self.error is not None:
            raise self.error
        return self.receipt


@contextmanager
def bare_chain(*options: str) -> Iterator[Bare]:
    """Anvil with these options, until the block is left."""
    port = free_port()
    process = subprocess.Popen(
        [str(ROOT / "node_modules/.bin/anvil"), "--port", str(port), "--silent", *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    web3 = Web3(HTTPProvider(url))
    try:
        wait_for(lambda: web3.is_connected() or process.poll() is not None)
        assert process.poll() is None
        chain = Bare(url, web3)
        chain.rpc("anvil_setCode", WHERE, TAKES)
        yield chain
    finally:
        stop(process)
