"""A node that takes no batches, or smaller ones, says so in a shape of its own: all the same, all is read."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from biodesci.chain.provider import Provider
from biodesci.core.errors import UnavailableError

MOST = 10
Answer = tuple[int, Any]
_TOO_LARGE = {"code": -32600, "message": "batch too large"}
_BESU = {"code": -32005, "message": "Number of requests in batch exceeds limit"}
REFUSALS: dict[str, Callable[[list[dict[str, Any]]], Answer]] = {
    "of the first (geth)": lambda calls: (200, [{"id": calls[0]["id"], "error": _TOO_LARGE}]),
    "of no call": lambda calls: (200, [{"id": None, "error": _TOO_LARGE}]),
    "of each call": lambda calls: (200, [{"id": call["id"], "error": _TOO_LARGE} for call in calls]),
    "as one answer (Besu)": lambda calls: (200, {"id": None, "error": _BESU}),
    "in JSON that is no JSON-RPC": lambda calls: (400, {"message": "10 calls at most"}),
    "in words": lambda calls: (403, "batches are for paying customers"),
}


class _Node:
    def __init__(self) -> None:
        self.answer: Callable[[Any], Answer] = lambda asked: (200, None)
        node = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, told = node.answer(asked)
                body = told.encode() if isinstance(told, str) else json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def node() -> Iterator[_Node]:
    node = _Node()
    thread = threading.Thread(target=node.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield node
    node.server.shutdown()
    thread.join()
    node.server.server_close()


def numbers(provider: Provider, count: int) -> list[Any]:
    return provider.batch([("eth_getBalance", [hex(number), "latest"]) for number in range(count)])


@pytest.mark.parametrize("shape", REFUSALS)
def test_a_refused_batch_is_asked_in_parts(node: _Node, shape: str) -> None:
    def answer(asked: Any) -> Answer:
        if isinstance(asked, list) and len(asked) > MOST:
            return REFUSALS[shape](asked)
        told = [{"id": call["id"], "result": call["params"][0]} for call in _listed(asked)]
        return 200, told if isinstance(asked, list) else told[0]

    node.answer = answer
    assert numbers(Provider(node.url, patience=4.0), 50) == [hex(number) for number in range(50)]


def test_a_batch_may_be_larger_again_after_a_while(node: _Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """What refused it may have been a node under load, or one that another stood in for."""
    sizes: list[int] = []
    most = MOST

    def answer(asked: Any) -> Answer:
        if isinstance(asked, list) and len(asked) > most:
            return REFUSALS["of no call"](asked)
        told = [{"id": call["id"], "result": call["params"][0]} for call in _listed(asked)]
        sizes.append(len(told))
        return 200, told if isinstance(asked, list) else told[0]

    node.answer = answer
    provider = Provider(node.url, patience=4.0)
    numbers(provider, 100)
    most = 1_000
    sizes.clear()
    numbers(provider, 100)
    assert max(sizes) <= MOST, "it is not tried at once"
    monkeypatch.setattr("biodesci.chain.provider._BATCH_AGAIN_S", 0.0)
    provider._larger_batch_at = 0.0
    numbers(provider, 300)
    assert max(sizes) == 100


def test_an_answer_with_neither_result_nor_error_is_none(node: _Node) -> None:
    node.answer = lambda asked: (
        200,
        [{"id": call["id"], "error": None} for call in asked] if isinstance(asked, list) else {"error": None},
    )
    provider = Provider(node.url, patience=0.5)
    questions: list[Callable[[], Any]] = [
        lambda: numbers(provider, 5),
        lambda: provider.request("eth_blockNumber"),
        lambda: provider.logs({"fromBlock": "0x0", "toBlock": "0x0"}, 1),
    ]
    for ask in questions:
        with pytest.raises(UnavailableError, match="neither a result nor an error"):
            ask()


def _listed(asked: Any) -> list[dict[str, Any]]:
    return asked if isinstance(asked, list) else [asked]
