"""What the index, search, IPFS client and outbox do on a chain on which much has happened, and on a bad day.

Peer of the index is the node itself: how fast it gives the same logs to who only parses the JSON.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson
import requests
from eth_account import Account

from benchmarks.crowd import Crowd, Site, body, card, site
from biodesci.chain.client import Chain
from biodesci.index.database import Store
from biodesci.index.queries import data
from biodesci.index.sync import sync
from biodesci.ipfs.client import Ipfs
from tests.faults.held import HeldTransaction
from tests.faults.proxy import FaultProxy

DATASETS = 10_000
KEYS, DECISIONS = 10_000, 20_000
PIECE = 50  # blocks: about as many as the reader asks for at a time, where blocks are as full as here
IDLE_S = 20.0
NOWHERE = "http://127.0.0.1:9"  # the discard port, where nobody listens
LIE = 1_500 << 20  # bytes
Figures = dict[str, dict[str, object]]


def figures() -> Figures:
    """All of this file's; takes some minutes."""
    with tempfile.TemporaryDirectory() as folder, site() as where:
        measured = _index(where, Path(folder))
        measured |= _outbox(where, Path(folder))
    return measured | _ipfs()


def history(crowd: Crowd, datasets: int = DATASETS) -> None:
    """For each dataset an offer, a licence that was delivered and confirmed, a second version, a custodian;
    and as many keys, and twice as many decisions of an arbiter: 13 events for each."""
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
    count, chain, ipfs = crowd.events(), Chain(where.url, where.deployment), Ipfs(NOWHERE, timeout=1.0)
    raw = [_raw(where)]
    with Store(folder / "index.sqlite") as store:
        began = time.monotonic()
        sync(chain, ipfs, store)
        ours = time.monotonic() - began
        raw.append(_raw(where))
        taken_back = _reorg(crowd, chain, ipfs, store)
        for number in range(1, DATASETS + 1):
            store.put_document("0x" + card(number).hex(), "card", body(number))
        search = _search(store)
    rpc, cpu = _idle(where, folder)
    node = count / min(raw)
    peer = f"the node gives {node:.0f}/s to who only parses the JSON"
    how = f"{count} events of the real contracts in {chain.block_number()} blocks of an anvil on this machine"
    idle = f"`biodesci.workers.indexer` for {IDLE_S:.0f} s at {DATASETS} datasets while nothing happens"
    none = "none: a property of this code base"
    return {
        "index.events_per_s": _figure(count / ours, "events/s", peer, f"{how}, read into an empty index"),
        "index.vs_getlogs": _figure(
            count / ours / node, "ratio", peer, f"share of that rate, in the same run; {how}"
        ),
        "index.reorg_s": _figure(
            taken_back, "s", none, f"until the index is right after a reorganization of 3 blocks; {how}"
        ),
        "index.idle_rpc_per_s": _figure(rpc, "calls/s", none, f"JSON-RPC calls of {idle}"),
        "index.idle_cpu": _figure(100 * cpu, "% of a core", none, f"CPU time of {idle}"),
        **search,
    }


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


def _search(store: Store) -> Figures:
    """Of a word that a seventh of the cards have, of one that a hundredth has, and of one that none has."""
    taken = {
        text: _median_ms(partial(data.datasets, store, before=1 << 40, limit=20, text=text, owner=""))
        for text in ("cardiology", "site17", "nobodyhasthis")
    }
    told = ", ".join(f"{text}: {ms:.2f} ms" for text, ms in taken.items())
    how = f"slowest of three words at {DATASETS} datasets (SQLite), CPU time, median of 15: {told}"
    return {"search.ms": _figure(max(taken.values()), "ms", "none: a property of this code base", how)}


def _median_ms(run: Callable[[], object]) -> float:
    taken = []
    for _ in range(15):
        began = time.thread_time()
        run()
        taken.append(1_000 * (time.thread_time() - began))
    return statistics.median(taken)


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
    """What a node that answers without an end costs who asked it for a card."""
    with _endless() as url:
        fetch = (
            "import resource, sys\n"
            "from biodesci.core.errors import BioDeSciError\n"
            "from biodesci.ipfs.client import Ipfs\n"
            "client = Ipfs(sys.argv[1], timeout=30.0)\n"
            "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "try:\n"
            "    client.cat(bytes(32), max_size=4 << 20)\n"
            "    sys.exit('it took the answer')\n"
            "except BioDeSciError:\n"
            "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
        )
        argv = [sys.executable, "-c", fetch, url]
        done = subprocess.run(argv, check=True, capture_output=True, text=True)
    unit = 1 if sys.platform == "darwin" else 1 << 10  # getrusage(2): bytes there, KiB here
    peak = int(done.stdout) * unit / 1e6
    how = f"growth of the peak memory of a process that asks for a card of 4 MiB and is sent {LIE >> 20} MiB"
    peer = f"{LIE / 1e6:.0f} MB: what the server sends"
    return {"ipfs.lying_peak_MB": _figure(peak, "MB", peer, how)}


@contextmanager
def _endless() -> Iterator[str]:
    """An IPFS node that answers everything with LIE bytes of zeros."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.end_headers()
            piece = bytes(1 << 20)
            try:
                for _ in range(LIE // len(piece)):
                    self.wfile.write(piece)
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _figure(value: float, unit: str, peer: str, how: str) -> dict[str, object]:
    return {"value": round(value, 4), "unit": unit, "peer": peer, "how": how}
