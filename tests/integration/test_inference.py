"""The inference worker as a process of its own, killed at its most awkward moments; anvil and the IPFS node
are real.

Between worker and chain stands a relay that can hold transactions back: so the worker dies exactly between
computing and committing, or between committing and knowing that it did.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from biodesci.cli import main
from biodesci.core.onchain import RequestState
from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.inference import arbiter
from biodesci.inference import auditor as audit
from biodesci.inference import requester as infer
from biodesci.inference.requests import read_request
from biodesci.ipfs.client import Ipfs
from biodesci.localnet.stack import Stack
from biodesci.models.registration import Grantee, NewModel, create_model, grant_codec
from biodesci.party import keys
from biodesci.proof.bundle import Bundle
from biodesci.registry.codecs import load_codec
from tests.backend.acting import PASSPHRASE, acting

CONFIG = TabularConfig(features=6, tokens=3, width=8, heads=2, layers=1, hidden=12, classes=2)


class Relay:
    """Passes JSON-RPC on. `hold`: transactions wait before the chain; `mute`: the chain gets them, the
    sender no answer.
    """

    def __init__(self, target: str) -> None:
        self.hold = self.mute = False
        self.reached = threading.Event()
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sends = b"eth_sendRawTransaction" in body
                if sends and relay.hold:
                    relay.reached.set()
                    return
                request = urllib.request.Request(target, body, {"Content-Type": "application/json"})
                answer = urllib.request.urlopen(request, timeout=60).read()
                if sends and relay.mute:
                    relay.reached.set()
                    return
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def open(self) -> None:
        self.hold = self.mute = False

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Actor:
    def __init__(self, network: Stack, name: str) -> None:
        party = network.party(name, passphrase=PASSPHRASE)
        self.home = party.home
        self.chain = network.chain(party)
        keys.register(self.chain, self.home, PASSPHRASE)
        self.seed = keys.load_seed(self.home, PASSPHRASE)


@dataclass
class World:
    network: Stack
    ipfs: Ipfs
    relay: Relay
    client: Actor
    worker: Actor
    arbiter: Actor
    model_id: int
    processes: list[subprocess.Popen[bytes]]

    def start_worker(
        self, rpc_url: str | None = None, arbiters: str | None = None
    ) -> subprocess.Popen[bytes]:
        arbiters = self.arbiter.chain.address if arbiters is None else arbiters
        env = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "BIODESCI_RPC_URL": rpc_url or self.relay.url,
            "BIODESCI_IPFS_API": self.network.ipfs_api,
            "BIODESCI_DEPLOYMENT": str(self.network.deployment_file),
            "BIODESCI_HOME": str(self.worker.home),
            "BIODESCI_PASSPHRASE": PASSPHRASE,
            "BIODESCI_ARBITERS": arbiters,
        }
        log = (self.worker.home / "worker.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "biodesci.workers.inference_worker"], env=env, stderr=log, stdout=log
        )
        self.processes.append(process)
        return process

    def codec(self) -> Any:
        return load_codec(self.client.chain, self.ipfs, self.client.seed, self.model_id, "inference")

    def request(self) -> int:
        records = np.random.default_rng(4).normal(size=(9, CONFIG.features))
        question = infer.Question(
            self.model_id,
            1,
            self.worker.chain.address,
            records,
            fee=10**15,
            arbiter=self.arbiter.chain.address,
        )
        return infer.request_inference(self.client.chain, self.ipfs, self.client.home, self.codec(), question)

    def commits(self, request_id: int) -> int:
        chain = self.client.chain
        return len(chain.events(chain.inferences, "InferenceCommitted", 0, filters={"requestId": request_id}))

    def answer(self, request_id: int) -> bytes:
        (path,) = self.worker.home.glob(f"serving/*/{request_id}/output.bin")
        return path.read_bytes()

    def wait_committed(self, request_id: int) -> None:
        """Until the answer is committed to, and on IPFS, where it comes afterwards."""
        added = f"serving/*/{request_id}/published"
        wait(
            lambda: (
                read_request(self.client.chain, request_id).state is RequestState.COMMITTED
                and any(self.worker.home.glob(added))
            ),
            self.log,
        )

    def log(self) -> str:
        return (self.worker.home / "worker.log").read_text()


def wait(ready: Callable[[], bool], log: Callable[[], str], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, log()[-3000:]
        time.sleep(0.05)


@pytest.fixture(scope="module")
def world(network: Stack) -> Iterator[World]:
    owner, client, worker, judge = (
        Actor(network, name) for name in ("asked-owner", "client", "worker", "arbiter")
    )
    arbiter.accept(judge.chain, accepted=True)
    ipfs = network.ipfs
    made = create_model(acting(owner.chain, ipfs, owner.home), NewModel(CONFIG, "small"))
    grant_codec(
        acting(owner.chain, ipfs, owner.home), Grantee(made.model_id, client.chain.address, "inference")
    )
    relay = Relay(network.rpc_url)
    found = World(network, ipfs, relay, client, worker, judge, made.model_id, [])
    yield found
    for process in found.processes:
        if process.poll() is None:
            process.kill()
            process.wait()
    relay.close()


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL


@pytest.mark.parametrize("moment", ["hold", "mute"])
def test_a_worker_killed_around_its_commit_commits_once_and_to_the_same_answer(
    world: World, moment: str
) -> None:
    world.relay.open()
    world.relay.reached.clear()
    setattr(world.relay, moment, True)
    first = world.start_worker()
    request_id = world.request()
    assert world.relay.reached.wait(60), world.log()[-3000:]
    kill(first)
    computed = world.answer(request_id)
    assert world.commits(request_id) == (1 if moment == "mute" else 0)

    world.relay.open()
    second = world.start_worker()
    world.wait_committed(request_id)
    later = world.request()  # the restarted worker goes on with the next
    world.wait_committed(later)
    second.terminate()
    assert second.wait(60) == 0, world.log()[-3000:]
    assert world.commits(request_id) == world.commits(later) == 1
    assert world.answer(request_id) == computed

    c = world.client
    found = infer.collect_result(c.chain, world.ipfs, c.home, c.seed, request_id, world.codec())
    assert found.probabilities.shape == (9, 2)
    bundle = Bundle.parse(infer.export_bundle(c.chain, c.home, request_id))
    report = audit.audit_inference(c.chain, world.ipfs, bundle)
    assert report.passed, report.reason


def test_the_commands_disclose_and_audit(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.relay.open()
    worker = world.start_worker()
    request_id = world.request()
    world.wait_committed(request_id)
    worker.terminate()
    worker.wait(60)
    for name, value in {
        "BIODESCI_RPC_URL": world.network.rpc_url,
        "BIODESCI_IPFS_API": world.network.ipfs_api,
        "BIODESCI_DEPLOYMENT": str(world.network.deployment_file),
        "BIODESCI_HOME": str(world.client.home),
        "BIODESCI_PASSPHRASE": PASSPHRASE,
    }.items():
        monkeypatch.setenv(name, value)

    def run(*argv: str) -> subprocess.CompletedProcess[str]:
        """In this process, which has loaded what takes seconds to load; the first command starts one."""
        code = 0
        try:
            main(argv)
        except SystemExit as exc:
            code = int(exc.code or 0)
        return subprocess.CompletedProcess(argv, code, *capsys.readouterr())

    first = ("inference", "result", str(request_id), "--accept", "--json")
    shown = subprocess.run(
        [sys.executable, "-m", "biodesci.cli", *first],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    assert len(json.loads(shown.stdout)) == 9
    assert read_request(world.client.chain, request_id).state is RequestState.FINALIZED
    bundle = tmp_path / "bundle.json"
    assert run("inference", "bundle", str(request_id), str(bundle)).returncode == 0
    assert bundle.stat().st_mode & 0o077 == 0
    passed = run("audit", "inference", str(bundle), "--report", str(tmp_path / "report.json"))
    assert passed.returncode == 0, passed.stderr
    assert json.loads((tmp_path / "report.json").read_bytes())["verdict"]["passed"] is True
    assert run("audit", "receipt", str(bundle)).returncode == 0
    assert run("audit", "model", str(world.model_id), "1").returncode == 0

    document = json.loads(bundle.read_bytes())
    document["receipt"]["worker"] = world.client.chain.address.lower()
    bundle.write_text(json.dumps(document))
    for command in ("inference", "receipt"):
        refused = run("audit", command, str(bundle))
        assert refused.returncode == 1
        assert "worker" in refused.stderr or "input commitment" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_worker_without_a_chain_says_so_and_waits_for_it(world: World) -> None:
    process = world.start_worker("http://127.0.0.1:9")
    wait(lambda: "does not answer" in world.log().splitlines()[-1], world.log)
    assert process.poll() is None
    process.terminate()
    assert process.wait(60) == 0


def test_a_worker_that_accepts_no_arbiter_and_no_unpaid_request_says_so_and_ends(world: World) -> None:
    process = world.start_worker(arbiters="")
    assert process.wait(60) == 1
    assert "would serve nobody" in world.log().splitlines()[-1]
