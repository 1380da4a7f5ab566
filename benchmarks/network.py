"""What the index, search, IPFS client and outbox do on a chain on which much has happened, and on a bad day.

Peer of the index is the node itself: how fast it gives the same logs to who only parses the JSON.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import requests
from eth_account import Account

from benchmarks import search
from benchmarks.crowd import Crowd, Site, body, card, site
from biodesci.chain.client import Chain
from biodesci.index.database import Store
from biodesci.index.sync import sync
from biodesci.ipfs.client import Ipfs
from biodesci.store.engine import Location
from tests.backend.postgres import Server
from tests.faults.held import HeldTransaction
from tests.faults.ipfs_server import MODES, lying_peak_mb
from tests.faults.proxy import FaultProxy

DATASETS = 10_000
KEYS, DECISIONS = 10_000, 20_000
PIECE = 50  # blocks: about as many as the reader asks for at a time, where blocks are as full as here
IDLE_S = 20.0
NOWHERE = "http://127.0.0.1:9"  # the discard port, where nobody listens
Figures = dict[str, dict[str, object]]


def figures() -> Figures:
    """All of this file's; takes some minutes."""
    with tempfile.TemporaryDirectory() as folder, site() as where:
        measured = _index(where, Path(folder))
        measured |= _outbox(where, Path(folder))
    return measured | _ipfs()


