"""The embedded IPFS node's own servers: real sockets before the real handlers, without a repository."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import pytest

from biodesci.ipfs.gateway import GatewayHandler
from biodesci.ipfs.rpc import RpcHandler
from biodesci.serving.bounds import Bounds
from biodesci.serving.threads import BoundedHandler, BoundedServer
from tests.backend.serving.raw import ask, connect, get, status, until_closed
from tests.waiting import LATE_S, in_time, wait_for

QUICK = Bounds(head=1.0, body=1.0, slowest=100_000, idle=1.0, connections=50, per_client=50)


@contextlib.contextmanager
def node(handler: type[BoundedHandler], bounds: Bounds = QUICK) -> Iterator[int]:
    made = type("Quick", (BoundedServer,), {"bounds": bounds})(("127.0.0.1", 0), handler)
    made.server_bind()
    made.server_activate()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made.server_port
    finally:
        made.shutdown()
        made.server_close()
        thread.join()
        wait_for(lambda: not any("process_request_thread" in one.name for one in threading.enumerate()))


ADD = b"POST /api/v0/add HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"


@pytest.mark.parametrize(
    ("handler", "half"),
    [
        (RpcHandler, b""),
        (RpcHandler, b"POST /api/v0/ver"),
        (RpcHandler, b"POST /api/v0/version HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "),
        (RpcHandler, ADD + b"Content-Length: 900\r\n\r\n--x\r\n"),
        (RpcHandler, ADD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n01"),
        (GatewayHandler, b""),
        (GatewayHandler, b"GET /ipfs/"),
    ],
)
def test_half_a_request_is_ended_at_its_deadline_and_is_no_error_of_ours(handler, half, capsys, caplog):
    with node(handler) as port:
        began = time.monotonic()
        with in_time(), connect(port) as client:
            client.sendall(half)
            until_closed(client)
        assert time.monotonic() - began > 0.4
    assert (capsys.readouterr().err, caplog.records) == ("", [])


def test_an_unexpected_error_is_one_line_of_the_log_and_ends_its_connection_alone(caplog, capsys):
    class Odd(BoundedHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            if self.path == "/odd":
                raise KeyError("odd")
            self.send_response(204)
            self.end_headers()

    with node(Odd, Bounds(head=LATE_S)) as port:
        assert get(port, "/odd") == b""
        assert b" 204 " in get(port)
    assert [record.getMessage() for record in caplog.records] == [
        "Unexpected error; the connection is closed."
    ]
    assert capsys.readouterr().err == ""


def test_a_byte_now_and_then_does_not_put_the_deadline_off():
    with node(GatewayHandler) as port, connect(port) as client:
        give_up = time.monotonic() + LATE_S
        with pytest.raises(OSError):  # the connection has been ended
            while time.monotonic() < give_up:
                client.sendall(b"G")
                time.sleep(0.1)


def test_many_half_open_requests_keep_nobody_out():
    with node(RpcHandler, Bounds(head=120.0, connections=20)) as port, contextlib.ExitStack() as held:
        for _ in range(100):
            held.enter_context(connect(port)).sendall(b"POST /api")
        version = b"POST /api/v0/version HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        assert status(ask(port, version)) == 200
        assert threading.active_count() < 40


def test_a_body_that_no_command_reads_is_no_second_request():
    smuggled = b"POST /api/v0/version HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    head = f"POST /api/v0/version HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(smuggled)}\r\n\r\n"
    with node(RpcHandler, Bounds(head=LATE_S)) as port:
        assert ask(port, head.encode() + smuggled).count(b"HTTP/1.1 200") == 1
