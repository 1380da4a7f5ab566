"""`biodesci doctor` says in words what is wrong with a chain node, an account, a database, a worker."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from biodesci.cli import main, session
from biodesci.core.errors import StateError
from biodesci.index.database import Block, Store
from biodesci.index.tables import aside
from biodesci.localnet.processes import free_port
from biodesci.party import keys
from biodesci.store.jobs import Jobs
from biodesci.store.tables import outbox
from biodesci.store.work import Work
from biodesci.workers import monitor
from biodesci.workers.watch import Watch
from tests.backend.cli.conftest import PASS, typed
from tests.faults import faults, lies
from tests.faults.proxy import FaultProxy


@pytest.fixture
def proxy(localnet: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    with FaultProxy(localnet.rpc_url) as made:
        yield made


@pytest.fixture
def examine(crowd: Any, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Any:
    """examine("--worker", 9000) are the rows by their check, for Ann, whose node is the proxy."""
    people = crowd("ann", keyed=("ann",))
    monkeypatch.setenv("BIODESCI_HOME", str(people.home("ann")))
    monkeypatch.setenv("BIODESCI_RPC_URL", proxy.url)

    def rows(*arguments: object) -> dict[str, dict[str, Any]]:
        session.settings.cache_clear()
        capsys.readouterr()
        with suppress(SystemExit):
            main(["doctor", "--json", *map(str, arguments)])
        return {row["check"]: row for row in json.loads(capsys.readouterr().out)}

    rows.home = people.home("ann")  # type: ignore[attr-defined]
    return rows


def test_an_honest_node_has_no_fault(examine: Any) -> None:
    rows = examine()
    assert {name for name, row in rows.items() if not row["ok"]} == {"index"}
    assert "blocks at once" not in rows["logs"]["mend"]
    assert rows["batches"]["says"] == "taken"
    assert "0.22" in rows["ipfs"]["says"]
    assert "current Kubo" in rows["ipfs"]["mend"]
    assert "nobody checks" in rows["nodes"]["says"]


def test_the_key_is_compared_with_the_one_on_chain(
    examine: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    assert "the one on chain" in examine()["key"]["says"]
    (tmp_path / "word").write_text(PASS)
    for name, words in (("PASSPHRASE", "without the passphrase"), ("PASSPHRASE_FILE", "the one on chain")):
        monkeypatch.delenv("BIODESCI_PASSPHRASE", raising=False)
        if name == "PASSPHRASE_FILE":
            monkeypatch.setenv("BIODESCI_PASSPHRASE_FILE", str(tmp_path / "word"))
        assert words in examine()["key"]["says"]
    keys.path(examine.home).rename(tmp_path / "key.bin")
    keys.create(examine.home, PASS)
    row = examine()["key"]
    assert not row["ok"]
    assert "another one" in row["says"]
    assert typed(capsys, ("key", "revoke", "--yes"))[0] == 0
    row = examine()["key"]
    assert (row["ok"], "the chain has none" in row["says"]) == (True, True)
    assert "biodesci key register" in row["mend"]


@pytest.mark.parametrize("width", [80, 120])
def test_its_rows_fit_into_a_terminal(
    examine: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any, width: int
) -> None:
    rows = examine()
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(width))
    with suppress(SystemExit):
        main(["doctor"])
    shown = re.sub("\x1b\\[[0-9;]*m", "", capsys.readouterr().out)
    assert max(map(len, shown.splitlines())) <= width
    assert f" {rows['account']['says']} " in shown + " "
    words = " ".join(shown.split())
    assert rows["finality"]["says"] in words
    assert all(word in words for word in rows["nodes"]["mend"].split())


@pytest.fixture
def reading(examine: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The home of indexer and API, which is the one that is examined: nothing of an account's is in it."""
    home = tmp_path / "index"
    monkeypatch.setenv("BIODESCI_HOME", str(home))
    monkeypatch.delenv("BIODESCI_PASSPHRASE")
    return home


def test_a_home_that_only_reads_needs_no_account(examine: Any, reading: Path, capsys: Any) -> None:
    rows = examine()
    for name in ("account", "key"):
        assert (rows[name]["ok"], rows[name]["needed"]) == (True, False)
        assert "none" in rows[name]["says"]
    assert "biodesci account create" in rows["account"]["mend"]
    assert "biodesci key register" in rows["key"]["mend"]
    assert typed(capsys, ("doctor",))[0] == 0


