"""A real chain (anvil) with the contracts deployed, and a real embedded IPFS node, once per test session."""

from __future__ import annotations

import functools
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes
from hypothesis import is_hypothesis_test, settings
from web3 import HTTPProvider, Web3
from web3.types import TxParams, Wei

from biodesci.core import keyfile
from biodesci.core.documents.deployment import Deployed, Deployment
from biodesci.index.database import Store
from biodesci.localnet.processes import free_port
from biodesci.party import keys
from biodesci.store import sqlite

from .postgres import empty_location, location, postgres  # noqa: F401 - fixtures of every test here

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / ".cache/forge/out"

# A property test that names no number of examples tries few with every change, and many in `make test-deep`.
settings.register_profile("every change", max_examples=10, deadline=None)
settings.register_profile("deep", max_examples=200, deadline=None)


LEVELS = sys.getrecursionlimit()


def pytest_collection_finish() -> None:
    """py-evm, which tests compare with, raises Python's limit to 100,000 calls when it is imported. Then JSON
    nested too deeply overflows the stack, where the program would refuse it."""
    sys.setrecursionlimit(LEVELS)


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("deep" if config.option.markexpr == "deep" else "every change")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`-m deep` runs the property tests too, with its profile's many examples; all have half an hour."""
    for item in items if config.option.markexpr == "deep" else ():
        if is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("deep")
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(1_800))


def start_anvil(port: int) -> subprocess.Popen[bytes]:
    # States that it puts on the disk beyond that many are gigabytes, and some are lost in reorganizations.
    process = subprocess.Popen(
        [str(ROOT / "node_modules/.bin/anvil"), "--port", str(port), "--silent", "--prune-history", "1000"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "NO_COLOR": "1"},
        start_new_session=True,
    )
    web3 = Web3(HTTPProvider(f"http://127.0.0.1:{port}"))
    deadline = time.monotonic() + 60
    while not web3.is_connected():
        assert process.poll() is None, "anvil ended"
        assert time.monotonic() < deadline, "anvil did not answer in 60 s"
        time.sleep(0.05)
    return process


def stop(process: subprocess.Popen[bytes]) -> None:
    # npm's launcher starts the binary as a child: end the group
    try:
        os.killpg(process.pid, 15)
    except ProcessLookupError:
        return
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()


