"""Several chain nodes: which one is asked, how often, for how long, and what is told of them."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from web3.types import RPCEndpoint

from biodesci.chain import wording
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.endpoint import _seconds, origin
from biodesci.chain.provider import Provider
from biodesci.chain.reading import Reading
from biodesci.core.addresses import without_secrets
from biodesci.core.errors import ConfigurationError, UnavailableError
from tests.faults import faults
from tests.faults.faults import Call, Proxy
from tests.faults.proxy import FaultProxy
from tests.waiting import in_time, wait_for

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def nodes(localnet: Any) -> Iterator[tuple[FaultProxy, FaultProxy]]:
    with FaultProxy(localnet.rpc_url) as first, FaultProxy(localnet.rpc_url) as second:
        yield first, second


def both(nodes: tuple[FaultProxy, FaultProxy], **more: Any) -> Provider:
    return Provider(" ".join(node.url for node in nodes), **more)


class OfAnotherChain(faults.Fault):
    """Answers for another chain id, or another first block."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what

    def result(self, proxy: Proxy, call: Call, result: Any) -> Any:
        if self.what == "id" and call["method"] == "eth_chainId":
            return "0x1"
        if self.what == "genesis" and call["method"] == "eth_getBlockByNumber" and call["params"][0] == "0x0":
            return {**result, "hash": "0x" + "11" * 32}
        return result


@pytest.mark.parametrize(
    "fault",
    [
        faults.Dead("refused"),
        faults.Dead("reset"),
        faults.Html(),
        *(faults.TooManyRequests(wording, share=1.0) for wording in faults.BUSY_WORDINGS),
    ],
    ids=lambda fault: f"{fault!r} {getattr(fault, 'wording', getattr(fault, 'how', ''))}",
)
def test_another_node_is_asked_while_the_first_fails_and_then_the_first_again(
    nodes: tuple[FaultProxy, FaultProxy], fault: faults.Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = nodes
    provider = both(nodes)
    provider.request("eth_blockNumber")
    assert second.requests == 0, "it stands by"
    pauses: list[float] = []
    monkeypatch.setattr(provider, "pause", pauses.append)
    with first.fault(fault):
        provider.request("eth_blockNumber")
        provider.batch([("eth_blockNumber", []), ("eth_gasPrice", [])])
    assert sum(pauses) == 0, "the second is asked at once"
    assert second.calls["eth_blockNumber"] >= 2
    first.forget_counts()

    def is_asked_again() -> bool:
        provider.request("eth_blockNumber")
        return first.calls["eth_blockNumber"] > 0

    wait_for(is_asked_again)


def test_who_answered_is_not_asked_whether_it_was_right(nodes: tuple[FaultProxy, FaultProxy]) -> None:
    """After a failover the second node answered; the first, which is well again meanwhile, is the other."""
    first, second = nodes
    provider = both(nodes)
    with first.fault(faults.Dead("refused")):
        logs, node = provider.logs({"fromBlock": "0x0", "toBlock": "0x0"}, 1)
        assert node is provider.endpoints[1]
    provider.endpoints[0].rests_until = 0.0
    first.forget_counts()
    second.forget_counts()
    assert provider.elsewhere(node, "eth_getLogs", {"fromBlock": "0x0", "toBlock": "0x0"}) == logs
    assert (first.calls["eth_getLogs"], second.calls["eth_getLogs"]) == (1, 0)


@pytest.mark.parametrize("what", ["id", "genesis"])
def test_a_node_of_another_chain_is_not_asked(
    nodes: tuple[FaultProxy, FaultProxy], what: str, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = nodes
    provider = both(nodes, patience=1.0)
    provider.request("eth_blockNumber")
    with second.fault(OfAnotherChain(what)):
        with first.fault(faults.Dead("refused")), pytest.raises(UnavailableError):
            provider.request("eth_blockNumber")
        assert second.calls["eth_blockNumber"] == 0
        assert "of another chain" in caplog.text
        _, node = provider.told("eth_blockNumber")
        assert provider.elsewhere(node, "eth_blockNumber") is None


def test_a_first_node_of_another_network_is_a_wrong_setting(
    localnet: Any, nodes: tuple[FaultProxy, FaultProxy]
) -> None:
    first, _ = nodes
    url = " ".join(node.url for node in nodes)
    with first.fault(OfAnotherChain("id")), pytest.raises(ConfigurationError, match="Wrong network"):
        Chain(url, load_deployment(localnet.deployment_file))


def test_what_changes_something_is_sent_once(nodes: tuple[FaultProxy, FaultProxy]) -> None:
    """Whether it arrived is unclear: the outbox finds out, with the same bytes."""
    provider = both(nodes)
    _, node = provider.told("eth_blockNumber")
    provider.elsewhere(node, "eth_blockNumber")
    send = RPCEndpoint("eth_sendRawTransaction")
    for fault in (faults.Dead("reset"), faults.Html(), faults.TooManyRequests("compute units", share=1.0)):
        with nodes[0].fault(fault), nodes[1].fault(fault):
            before = nodes[0].requests + nodes[1].requests
            with pytest.raises(UnavailableError):
                provider.make_request(send, ["0x00"])
            assert nodes[0].requests + nodes[1].requests - before == 1


def test_no_question_outlasts_its_patience(nodes: tuple[FaultProxy, FaultProxy]) -> None:
    provider = Provider(nodes[0].url, patience=1.0, timeout=0.5)
    for fault in (faults.TooManyRequests("http", share=1.0), faults.Dead("hang"), faults.Slow(100.0)):
        with in_time(), nodes[0].fault(fault), pytest.raises(UnavailableError):
            provider.request("eth_blockNumber")


@contextmanager
def dripping(head: bytes) -> Iterator[str]:
    """A node that sends `head`, and a byte now and then, for ever."""
    stop = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection:
            connection.recv(65_536)
            try:
                connection.sendall(head)
                while not stop.wait(0.1):
                    connection.sendall(b" ")
            except OSError:
                return

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            stop.set()
            server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long:",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 ",
    ],
    ids=["body", "chunk", "header", "interim"],
)
def test_an_answer_that_drips_ends_at_the_deadline(head: bytes) -> None:
    with dripping(head) as url, in_time(), pytest.raises(UnavailableError, match="ReadTimeout"):
        Provider(url, patience=0.0, timeout=0.5).request("eth_blockNumber")


