"""scripts/deploy.py and the console, as a person runs them, against an anvil of their own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ANVIL = ROOT / "node_modules" / ".bin" / "anvil"


def ape(*arguments: str, deployment: Path, stdin: str = "") -> tuple[int, str]:
    done = subprocess.run(
        ["ape", *arguments],
        cwd=ROOT,
        env={**os.environ, "BIODESCI_DEPLOYMENT": str(deployment)},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def network():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([ANVIL, "--port", str(port), "--silent"], start_new_session=True)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"ethereum:local:http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, 15)
        process.wait(10)


def test_deploy_then_console(network, tmp_path):
    path = tmp_path / "local.json"
    code, said = ape("run", "deploy", "--network", network, deployment=path)
    assert code == 0, said
    data = json.loads(path.read_text())
    assert (data["network"], data["chainId"], len(data["contracts"])) == ("local", 31337, 5)
    assert data["block"] == min(entry["block"] for entry in data["contracts"].values())

    code, said = ape("run", "deploy", "--if-needed", "--network", network, deployment=path)
    assert code == 0
    assert "already" in said
    assert json.loads(path.read_text()) == data

    typed = "print('CONTRACTS', AccessLicense.DATASETS() == DatasetNFT.address, datasets(), offers())\n"
    _, said = ape("console", "--network", network, deployment=path, stdin=typed)
    assert "CONTRACTS True [] []" in said

    data["contracts"]["KeyRegistry"]["codeHash"] = "0x" + "00" * 32
    path.write_text(json.dumps(data))
    code, said = ape("run", "deploy", "--if-needed", "--network", network, deployment=path)
    assert code == 0
    assert "Written" in said


def test_no_chain(tmp_path):
    path = tmp_path / "local.json"
    code, said = ape("run", "deploy", "--network", "ethereum:local:http://127.0.0.1:9", deployment=path)
    assert code != 0
    assert "No chain answers" in said
    assert "Traceback" not in said
    assert not path.exists()


def test_a_public_network_needs_its_own_node(network, tmp_path):
    url = network.removeprefix("ethereum:local:")
    code, said = ape("run", "deploy", "--network", f"ethereum:sepolia:{url}", deployment=tmp_path / "x.json")
    assert code != 0
    assert "another than --network says" in said


def test_console_without_a_deployment(network, tmp_path):
    _, said = ape("console", "--network", network, deployment=tmp_path / "none.json", stdin="1\n")
    assert "Nothing is deployed" in said
