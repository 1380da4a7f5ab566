"""The issuer over HTTP: `POST /nonce` for what to sign, `POST /visas` for visas, else problem documents.

Nothing that a request says is written anywhere: no access log, and of an unexpected error its kind alone.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect

from biodesci.core import problems
from biodesci.core.documents.passport import VisaRequest
from biodesci.core.errors import BioDeSciError, ConfigurationError, InputError, UnavailableError
from biodesci.passports.issuer import Issuer
from biodesci.serving import bodies
from biodesci.serving.bounds import client_of
from biodesci.serving.rate import Rate

_log = logging.getLogger("issuer")
A_MINUTE: Final = 30  # requests of one client
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def create_app(issuer: Issuer, origins: tuple[str, ...] = (), rate: Rate | None = None) -> FastAPI:
    """The issuer's HTTP interface; pages of `origins` may ask it from a browser."""
    app = FastAPI(title="BioDeSci visa issuer", docs_url=None, redoc_url=None, openapi_url=None)
    limits = rate or Rate(A_MINUTE)

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        try:
            if seconds := limits.wait(client_of(request.client.host if request.client else "")):
                busy = UnavailableError("Too many requests.", f"Try again in {seconds} seconds.")
                response = _refusal(request, busy, 429)
                response.headers["Retry-After"] = str(seconds)
            else:
                response = await call_next(request)
        except ClientDisconnect:
            raise
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
        if (body := await bodies.read(request, VisaRequest.limit)) is None:
            too_large = InputError(
                f"The request is larger than {VisaRequest.limit} bytes.", "Ask with a smaller passport."
            )
            return _refusal(request, too_large, 413)
        asked = VisaRequest.parse(body)
        answer = await run_in_threadpool(issuer.issue, asked)
        return Response(answer.to_bytes(), media_type="application/json")

    return app


def _refusal(request: Request, exc: BioDeSciError, status: int | None = None) -> Response:
    described = problems.describe(exc, request.url.path, status)
    return Response(described.to_bytes(), described.status, media_type=problems.MEDIA_TYPE)
