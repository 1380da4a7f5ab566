"""A real server on a port of its own, and clients that speak to it by the byte."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

from biodesci.serving.bounds import Bounds
from biodesci.serving.guard import Policy
from biodesci.serving.server import listen, server
from tests.waiting import LATE_S, wait_for

ANYBODY = Policy(hosts=None, body=1_000)


@contextlib.contextmanager
def running(app, policy: Policy = ANYBODY, bounds: Bounds | None = None) -> Iterator[int]:
    """The port of a server in a thread of this process."""
    bound = listen("127.0.0.1", 0, "")
    made = server(app, policy, bounds)
    thread = threading.Thread(target=made.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        wait_for(lambda: made.started)
        yield bound.getsockname()[1]
    finally:
        made.should_exit = True
        thread.join(LATE_S)
        bound.close()
        assert not thread.is_alive()


def connect(port: int, source: str = "127.0.0.1", timeout: float = LATE_S) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout, source_address=(source, 0))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def until_closed(client: socket.socket) -> bytes:
    """All that comes until the server closes; OSError where that takes longer than the socket's timeout."""
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(65536):
            answer += piece
    return answer


def ask(port: int, request: bytes, source: str = "127.0.0.1") -> bytes:
    """What the server says to these bytes until it closes."""
    with connect(port, source) as client:
        client.sendall(request)
        return until_closed(client)


def get(
    port: int, path: str = "/", source: str = "127.0.0.1", host: str = "localhost", more: str = ""
) -> bytes:
    return ask(
        port, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n".encode(), source
    )


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0
