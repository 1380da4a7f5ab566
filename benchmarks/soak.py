"""`make soak`: indexer, API and custodian at work for half an hour; what they hold must not grow.

Two of each, on SQLite and on PostgreSQL. Meanwhile datasets are published and bought, pages asked for, SSE
listeners come and go, the chain reorganizes, and its node has bad moments (`trade.py`). Memory, open files,
threads, connections to the database, rows of the work database and temporary files are noted and judged
(`flat.py`), and so is that the work went on. Writes build/soak.json; ends with 1 where a bound is passed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import psycopg
import requests
from web3 import HTTPProvider, Web3

from benchmarks import flat
from benchmarks.crowd import site
from benchmarks.flat import Sample
from benchmarks.trade import Side, Trade
from biodesci.chain.records import License
from biodesci.core import keyfile
from biodesci.core.errors import BioDeSciError
from biodesci.core.onchain import LicenseState
from biodesci.index.database import Store
from biodesci.ipfs.client import Ipfs
from biodesci.localnet.processes import free_port
from biodesci.party import keys
from biodesci.store.engine import Location
from tests.backend.acting import PASSPHRASE
from tests.backend.conftest import Localnet, running_ipfs
from tests.backend.postgres import running
from tests.faults.proxy import FaultProxy
from tests.faults.world import World
from tests.waiting import wait_for

TARGET = Path("build/soak.json")
EVERY_S = 5.0
SHOWN = (5, 10, 20, 30)  # minutes
ROWS = ("outbox", "leases", "jobs", "checkpoints")
PLENTY = hex(10_000 * 10**18)


@dataclass
class Instance:
    """Three processes and a database, which serve one side of the trade."""

    name: str
    side: Side
    location: Location
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]]

    def held(self) -> dict[str, dict[str, float]]:
        """What each process holds that lives, and the database of all three."""
        living = {name: process.pid for name, process in self.processes.items() if process.poll() is None}
        one = {f"{self.name} {name}": flat.of_process(pid) for name, pid in living.items()}
        return {**one, f"{self.name} database": self._database()}

    def ended(self) -> list[str]:
        """A sentence for each process that does not live any more."""
        return [
            f"{self.name} {name} ended: {(self.folder / name).read_text().splitlines()[-1:]}"
            for name, process in self.processes.items()
            if process.poll() is not None
        ]

    def keep_logs(self) -> None:
        """Beside the report."""
        TARGET.parent.mkdir(exist_ok=True)
        for name in self.processes:
            shutil.copy(self.folder / name, TARGET.with_name(f"soak-{self.name}-{name}.log"))

    def _database(self) -> dict[str, float]:
        temporary = [path for path in (self.folder / "tmp").rglob("*") if path.is_file()]
        temporary += [path for path in self.folder.glob("home*/**/*") if path.suffix in {".tmp", ".part"}]
        held: dict[str, float] = {"temporary": len(temporary)}
        if isinstance(self.location, str):
            with psycopg.connect(self.location) as connection:
                count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                held["connections"] = _one(connection.execute(count).fetchone())
                for table in ROWS:
                    row = connection.execute(f"SELECT count(*) FROM biodesci_work.{table}").fetchone()
                    held[table] = _one(row)
            return held
        homes = [self.side.world.seller.home, self.folder / "home"]
        for file in (home / "work.sqlite" for home in homes):
            if file.exists():
                with contextlib.closing(sqlite3.connect(file, timeout=30)) as connection:
                    for table in ROWS:
                        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
                        held[table] = held.get(table, 0) + _one(row)
        wal = [path.stat().st_size for home in homes for path in home.glob("*-wal")]
        return {**held, "wal_MiB": sum(wal) / flat.MIB}

    def end(self) -> None:
        """As an operator ends them."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(30)


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    for function in (keyfile.seal, keys.create):  # hundreds are made here, at the lowest cost
        cast("Any", function).__kwdefaults__["n"] = keyfile.LOWEST_N
    with network() as (instances, proxy):
        report = soak(instances, proxy, 60 * chosen.minutes, random.Random(chosen.seed))
    report["seed"] = chosen.seed
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    return 0 if not report["wrong"] else 1


@contextlib.contextmanager
def network() -> Iterator[tuple[list[Instance], FaultProxy]]:
    """A chain, an IPFS node, a PostgreSQL, and the processes on either engine."""
    with contextlib.ExitStack() as all_:
        folder = Path(all_.enter_context(tempfile.TemporaryDirectory()))
        # States that anvil has put on disk are empty after a reorganization: it keeps them in memory here.
        where = all_.enter_context(site("--prune-history", "20000"))
        proxy = all_.enter_context(FaultProxy(where.url))
        ipfs = all_.enter_context(running_ipfs(folder / "ipfs"))
        server = all_.enter_context(running())
        deployment = folder / "deployment.json"
        deployment.write_bytes(where.deployment.to_bytes())
        local = Localnet(where.url, deployment, Web3(HTTPProvider(where.url)))
        instances: list[Instance] = []
        for name in ("sqlite", "postgresql"):
            at = folder / name
            at.mkdir()
            world = World(local, proxy, Ipfs(ipfs.api, timeout=10.0), at)
            for party in (world.seller, world.buyer):
                local.rpc("anvil_setBalance", party.address, PLENTY)
            location = server.url(server.database()) if name == "postgresql" else at / "home" / "index.sqlite"
            instances.append(_instance(name, world, location, at))
            all_.callback(instances[-1].end)
        yield instances, proxy


