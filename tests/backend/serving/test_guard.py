"""Which requests come to an application: under its own names, not too often, and not too large."""

from __future__ import annotations

import httpx
import pytest
from starlette.requests import ClientDisconnect

from biodesci.api.guard import Answers, Metrics
from biodesci.core.errors import ConfigurationError
from biodesci.serving import bounds, rate
from biodesci.serving.guard import Guard, Policy
from biodesci.serving.rate import Rate
from tests.backend.serving.raw import ask, get, running, status

OWN = bounds.hosts(["API.example.org:443", "data.example.org"])


async def who(scope, receive, send):
    """The client as the application sees it."""
    body = f"{scope['client'][0]} {scope['scheme']}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def asked(
    policy: Policy, client: str = "203.0.113.9", method: str = "GET", **headers: str
) -> httpx.Response:
    transport = httpx.ASGITransport(Guard(who, policy), client=(client, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        return await http.request(
            method, "/v1/x", headers={k.replace("_", "-"): v for k, v in headers.items()}
        )


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("api.example.org", 200), ("API.Example.org:8443", 200), ("api.example.org.", 200),
        ("localhost:65535", 200), ("[::1]:8600", 200), ("127.0.0.1:8600", 200), ("", 421), ("::1", 421),
        ("evil.example", 421), ("api.example.org.evil.example", 421), ("127.0.0.1.evil.example", 421),
        ("192.0.2.1", 421), ("user@evil.example", 421),
        ("api.example.org:80@evil.example", 421), ("localhost:@evil.example", 421),
        ("localhost:80/x", 421), ("localhost:a b", 421), ("localhost:", 421), ("localhost:65536", 421),
    ],
)  # fmt: skip
async def test_only_our_own_names_are_answered(host, code):
    """A page of another site, whose name was made to lead here, sends its own name (DNS rebinding)."""
    answer = await asked(Policy(hosts=OWN, body=9), host=host)
    assert answer.status_code == code
    if code != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "/problems/unknown-host"


def test_who_has_two_names_has_none_of_ours():
    """Signing in would show one of them, and this server answers under the other."""
    request = b"GET / HTTP/1.1\r\nHost: %s\r\nHost: %s\r\nConnection: close\r\n\r\n"
    with running(who, Policy(hosts=OWN, body=9)) as port:
        for names in ((b"evil.example", b"localhost"), (b"localhost", b"evil.example"), (b"localhost",) * 2):
            assert status(ask(port, request % names)) == 421


def test_the_address_that_a_client_came_to_is_ours():
    with running(who, Policy(hosts=OWN, body=9)) as port:
        assert status(get(port, host=f"127.0.0.1:{port}")) == 200
        assert status(get(port, host="evil.example")) == 421


@pytest.mark.anyio
async def test_a_client_that_asks_too_often_is_told_until_when():
    policy = Policy(hosts=None, body=9, a_minute=3)
    transport = httpx.ASGITransport(Guard(who, policy))
    async with httpx.AsyncClient(transport=transport, base_url="http://a") as http:
        answers = [await http.get("/v1/x") for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert answers[-1].json()["type"] == "/problems/too-many"


def test_each_client_has_a_count_of_its_own_until_the_minute_is_over(monkeypatch):
    now = [1_000.0]
    monkeypatch.setattr(rate.time, "time", lambda: now[0])
    counted = Rate(2)
    assert [counted.wait("a") for _ in range(3)] == [0, 0, 60]
    assert counted.wait("b") == 0
    now[0] += 59
    assert counted.wait("a") == 1
    now[0] += 2
    assert counted.wait("a") == 0
    assert all(Rate(0).wait("a") == 0 for _ in range(9))


def test_of_many_clients_the_oldest_are_forgotten(monkeypatch):
    monkeypatch.setattr(rate, "_CLIENTS", 3)
    counted = Rate(1)
    assert [counted.wait(name) for name in "abcd"] == [0, 0, 0, 0]
    assert counted.wait("d") > 0
    assert counted.wait("a") == 0


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "192.0.2.66, 198.51.100.7", "198.51.100.7"),  # the first is what the client made up
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),
    ],
)
async def test_a_proxy_is_believed_and_nobody_else(peer, forwarded, client):
    policy = Policy(hosts=None, body=9, proxies=bounds.networks("10.0.0.0/8, ::1"))
    answer = await asked(policy, peer, x_forwarded_for=forwarded, x_forwarded_proto="https")
    assert answer.text == f"{client} {'https' if peer.startswith('10.') else 'http'}"


@pytest.mark.anyio
@pytest.mark.parametrize("length", ["-1", "1e3", "0x9", "9" * 19, "", "5, 5"])
async def test_a_length_that_is_no_number(length):
    answer = await asked(Policy(hosts=None, body=9), method="POST", content_length=length)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-request")


def test_a_head_request_gets_no_body():
    with running(who, Policy(hosts=OWN, body=9)) as port:
        answer = httpx.head(f"http://127.0.0.1:{port}/", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.content) == (421, b"")


def test_ipv6_clients_are_counted_by_network():
    assert bounds.client_of("2001:db8::1") == bounds.client_of("2001:db8::ffff:2")
    assert bounds.client_of("2001:db8:0:1::1") != bounds.client_of("2001:db8::1")
    assert bounds.client_of("::ffff:192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize("text", ["proxy.example", "10.0.0.0/40", "10.0.0.1:80"])
def test_a_proxy_that_is_no_address(text):
    with pytest.raises(ConfigurationError, match="TRUSTED_PROXIES"):
        bounds.networks(text)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ClientDisconnect(), 0),
        (RuntimeError("unable to perform operation on <TCPTransport>; the handler is closed"), 0),
        (RuntimeError("anything else"), 1),
        (RuntimeError("Event loop is closed"), 1),
    ],
)
async def test_a_client_that_goes_before_its_answer_is_no_error_of_ours(error, said, caplog):
    """Each would leave a page in the log, which a stranger could fill so."""

    async def send(_message):
        raise error

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "client": ("127.0.0.1", 1),
             "scheme": "http"}  # fmt: skip
    await Guard(Answers(who, headers=[], metrics=Metrics()), Policy(hosts=None, body=9))(scope, None, send)
    assert len(caplog.records) == said
