"""Where an aggregator listens: at its URL if that is http, and behind a proxy if it is https."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from biodesci.config import AggregatorSettings
from biodesci.core.errors import ConfigurationError
from biodesci.localnet.processes import free_port
from biodesci.workers import aggregator

NAME = "aggregator.example.org"


def address(url: str, port: int | None = None) -> tuple[str, int]:
    return aggregator.address(AggregatorSettings(aggregator_url=url, aggregator_port=port))


@pytest.mark.parametrize(
    ("url", "port", "listens"),
    [
        ("http://127.0.0.1:8700", None, ("127.0.0.1", 8700)),
        ("http://10.0.0.5:8700", None, ("10.0.0.5", 8700)),
        ("http://10.0.0.5:8700", 9000, ("10.0.0.5", 9000)),
        ("http://[::1]:8700/", None, ("::1", 8700)),
        ("https://aggregator.example.org", 8700, ("127.0.0.1", 8700)),
        ("https://aggregator.example.org:8443", 8700, ("127.0.0.1", 8700)),
        ("HTTPS://aggregator.example.org", 8700, ("127.0.0.1", 8700)),
    ],
)
def test_tls_is_a_proxys_and_what_is_behind_one_listens_on_loopback(
    url: str, port: int | None, listens: tuple[str, int]
) -> None:
    assert address(url, port) == listens


@pytest.mark.parametrize("url", ["https://aggregator.example.org", "https://aggregator.example.org:8443"])
def test_behind_a_proxy_the_port_must_be_said(url: str) -> None:
    """That of the URL is the proxy's."""
    with pytest.raises(ConfigurationError, match=r"speaks no https itself.*Set BIODESCI_AGGREGATOR_PORT"):
        address(url)


@pytest.mark.parametrize(
    "url",
    ["http://aggregator.example.org", "http://host:many", "http://:8700", "ftp://host:8700", "", "host:8700"],
)
def test_a_url_that_is_no_place_to_listen_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="BIODESCI_AGGREGATOR_URL"):
        address(url)


def test_an_aggregator_that_is_told_no_port_ends_before_it_opens_anything(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"home": tmp_path, "model_owners": "0x" + "11" * 20}
    with pytest.raises(ConfigurationError, match="BIODESCI_AGGREGATOR_PORT"):
        aggregator.worker(
            AggregatorSettings(aggregator_url="https://aggregator.example.org", **settings), threading.Event()
        )


def test_behind_a_proxy_it_is_reached_on_loopback_under_its_own_name(
    start: Any, hospital: Any, tmp_path: Path
) -> None:
    port = free_port()
    own = {"AGGREGATOR_URL": f"https://{NAME}", "AGGREGATOR_PORT": port, "MODEL_OWNERS": "0x" + "11" * 20}
    process = start(
        "aggregator",
        BIODESCI_HOME=hospital.home,
        **{f"BIODESCI_{name}": value for name, value in own.items()},
    )
    process.wait(lambda: process.why_not_ready() == "")
    assert f"on 127.0.0.1:{port}" in process.log()
    asked = httpx.get(f"http://127.0.0.1:{port}/health", headers={"Host": NAME})
    assert asked.json() == {"status": "ok"}
    assert httpx.get(f"http://127.0.0.1:{port}/health", headers={"Host": "another.org"}).status_code == 421