@cache
def _build() -> None:
    subprocess.run(
        ["forge", "build", "--skip", "test", "--skip", "script"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        env={**os.environ, "PATH": f"{ROOT}/node_modules/.bin:{os.environ['PATH']}"},
    )


def deploy(rpc_url: str, gas_price: int | None = None) -> Deployment:
    """Deploys the eight contracts from forge's artefacts, at the node's gas price or at `gas_price` (wei)."""
    _build()
    web3 = Web3(HTTPProvider(rpc_url))
    sender = web3.eth.accounts[0]
    contracts: dict[str, Deployed] = {}
    price: TxParams = {} if gas_price is None else {"gasPrice": Wei(gas_price)}

    def create(name: str, *args: Any) -> str:
        artifact = json.loads((ARTIFACTS / f"{name}.sol/{name}.json").read_text())
        factory = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"]["object"])
        sent = factory.constructor(*args).transact({"from": sender, **price})
        receipt = web3.eth.wait_for_transaction_receipt(sent)
        where = receipt["contractAddress"]
        contracts[name] = Deployed(
            address=where,
            block=receipt["blockNumber"],
            code_hash=bytes(Web3.keccak(web3.eth.get_code(where))),
            gas=receipt["gasUsed"],
        )
        return str(where)

    keys = create("KeyRegistry")
    visas = create("VisaRegistry")
    from eth_utils.address import to_checksum_address
    from rlp import encode

    nonce = web3.eth.get_transaction_count(sender)

    def address(after: int) -> str:
        """Of the contract that is created after so many others."""
        made = Web3.keccak(encode([bytes.fromhex(sender[2:]), nonce + after]))
        return str(to_checksum_address(made[12:]))

    datasets = create("DatasetNFT", address(1))
    assert create("AccessLicense", datasets, keys, visas, address(2)) == address(1)
    models = create("ModelRegistry", datasets, address(1))
    assert models == address(2)
    create("InferenceCommitment", models, keys)
    create("LicenseLens", address(1), datasets)
    create("GuardedCustody", address(1), datasets)
    return Deployment(
        network="local", chain_id=web3.eth.chain_id, block=web3.eth.block_number, contracts=contracts
    )


@dataclass
class Localnet:
    rpc_url: str
    deployment_file: Path
    web3: Web3

    def rpc(self, method: str, *params: Any) -> Any:
        answer = self.web3.provider.make_request(method, list(params))  # type: ignore[arg-type]
        assert "error" not in answer, answer
        return answer["result"]

    def account(self, ether: float = 10) -> LocalAccount:
        account: LocalAccount = Account.create()
        self.rpc("anvil_setBalance", account.address, hex(int(ether * 10**18)))
        return account

    def pass_time(self, seconds: int) -> None:
        self.rpc("evm_increaseTime", seconds)
        self.rpc("evm_mine")


@pytest.fixture(autouse=True, scope="session")
def quick_scrypt() -> Iterator[None]:
    """Key files at scrypt's lowest cost, as tests seal and open hundreds of them.

    `core/test_cards_keyfiles.py` tests the cost that people get.
    """
    defaults = [function.__kwdefaults__ for function in (keyfile.seal, keys.create)]
    for default in defaults:
        default["n"] = keyfile.LOWEST_N
    yield
    for default in defaults:
        default["n"] = keyfile.DEFAULT_N


@pytest.fixture(autouse=True, scope="session")
def quick_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nobody cuts the power here: what is written need not be on the disk before the test goes on. And a new
    index of SQLite's is a copy of one that the migrations made once.

    `store/test_work.py` tests that SQLite waits for the disk; `index/test_schema.py` makes indexes anew.
    """
    writer, made = sqlite._writer, tmp_path_factory.mktemp("index") / "made.sqlite"

    @functools.wraps(writer)
    def quick(path: Path, *, durable: bool) -> sqlite3.Connection:
        if not durable and path != made and not path.exists():  # the index, which can be made again
            copied(path)
        database = writer(path, durable=durable)
        database.execute("PRAGMA synchronous = OFF")
        return database

    def copied(path: Path) -> None:
        if not made.exists():
            Store(made).close()
        with tempfile.NamedTemporaryFile(dir=path.parent) as copy:  # for its owner alone, as the index is
            copy.write(made.read_bytes())
            copy.flush()
            with suppress(FileExistsError):
                os.link(copy.name, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "_writer", quick)
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield


@pytest.fixture(scope="session")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Localnet]:
    """One chain for the whole run, with the contracts deployed."""
    port = free_port()
    process = start_anvil(port)
    try:
        url = f"http://127.0.0.1:{port}"
        file = tmp_path_factory.mktemp("deployment") / "local.json"
        file.write_bytes(deploy(url).to_bytes())
        yield Localnet(url, file, Web3(HTTPProvider(url)))
    finally:
        stop(process)


@pytest.fixture(scope="module")
def localnet(anvil: Localnet) -> Iterator[Localnet]:
    """The chain as it was deployed; taken back after each module, so that nobody reads another's history."""
    snapshot = anvil.rpc("evm_snapshot")
    yield anvil
    assert anvil.rpc("evm_revert", snapshot) is True


@pytest.fixture(scope="module")
def senders_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home folder of every account: an outbox tells accounts apart."""
    return tmp_path_factory.mktemp("senders")


@pytest.fixture
def chain_for(localnet: Localnet, senders_home: Path) -> Callable[..., Any]:
    """chain_for() is a client with a fresh account of 10 ETH; chain_for(account) uses that one.

    Further arguments are the client's: chain_for(reading=Reading(2)).
    """
    from biodesci.chain.client import Chain
    from biodesci.chain.deployment import load_deployment
    from biodesci.chain.sending import Sending

    def connect(account: LocalAccount | None = None, ether: float = 10, **more: Any) -> Chain:
        deployment = load_deployment(localnet.deployment_file)
        more.setdefault("sending", Sending(block_timeout=15))
        return Chain(localnet.rpc_url, deployment, account or localnet.account(ether), senders_home, **more)

    return connect


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], AbstractContextManager[list[bytes]]]:
    """`with lost(contract) as signed:` the connection breaks whenever something is sent to it; what was."""
    from biodesci.chain import transactions
    from biodesci.core.errors import UnavailableError

    real = transactions.send

    @contextmanager
    def losing(contract: Any) -> Iterator[list[bytes]]:
        signed: list[bytes] = []

        def send(web3: Web3, raw: bytes, *stop: Any) -> Any:
            to = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()["to"]
            if Web3.to_checksum_address(to) != contract.address:
                return real(web3, raw, *stop)
            signed.append(raw)
            raise UnavailableError("The connection was lost.", "Repeat.")

        with monkeypatch.context() as patch:
            patch.setattr(transactions, "send", send)
            yield signed

    return losing


def entries_of(chain: Any) -> list[Any]:
    """The entries of the client's account in its outbox."""
    outbox = chain.outbox()
    return list(outbox.book.of_account(outbox.sender.chain, chain.address))


@pytest.fixture
def noted() -> Callable[[Any], list[Any]]:
    """noted(chain) are the entries of the client's account in its outbox."""
    return entries_of


@pytest.fixture
def keyed(chain_for: Callable[..., Any]) -> Callable[..., Any]:
    """As chain_for, with an encryption key on chain."""
    from biodesci.core.envelope import generate_seed, public_key

    def connect(account: LocalAccount | None = None) -> Any:
        chain = chain_for(account)
        chain.send(chain.keys.functions.register(public_key(generate_seed())))
        return chain

    return connect


@dataclass
class Token:
    """An ERC-20 of tests/contracts/tokens, which anybody mints."""

    localnet: Localnet
    contract: Any

    @property
    def address(self) -> str:
        return str(self.contract.address)

    def mint(self, to: str, amount: int) -> None:
        sender = self.localnet.web3.eth.accounts[0]
        sent = self.contract.functions.mint(to, amount).transact({"from": sender})
        assert self.localnet.web3.eth.wait_for_transaction_receipt(sent)["status"] == 1


@pytest.fixture(scope="module")
def token_of(localnet: Localnet) -> Callable[[str], Token]:
    """token_of("Dollar") deploys that token."""

    def create(name: str) -> Token:
        artifact = json.loads((ARTIFACTS / f"{name}.sol/{name}.json").read_text())
        web3 = localnet.web3
        factory = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"]["object"])
        receipt = web3.eth.wait_for_transaction_receipt(
            factory.constructor().transact({"from": web3.eth.accounts[0]})
        )
        where = receipt["contractAddress"]
        assert where is not None
        return Token(localnet, web3.eth.contract(address=where, abi=artifact["abi"]))

    return create


@pytest.fixture(scope="module")
def dollar(token_of: Callable[[str], Token]) -> Token:
    """With permits and authorizations, and 6 decimals."""
    return token_of("Dollar")


@dataclass
class IpfsNode:
    api: str
    gateway: str


@contextmanager
def running_ipfs(repo: Path) -> Iterator[IpfsNode]:
    """The embedded IPFS node, until the block is left."""
    from biodesci.core.errors import UnavailableError
    from biodesci.ipfs.client import Ipfs

    api, gateway = free_port(), free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "biodesci.ipfs.node", "--repo", str(repo)),
            *("--port", str(api), "--gateway-port", str(gateway)),
        ],
        start_new_session=True,
    )
    try:
        client, deadline = Ipfs(f"http://127.0.0.1:{api}"), time.monotonic() + 60
        while True:
            try:
                client.ready()
                break
            except UnavailableError:
                assert process.poll() is None, "the IPFS node ended"
                assert time.monotonic() < deadline, "the IPFS node did not answer in 60 s"
                time.sleep(0.05)
        yield IpfsNode(f"http://127.0.0.1:{api}", f"http://127.0.0.1:{gateway}")
    finally:
        stop(process)


@pytest.fixture(scope="session")
def ipfs_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IpfsNode]:
    with running_ipfs(tmp_path_factory.mktemp("ipfs") / "repo") as node:
        yield node
