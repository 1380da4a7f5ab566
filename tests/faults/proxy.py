"""A faulty JSON-RPC provider: stands between a client and an honest node, and lies, refuses or loses as told.

    with FaultProxy("http://127.0.0.1:8545") as proxy, proxy.fault(RangeLimit(500)):
        Chain(proxy.url, deployment)

Each fault is one class (`faults.py`, `lies.py`, `held.py` beside this), and several may be on at once.
Batches are served call by call, as providers do. `calls` counts by method what clients asked,
`requests` how many HTTP requests it took.
"""

from __future__ import annotations

import http.client
import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from tests.faults.faults import HANG, RESET, Call, Dead, Fault, Response, json_response

_UPSTREAM_TIMEOUT_S = 120


class FaultProxy:
    """Serves until the `with` is left. Threads may share it."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._of_thread = threading.local()
        self._lock = threading.Lock()
        self._faults: tuple[Fault, ...] = ()
        self._connections: set[socket.socket] = set()
        self.calls: Counter[str] = Counter()
        self.requests = 0
        self.sent: list[str] = []
        self._port = 0
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where clients ask; it stays the same while nobody listens there."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_listening()

    @contextmanager
    def fault(self, *faults: Fault) -> Iterator[None]:
        """Has these faults in this block."""
        for fault in faults:
            self.begin(fault)
        try:
            yield
        finally:
            for fault in faults:
                self.end(fault)

    def begin(self, fault: Fault) -> None:
        """Has this fault from now on."""
        fault.ended.clear()
        with self._lock:
            self._faults = (*self._faults, fault)
        fault.begin(self)
        if isinstance(fault, Dead):
            self.stop_listening() if fault.how == "refused" else self.drop_connections()

    def end(self, fault: Fault) -> None:
        """Is honest again, as far as this fault goes."""
        with self._lock:
            if fault not in self._faults:
                return
            self._faults = tuple(one for one in self._faults if one is not fault)
        fault.ended.set()
        if isinstance(fault, Dead) and fault.how == "refused":
            self.listen()
        fault.end(self)

    def forget_counts(self) -> None:
        """Counts anew."""
        with self._lock:
            self.calls.clear()
            self.requests = 0

    # Asking the honest node

    def ask(self, method: str, *params: Any) -> Any:
        """The honest node's result; RuntimeError where it refuses."""
        answer = self.forward({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]

    def head(self) -> int:
        """The honest node's last block."""
        return int(self.ask("eth_blockNumber"), 16)

    def forward(self, call: Call) -> dict[str, Any]:
        """The honest node's answer."""
        body = json.dumps(call).encode()
        for attempt in range(2):
            connection: http.client.HTTPConnection | None = getattr(self._of_thread, "connection", None)
            if connection is None:
                connection = http.client.HTTPConnection(*self._upstream, timeout=_UPSTREAM_TIMEOUT_S)
                self._of_thread.connection = connection
            try:
                connection.request("POST", "/", body, {"Content-Type": "application/json"})
                answer: dict[str, Any] = json.loads(connection.getresponse().read())
                return answer
            except (OSError, http.client.HTTPException):
                connection.close()
                self._of_thread.connection = None
                if attempt:
                    raise
        raise AssertionError("not reached")

    # Serving

    def respond(self, body: bytes) -> Response:
        """What a client is told."""
        asked = json.loads(body)
        calls: Sequence[Call] = asked if isinstance(asked, list) else [asked]
        with self._lock:
            self.requests += 1
            self.calls.update(call["method"] for call in calls)
            self.sent += [call["params"][0] for call in calls if call["method"] == "eth_sendRawTransaction"]
            faults = self._faults
        for fault in faults:
            if (response := fault.request(self, calls, isinstance(asked, list))) is not None:
                return response
        answers = [self._answer(call, faults) for call in calls]
        if isinstance(asked, list):
            for fault in faults:
                answers = fault.batch(answers)
            return json_response(answers)
        status = answers[0].pop("http", 200)
        return json_response(answers[0], status)

    def _answer(self, call: Call, faults: tuple[Fault, ...]) -> dict[str, Any]:
        for fault in faults:
            call = fault.rewritten(self, call)
        for fault in faults:
            if (told := fault.instead(self, call)) is not None:
                return {"jsonrpc": "2.0", "id": call.get("id"), **told}
        answer = self.forward(call)
        if "result" in answer:
            for fault in faults:
                answer["result"] = fault.result(self, call, answer["result"])
        return answer

    def listen(self) -> None:
        """Clients can connect."""
        self._server = _Server(("127.0.0.1", self._port), self)
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="fault proxy"
        )
        self._thread.start()

    def stop_listening(self) -> None:
        """Connections are refused, and those that are open end."""
        server, thread = self._server, self._thread
        if server is None or thread is None:
            return
        self._server = None
        for fault in self._faults:
            fault.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
        self.drop_connections()

    def drop_connections(self) -> None:
        """Ends those that are open."""
        with self._lock:
            connections, self._connections = self._connections, set()
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def opened(self, connection: socket.socket) -> None:
        """Notes a client's connection."""
        with self._lock:
            self._connections.add(connection)

    def closed(self, connection: socket.socket) -> None:
        """Forgets it."""
        with self._lock:
            self._connections.discard(connection)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, where: tuple[str, int], proxy: FaultProxy) -> None:
        self.proxy = proxy
        super().__init__(where, _Handler)

    def handle_error(self, *_: object) -> None:
        """Says nothing: clients that leave are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.proxy.opened(self.connection)

    def finish(self) -> None:
        self.server.proxy.closed(self.connection)
        super().finish()

    def do_POST(self) -> None:
        response = self.server.proxy.respond(self.rfile.read(int(self.headers["Content-Length"])))
        if response.status in (RESET, HANG):
            self.close_connection = True
            if response.status == RESET:
                # With nothing to linger for, the kernel sends RST instead of FIN.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        self.send_response(response.status)
        self.send_header("Content-Type", response.kind)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Says nothing."""
