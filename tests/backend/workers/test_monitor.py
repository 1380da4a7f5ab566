"""Health and figures of a worker over HTTP: for this machine alone, and without a stranger's word."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from biodesci.core import counters
from biodesci.core.errors import ConfigurationError, StateError
from biodesci.localnet.processes import free_port
from biodesci.workers import monitor
from biodesci.workers.watch import Outlook, Watch
from tests.backend.serving.raw import connect, until_closed
from tests.waiting import LATE_S, in_time


@pytest.fixture
def watch() -> Watch:
    return Watch("custodian")


@pytest.fixture
def url(watch: Watch) -> Iterator[str]:
    with monitor.served(watch, free_port()) as port:
        yield f"http://127.0.0.1:{port}"


def test_it_is_ready_once_a_step_came_to_its_end_and_not_while_steps_fail(watch: Watch, url: str) -> None:
    assert httpx.get(f"{url}/health").json() == {"status": "ok", "worker": "custodian"}
    assert httpx.get(f"{url}/ready").status_code == 503
    watch.succeeded()
    assert httpx.get(f"{url}/ready").json() == {"ready": True, "worker": "custodian", "why": ""}
    watch.failed(StateError("licence 7: a stranger's words"), 1)
    ready = httpx.get(f"{url}/ready")
    assert ready.status_code == 503
    assert "StateError" in ready.json()["why"]
    assert "stranger" not in ready.text
    watch.stands_by()
    assert "stands by" in httpx.get(f"{url}/ready").json()["why"]
    watch.works()
    assert "not come through a step" in httpx.get(f"{url}/ready").json()["why"]
    assert httpx.get(f"{url}/health").status_code == 200


def test_the_figures_say_what_an_operator_asks(watch: Watch, url: str) -> None:
    watch.works()
    watch.counts(120)
    watch.saw(Outlook(100, {"licences": 3}))
    watch.holds(5 * 10**15, is_low=True)
    watch.sends(2, 61.5)
    watch.owes({"licence": 4}, {"rounds-of-model": 1})
    watch.succeeded()
    watch.failed(KeyError("a stranger's word"), 2)
    counters.RPC_CALLS.labels("eth_getLogs").inc()
    text = httpx.get(f"{url}/metrics").text
    for line in (
        'biodesci_worker{worker="custodian"} 1.0',
        "biodesci_lag_blocks 20.0",
        'biodesci_queue{kind="licences"} 3.0',
        "biodesci_balance_ether 0.005",
        "biodesci_balance_is_low 1.0",
        "biodesci_outbox_pending 2.0",
        "biodesci_outbox_oldest_seconds 61.5",
        'biodesci_jobs_failing{kind="licence"} 4.0',
        'biodesci_jobs_waiting{kind="rounds-of-model"} 1.0',
        'biodesci_failures_total{kind="unexpected"} 1.0',
        "biodesci_failures_in_a_row 2.0",
        "biodesci_holds_lease 1.0",
        'biodesci_rpc_calls_total{method="eth_getLogs"}',
        "process_resident_memory_bytes",
    ):
        assert line in text
    assert "stranger" not in text
    assert time.time() - float(text.split("biodesci_last_success_seconds ")[-1].split()[0]) < 600


def test_it_answers_no_page_of_another_site_and_no_other_path(url: str) -> None:
    assert httpx.get(f"{url}/metrics", headers={"Host": "evil.example:80"}).status_code == 421
    assert httpx.get(f"{url}/../etc/passwd").status_code == 404
    assert httpx.post(f"{url}/metrics").status_code == 501
    head = httpx.head(f"{url}/metrics")
    assert head.status_code == 200
    assert head.content == b""


def test_who_holds_connections_keeps_nobody_out_and_is_cut_off(url: str) -> None:
    port = int(url.rpartition(":")[2])
    held = [connect(port) for _ in range(40)]
    for one in held:
        with contextlib.suppress(OSError):  # turned away
            one.sendall(b"GET /health HTTP/1.1\r\nHost: 127")
    assert httpx.get(f"{url}/health", timeout=LATE_S).status_code == 200
    with in_time():
        for one in held:
            with contextlib.suppress(OSError):
                until_closed(one)
            one.close()


def test_without_a_port_nothing_listens_and_a_taken_one_is_said(watch: Watch) -> None:
    with monitor.served(watch, None) as port:
        assert port is None
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        wrong = pytest.raises(ConfigurationError, match=f"Port {port} .* BIODESCI_METRICS_PORT")
        with wrong, monitor.served(watch, port):
            pass
