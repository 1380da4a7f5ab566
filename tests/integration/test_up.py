"""`make up`: comes up, answers, refuses taken ports, and leaves nothing behind on Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.make import make

ROOT = Path(__file__).parents[2]
EMPTY = [sys.executable, "-m", "biodesci.cli", "up"]


def test_it_answers_until_ctrl_c_and_leaves_no_process(tmp_path: Path) -> None:
    announce = tmp_path / "announce.json"
    argv = ["--no-story", "--state", str(tmp_path / "state"), "--ports", "auto", "--announce", str(announce)]
    process, printed = make("up", *argv), ""
    assert process.stdout
    try:
        deadline = time.monotonic() + 240
        while not announce.exists():
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.2)
        network = json.loads(announce.read_text())
        assert announce.stat().st_mode & 0o077 == 0  # it holds the test account's key
        config = httpx.get(f"{network['apiUrl']}/v1/config").json()
        assert config["chainId"] == network["chainId"] == 31337
        assert len(httpx.get(f"{network['apiUrl']}/v1/datasets").json()["items"]) == 4
        pids = json.loads((tmp_path / "state" / "processes.json").read_text())
        assert {"chain", "ipfs", "indexer", "api"} <= set(pids)
        assert sum(name.startswith("custodian-") for name in pids) == 4
        while "Ctrl-C stops everything" not in printed:
            line = process.stdout.readline()
            assert line, printed
            printed += line
        assert len(list_datasets(printed, tmp_path / "home")) == 4
    finally:
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it for Ctrl-C
        output = printed + process.communicate(timeout=120)[0]
    assert "Ctrl-C stops everything" in output
    assert "nothing is left running" in output
    assert network["apiUrl"] in output
    assert "Traceback" not in output
    for name, pid in pids.items():
        assert not Path(f"/proc/{pid}").exists(), f"{name} is still running"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{network['apiUrl']}/health")


def list_datasets(printed: str, home: Path) -> list[dict[str, object]]:
    """What `biodesci` lists in another terminal, with the settings that `make up` printed alone, by which it
    finds the index, and a hospital's account, too.
    """
    exports = [line.strip() for line in printed.splitlines() if line.strip().startswith("export ")]
    asked = ["index status --json >/dev/null", "account show --json >/dev/null", "dataset list --json"]
    command = "; ".join([*exports, *(f"biodesci {words}" for words in asked)])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BIODESCI_")}
    done = subprocess.run(
        ["bash", "-euc", command],
        env={
            **kept,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "BIODESCI_HOME": str(home),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    datasets: list[dict[str, object]] = json.loads(done.stdout)
    return datasets


def test_a_taken_port_ends_it_with_one_message(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            holder.bind(("127.0.0.1", 8545))
            holder.listen()
        except OSError:
            pass  # taken by another program: just as good
        done = subprocess.run(
            [*EMPTY, "--state", str(tmp_path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert "Port 8545, wanted for the chain, is taken" in done.stderr
    assert "--ports auto" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_missing_tool_ends_it_with_one_message(tmp_path: Path) -> None:
    environment = {"BIODESCI_ROOT": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [*EMPTY, "--state", str(tmp_path / "state"), "--ports", "auto"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "anvil, the local chain, is not installed" in done.stderr
    assert "make setup" in done.stderr
