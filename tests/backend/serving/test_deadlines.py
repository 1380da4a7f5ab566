"""Half a request is held for a while, not for ever; and whoever sends a whole one is answered meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import select
import socket
import threading
import time
from dataclasses import replace

import psutil
import pytest

from biodesci.serving.bounds import Bounds
from biodesci.serving.guard import Policy
from tests.backend.serving.raw import ANYBODY, ask, connect, get, running, status, until_closed
from tests.waiting import LATE_S, in_time, wait_for

QUICK = Bounds(
    head=1.0, body=1.0, slowest=1_000, idle=1.0, stalled=1.0, closing=0.5, refresh=0.05, per_client=100
)
PATIENT = replace(QUICK, head=LATE_S, body=LATE_S, idle=LATE_S, stalled=LATE_S)  # with busy machines
HALF_AFTER = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HT"  # counts as no request


def holds(port: int, client: socket.socket) -> bool:
    """Whether the server, in this process, has its end of the client's connection open."""
    connections = psutil.Process().net_connections("tcp4")
    return any(
        one.laddr == ("127.0.0.1", port) and one.raddr == client.getsockname() and one.fd != -1
        for one in connections
    )


async def echo(scope, receive, send):
    """How many bytes it was sent; /early does not read them, /long answers with many, /slow takes time."""
    assert scope["type"] == "http"
    count = 0
    if scope["path"] == "/slow":
        await asyncio.sleep(2.0)
    while scope["path"] != "/early":
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        count += len(message["body"])
        if not message["more_body"]:
            break
    answer = bytes(64 << 20) if scope["path"] == "/long" else json.dumps(count).encode()
    head = [(b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    for at in range(0, len(answer), 1 << 16):
        piece = answer[at : at + (1 << 16)]
        await send({"type": "http.response.body", "body": piece, "more_body": at + len(piece) < len(answer)})


@pytest.mark.parametrize(
    "half",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n0123456789",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01",
        HALF_AFTER,
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n0",
        b"POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n0",
    ],
    ids=["nothing", "line", "header", "body", "chunk", "second line", "second body", "refused body"],
)
def test_half_a_request_is_ended_at_its_deadline(half):
    with running(echo, bounds=QUICK) as port:
        began = time.monotonic()
        with in_time(), connect(port) as client:
            client.sendall(half)
            answer = until_closed(client)
        assert time.monotonic() - began > 0.4
    last = answer.rpartition(b"HTTP/1.1 ")[2]
    if b"/early" not in half and half not in (b"", HALF_AFTER):
        assert last.startswith(b"408 ")
        assert json.loads(last.partition(b"\r\n\r\n")[2])["type"] == "/problems/too-slow"


def test_a_byte_now_and_then_does_not_put_the_deadline_off():
    """Of the head; a body has as long as a slow line takes for it, here 1,000 bytes a second."""
    for start in (b"GET / HTTP/1.1\r\nX: ", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n"):
        with running(echo, bounds=QUICK) as port, connect(port) as client:
            client.sendall(start)
            give_up = time.monotonic() + LATE_S
            while not select.select([client], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):
                    client.sendall(b"x")
                assert time.monotonic() < give_up
            assert b" 408 " in until_closed(client)


def test_a_slow_line_that_goes_on_is_waited_for():
    """Each piece gives it ten seconds, on top of the half that any body has, which the pieces outlast."""
    bounds = replace(PATIENT, body=0.5, slowest=10)
    with running(echo, bounds=bounds) as port, connect(port) as client:
        head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 800\r\n\r\n"
        client.sendall(head + bytes(100))
        for _ in range(7):
            time.sleep(0.1)
            client.sendall(bytes(100))
        assert until_closed(client).endswith(b"\r\n\r\n800")


def test_a_connection_without_requests_is_closed():
    with running(echo, bounds=replace(PATIENT, idle=1.0)) as port, connect(port) as client:
        began = time.monotonic()
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert until_closed(client).endswith(b"\r\n\r\n0")
        assert time.monotonic() - began > 0.8


def test_an_application_may_take_longer_than_a_client():
    with running(echo, bounds=QUICK) as port:
        wait_for(lambda: status(get(port, "/slow")) == 200)  # who comes a second late is refused


def test_who_does_not_take_an_answer_is_given_up():
    with running(echo, bounds=replace(PATIENT, stalled=1.0)) as port, connect(port) as client:
        client.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert select.select([client], [], [], LATE_S)[0]
        wait_for(lambda: not holds(port, client))
        taken = len(until_closed(client))
    assert 0 < taken < 64 << 20


def test_headers_without_end_are_refused():
    with running(echo, bounds=PATIENT) as port, connect(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        with contextlib.suppress(OSError):
            for number in range(10_000):
                client.sendall(f"X-{number}: {'x' * 1000}\r\n".encode())
        with contextlib.suppress(OSError):
            assert b" 431 " in until_closed(client)
    with running(echo, bounds=PATIENT) as port:
        many = "".join(f"X-{number}: x\r\n" for number in range(200))
        assert status(get(port, more=many)) == 431
        assert status(get(port, more=f"X: {'x' * 40_000}\r\n")) == 431
        assert status(get(port, "/" + "x" * 40_000)) == 431
        assert status(get(port, more=f"X: {'x' * 4_000}\r\n")) == 200


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n01234",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    ],
)
def test_what_is_no_http_is_refused_with_a_problem(request_):
    with running(echo, bounds=PATIENT) as port:
        answer = ask(port, request_)
    assert status(answer) == 400
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["type"] == "/problems/bad-request"


def test_a_body_is_refused_before_it_is_read():
    with running(echo, bounds=PATIENT) as port, connect(port) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_body_without_a_length_is_counted():
    chunk = b"258\r\n" + bytes(600) + b"\r\n"
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    with running(echo, bounds=PATIENT) as port:
        assert status(ask(port, head + chunk + b"0\r\n\r\n")) == 200
        assert status(ask(port, head + 2 * chunk + b"0\r\n\r\n")) == 413


def test_a_client_has_so_many_connections():
    bounds = Bounds(head=120.0, per_client=5, refresh=0.05)
    with running(echo, ANYBODY, bounds) as port, contextlib.ExitStack() as held:
        own = [held.enter_context(connect(port, "127.0.0.7")) for _ in range(8)]
        for client in own:
            with contextlib.suppress(OSError):
                client.sendall(b"GET / ")
        wait_for(lambda: len(select.select(own, [], [], 0)[0]) >= 3)
        assert status(get(port, source="127.0.0.8")) == 200
        closed, _, _ = select.select(own, [], [], 0)
        assert set(closed) == set(own[:3])  # the oldest of the same client, and nobody else's


def test_who_is_being_answered_is_not_closed_for_another():
    bounds = Bounds(head=120.0, connections=3, refresh=0.05)
    inside, may_end = [], threading.Event()

    async def slowly(scope, receive, send):
        if scope["type"] == "http":
            inside.append(scope)
            while not may_end.is_set():
                await asyncio.sleep(0.01)
        await echo(scope, receive, send)

    with running(slowly, ANYBODY, bounds) as port, contextlib.ExitStack() as held:
        held.callback(may_end.set)
        slow = [held.enter_context(connect(port)) for _ in range(3)]
        for client in slow:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        wait_for(lambda: len(inside) == 3)
        assert status(get(port)) == 503
        may_end.set()
        assert [until_closed(client)[-1:] for client in slow] == [b"0"] * 3


@pytest.mark.parametrize("connections", [1_000, 3_000])
def test_two_thousand_half_open_requests_are_ended_and_others_answered_meanwhile(connections):
    """From forty addresses, so that the cap of one client does not hold them. Who had to wait until they are
    ended would wait for `head` and `body`: most of the others wait for less than that."""
    bounds = Bounds(head=10.0, body=10.0, connections=connections, per_client=64)
    half = (b"GET / HTTP/1.1\r\nX", b"POST / HTTP/1.1\r\nContent-Length: 900\r\n\r\n0", b"")
    with running(echo, Policy(hosts=None, body=1_000), bounds) as port, contextlib.ExitStack() as held:
        clients, honest = [], []
        for number in range(2_000):
            client = held.enter_context(connect(port, f"127.0.1.{number % 40 + 1}"))
            with contextlib.suppress(OSError):
                client.sendall(half[number % 3])
            clients.append(client)
            if number % 100 == 99:
                began = time.monotonic()
                honest.append((status(get(port)), time.monotonic() - began))
        assert [code for code, _ in honest] == [200] * 20
        assert sorted(seconds for _, seconds in honest)[10] < 8.0
        with in_time():
            for client in clients:
                until_closed(client)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n0", b" 408 "),
        (b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n", b" 200 "),
    ],
    ids=["half a body", "an answer that nobody takes"],
)
def test_what_waits_for_a_client_when_the_server_stops_is_given_up_and_is_no_error_of_ours(
    request_, said, caplog
):
    with contextlib.ExitStack() as stopping:
        with running(echo) as port:
            client = stopping.enter_context(connect(port))
            client.sendall(request_)
            assert get(port).endswith(b"0")  # the first has been taken in meanwhile
        assert said in until_closed(client)
    assert caplog.records == []
