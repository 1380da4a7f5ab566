"""What every answer passes: security headers and request metrics. No CORS header is ever sent."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from biodesci.api import problems, told
from biodesci.config import Settings
from biodesci.serving.guard import has_gone
from biodesci.serving.refusals import COUNTED

_log = logging.getLogger(__name__)
IS_HEAD: Final = "biodesci.head"  # of a scope whose client wants no body
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Metrics:
    """Prometheus counters of one server: requests, seconds to answer, and how far and how full the index
    is."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(COUNTED)
        self.requests = Counter(
            "biodesci_http_requests_total", "Requests.", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "biodesci_http_request_seconds", "Time to answer.", ["route"], registry=self.registry
        )
        self.block = Gauge("biodesci_index_block", "Last block in the index.", registry=self.registry)
        self.rows = Gauge("biodesci_index_rows", "Rows of the index.", ["table"], registry=self.registry)


class Answers:
    """An ASGI application around another: its answers have the security headers, are counted and timed, and
    what nobody caught becomes a 500. HEAD is answered as GET is, without the body.
    """

    def __init__(self, app: ASGIApp, headers: Sequence[tuple[bytes, bytes]], metrics: Metrics) -> None:
        self._app, self._headers, self._metrics = app, headers, metrics
        self._counters: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the application answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        is_head = scope["method"] == "HEAD"
        status = 0

        async def finish(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                # A copy: what is remembered is sent again.
                message = {**message, "headers": [*message["headers"], *self._headers]}
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        # What is around keeps the client's own method: a server must know that no body follows.
        inner = {**scope, "method": "GET", IS_HEAD: True} if is_head else scope
        try:
            await self._app(inner, receive, finish)
        except Exception as exc:  # whatever it is, its answer has headers and is counted
            if has_gone(exc):
                raise
            _log.error("unexpected error on %s", scope["path"], exc_info=exc)
            if not status:
                await problems.unexpected(Request(inner))(inner, receive, finish)
        self._count(getattr(inner.get("route"), "path", "other"), status, time.perf_counter() - began)

    def _count(self, route: str, status: int, seconds: float) -> None:
        known = self._counters.get((route, status))
        if known is None:
            known = self._metrics.requests.labels(route, str(status)), self._metrics.seconds.labels(route)
            self._counters[route, status] = known
        known[0].inc()
        known[1].observe(seconds)


def headers(settings: Settings) -> list[tuple[bytes, bytes]]:
    """Of every answer. Raises ConfigurationError for an address that browsers must not be told."""
    fields = {"Content-Security-Policy": _policy(settings), **_HEADERS}
    return [(name.lower().encode(), value.encode()) for name, value in fields.items()]


def _policy(settings: Settings) -> str:
    return "; ".join(
        (
            "default-src 'self'",
            f"connect-src 'self' {' '.join(told.origins(settings))}",
            "img-src 'self' data: blob:",
            "style-src 'self' 'unsafe-inline'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
