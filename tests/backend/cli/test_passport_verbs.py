"""A visa issuer by commands alone: its server is a process of its own, and a researcher asks it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from biodesci.core.documents.visa import SignedVisa
from biodesci.localnet.processes import free_port
from tests.backend.passports.conftest import Broker, trust_in

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def people(crowd: Any) -> Any:
    return crowd("issuer", "researcher", "buyer")


@pytest.fixture
def trust(tmp_path: Path) -> tuple[Broker, Path, str]:
    """A broker, the issuer's configuration, and its address."""
    broker, url = Broker("https://broker.example"), f"http://127.0.0.1:{free_port()}"
    (tmp_path / "0.json").write_text(json.dumps(broker.jwks()))
    file = tmp_path / "trust.json"
    file.write_bytes(trust_in(broker, url=url).to_bytes())
    return broker, file, url


def test_a_passport_becomes_visas(people: Any, trust: tuple[Broker, Path, str], tmp_path: Path) -> None:
    broker, file, url = trust
    passport = tmp_path / "passport.jwt"
    passport.write_text(broker.passport(broker.visa(), broker.visa("Doctor")) + "\n")
    told = people.run("issuer", "visa", "issuer", "check", passport, "--trust", file)
    assert [one["type"] for one in told["visas"]] == ["ResearcherStatus"]
    assert told["ignored"] == ["A visa is of a type for which there is no rule."]

    command = [
        "-m",
        "biodesci.cli",
        "visa",
        "issuer",
        "serve",
        "--trust",
        file,
        "--port",
        url.rsplit(":")[-1],
    ]
    nodes = f"http://127.0.0.1:9 {os.environ['BIODESCI_RPC_URL']}"  # nobody answers at the first
    environment = {**os.environ, "BIODESCI_HOME": str(people.home("issuer"))}
    environment |= {"BIODESCI_LOG_FORMAT": "json", "BIODESCI_RPC_URL": nodes}
    log = tmp_path / "log"
    with (
        log.open("wb") as errors,
        subprocess.Popen([sys.executable, *map(str, command)], env=environment, stderr=errors) as server,
    ):
        try:
            wait_for(url, server)
            folder = tmp_path / "visas"
            asked = ("visa", "request", passport, "--issuer", url, "-o", folder)
            (given,) = people.run("researcher", *asked)["visas"]
            assert given["subject"] == people.address("researcher")
            assert given["issuer"] == people.address("issuer")
            assert stat.S_IMODE(Path(given["file"]).stat().st_mode) == 0o600
            assert SignedVisa.parse(Path(given["file"]).read_bytes()).visa.subject == given["subject"]
            code, _, err = people.try_("researcher", *asked)
            assert code == 1
            assert "already" in err
            # Its second account gets none, until the operator releases the first, beside the running server.
            asked = (*asked[:-1], tmp_path / "again")
            code, _, err = people.try_("buyer", *asked)
            assert code == 1
            assert "visas for another account" in err
            code, _, err = people.try_("issuer", "visa", "issuer", "release", "--iss", broker.issuer)
            assert code == 2
            assert "both --iss and --sub" in err
            identity = ("--iss", broker.issuer, "--sub", "researcher")
            released = people.run("issuer", "visa", "issuer", "release", *identity)
            assert released == {"account": people.address("researcher"), "revoked": 1}
            assert people.run("researcher", "visa", "show", given["file"])["revoked"]
            (moved,) = people.run("buyer", *asked)["visas"]
            assert moved["subject"] == people.address("buyer")
            released = people.run("issuer", "visa", "issuer", "release", people.address("buyer"))
            assert released["revoked"] == 1
            passport.write_text(Broker("https://stranger.example").visa())
            code, _, err = people.try_("buyer", *asked[:-1], tmp_path / "no more")
            assert code == 1
            assert "The issuer refused" in err
        finally:
            server.terminate()
    logged = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    assert any("another one is asked" in each["message"] for each in logged), "as workers log"
    assert {each["worker"] for each in logged} == {"visa_issuer"}


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert server.poll() is None, "the issuer ended"
        assert time.monotonic() < deadline, "the issuer did not answer"
        try:
            assert httpx.get(f"{url}/health").json() == {"status": "ok"}
        except httpx.ConnectError:
            time.sleep(0.1)
        else:
            return
