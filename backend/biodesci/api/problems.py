"""The API's errors as problem documents: ours by the one table (core/problems.py), and those of HTTP."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from biodesci.api.drs import errors as drs
from biodesci.api.schemas.status import Problem
from biodesci.core import problems
from biodesci.core.errors import (
    BioDeSciError,
    ConfigurationError,
    InputError,
    UnavailableError,
)
from biodesci.index import schema

_log = logging.getLogger(__name__)

# Whoever runs the server finds the reason in its log; it is not the visitor's business.
_SILENT = ("The index cannot be read.", "Nothing is lost by that: try again in a moment.")
_TITLES = {
    401: "Not signed in", 404: "Not found", 405: "Method not allowed", 415: "Another type is read here",
}  # fmt: skip
_SLUGS = {401: "not-signed-in", 404: "not-found", 405: "method-not-allowed", 415: "media-type"}


def problem(request: Request, status: int, slug: str, title: str, detail: str, hint: str) -> Response:
    """A problem document (RFC 9457), never cached; with status 503 it says to try again in five seconds.
    Who asks the DRS gets an error as DRS has it.
    """
    if drs.is_asked(request):
        return drs.response(status, f"{detail} {hint}".strip())
    body = Problem(
        type=f"/problems/{slug}",
        title=title,
        status=status,
        detail=detail,
        instance=request.url.path,
        hint=hint,
    )
    headers = {"Cache-Control": "no-store"}
    if status == 503:
        headers["Retry-After"] = "5"
    return Response(body.model_dump_json(by_alias=True), status, headers, media_type=problems.MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer the errors of `app`'s routes with problem documents: ours, refused parameters, and those of
    HTTP."""

    @app.exception_handler(BioDeSciError)
    async def own(request: Request, exc: BioDeSciError) -> Response:
        if isinstance(exc, ConfigurationError):
            _log.error("%s", exc)
        elif isinstance(exc.__cause__, DBAPIError) and exc.message != schema.absent().message:
            # PostgreSQL names its address and user where it can't be reached, which is nobody's business.
            _log.warning("%s: %s", request.url.path, exc)
            exc = UnavailableError(*_SILENT)
        kind, described = problems.kind_of(exc), problems.describe(exc, request.url.path)
        return problem(
            request, described.status, kind.slug, described.title, described.detail, described.hint
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, exc: RequestValidationError) -> Response:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return await own(request, InputError(f"{where}: {first['msg']}.", "See /openapi.json."))

    @app.exception_handler(HTTPException)
    async def http(request: Request, exc: HTTPException) -> Response:
        code = exc.status_code
        response = problem(
            request,
            code,
            _SLUGS.get(code, "http"),
            _TITLES.get(code, "Refused"),
            f"{request.method} {request.url.path}: {exc.detail}.",
            "What there is stands in /openapi.json.",
        )
        response.headers.update(exc.headers or {})
        if code == 405:
            response.headers["Allow"] = ", ".join(methods(request))
        return response


def methods(request: Request) -> list[str]:
    """What may be asked of the request's path: by the routes of the API, not those of the page."""
    known: set[str] = set()
    for route in request.app.routes:
        if getattr(route, "include_in_schema", False) and route.path_regex.match(request.url.path):
            known |= route.methods
    return sorted(known | {"HEAD"} if "GET" in known else known) or ["GET", "HEAD"]


def unexpected(request: Request) -> Response:
    """The answer (500) to an error that no table knows; it tells nothing of the error itself."""
    return problem(
        request,
        500,
        "error",
        "Unexpected error",
        "The server met an error that it does not know.",
        "Try again. If it stays so, tell whoever runs this server: its log has the details.",
    )
