"""What every route shares: parameters, pages, and an answer with its tag."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final

from eth_utils.address import to_checksum_address
from fastapi import Path, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from biodesci.api import remembered
from biodesci.api.schemas.status import Problem
from biodesci.core.errors import InputError, NotFoundError
from biodesci.core.problems import MEDIA_TYPE
from biodesci.index import queries
from biodesci.index.activity import END, Entry, Place
from biodesci.index.database import Store
from biodesci.index.queries import Row

# What is no cursor is refused in words of ours (`before`): FastAPI's would show the expression.
Cursor = Annotated[
    str,
    Query(
        description="`nextCursor` of the page before",
        examples=["17"],
        json_schema_extra={"pattern": r"^([1-9][0-9]{0,17})?$"},
    ),
]
EventCursor = Annotated[
    str,
    Query(
        description="`nextCursor` of the page before",
        examples=["4711.3"],
        json_schema_extra={"pattern": r"^([0-9]{1,18}\.[0-9]{1,18})?$"},
    ),
]
Limit = Annotated[int, Query(ge=1, le=100, description="how many there are at most in the answer")]
Account = Annotated[str, Query(pattern=r"^(0x[0-9a-fA-F]{40})?$", description="an address")]
Id = Annotated[int, Path(alias="id", ge=1, le=2**53, description="its number on chain")]
Filter = Annotated[int, Query(ge=0, le=2**53, description="0: any")]
_WORDS: Final = {
    400: "A parameter is not what it has to be.",
    401: "Nobody has signed in.",
    403: "The signature, or the session, is not good for this.",
    404: "There is no such thing in the index.",
    405: "The address has no such method.",
    413: "The body is too large.",
    415: "The body is not of a type that is read here.",
    421: "The server does not answer under that name.",
    429: "There were too many requests from this address.",
    500: "The server met an error that it does not know.",
    503: "There is no index yet, or it cannot be read.",
}


def problems_of(*codes: int) -> dict[int | str, dict[str, object]]:
    """What OpenAPI says of a route's refusals: those named, and those that every route may answer with.

    "default" keeps FastAPI from adding its own answer to what is mistyped, which nobody gets here.
    """
    named: dict[int | str, str] = {code: _WORDS[code] for code in sorted({*codes, 421, 429, 500})}
    named["default"] = "Any other problem."
    return {
        code: {"model": Problem, "description": words, "content": {MEDIA_TYPE: {}}}
        for code, words in named.items()
    }


PROBLEMS: Final = problems_of(400, 404, 503)
_LAST: Final = 2**62


def answer(request: Request, body: BaseModel, store: Store | None = None) -> Response:
    """JSON with an ETag; 304 where the client has it already.

    What is made of the index is made of one moment: within a snapshot of `store`.
    """
    text: bytes = body.__pydantic_serializer__.to_json(body, by_alias=True)
    if store is None:
        tag = remembered.tag_of(text)
    else:
        made = remembered.Made.of(text, store.standing())
        request.scope[remembered.MADE], tag = made, made.tag
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if remembered.knows(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(text, headers=headers, media_type="application/json")


def checksummed(account: str) -> str:
    """An account's address with the checksum of EIP-55; an empty string stays one (no filter)."""
    return str(to_checksum_address(account)) if account else ""


def before(cursor: str) -> int:
    """The id below which a page begins; an empty cursor begins at the newest row.

    Raises InputError unless the cursor is a positive decimal number of at most 18 digits.
    """
    if not cursor:
        return _LAST
    if not re.fullmatch(r"[1-9][0-9]{0,17}", cursor):
        raise InputError("That cursor is not one of ours.", "Start again without it.")
    return int(cursor)


def before_event(cursor: str) -> Place:
    """The place in the log below which a page begins, from `block.logIndex`; an empty cursor begins at the
    end.

    Raises InputError for any other form.
    """
    if not cursor:
        return END
    if not (parts := re.fullmatch(r"([0-9]{1,18})\.([0-9]{1,18})", cursor)):
        raise InputError("That cursor is not one of ours.", "Start again without it.")
    return Place(int(parts[1]), int(parts[2]))


def next_event(entry: Entry) -> str:
    """The cursor `block.logIndex` of the page that follows this entry."""
    return f"{entry.place.block}.{entry.place.log_index}"


def next_cursor(rows: Sequence[Row], limit: int) -> str | None:
    """The id of the page's last row, or null where `rows`, read one beyond `limit`, end within this page."""
    return str(rows[limit - 1]["id"]) if len(rows) > limit else None


def found(row: Row | None, what: str, id_: int, store: Store) -> Row:
    """The row itself; raises NotFoundError, which names the last block read, where there is none."""
    if row is None:
        raise NotFoundError(
            f"There is no {what} {id_} in the index as of block {queries.as_of(store)}.",
            f"List what there is with GET /v1/{what}s; what was just sent takes a moment.",
        )
    return row