def test_a_stop_ends_what_waits(nodes: tuple[FaultProxy, FaultProxy]) -> None:
    stop = threading.Event()
    provider = both(nodes, stop=stop, patience=600.0)
    threading.Timer(0.3, stop.set).start()
    busy = faults.TooManyRequests("request rate", share=1.0)
    with in_time(), nodes[0].fault(busy), nodes[1].fault(busy), pytest.raises(UnavailableError):
        provider.request("eth_blockNumber")


@pytest.mark.parametrize(
    "url",
    [
        f"http://127.0.0.1:9/v3/{SECRET}",
        f"http://lab:{SECRET}@127.0.0.1:9/",
        f"http://127.0.0.1:9/?apikey={SECRET}",
    ],
)
def test_no_key_of_an_address_is_told(url: str, localnet: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    deployment = load_deployment(localnet.deployment_file)
    try:
        Chain(f"{url} {url}2", deployment, reading=Reading(patience=0.5))
    except UnavailableError as exc:
        logging.getLogger("test").exception("as a worker writes it down")
        told = f"{exc} {exc.__cause__!r} {exc!r} {Provider(url)} {Provider(url).endpoints}"
    assert "127.0.0.1:9" in told
    assert SECRET not in told + caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "node.example",
        "ftp://node.example",
        "http://",
        "http://[::1",
        "http://a:99999",
        f"http://a b{SECRET}",
    ],
)
def test_what_is_no_address_is_a_wrong_setting(url: str) -> None:
    """A worker that waited for it would wait for ever."""
    with pytest.raises(ConfigurationError, match="BIODESCI_RPC_URL should be") as raised:
        Provider(url)
    assert SECRET not in str(raised.value)