def _instance(name: str, world: World, location: Location, folder: Path) -> Instance:
    port = free_port()
    (folder / "tmp").mkdir()
    common = {
        "BIODESCI_RPC_URL": world.proxy.url, "BIODESCI_DEPLOYMENT": str(world.localnet.deployment_file),
        "BIODESCI_IPFS_API": world.ipfs.api, "BIODESCI_PASSPHRASE": PASSPHRASE,
        "BIODESCI_API_PORT": str(port), "BIODESCI_API_URL": f"http://127.0.0.1:{port}",
        "BIODESCI_STUCK_AFTER": "5", "BIODESCI_DELIVERIES_A_DAY": "100000", "TMPDIR": str(folder / "tmp"),
    }  # fmt: skip
    if isinstance(location, str):
        common["DATABASE_URL"] = location
    homes = {"indexer": folder / "home", "api": folder / "home", "custodian": world.seller.home}
    processes = {}
    for worker, home in homes.items():
        kept = {key: value for key, value in os.environ.items() if not key.startswith("BIODESCI_")}
        module = "biodesci.api" if worker == "api" else f"biodesci.workers.{worker}"
        with (folder / worker).open("wb") as log:
            processes[worker] = subprocess.Popen(
                [sys.executable, "-m", module],
                env={**kept, **common, "BIODESCI_HOME": str(home)}, stdout=log, stderr=log,
            )  # fmt: skip
    side = Side(world, f"http://127.0.0.1:{port}", [world.offer])
    return Instance(name, side, location, folder, processes)


def soak(
    instances: list[Instance], proxy: FaultProxy, seconds: float, dice: random.Random
) -> dict[str, object]:
    """What was held and done, and in `wrong` what should not be so."""
    for one in instances:
        wait_for(partial(_answers, one), 60, 0.2)
    trade = Trade([one.side for one in instances], proxy, dice)
    watched: dict[str, list[Sample]] = {}
    done: list[Sample] = []
    wrong: list[str] = []
    trade.begin()
    began = time.monotonic()
    shown = 0.0
    while (now := time.monotonic() - began) < seconds and not wrong:
        done.append(Sample(now, {**trade.done, **_delivered(instances)}))
        for one in instances:
            wrong += one.ended()
            for who, held in one.held().items():
                watched.setdefault(who, []).append(Sample(now, held))
        if now >= shown:
            shown += 60
            print(f"{now / 60:.1f} min", json.dumps(_last(watched)), json.dumps(done[-1].held), flush=True)
        time.sleep(EVERY_S)
    trade.end()
    if not wrong:  # of a run that came to its end
        wrong += flat.what_grew(watched, seconds) + flat.what_stopped(done, seconds)
        wrong += [f"{what}, {count} times" for what, count in trade.failed.items() if what.startswith("/")]
        wrong += _not_at_rest(instances)
    for one in instances:
        one.keep_logs()
    return {
        "minutes": round(seconds / 60, 1),
        "held": {who: _figures(samples, seconds) for who, samples in watched.items()},
        "done": dict(done[-1].held), "failed": dict(trade.failed),
        "rpc_calls_per_s": round(proxy.calls.total() / seconds, 2), "wrong": wrong,
    }  # fmt: skip


def _last(watched: dict[str, list[Sample]]) -> dict[str, dict[str, float]]:
    return {
        who: {name: round(value, 1) for name, value in samples[-1].held.items()}
        for who, samples in watched.items()
    }


def _answers(instance: Instance) -> bool:
    try:
        return requests.get(f"{instance.side.url}/v1/datasets", timeout=5).ok
    except requests.RequestException:
        return False


def _delivered(instances: list[Instance]) -> dict[str, float]:
    """How many keys each custodian delivered, as the node has it; {} where the chain reorganizes just now."""
    chain = instances[0].side.world.reader.honest
    try:
        by = Counter(log["args"]["by"] for log in chain.events(chain.licenses, "LicenseDelivered", 0))
    except BioDeSciError:
        return {}
    return {f"delivered {one.name}": float(by[one.side.world.seller.address]) for one in instances}


def _not_at_rest(instances: list[Instance]) -> list[str]:
    """What is still to be done two minutes after trade has ended: sentences."""
    left = []
    for one in instances:
        with contextlib.suppress(AssertionError):
            wait_for(partial(_is_done, one), 120, 1.0)
        left += _left(one)
    return left


def _is_done(instance: Instance) -> bool:
    return not _left(instance)


def _left(instance: Instance) -> list[str]:
    chain = instance.side.world.reader.honest
    count = int(chain.call(chain.lens.functions.licenseCount()))
    licences = [chain.read(License, number) for number in range(1, count + 1)]
    waiting = [one.id for one in licences if one.state is LicenseState.PURCHASED]
    with Store(instance.location, read_only=True) as store:
        cursor = store.cursor()
    read, head = (cursor.number if cursor else -1), chain.block_number()
    left = int(instance.held()[f"{instance.name} database"]["outbox"])
    return [
        *([f"licences {waiting} were not delivered"] if waiting else []),
        *([f"{instance.name}: the index has read {read} of {head} blocks"] if read != head else []),
        *([f"{instance.name}: {left} are left in the outbox"] if left else []),
    ]


def _figures(samples: list[Sample], seconds: float) -> dict[str, object]:
    figures: dict[str, object] = {}
    for name in samples[-1].held:
        at = {f"{m} min": flat.near(samples, name, 60 * m) for m in SHOWN if 60 * m <= seconds}
        figures[name] = {
            **{when: round(value, 1) for when, value in at.items() if value is not None},
            "growth": round(flat.growth(samples, name, seconds), 2),
            "an_hour": round(flat.an_hour(samples, name, seconds), 2),
        }
    return figures


def _one(row: tuple[object, ...] | None) -> float:
    return float(str(row[0])) if row else 0.0


if __name__ == "__main__":
    raise SystemExit(main())
