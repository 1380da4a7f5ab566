"""What every answer passes: security headers and request metrics. No CORS header is ever sent."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.responses import Response

from biodesci.api import problems, told
from biodesci.config import Settings

_log = logging.getLogger(__name__)
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
        self.requests = Counter(
            "biodesci_http_requests_total", "Requests.", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "biodesci_http_request_seconds", "Time to answer.", ["route"], registry=self.registry
        )
        self.block = Gauge("biodesci_index_block", "Last block in the index.", registry=self.registry)
        self.rows = Gauge("biodesci_index_rows", "Rows of the index.", ["table"], registry=self.registry)


def install(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Give every answer of `app` the security headers, count and time it, and answer what nobody caught
    with a 500."""
    headers = {"Content-Security-Policy": _policy(settings), **_HEADERS}

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        began = time.perf_counter()
        try:
            response = await call_next(request)
        except Exception as exc:  # noqa: BLE001 - whatever it is, its answer has headers and is counted
            _log.error("unexpected error on %s", request.url.path, exc_info=exc)
            response = problems.unexpected(request)
        response.headers.update(headers)
        route = getattr(request.scope.get("route"), "path", "other")
        metrics.requests.labels(route, str(response.status_code)).inc()
        metrics.seconds.labels(route).observe(time.perf_counter() - began)
        return response


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
