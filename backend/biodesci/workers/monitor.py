"""A worker's health and figures over HTTP: /health, /ready and /metrics, for the machine itself alone.

It answers no browser's request from another site (the Host header must name this machine), and holds no
connection for longer than a few seconds.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Final

from prometheus_client import CONTENT_TYPE_LATEST

from biodesci.core.errors import ConfigurationError
from biodesci.serving.bounds import Bounds
from biodesci.serving.threads import BoundedHandler, BoundedServer
from biodesci.workers.watch import Watch

HOST: Final = "127.0.0.1"
_NAMES: Final = frozenset({"127.0.0.1", "localhost"})


class _Handler(BoundedHandler):
    watch: ClassVar[Watch]
    timeout = 5  # seconds to take the answer
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


class _Server(BoundedServer):
    bounds = Bounds(connections=16, per_client=16, idle=2.0, head=3.0)  # on loopback all have one address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


@contextmanager
def served(watch: Watch, port: int | None) -> Iterator[int | None]:
    """Within the `with`, `watch` can be asked at this port of the loopback interface; the port. None: not.

    Raises ConfigurationError where the port is taken.
    """
    if port is None:
        yield None
        return
    handler = type("Handler", (_Handler,), {"watch": watch})
    server = _Server((HOST, port), handler)
    try:
        server.server_bind()
        server.server_activate()
    except OSError as exc:
        server.server_close()
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