def history(crowd: Crowd, datasets: int = DATASETS) -> None:
    """For each dataset an offer, a licence that was delivered and confirmed, a second version, a custodian;
    and as many keys, and twice as many decisions of an arbiter: 15 events for each."""
    crowd.publish(datasets)
    crowd.register_keys(KEYS * datasets // DATASETS)
    crowd.buy(1, datasets)
    crowd.new_versions(1, datasets)
    crowd.name_custodians(1, datasets)
    crowd.waver(DECISIONS * datasets // DATASETS)


# The index


def _index(where: Site, folder: Path) -> Figures:
    crowd = Crowd(where)
    history(crowd, DATASETS)
    raw = [_raw(where)]
    count, seconds, taken_back = _read(crowd, folder / "index.sqlite")
    raw.append(_raw(where))
    with _postgresql() as server:
        _, there, taken_back_there = _read(crowd, server.url(server.database()))
        search_there, each_there = _search(server.url(server.database()))
    with Store(folder / "index.sqlite") as store:
        for number in range(1, DATASETS + 1):
            store.put_document("0x" + card(number).hex(), "card", body(number))
    search_here, each_here = _search(folder / "search.sqlite")
    rpc, cpu = _idle(where, folder)
    node = count / min(raw)
    peer = f"the node gives {node:.0f}/s to who only parses the JSON"
    blocks = int(where.rpc("eth_blockNumber"), 16)
    how = f"{count} events of the real contracts in {blocks} blocks of an anvil on this machine"
    back = f"until the index is right after a reorganization of 3 blocks; {how}"
    idle = f"`biodesci.workers.indexer` for {IDLE_S:.0f} s at {DATASETS} datasets while nothing happens"
    none = "none: a property of this code base"
    return {
        "index.events_per_s": _figure(count / seconds, "events/s", peer, f"{how}, read into an empty index"),
        "index.events_per_s_postgresql": _figure(
            count / there,
            "events/s",
            f"{count / seconds:.0f}/s with SQLite",
            f"{how}, read into an empty index",
        ),
        "index.vs_getlogs": _figure(
            count / seconds / node, "ratio", peer, f"share of that rate, in the same run; {how}"
        ),
        "index.reorg_s": _figure(taken_back, "s", none, back),
        "index.reorg_s_postgresql": _figure(taken_back_there, "s", f"{taken_back:.3f} s with SQLite", back),
        "index.idle_rpc_per_s": _figure(rpc, "calls/s", none, f"JSON-RPC calls of {idle}"),
        "index.idle_cpu": _figure(100 * cpu, "% of a core", none, f"CPU time of {idle}"),
        "search.ms": _figure(search_here, "ms", none, f"CPU time with SQLite, median of 7; {each_here}"),
        "search.ms_postgresql": _figure(
            search_there,
            "ms",
            f"{search_here:.2f} ms with SQLite",
            f"by the clock, median of 7; {each_there}",
        ),
    }


@contextmanager
def _postgresql() -> Iterator[Server]:
    """A server of its own, ready; without fsync, as for the tests."""
    with tempfile.TemporaryDirectory(prefix="biodesci-postgres-") as folder:
        server = Server(Path(folder))
        server.start()
        try:
            server.prepare()
            yield server
        finally:
            server.stop()


def _read(crowd: Crowd, location: Location) -> tuple[int, float, float]:
    """How many events an index at `location` reads, in how many seconds; and seconds for a reorganization."""
    where = crowd.site
    chain, ipfs = Chain(where.url, where.deployment), Ipfs(NOWHERE, timeout=1.0)
    count = crowd.events()
    with Store(location) as store:
        began = time.monotonic()
        sync(chain, ipfs, store)
        seconds = time.monotonic() - began
        return count, seconds, _reorg(crowd, chain, ipfs, store)


def _raw(where: Site) -> float:
    """Seconds in which the node gives all logs of the contracts, to who parses no more than the JSON."""
    contracts = [one.address for one in where.deployment.contracts.values()]
    head = int(where.rpc("eth_blockNumber"), 16)
    began = time.monotonic()
    with requests.Session() as session:
        for first in range(0, head + 1, PIECE):
            last = min(first + PIECE - 1, head)
            asked = {"fromBlock": hex(first), "toBlock": hex(last), "address": contracts}
            call = {"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [asked]}
            orjson.loads(session.post(where.url, json=call, timeout=300).content)
    return time.monotonic() - began


def _reorg(crowd: Crowd, chain: Chain, ipfs: Ipfs, store: Store) -> float:
    """Seconds until the index has taken three blocks back and read three others."""
    where = crowd.site
    snapshot = where.rpc("evm_snapshot")
    for _ in range(3):
        crowd.waver(10)
    sync(chain, ipfs, store)
    where.rpc("evm_revert", snapshot)
    where.rpc("evm_increaseTime", 7)
    crowd.reread_nonce()
    for _ in range(3):
        crowd.waver(11)
    began = time.monotonic()
    done = sync(chain, ipfs, store)
    if done.rolled_back == 0:
        raise RuntimeError("The index did not notice the reorganization.")
    return time.monotonic() - began


def _search(location: Location) -> tuple[float, str]:
    """The slowest question's milliseconds, and what each took."""
    taken = search.run(location)
    each = ", ".join(f"{name} {ms:.2f}" for name, ms in taken.items())
    return max(taken.values()), f"slowest of {len(taken)} questions at {search.DATASETS} datasets: {each} ms"


def _idle(where: Site, folder: Path) -> tuple[float, float]:
    """Calls a second of an indexer with nothing to do, and the share of a core that it takes."""
    (folder / "deployment.json").write_bytes(where.deployment.to_bytes())
    with FaultProxy(where.url) as proxy:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BIODESCI_")},
            "BIODESCI_RPC_URL": proxy.url, "BIODESCI_IPFS_API": NOWHERE,
            "BIODESCI_DEPLOYMENT": str(folder / "deployment.json"), "BIODESCI_HOME": str(folder),
        }  # fmt: skip
        argv = [sys.executable, "-m", "biodesci.workers.indexer"]
        process = subprocess.Popen(argv, env=environment, stderr=subprocess.DEVNULL)
        try:
            time.sleep(IDLE_S / 2)  # it has started, and is as quiet as it gets
            proxy.forget_counts()
            began, before = time.monotonic(), _cpu(process.pid)
            time.sleep(IDLE_S)
            if process.poll() is not None:
                raise RuntimeError("The indexer ended.")
            calls, used, seconds = proxy.calls.total(), _cpu(process.pid) - before, time.monotonic() - began
        finally:
            process.terminate()
            process.wait(30)
    return calls / seconds, used / seconds


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process has used (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# The outbox


def _outbox(where: Site, folder: Path) -> Figures:
    """A transaction that the provider keeps to itself, with the settings that people have."""
    account = Account.create()
    where.rpc("anvil_setBalance", account.address, hex(10**19))
    with FaultProxy(where.url) as proxy:
        chain = Chain(proxy.url, where.deployment, account, folder)
        with proxy.fault(HeldTransaction(most=1, lost=True)):
            began = time.monotonic()
            chain.send(chain.keys.functions.register(b"\1" * 1216))
            stuck = time.monotonic() - began
        waits = chain.sending.stuck_after
    how = "from sending a transaction that its node holds back until its replacement is in a block"
    peer = f"BIODESCI_STUCK_AFTER, which is waited first: {waits:g} s; the outbox adds {stuck - waits:.1f} s"
    return {"outbox.stuck_s": _figure(stuck, "s", peer, how)}


# The IPFS client


def _ipfs() -> Figures:
    """What a node that lies costs who asked it for a card, in memory."""
    how = (
        f"growth of the peak memory of a process that asks for a card, at worst of {len(MODES)} lying servers"
    )
    peer = "none: a property of this code base (one of them never stops sending)"
    return {"ipfs.lying_peak_MB": _figure(lying_peak_mb(), "MB", peer, how)}


def _figure(value: float, unit: str, peer: str, how: str) -> dict[str, object]:
    return {"value": round(value, 4), "unit": unit, "peer": peer, "how": how}
