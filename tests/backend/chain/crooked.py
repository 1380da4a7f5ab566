"""A chain node that answers wrongly for a while: stands between a client and anvil."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Params = list[Any]
# What the client is told instead of the node's result.
Rule = Callable[[str, Params, Any], Any]


def honest(_method: str, _params: Params, result: Any) -> Any:
    """As the node says."""
    return result


@dataclass
class CrookedNode:
    """`rule` alters results; `sent` are the transactions that came by, each time that they came."""

    url: str
    rule: Rule = honest
    sent: list[str] = field(default_factory=list)

    @contextmanager
    def telling(self, rule: Rule) -> Iterator[None]:
        """Answers by `rule` in this block."""
        self.rule = rule
        try:
            yield
        finally:
            self.rule = honest


@contextmanager
def crooked_node(upstream: str) -> Iterator[CrookedNode]:
    """Serves until the block is left."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # in one packet: a body apart waits 40 ms for the client to acknowledge the head

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(body)
            calls = asked if isinstance(asked, list) else [asked]  # a batch, or one question
            for call in calls:
                if call["method"] == "eth_sendRawTransaction":
                    node.sent.append(call["params"][0])
            question = urllib.request.Request(upstream, body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(question, timeout=30) as response:
                told = json.loads(response.read())
            for call, answer in zip(calls, told if isinstance(told, list) else [told], strict=True):
                if "result" in answer:
                    answer["result"] = node.rule(call["method"], call["params"], answer["result"])
            data = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    node = CrookedNode(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield node
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