@pytest.mark.parametrize("left", ["passphrase", "key", "named account", "account"])
def test_a_home_in_which_something_is_an_accounts_needs_all_of_it(
    examine: Any, reading: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, left: str
) -> None:
    """A custodian's disk that is not mounted is no home that only reads."""
    match left:
        case "passphrase":
            monkeypatch.setenv("BIODESCI_PASSPHRASE", "one for all")
        case "named account":
            monkeypatch.setenv("BIODESCI_ACCOUNT", str(reading / "elsewhere.json"))
        case _:
            reading.mkdir()
            name = "account.json" if left == "account" else "key.bin"
            shutil.copy(examine.home / name, reading / name)
    rows = examine()
    missing = {"account": {"key"}, "key": {"account"}}.get(left, {"account", "key"})
    assert {name for name, row in rows.items() if row["needed"] and not row["ok"]} == missing
    assert typed(capsys, ("doctor",))[0] == 1


def test_a_setting_that_is_wrong_is_said_once(examine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIODESCI_CONFIRMATIONS", "save")
    (row,) = examine().values()
    assert (row["check"], row["ok"], row["needed"]) == ("settings", False, True)
    assert "BIODESCI_CONFIRMATIONS is not valid" in row["says"]


@pytest.mark.parametrize(
    ("fault", "check", "words"),
    [
        (faults.RangeLimit(3), "logs", "the node limits blocks or results"),
        (faults.BatchRefused(), "batches", "takes no batches"),
        (faults.Pruned(5), "old states", "forgets states"),
        (faults.Dead(), "chain", "does not answer"),
        (faults.Html(), "chain", "answers, but not as a chain node"),
        # As long as a client's patience.
        pytest.param(faults.TooManyRequests(share=1), "chain", "asked too often", marks=pytest.mark.deep),
    ],
    ids=["range limit", "no batches", "pruned", "dead", "HTML", "429"],
)
def test_each_fault_of_a_node_is_said(
    examine: Any, proxy: FaultProxy, localnet: Any, fault: Any, check: str, words: str
) -> None:
    localnet.rpc("anvil_mine", hex(140))
    with proxy.fault(fault):
        row = examine()[check]
    assert words in row["says"]
    assert row["mend"]
    assert row["ok"] == (check != "chain")


@pytest.mark.parametrize("fault", [lies.Drop(), lies.Lag(3)], ids=["drop", "lag"])
def test_a_node_that_keeps_events_back_is_said(examine: Any, proxy: FaultProxy, fault: Any) -> None:
    with proxy.fault(fault):
        row = examine()["completeness"]
    assert not row["ok"]
    assert "whose receipts have" in row["says"]
    assert "another node" in row["mend"]
    row = examine()["completeness"]
    assert row["ok"]
    assert "blocks are given" in row["says"]


class Behind(faults.Fault):
    """All that it knows is eight blocks old."""

    def result(self, proxy: Any, call: Any, result: Any) -> Any:
        return hex(int(result, 16) - 8) if call["method"] == "eth_blockNumber" else result


def test_a_node_that_lags_behind_another_is_said(
    examine: Any, proxy: FaultProxy, localnet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    localnet.rpc("anvil_mine", hex(20))
    monkeypatch.setenv("BIODESCI_RPC_URL", f"{proxy.url} {localnet.rpc_url}")
    assert examine()["nodes"]["says"] == "2, which agree"
    with proxy.fault(Behind()):
        row = examine()["nodes"]
    assert not row["ok"]
    assert "The first node is 8 blocks behind the other" in row["says"]


class Fork(faults.Fault):
    """Some of its blocks have other hashes than everybody's; contracts and newest blocks are the same."""

    def result(self, proxy: Any, call: Any, result: Any) -> Any:
        if call["method"] != "eth_getBlockByNumber" or not result:
            return result
        is_forked = 5 < proxy.head() - int(result["number"], 16) < 15
        return {**result, "hash": "0x" + "ab" * 32} if is_forked else result


def test_two_nodes_of_which_one_follows_a_fork_are_said(
    examine: Any, proxy: FaultProxy, localnet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    localnet.rpc("anvil_mine", hex(20))
    with FaultProxy(localnet.rpc_url) as other, other.fault(Fork()):
        monkeypatch.setenv("BIODESCI_RPC_URL", f"{localnet.rpc_url} {other.url}")
        row = examine()["nodes"]
    assert not row["ok"]
    assert "The two nodes have different blocks" in row["says"]
    assert "out of BIODESCI_RPC_URL" in row["mend"]


def test_an_account_that_can_hardly_pay_is_said(examine: Any, localnet: Any) -> None:
    address = examine()["account"]["says"]
    localnet.rpc("anvil_setBalance", address, hex(10**15))
    row = examine()["balance"]
    assert not row["ok"]
    assert f"{address} holds 0.001 ETH" in row["says"]


@contextmanager
def holding_back(localnet: Any) -> Iterator[None]:
    localnet.rpc("evm_setAutomine", False)
    try:
        yield
    finally:
        localnet.rpc("evm_setAutomine", True)
        localnet.rpc("evm_mine")


def test_transactions_that_no_block_takes_are_said(examine: Any, localnet: Any) -> None:
    address = examine()["account"]["says"]
    localnet.rpc("anvil_impersonateAccount", address)
    with holding_back(localnet):
        for _ in range(5):
            localnet.rpc("eth_sendTransaction", {"from": address, "to": address, "value": "0x1"})
        row = examine()["transactions"]
    assert not row["ok"]
    assert f"5 transactions of {address} wait for a block" in row["says"]


def test_a_work_database_of_another_version_is_said_and_left(examine: Any) -> None:
    path = examine.home / "work.sqlite"
    Work(path).close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE work_version SET version_num = '9999'")
    row = examine()["database"]
    assert not row["ok"]
    assert "newer version" in row["says"]


def test_a_database_that_does_not_answer_is_said(examine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://ann:a-password@127.0.0.1:{free_port()}/work")
    row = examine()["database"]
    assert not row["ok"]
    assert "cannot be opened" in row["says"]
    assert "a-password" not in json.dumps(row)


def test_events_that_were_set_aside_are_said(examine: Any) -> None:
    with Store(examine.home / "index.sqlite") as store, store.transaction() as connection:
        row = {"block_number": 3, "log_index": 0, "time": 0, "name": "OfferCreated", "why": "odd"}
        words = dict.fromkeys(("block_hash", "tx_hash", "contract"), "0x")
        connection.execute(insert(aside).values(**row, **words))
    row = examine()["index"]
    assert not row["ok"]
    assert "0 gaps and 1 events aside" in row["says"]
    assert "biodesci index status" in row["mend"]


@pytest.mark.parametrize(
    ("reached", "words"),
    [(-51, "51 blocks behind"), (-50, "up to block"), (50, "up to block"), (51, "51 blocks ahead")],
)
def test_an_index_that_stands_elsewhere_is_said(
    examine: Any, localnet: Any, reached: int, words: str
) -> None:
    localnet.rpc("anvil_mine", hex(60))
    block = session.chain(account=False).block_number() + reached
    with Store(examine.home / "index.sqlite") as store:
        store.begin(session.chain(account=False).identity)
        store.apply([], Block(block, "0x1", 1))
    row = examine()["index"]
    assert words in row["says"]
    assert row["ok"] is (abs(reached) <= 50)


def test_an_index_of_another_chain_is_said(examine: Any) -> None:
    with Store(examine.home / "index.sqlite") as store:
        store.begin("1:0x11:0x22")
        store.apply([], Block(session.chain(account=False).block_number(), "0x1", 1))
    row = examine()["index"]
    assert not row["ok"]
    assert "another chain or of other contracts" in row["says"]
    assert row["mend"]


def test_what_failed_is_said(examine: Any) -> None:
    with Work(examine.home / "work.sqlite") as work:
        Jobs(work, "custodian of 0xA").failed("licence", 7, "its visas lapsed")
    row = examine()["work"]
    assert not row["ok"]
    assert "1 things failed" in row["says"]
    assert "biodesci work list" in row["mend"]


def test_what_waits_for_a_person_is_said_and_does_not_fail(examine: Any) -> None:
    with Work(examine.home / "work.sqlite") as work:
        reason = "This site has not approved the round's plan yet."
        Jobs(work, "training_node of 0xA").failed("rounds-of-model", 7, reason, again=False)
    row = examine()["work"]
    assert row["ok"]
    assert "1 things wait for you" in row["says"]
    assert reason in row["says"]
    assert "biodesci work list" in row["mend"]


def test_a_damaged_entry_of_the_outbox_is_said(examine: Any) -> None:
    named = {"name": "delivery-1", "kind": "delivery", "about": "licence 4", "account": "0x" + "11" * 20}
    with Work(examine.home / "work.sqlite") as work, work.transaction() as connection:
        connection.execute(insert(outbox).values(**named, network="1:0x1", document="{}", changed_at=1))
    row = examine()["work"]
    assert not row["ok"]
    assert "1 entries of the outbox are damaged" in row["says"]
    assert "biodesci work list" in row["mend"]


def test_a_worker_that_is_not_well_is_said(examine: Any) -> None:
    watch = Watch("custodian")
    with monitor.served(watch, free_port()) as port:
        watch.failed(StateError("no"), 1)
        assert "The custodian is not well" in examine("--worker", port)[f"worker {port}"]["says"]
        watch.succeeded()
        assert examine("--worker", port)[f"worker {port}"]["says"] == "custodian: well"
    assert "No worker answers" in examine("--worker", port)[f"worker {port}"]["says"]


def test_a_full_disk_is_said(examine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 10**6))  # type: ignore[attr-defined]
    assert "MiB are free" in examine()["disk"]["says"]
