"""scripts/deploy.py and the console, as a person runs them, against an anvil of their own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from biodesci.core import cid

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
    assert (data["network"], data["chainId"], len(data["contracts"])) == ("local", 31337, 6)
    assert data["block"] == min(entry["block"] for entry in data["contracts"].values())

    code, said = ape("run", "deploy", "--if-needed", "--network", network, deployment=path)
    assert code == 0
    assert "already" in said
    assert json.loads(path.read_text()) == data

    typed = "print('CONTRACTS', AccessLicense.DATASETS() == DatasetNFT.address, datasets(), offers())\n"
    _, said = ape("console", "--network", network, deployment=path, stdin=typed)
    assert "CONTRACTS True [] []" in said

    typed = (
        "owner, buyer = accounts.test_accounts[1], accounts.test_accounts[2]\n"
        "terms = (0, 5, '0x' + '0' * 40, 86400, 3, 60, 60, 1, 12, True, '0x' + '0' * 40)\n"
        "DatasetNFT.publish((b'a' * 32, b'b' * 32, b'c' * 32, 4, bytes(32)), [], sender=owner)\n"
        "AccessLicense.createOffer((1, *terms[1:]), sender=owner)\n"
        "AccessLicense.createOffer((1, *terms[1:8], 0, *terms[9:]), sender=owner)\n"
        "KeyRegistry.register(b'k' * 1216, sender=buyer)\n"
        "print('OFFERS', offers())\n"
        "print('BOUGHT', buy(2, buyer), licenses(buyer))\n"
    )
    _, said = ape("console", "--network", network, deployment=path, stdin=typed)
    offer = (
        "{'id': %d, 'dataset': 1, 'right': 'download', 'price': 5, 'currency': 'ETH', 'days': 1, 'uses': 3"
    )
    visas = "['ResearcherStatus', 'ControlledAccessGrants']"
    assert f"OFFERS [{offer % 1}, 'visas': {visas}}}, {offer % 2}, 'visas': []}}]" in said
    assert "BOUGHT 1 [{'id': 1, 'dataset': 1, 'licensee': " in said
    assert "'right': 'download', 'state': 'purchased', 'active': False}]" in said

    typed = (
        "owner, worker, asker, auditor = accounts.test_accounts[1:5]\n"
        "ModelRegistry.register(b'a' * 32, b'b' * 32, b'c' * 32, b'd' * 32, sender=owner)\n"
        "ModelRegistry.publishVersion(1, b'e' * 32, b'f' * 32, sender=owner)\n"
        "_ = [KeyRegistry.register(b'k' * 1216, sender=who) for who in (worker, asker)]\n"
        "until = chain.pending_timestamp + 7200\n"
        "asked = (1, 2, worker, owner, b'i' * 32, b'j' * 32, until, 3600)\n"
        "InferenceCommitment.request(*asked, sender=asker)\n"
        "InferenceCommitment.commit(1, b'o' * 32, b'p' * 32, sender=worker)\n"
        "InferenceCommitment.attestAudit(1, False, b'r' * 32, sender=auditor)\n"
        "print('LINEAGE', lineage(1), [model['versions'] for model in models()])\n"
        "print('AUDITS', audits(), audits(2), audits(1)[0]['auditor'] == auditor.address)\n"
        "print('REQUESTS', requests(), rounds())\n"
    )
    _, said = ape("console", "--network", network, deployment=path, stdin=typed)
    version = "{'version': %d, 'round': None, 'nodes': [], 'datasets': []}"
    assert f"LINEAGE [{version % 1}, {version % 2}] [2]" in said, said
    assert "AUDITS [{'request': 1, 'auditor': '0x" in said
    assert f"'passed': False, 'report': '{cid.from_digest(b'r' * 32)}'}}] [] True" in said
    assert "REQUESTS [{'id': 1, 'model': 1, 'version': 2, 'requester': '0x" in said

    data["contracts"]["KeyRegistry"]["codeHash"] = "0x" + "00" * 32
    path.write_text(json.dumps(data))
    code, said = ape("run", "deploy", "--if-needed", "--network", network, deployment=path)
    assert code == 0
    assert "Written" in said


def test_a_dry_run_sends_nothing(network, tmp_path):
    path = tmp_path / "local.json"
    code, said = ape("run", "deploy", "--dry-run", "--network", network, deployment=path)
    assert code == 0, said
    assert not path.exists()
    lines = said.splitlines()
    foreseen = {line.split()[0]: line.split()[1:] for line in lines if " 0x" in line and "," in line}
    _, again = ape("run", "deploy", "--dry-run", "--network", network, deployment=path)
    assert again.splitlines()[-9:] == lines[-9:], "the nonce has moved, so something was sent"

    code, said = ape("run", "deploy", "--network", network, deployment=path)
    assert code == 0, said
    contracts = json.loads(path.read_text())["contracts"]
    assert len(contracts) == 6
    for name, entry in contracts.items():
        address, _, gas = foreseen[name]
        assert (entry["address"], entry["gas"]) == (address, int(gas.replace(",", "")))


def test_a_file_that_cannot_take_the_addresses_is_refused_before_anything_is_sent(network, tmp_path):
    foreign = tmp_path / "sepolia.json"
    there = json.loads((ROOT / "tests/vectors/documents/deployment.json").read_text())
    foreign.write_text(json.dumps(there | {"chainId": 11155111}))
    blocked = tmp_path / "file"
    blocked.write_text("")
    spoiled = tmp_path / "spoiled.json"
    spoiled.write_text("{")
    fresh = tmp_path / "local.json"
    _, before = ape("run", "deploy", "--dry-run", "--network", network, deployment=fresh)
    for path, reason in (
        (foreign, "of chain 11155111 are, and this is chain 31337"),
        (blocked / "local.json", "cannot be written"),
        (spoiled, "This is no deployment file: it is not JSON"),
    ):
        kept = path.read_text() if path.is_file() else None
        code, said = ape("run", "deploy", "--network", network, deployment=path)
        assert (code, reason in said) == (1, True), said
        assert (path.read_text() if path.is_file() else None) == kept
    _, after = ape("run", "deploy", "--dry-run", "--network", network, deployment=fresh)
    assert after.splitlines()[-9:] == before.splitlines()[-9:], "the nonce has moved, so something was sent"


def test_verify(network, tmp_path):
    path = tmp_path / "local.json"
    code, said = ape("run", "deploy", "--verify", "--network", network, deployment=path)
    assert code != 0
    assert "There is no deployment file at" in said

    ape("run", "deploy", "--network", network, deployment=path)
    code, said = ape("run", "deploy", "--verify", "--network", network, deployment=path)
    assert code == 0, said
    assert said.count("has the code that is compiled here") == 6

    # Two contracts of ours, each with our code, but at each other's address.
    data = json.loads(path.read_text())
    contracts = data["contracts"]
    swapped = {"KeyRegistry": contracts["VisaRegistry"], "VisaRegistry": contracts["KeyRegistry"]}
    path.write_text(json.dumps({**data, "contracts": {**contracts, **swapped}}))
    code, said = ape("run", "deploy", "--verify", "--network", network, deployment=path)
    assert code != 0
    assert f"The code of KeyRegistry at {contracts['VisaRegistry']['address']} is not" in said

    # The right code, but wired to other contracts: immutables count.
    other = tmp_path / "other.json"
    ape("run", "deploy", "--network", network, deployment=other)
    strange = json.loads(other.read_text())["contracts"]["DatasetNFT"]
    path.write_text(json.dumps({**data, "contracts": {**contracts, "DatasetNFT": strange}}))
    code, said = ape("run", "deploy", "--verify", "--network", network, deployment=path)
    assert code != 0
    assert f"The code of DatasetNFT at {strange['address']} is not" in said


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
