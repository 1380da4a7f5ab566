"""The issuer over HTTP: `POST /nonce` for what to sign, `POST /visas` for visas, else problem documents.

Nothing that a request says is written anywhere: no access log, and of an unexpected error its kind alone.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware

from biodesci.core import problems
from biodesci.core.documents.passport import VisaRequest
from biodesci.core.errors import BioDeSciError, ConfigurationError, InputError, UnavailableError
from biodesci.passports.issuer import Issuer

_log = logging.getLogger("issuer")
A_MINUTE: Final = 30  # requests of one client
_CLIENTS: Final = 10_000
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Rate:
    """How many requests each client made within a minute; of the latest clients alone."""

    def __init__(self, most: int = A_MINUTE) -> None:
        self._most = most
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def is_over(self, client: str, now: float) -> bool:
        """Counts one more request (`now` in seconds); whether it is one too many."""
        began, count = self._seen.pop(client, (now, 0))
        if now - began >= 60:
            began, count = now, 0
        self._seen[client] = (began, count + 1)
        if len(self._seen) > _CLIENTS:
            self._seen.popitem(last=False)
        return count >= self._most


def create_app(issuer: Issuer, origins: tuple[str, ...] = (), rate: Rate | None = None) -> FastAPI:
    """The issuer's HTTP interface; pages of `origins` may ask it from a browser."""
    app = FastAPI(title="BioDeSci visa issuer", docs_url=None, redoc_url=None, openapi_url=None)
    limits = rate or Rate()

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        try:
            if limits.is_over(request.client.host if request.client else "", time.monotonic()):
                busy = UnavailableError("Too many requests.", "Try again in a minute.")
                response = _refusal(request, busy, 429)
            else:
                response = await call_next(request)
        except Exception as exc:  # noqa: BLE001 - whatever it is, nothing of the request is told or logged
            _log.error("unexpected %s", type(exc).__name__)
            response = _refusal(
                request, BioDeSciError("Something went wrong.", "Tell the issuer's operator.")
            )
        response.headers.update(_HEADERS)
        return response

    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["POST"],
            allow_headers=["Content-Type"],
        )

    @app.exception_handler(BioDeSciError)
    def problem(request: Request, exc: BioDeSciError) -> Response:
        if isinstance(exc, ConfigurationError):
            _log.error("%s", exc)
        return _refusal(request, exc)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/nonce")
    def nonce() -> Response:
        return Response(issuer.terms().to_bytes(), media_type="application/json")

    @app.post("/visas")
    async def visas(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > VisaRequest.limit:
                too_large = InputError(
                    f"The request is larger than {VisaRequest.limit} bytes.", "Ask with a smaller passport."
                )
                return _refusal(request, too_large, 413)
        asked = VisaRequest.parse(bytes(body))
        answer = await run_in_threadpool(issuer.issue, asked)
        return Response(answer.to_bytes(), media_type="application/json")

    return app


def _refusal(request: Request, exc: BioDeSciError, status: int | None = None) -> Response:
    described = problems.describe(exc, request.url.path, status)
    return Response(described.to_bytes(), described.status, media_type=problems.MEDIA_TYPE)
