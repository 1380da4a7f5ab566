"""Errors as DRS has them: a message and the status, as JSON. Elsewhere they are problem documents."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from biodesci.api.answers import problems_of
from biodesci.core.problems import MEDIA_TYPE

PREFIX: Final = "/ga4gh/drs/v1"
_WORDS: Final = {
    400: "The request is malformed.",
    401: "A passport is needed, and none was given that counts.",
    403: "The passport does not grant this, or consent was withdrawn.",
    404: "There is no such object, or no such way to it.",
    413: "More objects are asked for at once than the service takes.",
    415: "The body is not JSON.",
    500: "The server met an error that it does not know.",
    503: "The index, or a broker of passports, does not answer.",
}


class Error(BaseModel):
    """Why there is no answer."""

    msg: str
    status_code: int = Field(examples=[404])


def is_asked(request: Request) -> bool:
    """Whether the request is for this service."""
    return request.url.path.startswith(PREFIX)


def response(status: int, message: str) -> Response:
    """The answer to a request that fails."""
    body = Error(msg=message, status_code=status)
    return Response(
        body.model_dump_json(), status, {"Cache-Control": "no-store"}, media_type="application/json"
    )


def documented(*codes: int) -> dict[int | str, dict[str, object]]:
    """What OpenAPI says of a route's refusals. What the server around this service refuses (another Host, too
    many requests, too large a body) comes as a problem document, as everywhere."""
    own: dict[int | str, dict[str, object]] = {
        code: {"model": Error, "description": _WORDS[code], "content": {MEDIA_TYPE: {}}}
        for code in sorted({*codes, 404, 500, 503})
    }
    return {**problems_of(), **own}
