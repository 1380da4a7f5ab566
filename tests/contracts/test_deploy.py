"""scripts/deploy.py and the console, as a person runs them, against an anvil of their own.

A deployment and a session of the console are processes of their own. The other deployments are the same
command within this process, because most of their time would be Ape's start.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from ape._cli import cli
from click.testing import CliRunner
from make import make

import ape_console_extras
from biodesci.localnet.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
ANVIL = ROOT / "node_modules" / ".bin" / "anvil"


def run_deploy(*options: str, deployment: Path) -> tuple[int, str]:
    """`ape run deploy`, in this process: its exit status and what it said."""
    done = CliRunner().invoke(cli, ["run", "deploy", *options], env={"BIODESCI_DEPLOYMENT": str(deployment)})
    assert isinstance(done.exception, SystemExit | None), done.exception
    return done.exit_code, done.output


def start_ape(*arguments: str, deployment: Path) -> tuple[int, str]:
    """`ape`, as a process of its own: its exit status and what it said."""
    done = subprocess.run(
        ["ape", *arguments],
        cwd=ROOT,
        env={**os.environ, "BIODESCI_DEPLOYMENT": str(deployment)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def network():
    port = free_port()
    process = subprocess.Popen([ANVIL, "--port", str(port), "--silent"], start_new_session=True)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"ethereum:local:http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, 15)
        process.wait(60)


def nonces(network: str) -> list[str]:
    """Of anvil's ten accounts: what is sent moves one of them on."""
    with httpx.Client(base_url=network.removeprefix("ethereum:local:")) as node:

        def ask(method: str, *parameters: str) -> Any:
            call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
            return node.post("/", json=call).json()["result"]

        return [ask("eth_getTransactionCount", account, "latest") for account in ask("eth_accounts")]


@pytest.fixture(scope="module")
def deployed(network, tmp_path_factory):
    """Rehearses, then deploys: the file, and the address, bytes and gas foreseen for each contract."""
    path = tmp_path_factory.mktemp("deployment") / "local.json"
    before = nonces(network)
    code, said = run_deploy("--dry-run", "--network", network, deployment=path)
    assert code == 0, said
    assert not path.exists()
    assert nonces(network) == before, "a dry run has sent something"
    lines = [line for line in said.splitlines() if " 0x" in line and "," in line]
    code, said = start_ape("run", "deploy", "--network", network, deployment=path)
    assert code == 0, said
    return path, {line.split()[0]: line.split()[1:] for line in lines}


@pytest.fixture(scope="module")
def redeployed(network, deployed, tmp_path_factory):
    """`--if-needed` on a file that names other code: contracts of ours at other addresses."""
    path = tmp_path_factory.mktemp("again") / "local.json"
    data = json.loads(deployed[0].read_text())
    data["contracts"]["KeyRegistry"]["codeHash"] = "0x" + "00" * 32
    path.write_text(json.dumps(data))
    code, said = run_deploy("--if-needed", "--network", network, deployment=path)
    assert code == 0, said
    assert "Written" in said
    return path


def test_what_was_rehearsed_is_what_is_deployed(deployed):
    path, foreseen = deployed
    data = json.loads(path.read_text())
    assert (data["network"], data["chainId"], len(data["contracts"])) == ("local", 31337, 8)
    assert data["block"] == min(entry["block"] for entry in data["contracts"].values())
    for name, entry in data["contracts"].items():
        address, _, gas = foreseen[name]
        assert (entry["address"], entry["gas"]) == (address, int(gas.replace(",", "")))


def test_what_is_there_is_not_deployed_again(network, deployed, redeployed):
    path, _ = deployed
    data, before = json.loads(path.read_text()), nonces(network)
    code, said = run_deploy("--if-needed", "--network", network, deployment=path)
    assert code == 0
    assert "already" in said
    assert (json.loads(path.read_text()), nonces(network)) == (data, before)
    there = json.loads(redeployed.read_text())["contracts"]
    assert all(there[name]["address"] != entry["address"] for name, entry in data["contracts"].items())