def test_what_a_node_repeats_of_its_address_is_left_out() -> None:
    url = f"https://node.example/v3/{SECRET}?token={SECRET[::-1]}"
    assert origin(url) == "https://node.example"
    assert origin(f"https://eth-{SECRET}.node.example:8/") == "https://eth-....node.example:8"
    for secret in (SECRET, SECRET[::-1]):
        assert secret not in without_secrets(url, f"project {secret} is over its limit")
    assert without_secrets(url, "v3 is over") == "v3 is over"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("2", 2.0), ("0.5", 0.5), ("-1", 0.0), ("1e9", 60.0), ("nan", None), ("soon", None), (None, None)],
)
def test_retry_after_is_heeded_within_bounds(header: str | None, seconds: float | None) -> None:
    assert _seconds(header) == seconds


def test_a_date_to_retry_after_may_be_past() -> None:
    assert _seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert _seconds("Wed, 21 Oct 2215 07:28:00 GMT") == 60.0


def test_a_node_that_says_when_to_come_again_is_left_alone_until_then(
    nodes: tuple[FaultProxy, FaultProxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Provider(nodes[0].url)
    busy = faults.TooManyRequests("http", share=1.0)
    nodes[0].begin(busy)
    pause = provider.pause

    def well_meanwhile(seconds: float) -> None:
        nodes[0].end(busy)
        pause(seconds)

    monkeypatch.setattr(provider, "pause", well_meanwhile)
    began = time.monotonic()
    provider.request("eth_blockNumber")
    assert time.monotonic() - began >= 1.0  # Retry-After: 1
    assert nodes[0].requests == 2


ALLOWED = [
    ("this block range should work: [0x0, 0x3e8]", 1_001),
    ("eth_getLogs is limited to a 10,000 range", 10_000),
    ("eth_getLogs is limited to a 5 range, upgrade from free plan", 5),
    ("Max range: 800", 800),
    ("requested too many blocks from 0 to 30000, maximum is set to 2048", 2_048),
    ("exceed maximum block range: 5000", 5_000),
    ("requests with up to a 2K block range and no limit on the response size", 2_000),
    ("eth_getLogs is limited to 0 - 10000 blocks range", 10_000),
    ("ranges over 10000 blocks are not supported on freetier", 10_000),
    ("block range greater than 10000 max", 10_000),
    ("logs are limited to a 10000 block range", 10_000),
    ("query exceeds your plan's quota of 1,000 blocks", 1_000),
    ("block range quota exceeded", None),
    ("eth_getLogs: over the node's capacity for logs in one response", None),
    ("query returned more than 10000 results", None),
    ("query exceeds the limit of 10,000 logs", None),
    ("block range is too wide", None),
    ("Response size is larger than 150MB limit", None),
]


@pytest.mark.parametrize(("words", "blocks"), ALLOWED)
def test_a_refusal_may_say_how_much_is_allowed(words: str, blocks: int | None) -> None:
    error = {"code": -32005, "message": words}
    assert wording.allowed(error, 0, 89_999) == blocks
    assert wording.allowed(error, 0, 3) is None
    assert not wording.is_busy(error, "eth_getLogs")


@pytest.mark.parametrize(
    "words",
    [
        "Too Many Requests",
        "project ID request rate exceeded",
        "Your app has exceeded its compute units per second capacity.",
        "50/second request limit reached - reduce calls per second or upgrade",
        "daily request count exceeded, request rate limited",
        "Your app exceeded its monthly capacity of requests; last block 8421 was served.",
        "out of credits",
        "rate limit exceeded while reading logs",
    ],
)
def test_who_is_asked_too_often_says_so_in_many_ways(words: str) -> None:
    for method in ("eth_getLogs", "eth_call", "eth_blockNumber"):
        assert wording.is_busy({"code": -32000, "message": words}, method)


@pytest.mark.parametrize(
    "error",
    [
        {"code": 3, "message": "execution reverted: rate limit", "data": "0x"},
        {"code": -32000, "message": "execution reverted: Too Many Requests"},
        {"code": -32000, "message": "out of gas: gas limit exceeded"},
    ],
)
def test_a_contracts_own_words_do_not_make_a_node_busy(error: dict[str, Any]) -> None:
    assert not wording.is_busy(error, "eth_call")
