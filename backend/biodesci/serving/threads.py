"""Deadlines and caps for a server of http.server, which has a thread for each connection.

A read that takes too long is ended from the server's own loop, by shutting the socket down.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO, Final, cast

from biodesci.serving import refusals
from biodesci.serving.bounds import Bounds
from biodesci.serving.gate import NEVER, Gate
from biodesci.serving.refusals import Refusal

_log = logging.getLogger(__name__)
THREADS: Final = Bounds(
    connections=256, per_client=256, idle=60.0
)  # on loopback all clients have one address


@dataclass(eq=False)
class _Open:
    socket: socket.socket
    deadline: float
    is_answered: bool = False


class BoundedServer(ThreadingHTTPServer):
    """Its handlers are of `BoundedHandler`."""

    daemon_threads = True
    request_queue_size = 128
    bounds: Bounds = THREADS

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler, bind_and_activate=False)
        self._gate = Gate(self.bounds)
        self._lock = threading.Lock()
        self._open: dict[Any, _Open] = {}

    def process_request(self, request: Any, client_address: Any) -> None:
        """Takes the connection in, at the cost of one that waits, or refuses it."""
        made = _Open(request, time.monotonic() + self.bounds.head)
        with self._lock:
            gone = self._gate.enter(made, str(client_address[0]))
            if gone is not made:
                self._open[request] = made
        if gone is made:
            _say(made, refusals.FULL)
            super().shutdown_request(request)
            return
        if isinstance(gone, _Open):
            _end(gone)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Gives the connection's room back."""
        with self._lock:
            if (known := self._open.pop(request, None)) is not None:
                self._gate.leave(known)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """What a handler did not expect is in the log; that its client has gone, or was late, is nothing."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            _log.exception("Unexpected error; the connection is closed.")

    def service_actions(self) -> None:
        """Ends what is overdue; the server's loop calls it between two connections."""
        with self._lock:
            late = list(self._gate.overdue(time.monotonic()))
        for one in late:
            assert isinstance(one, _Open)
            one.deadline = NEVER
            if not one.is_answered:
                _say(one, refusals.LATE)
            _end(one)

    def wait(self, request: Any, seconds: float, *, is_answered: bool = False) -> None:
        """The client has so many seconds for what it has to send."""
        with self._lock:
            if (known := self._open.get(request)) is not None:
                known.deadline, known.is_answered = time.monotonic() + seconds, is_answered
                self._gate.wait(known)

    def work(self, request: Any) -> None:
        """What the client had to send is here."""
        with self._lock:
            if (known := self._open.get(request)) is not None:
                known.deadline = NEVER
                self._gate.work(known)


def _say(connection: _Open, refusal: Refusal) -> None:
    refusal.count()
    with contextlib.suppress(OSError):
        connection.socket.send(refusal.message(), socket.MSG_DONTWAIT)


def _end(connection: _Open) -> None:
    with contextlib.suppress(OSError):
        connection.socket.shutdown(socket.SHUT_RDWR)


class BoundedHandler(BaseHTTPRequestHandler):
    """One connection of a `BoundedServer`."""

    protocol_version = "HTTP/1.1"
    timeout = 30  # for a client that takes nothing of its answer
    disable_nagle_algorithm = True

    @property
    def _bounds(self) -> BoundedServer:
        return cast(BoundedServer, self.server)

    def handle_one_request(self) -> None:
        """Waits for a request, reads its head and answers it."""
        self._bounds.wait(self.request, self._bounds.bounds.idle, is_answered=True)
        try:
            first = self.rfile.peek(1)  # type: ignore[attr-defined]
        except OSError:
            first = b""
        if not first:
            self.close_connection = True
            return
        self._bounds.wait(self.request, self._bounds.bounds.head)
        super().handle_one_request()

    def parse_request(self) -> bool:
        """Reads the head; whether it is one."""
        is_one = super().parse_request()
        self._bounds.work(self.request)
        return is_one

    def body_source(self) -> BinaryIO:
        """What the body is read from, so that no read takes longer than on a slow line."""
        return cast(BinaryIO, _Paced(self._bounds, self.request, cast(BinaryIO, self.rfile)))


class _Paced:
    def __init__(self, server: BoundedServer, request: Any, source: BinaryIO) -> None:
        self._server, self._request, self._source = server, request, source

    def read(self, size: int) -> bytes:
        self._server.wait(self._request, self._server.bounds.body + size / self._server.bounds.slowest)
        try:
            return self._source.read(size)
        finally:
            self._server.work(self._request)

    def readline(self, size: int) -> bytes:
        self._server.wait(self._request, self._server.bounds.body)
        try:
            return self._source.readline(size)
        finally:
            self._server.work(self._request)
