"""A worker's health and figures over HTTP: /health, /ready and /metrics, for the machine itself alone.

It answers no browser's request from another site (the Host header must name this machine), and holds no
connection for longer than a few seconds.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final

from prometheus_client import CONTENT_TYPE_LATEST

from biodesci.core.errors import ConfigurationError
from biodesci.workers.watch import Watch

HOST: Final = "127.0.0.1"
_NAMES: Final = frozenset({"127.0.0.1", "localhost"})
_MOST_CONNECTIONS: Final = 16
LONGEST_S: Final = 10.0  # for one connection


class _Handler(BaseHTTPRequestHandler):
    watch: ClassVar[Watch]
    timeout = 5.0  # seconds for each read of a request
    server_version, sys_version = "biodesci", ""

    def do_GET(self) -> None:
        status, kind, body = self._answer()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def _answer(self) -> tuple[int, str, bytes]:
        if self.headers.get("Host", "").rpartition(":")[0] not in _NAMES:
            return self._document(421, {"error": "This server answers to 127.0.0.1 and localhost alone."})
        match self.path:
            case "/health":  # the process lives; whether it gets anywhere, /ready says
                return self._document(200, {"status": "ok", "worker": self.watch.worker})
            case "/ready":
                trouble = self.watch.trouble
                return self._document(
                    503 if trouble else 200,
                    {"ready": not trouble, "worker": self.watch.worker, "why": trouble},
                )
            case "/metrics":
                return 200, CONTENT_TYPE_LATEST, self.watch.metrics()
            case _:
                return self._document(404, {"error": "There are /health, /ready and /metrics."})

    @staticmethod
    def _document(status: int, content: dict[str, Any]) -> tuple[int, str, bytes]:
        return status, "application/json", json.dumps(content).encode()

    def log_message(self, format: str, *args: Any) -> None:
        """Whoever watches asks every few seconds: not a word about it."""


class _Server(ThreadingHTTPServer):
    """Answers a few at a time; who comes beyond that is turned away."""

    daemon_threads = True

    def __init__(self, port: int, handler: type[_Handler]) -> None:
        self._places = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        super().__init__((HOST, port), handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        # Who sends a byte now and then is cut off, too.
        end = threading.Timer(LONGEST_S, _cut, [request])
        end.daemon = True
        end.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            end.cancel()
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def served(watch: Watch, port: int | None) -> Iterator[int | None]:
    """Within the `with`, `watch` can be asked at this port of the loopback interface; the port. None: not.

    Raises ConfigurationError where the port is taken.
    """
    if port is None:
        yield None
        return
    handler = type("Handler", (_Handler,), {"watch": watch})
    try:
        server = _Server(port, handler)
    except OSError as exc:
        raise ConfigurationError(
            f"Port {port} for health and figures is taken or not allowed ({exc.strerror}).",
            "Stop what uses it, or choose another: BIODESCI_METRICS_PORT.",
        ) from exc
    thread = threading.Thread(target=server.serve_forever, name="monitor", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
