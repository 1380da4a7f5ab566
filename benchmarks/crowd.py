"""A chain on which much has happened: the real contracts' own events, made in a minute or two.

Two accounts get the code of a *repeater*, which calls a contract again and again with what lies in its call
data. So one transaction publishes a dozen datasets, by the same contracts and checks as everybody's.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

import requests
from eth_abi.abi import encode
from eth_typing import ABIFunction
from eth_utils.abi import function_abi_to_4byte_selector, get_abi_input_types
from eth_utils.crypto import keccak
from web3 import HTTPProvider, Web3

from biodesci.chain.contracts import abi
from biodesci.chain.records import Offer
from biodesci.core.documents.deployment import Deployment
from biodesci.core.onchain import Role
from biodesci.localnet.processes import free_port
from biodesci.market.offers import OfferTerms
from tests.backend.conftest import deploy, stop

ROOT = Path(__file__).resolve().parent.parent
SELLER, BUYER = "0x" + "5e" * 20, "0x" + "b1" * 20
GRU = 1 << 1
CONTENT, KEY = b"\2" * 32, b"\3" * 32  # content root and key commitment of every dataset's first version
COMMITMENTS = keccak(CONTENT + KEY)
FREE = OfferTerms(right="train")
# Call data: the contract's address and the size of each call, a word each, then the calls. It reverts with
# what reverts. 0x40 on the stack is where the next call lies.
REPEATER = bytes.fromhex(
    "6040"  # [position]
    "5b"  # loop, at 2
    "60203580826000" + "37"  # calldatacopy(0, position, size)      [position, size]
    "600060008260006000600035" + "5a" + "f1"  # call(gas, target, 0, 0, size, 0, 0)
    "6026" + "57"  # if it went well, on
    "3d600060003e3d6000fd"  # revert with its reason
    "5b01"  # ok, at 0x26: position + size
    "80361160025700"  # again, while call data is left
)
GAS = 16_000_000
AT_ONCE = 20  # receipts in a request


@dataclass(frozen=True)
class Site:
    """An anvil with the contracts. Its blocks are as full as a public chain's."""

    url: str
    deployment: Deployment
    session: requests.Session = field(default_factory=requests.Session)

    def rpc(self, method: str, *params: Any) -> Any:
        """The node's result; RuntimeError where it refuses."""
        return self.batch([(method, list(params))])[0]

    def batch(self, calls: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        """The node's results."""
        body = [{"jsonrpc": "2.0", "id": i, "method": m, "params": p} for i, (m, p) in enumerate(calls)]
        answers = self.session.post(self.url, json=body, timeout=300).json()
        for answer in answers:
            if "error" in answer:
                raise RuntimeError(answer["error"])
        return [answer["result"] for answer in answers]

    def address(self, contract: str) -> str:
        """Where a contract is."""
        return self.deployment.contracts[contract].address


@contextmanager
def site(*options: str) -> Iterator[Site]:
    """A fresh chain, until the block is left. Its blocks have room for all that waits."""
    port = free_port()
    anvil = [
        str(ROOT / "node_modules/.bin/anvil"),
        "--port",
        str(port),
        "--silent",
        "--gas-limit",
        "400000000",
        *options,
    ]
    process = subprocess.Popen(
        anvil, stdout=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": "1"}, start_new_session=True
    )
    try:
        url = f"http://127.0.0.1:{port}"
        web3 = Web3(HTTPProvider(url))
        while not web3.is_connected():
            if process.poll() is not None:
                raise RuntimeError("anvil ended")
        yield Site(url, deploy(url))
    finally:
        stop(process)


class Crowd:
    """Makes events on a site, by two repeaters: one sells, the other buys."""

    def __init__(self, where: Site) -> None:
        self.site = where
        for account in (SELLER, BUYER):
            where.rpc("anvil_setCode", account, "0x" + REPEATER.hex())
        self._sender = where.rpc("eth_accounts")[0]
        self._nonce = 0
        self.reread_nonce()
        self.datasets = 0

    def reread_nonce(self) -> None:
        """After a reorganization."""
        self._nonce = int(self.site.rpc("eth_getTransactionCount", self._sender, "latest"), 16)

    @staticmethod
    def call(contract: str, function: str, *args: Any) -> bytes:
        """What a call to one of the contracts says."""
        selector, types = _signature(contract, function)
        return selector + encode(types, args)

    def repeat(self, account: str, contract: str, calls: Sequence[bytes], each: int) -> None:
        """All calls, `each` of them in a transaction, and a block for each of these."""
        sent = []
        for i in range(0, len(calls), each):
            some = calls[i : i + each]
            if len({len(one) for one in some}) != 1:
                raise ValueError("The calls are of different sizes.")
            data = bytes.fromhex(self.site.address(contract)[2:]).rjust(32, b"\0")
            data += len(some[0]).to_bytes(32) + b"".join(some)
            sent.append({
                "from": self._sender, "to": account, "gas": hex(GAS), "data": "0x" + data.hex(),
                "nonce": hex(self._nonce),
            })  # fmt: skip
            self._nonce += 1
        for i in range(0, len(sent), AT_ONCE):
            # One by one: a node takes the calls of a batch in any order, and nonces have one.
            hashes = [self.site.rpc("eth_sendTransaction", one) for one in sent[i : i + AT_ONCE]]
            receipts: list[Any] = [None]
            deadline = time.monotonic() + 60
            while None in receipts:  # a node takes a transaction, and then a moment until it is in a block
                time.sleep(0.01)
                if time.monotonic() > deadline:
                    raise RuntimeError("The node does not put a transaction into a block.")
                receipts = self.site.batch([("eth_getTransactionReceipt", [one]) for one in hashes])
            if any(receipt["status"] != "0x1" for receipt in receipts):
                raise RuntimeError(f"{contract} refused what the benchmark does.")

    def publish(self, count: int) -> None:
        """So many datasets more, each with a card of its own and an offer for nothing."""
        calls = [
            self.call(
                "DatasetNFT", "publishWithOffer",
                (card(number), CONTENT, KEY, GRU, bytes(32)), [], FREE.tuple(),
            )
            for number in range(self.datasets + 1, self.datasets + count + 1)
        ]  # fmt: skip
        self.repeat(SELLER, "DatasetNFT", calls, 20)
        self.datasets += count

    def register_keys(self, count: int) -> None:
        """The buyer's key, again and again another."""
        calls = [
            self.call("KeyRegistry", "register", number.to_bytes(32) * 38) for number in range(1, count + 1)
        ]
        self.repeat(BUYER, "KeyRegistry", calls, 40)

    def buy(self, first: int, last: int) -> None:
        """A licence of each of these datasets, delivered and confirmed. Offer n is dataset n's, and so is
        licence n, where no others were made."""
        numbers = range(first, last + 1)
        hashes = [cast("Any", Offer)(*FREE.tuple(number)).hash for number in numbers]
        buys = [
            self.call("AccessLicense", "purchase", number, offer, 1, GRU, False)
            for number, offer in zip(numbers, hashes, strict=True)
        ]
        self.repeat(BUYER, "AccessLicense", buys, 40)
        to = Web3.to_checksum_address(BUYER)
        delivers = [
            self.call("AccessLicense", "deliver", number, bytes(32), COMMITMENTS, to) for number in numbers
        ]
        self.repeat(SELLER, "AccessLicense", delivers, 60)
        confirms = [self.call("AccessLicense", "confirm", number) for number in numbers]
        self.repeat(BUYER, "AccessLicense", confirms, 60)

    def new_versions(self, first: int, last: int) -> None:
        """Of these datasets: two events each."""
        calls = [
            self.call(
                "DatasetNFT", "publishVersion", number,
                (card(number), b"\5" * 32, b"\6" * 32, GRU, bytes(32)),
            )
            for number in range(first, last + 1)
        ]  # fmt: skip
        self.repeat(SELLER, "DatasetNFT", calls, 30)

    def name_custodians(self, first: int, last: int) -> None:
        """The buyer, for these datasets; it accepts."""
        custodian = int(Role.CUSTODIAN)
        grants = [
            self.call("DatasetNFT", "grantRole", number, custodian, Web3.to_checksum_address(BUYER))
            for number in range(first, last + 1)
        ]
        self.repeat(SELLER, "DatasetNFT", grants, 50)
        accepts = [
            self.call("DatasetNFT", "acceptRole", number, custodian) for number in range(first, last + 1)
        ]
        self.repeat(BUYER, "DatasetNFT", accepts, 50)

    def waver(self, count: int) -> None:
        """The buyer decides disputes, and does not, and does: an event each time."""
        calls = [self.call("AccessLicense", "acceptArbitration", i % 2 == 0) for i in range(count)]
        self.repeat(BUYER, "AccessLicense", calls, 60)

    def events(self) -> int:
        """How many logs of the contracts there are."""
        contracts = [one.address for one in self.site.deployment.contracts.values()]
        asked = {"fromBlock": "0x0", "toBlock": "latest", "address": contracts}
        return len(self.site.rpc("eth_getLogs", asked))


@cache
def _signature(contract: str, function: str) -> tuple[bytes, list[str]]:
    """Selector and types of the arguments. web3 looks for them at each call, as long as 20 take."""
    (one,) = (one for one in abi(contract) if one["type"] == "function" and one["name"] == function)
    entry = cast("ABIFunction", one)
    return function_abi_to_4byte_selector(entry), get_abi_input_types(entry)


def card(number: int) -> bytes:
    """Digest of a dataset's card; nothing on IPFS has it."""
    return keccak(number.to_bytes(32))


def body(number: int) -> dict[str, Any]:
    """A card as other people's are: a name, a paragraph, keywords."""
    words = ("cardiology", "oncology", "imaging", "registry", "genomics", "spirometry", "dialysis")
    subject, second = words[number % 7], words[number // 7 % 7]
    return {
        "@type": "Dataset",
        "name": f"Cohort {number} of {subject}",
        "description": f"Records of patients in {subject} and {second}, site {number % 89}. " * 8,
        "keywords": [subject, second, f"site{number % 89}", f"year{2000 + number % 25}"],
    }