def test_console(network, deployed):
    typed = (
        "print('CONTRACTS', AccessLicense.DATASETS() == DatasetNFT.address, datasets(), offers())\n"
        "owner, buyer = accounts.test_accounts[1], accounts.test_accounts[2]\n"
        "terms = (0, 5, '0x' + '0' * 40, 86400, 3, 60, 60, 1, 12, True, '0x' + '0' * 40)\n"
        "DatasetNFT.publish((b'a' * 32, b'b' * 32, b'c' * 32, 4, bytes(32)), [], sender=owner)\n"
        "AccessLicense.createOffer((1, *terms[1:]), sender=owner)\n"
        "AccessLicense.createOffer((1, *terms[1:8], 0, *terms[9:]), sender=owner)\n"
        "KeyRegistry.register(b'k' * 1216, sender=buyer)\n"
        "print('OFFERS', offers())\n"
        "print('BOUGHT', buy(2, buyer), licenses(buyer))\n"
        "print('WHO', who('127.0.0.1'))\n"
    )
    console = make("console", environment={"NETWORK": network, "BIODESCI_DEPLOYMENT": str(deployed[0])})
    output, _ = console.communicate(typed, timeout=120)
    assert "CONTRACTS True [] []" in output
    offer = "{'id': %d, 'dataset': 1, 'right': 'download', 'price': 5, 'currency': 'ETH', 'days': 1"
    visas = "'uses': 3, 'visas': ['ResearcherStatus', 'ControlledAccessGrants']"
    end = "'arbiter': None, 'earned_over_time': True}"
    assert f"OFFERS [{offer % 1}, {visas}, {end}, {offer % 2}, 'uses': 3, 'visas': [], {end}]" in output
    assert "BOUGHT 1 [{'id': 1, 'dataset': 1, 'licensee': " in output
    assert "'right': 'download', 'state': 'purchased', 'active': False}]" in output
    unproven = "'institution': 'unproven', 'why': \"This is no domain's name.\"}"
    assert f"WHO {{'domain': '127.0.0.1', {unproven}" in output


def test_a_file_that_cannot_take_the_addresses_is_refused_before_anything_is_sent(network, tmp_path):
    foreign = tmp_path / "sepolia.json"
    there = json.loads((ROOT / "tests/vectors/documents/deployment.json").read_text())
    foreign.write_text(json.dumps(there | {"chainId": 11155111}))
    blocked = tmp_path / "file"
    blocked.write_text("")
    spoiled = tmp_path / "spoiled.json"
    spoiled.write_text("{")
    before = nonces(network)
    for path, reason in (
        (foreign, "of chain 11155111 are, and this is chain 31337"),
        (blocked / "local.json", "cannot be written"),
        (spoiled, "This is no deployment file: it is not JSON"),
    ):
        kept = path.read_text() if path.is_file() else None
        code, said = run_deploy("--network", network, deployment=path)
        assert (code, reason in said) == (1, True), said
        assert (path.read_text() if path.is_file() else None) == kept
    assert nonces(network) == before, "something was sent"


def test_verify(network, deployed, redeployed, tmp_path):
    path = tmp_path / "local.json"
    code, said = run_deploy("--verify", "--network", network, deployment=path)
    assert code != 0
    assert "There is no deployment file at" in said

    code, said = run_deploy("--verify", "--network", network, deployment=deployed[0])
    assert code == 0, said
    assert said.count("has the code that is compiled here") == 8

    # Two contracts of ours, each with our code, but at each other's address.
    data = json.loads(deployed[0].read_text())
    contracts = data["contracts"]
    swapped = {"KeyRegistry": contracts["VisaRegistry"], "VisaRegistry": contracts["KeyRegistry"]}
    path.write_text(json.dumps({**data, "contracts": {**contracts, **swapped}}))
    code, said = run_deploy("--verify", "--network", network, deployment=path)
    assert code != 0
    assert f"The code of KeyRegistry at {contracts['VisaRegistry']['address']} is not" in said

    # The right code, but wired to other contracts: immutables count.
    strange = json.loads(redeployed.read_text())["contracts"]["DatasetNFT"]
    path.write_text(json.dumps({**data, "contracts": {**contracts, "DatasetNFT": strange}}))
    code, said = run_deploy("--verify", "--network", network, deployment=path)
    assert code != 0
    assert f"The code of DatasetNFT at {strange['address']} is not" in said


def test_no_chain(tmp_path):
    path = tmp_path / "local.json"
    code, said = run_deploy("--network", "ethereum:local:http://127.0.0.1:9", deployment=path)
    assert code != 0
    assert "No chain answers" in said
    assert "Traceback" not in said
    assert not path.exists()


def test_a_public_network_needs_its_own_node(network, tmp_path):
    url = network.removeprefix("ethereum:local:")
    code, said = run_deploy("--network", f"ethereum:sepolia:{url}", deployment=tmp_path / "x.json")
    assert code != 0
    assert "another than --network says" in said


def test_console_without_a_deployment(chain, project, tmp_path, monkeypatch, capsys):
    path = tmp_path / "none.json"
    monkeypatch.setenv("BIODESCI_DEPLOYMENT", str(path))
    assert ape_console_extras.ape_init_extras(chain, project) == {}
    assert f"Nothing is deployed: there is no {path}" in capsys.readouterr().out
