"""What the way to a chain node takes from the environment: proxy, login, certificates."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from web3.types import RPCEndpoint

from biodesci.chain import endpoint
from biodesci.chain.answers import unavailable
from biodesci.chain.endpoint import Trouble
from biodesci.chain.provider import Provider
from biodesci.core.errors import UnavailableError

BLOCK_NUMBER = RPCEndpoint("eth_blockNumber")


@contextmanager
def node(
    requests: list[tuple[str, str | None]], *, redirect: str = "", cookies: list[str | None] | None = None
) -> Iterator[str]:
    """Answers "0x7" or refers to `redirect`, and notes each request's address and login. Where there are
    `cookies`, it sets one and notes those of requests."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            requests.append((self.path, self.headers["Authorization"]))
            data = json.dumps({"jsonrpc": "2.0", "id": 1, "result": "0x7"}).encode()
            self.send_response(308 if redirect else 200)
            self.send_header("Location", redirect)
            if cookies is not None:
                cookies.append(self.headers["Cookie"])
                self.send_header("Set-Cookie", f"machine={len(cookies)}")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_args: object) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size, daemon_threads, block_on_close = 64, True, False

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "NETRC"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str | None]] = []
    with node(seen) as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        assert Provider("http://chain.example").make_request(BLOCK_NUMBER, [])["result"] == "0x7"
    assert [path for path, _ in seen] == ["http://chain.example/"]


def test_an_address_that_the_environment_excepts_is_reached_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str | None]] = []
    with node(seen) as url:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        Provider(url).make_request(BLOCK_NUMBER, [])
    assert [path for path, _ in seen] == ["/"]


def test_a_login_lies_in_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login lab password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    seen: list[tuple[str, str | None]] = []
    with node(seen) as url:
        Provider(url).make_request(BLOCK_NUMBER, [])
    assert seen == [("/", "Basic bGFiOnNlY3JldA==")]


def test_a_cookie_of_a_load_balancer_goes_back_to_it() -> None:
    cookies: list[str | None] = []
    with node([], cookies=cookies) as url:
        provider = Provider(url)
        for _ in range(3):
            provider.make_request(BLOCK_NUMBER, [])
    assert cookies == [None, "machine=1", "machine=2"]


def test_certificates_are_those_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authorities.pem"))
    with pytest.raises(OSError, match=r"authorities\.pem"):
        Provider("https://127.0.0.1:1").make_request(BLOCK_NUMBER, [])


def test_forty_threads_share_one_client_without_throwing_connections_away(
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen: list[tuple[str, str | None]] = []
    with node(seen) as url, ThreadPoolExecutor(40) as threads:
        provider, together = Provider(url), threading.Barrier(40)

        def ask(_number: int) -> object:
            together.wait()
            return provider.make_request(BLOCK_NUMBER, [])["result"]

        assert set(threads.map(ask, range(40))) == {"0x7"}
    assert "pool is full" not in caplog.text


def test_a_request_is_not_sent_on_to_another_address() -> None:
    seen: list[tuple[str, str | None]] = []
    with (
        node(seen) as elsewhere,
        node([], redirect=elsewhere) as url,
        pytest.raises(UnavailableError, match="refers to another address"),
    ):
        Provider(url).make_request(BLOCK_NUMBER, [])
    assert seen == []


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (405, b"", "answers, but not as a chain node (HTTP 405, no JSON-RPC)"),
        (404, b'{"detail": "Not Found"}', "answers, but not as a chain node (HTTP 404, no JSON-RPC)"),
        (200, b"<html>", "answers, but not as a chain node (HTTP 200, no JSON-RPC)"),
        (200, b"{}", "answers, but not as a chain node (HTTP 200, no JSON-RPC)"),
        (502, b"<html>", "does not answer (HTTP 502)"),
        (503, b"{}", "does not answer (HTTP 503)"),
    ],
)
def test_another_program_at_the_address_is_no_silence(status: int, body: bytes, words: str) -> None:
    """A gateway in front of a node that is away says so by a status of its own."""
    with pytest.raises(Trouble) as caught:
        endpoint._parsed(status, None, body)
    assert caught.value.why == words
    error = unavailable(f"The chain node http://here {words}", caught.value)
    assert ("Start it" in error.hint) is (status > 500)
    assert "repeat" not in error.hint or "worker" in error.hint
