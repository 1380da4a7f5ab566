"""The server of private containers as a process of its own, without an account or a passphrase."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from biodesci.config import Settings
from biodesci.core import cid
from biodesci.core.errors import ConfigurationError, UnavailableError
from biodesci.ipfs.client import Ipfs
from biodesci.localnet.processes import free_port
from biodesci.market import licensed_copy
from biodesci.market.sources import OwnersServer, signer
from biodesci.workers import containers
from tests.backend.market.private import PrivateSale


def test_it_serves_a_licensee_and_ends_on_a_signal(
    start: Any, chain_for: Any, ipfs_node: Any, tmp_path: Path
) -> None:
    netloc = f"127.0.0.1:{free_port()}"
    origin = f"http://{netloc}"
    sale = PrivateSale(chain_for, Ipfs(ipfs_node.api, timeout=2.0), tmp_path, origin)
    license_id, target = sale.bought(), tmp_path / "copy"
    with pytest.raises(UnavailableError):
        OwnersServer(origin, signer(sale.buyer, sale.dataset, license_id)).size(sale.content)
    seen = tmp_path / "seen"  # as its unit has it: of the home the one folder
    seen.mkdir()
    (seen / "containers").symlink_to(sale.home / "containers")
    server = start(
        "containers",
        BIODESCI_HOME=seen,
        BIODESCI_PASSPHRASE="",
        BIODESCI_CONTAINERS_URL=f"{origin}/",
        BIODESCI_CONTAINERS_LISTEN=netloc,
    )
    server.wait(lambda: f"serving on {netloc} as {origin}" in server.log())
    server.wait(lambda: _status(f"{origin}/health") == 200)
    path = f"{origin}/containers/{cid.from_digest(sale.content)}"
    assert _status(path) == 401
    assert _status(path, Host="elsewhere.example") == 421
    licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, target)
    assert target.read_bytes() == sale.plaintext
    assert f"licensee {sale.buyer.address}: bytes 0 to {len(sale.sealed)}" in server.log()
    assert "Authorization" not in server.log()
    assert server.terminate() == 0
    assert "Traceback" not in server.log()
    assert [path.name for path in seen.iterdir()] == ["containers"], "it wrote into the home"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "does not know its own address"),
        ({"containers_url": "http://data.example"}, "does not know its own address"),
        (
            {"containers_url": "https://data.example", "containers_partners": "0x1"},
            "addresses of accounts",
        ),
        ({"containers_url": "https://data.example", "containers_listen": "127.0.0.1"}, "is no port"),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        containers.run(Settings(**settings))  # type: ignore[arg-type]


def _status(url: str, **headers: str) -> int:
    try:
        return httpx.get(url, headers=headers, trust_env=False).status_code
    except httpx.HTTPError:
        return 0
