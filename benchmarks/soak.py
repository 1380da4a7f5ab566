"""`make soak`: indexer, API and custodian under light load for half an hour; what they hold must not grow.

Every few seconds a licence is bought and pages are asked for. Memory (RSS), open files and the calls to the
chain node are noted; the slope of the memory over the second half is what a leak would show. Writes
build/soak.json, and ends with 1 where a bound is passed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from benchmarks.crowd import Crowd, Site, site
from biodesci.chain import accounts
from biodesci.localnet.processes import free_port
from tests.faults.proxy import FaultProxy

TARGET = Path("build/soak.json")
PASSPHRASE = "a long passphrase"
DATASETS, EVERY_S = 200, 5.0
MOST_GROWTH = 8.0  # MiB an hour: a leak of a kilobyte a request would be twenty
MOST_FILES = 8  # more at the end than in the middle
NOWHERE = "http://127.0.0.1:9"


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    minutes: float = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder, site() as where, FaultProxy(where.url) as proxy:
        crowd = Crowd(where)
        crowd.publish(DATASETS)
        crowd.register_keys(1)
        report = _soak(crowd, proxy, Path(folder), 60 * minutes)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    return 0 if report["is_flat"] else 1


def _soak(crowd: Crowd, proxy: FaultProxy, folder: Path, seconds: float) -> dict[str, object]:
    port = free_port()
    workers = {
        name: _start(crowd.site, proxy.url, folder, name, port) for name in ("indexer", "api", "custodian")
    }
    samples: dict[str, list[tuple[float, float, int]]] = {name: [] for name in workers}
    asked = bought = 0
    began = time.monotonic()
    try:
        while (now := time.monotonic() - began) < seconds:
            for name, process in workers.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{name} ended: {(folder / name).read_text()[-2_000:]}")
                samples[name].append((now, *_held(process.pid)))
            if bought < DATASETS:
                bought += 1
                crowd.buy(bought, bought)
            asked += sum(_asks(f"http://127.0.0.1:{port}{path}") for path in ("/v1/datasets", "/v1/licenses"))
            time.sleep(EVERY_S)
    finally:
        for process in workers.values():
            process.terminate()
        for process in workers.values():
            process.wait(30)
    held = {name: _slope(taken) for name, taken in samples.items()}
    flat = all(
        one["MiB_an_hour"] <= MOST_GROWTH * max(1.0, 1_800 / seconds) and one["more_files"] <= MOST_FILES
        for one in held.values()
    )
    return {
        "minutes": round(seconds / 60, 1), "workers": held, "licences": bought, "pages": asked,
        "rpc_calls_per_s": round(proxy.calls.total() / seconds, 2), "is_flat": flat,
    }  # fmt: skip


def _start(where: Site, rpc_url: str, folder: Path, name: str, port: int) -> subprocess.Popen[bytes]:
    home = folder / "home"
    home.mkdir(exist_ok=True)
    deployment = folder / "deployment.json"
    deployment.write_bytes(where.deployment.to_bytes())
    if name == "custodian":
        accounts.create(home / "account.json", PASSPHRASE, work_factor=2)
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("BIODESCI_")},
        "BIODESCI_RPC_URL": rpc_url, "BIODESCI_DEPLOYMENT": str(deployment), "BIODESCI_HOME": str(home),
        "BIODESCI_IPFS_API": NOWHERE, "BIODESCI_API_PORT": str(port), "BIODESCI_PASSPHRASE": PASSPHRASE,
    }  # fmt: skip
    argv = [sys.executable, "-m", "biodesci.api" if name == "api" else f"biodesci.workers.{name}"]
    with (folder / name).open("wb") as log:
        return subprocess.Popen(argv, env=environment, stdout=log, stderr=log)


def _asks(url: str) -> int:
    """1 for a page that came."""
    try:
        return int(requests.get(url, timeout=10).ok)
    except requests.RequestException:
        return 0


def _held(pid: int) -> tuple[float, int]:
    """MiB in memory (proc(5), statm), and open files."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20), len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _slope(taken: list[tuple[float, float, int]]) -> dict[str, float]:
    """Of the second half: by then everything was loaded and every cache has its size."""
    half = taken[len(taken) // 2 :]
    slope = statistics.linear_regression([at for at, _, _ in half], [mib for _, mib, _ in half]).slope
    return {
        "MiB": round(half[-1][1], 1),
        "MiB_an_hour": round(3_600 * slope, 2),
        "more_files": half[-1][2] - half[0][2],
    }


if __name__ == "__main__":
    raise SystemExit(main())
