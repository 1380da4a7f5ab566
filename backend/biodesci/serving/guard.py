"""What every request passes before it comes to an application (ASGI): Host, rate, and its body's size."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from biodesci.serving import refusals
from biodesci.serving.bounds import Network, client_of, host_of, is_within
from biodesci.serving.rate import Rate
from biodesci.serving.refusals import Refusal

# What is behind the colon is shown to who signs in, as a part of our name: a port, and no other host.
_NAMED: Final = re.compile(r"(?:\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?")
_HIGHEST_PORT: Final = 65_535
_BODY_HEADERS: Final = {b"content-length", b"transfer-encoding"}
_MISDIRECTED: Final = Refusal(
    421,
    "unknown-host",
    "This server does not answer under that name.",
    "Its operator can add the name (BIODESCI_HOSTS).",
)
_BAD_LENGTH: Final = Refusal(400, "bad-request", "Content-Length is no number.", "Send it once, as digits.")


@dataclass(frozen=True)
class Policy:
    """Whom a server answers.

    `hosts` are the names of Host headers that are its own, None for any: only where all that it says is for
    everybody, or a page of another origin cannot ask it. `body` is the most bytes of a body, None where the
    application counts; where a path begins with one of `larger`, it is what stands there. `proxies` are
    believed about who their client is.
    """

    hosts: frozenset[str] | None
    body: int | None
    a_minute: int = 0
    proxies: tuple[Network, ...] = ()
    larger: tuple[tuple[str, int], ...] = ()

    def most(self, path: str) -> int | None:
        """The most bytes of a body that is sent to this path."""
        return next((most for start, most in self.larger if path.startswith(start)), self.body)


class Guard:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, policy: Policy) -> None:
        self._app, self._policy, self._rate = app, policy, Rate(policy.a_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses the request with a problem document, or passes it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fields = {name: value for name, value in scope["headers"] if name in _READ}
        self._believe_proxies(scope, fields)
        refusal, has_body = self._judge(scope, fields)
        if refusal is not None:
            await _refuse(refusal, scope, send)
            return
        most = self._policy.most(scope["path"])
        if not has_body or most is None:
            await self._pass(scope, receive, send)
            return
        counted = _Counted(receive, send, most)
        await self._pass(scope, counted.receive, counted.send)
        if counted.is_over:
            await _refuse(refusals.too_large(most), scope, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as exc:
            if not has_gone(exc):
                raise

    def _believe_proxies(self, scope: Scope, fields: dict[bytes, bytes]) -> None:
        """The client is the last address that no proxy of ours is behind."""
        peer = scope["client"][0] if scope.get("client") else ""
        proxies = self._policy.proxies
        if not proxies or not is_within(peer, proxies):
            return
        passed = [one.strip() for one in fields.get(b"x-forwarded-for", b"").decode("latin-1").split(",")]
        client = next((one for one in reversed(passed) if one and not is_within(one, proxies)), peer)
        scope["client"] = (client, 0)
        if fields.get(b"x-forwarded-proto") == b"https":
            scope["scheme"] = "https"

    def _judge(self, scope: Scope, fields: dict[bytes, bytes]) -> tuple[Refusal | None, bool]:
        """Why it is refused, and whether it has a body."""
        policy = self._policy
        if policy.hosts is not None:
            host = fields.get(b"host", b"").decode("latin-1")
            is_ours = host in policy.hosts or (_is_name(host) and self._is_own(host_of(host), scope))
            # Of two names the application may read the other one.
            if not is_ours or sum(name == b"host" for name, _ in scope["headers"]) > 1:
                return _MISDIRECTED, False
        client = scope["client"][0] if scope.get("client") else ""
        if seconds := self._rate.wait(client_of(client)):
            return _too_many(seconds), False
        if not _BODY_HEADERS & fields.keys():
            return None, False
        length = fields.get(b"content-length", b"0")
        if not length.isdigit() or len(length) > 18:
            return _BAD_LENGTH, False
        most = policy.most(scope["path"])
        if most is not None and int(length) > most:
            return refusals.too_large(most), False
        return None, True

    def _is_own(self, host: str, scope: Scope) -> bool:
        """A name of ours, or the very address that the client came to: no name of somebody's leads there."""
        server = scope.get("server")
        return host in (self._policy.hosts or ()) or (server is not None and host == host_of(str(server[0])))


def has_gone(exc: Exception) -> bool:
    """Whether an application ended so because its client has gone, or was too slow: nobody is there to be
    told. What is written before the server has heard of that is an error of uvloop's, in these words."""
    return isinstance(exc, ClientDisconnect) or (
        isinstance(exc, RuntimeError) and str(exc).endswith("the handler is closed")
    )


def _is_name(host: str) -> bool:
    """Whether a Host header is written as one, with a port that there is (RFC 3986, section 3.2)."""
    named = _NAMED.fullmatch(host)
    return named is not None and int(named[1] or 0) <= _HIGHEST_PORT


async def _refuse(refusal: Refusal, scope: Scope, send: Send) -> None:
    refusal.count()
    body = refusal.body(scope["path"])
    await send({"type": "http.response.start", "status": refusal.status, "headers": refusal.fields(body)})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


_READ: Final = _BODY_HEADERS | {b"host", b"x-forwarded-for", b"x-forwarded-proto"}


class _Counted:
    """A body that has no length, or another than it says, ends where it is over the limit."""

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self._receive, self._send, self._left = receive, send, limit
        self._has_answered = False
        self._is_past = False

    @property
    def is_over(self) -> bool:
        """The body was too long, and the application has not answered before that showed."""
        return self._is_past and not self._has_answered

    async def receive(self) -> Message:
        if self._is_past:
            return {"type": "http.disconnect"}
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self._is_past = True
            return {"type": "http.disconnect"}
        return message

    async def send(self, message: Message) -> None:
        if self.is_over:
            return
        self._has_answered = True
        await self._send(message)


def _too_many(seconds: int) -> Refusal:
    return Refusal(
        429,
        "too-many",
        "There were too many requests from this address.",
        f"Try again in {seconds} seconds.",
        {"retry-after": str(seconds)},
    )
