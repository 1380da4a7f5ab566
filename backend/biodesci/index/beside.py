"""What is read elsewhere than in logs: documents on IPFS, and what ERC-20s say of themselves.

Events say what is wanted (`changes/`); no row that is derived from events rests on what comes of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Delete, Select, bindparam, delete, insert, select, update

from biodesci.core.pauses import doubled
from biodesci.index import institutions, search
from biodesci.index.summary import summarise
from biodesci.index.tables import documents, summaries, tokens, wanted

_SUMMARISED: Final = {"card", "model"}
_FIRST_PAUSE_S: Final = 2
_LONGEST_PAUSE_S: Final = 3_600


@dataclass(frozen=True)
class Unreadable:
    """A document that could not be read; `retry_at` is the time of the next attempt."""

    digest: str
    kind: str
    reason: str
    attempts: int
    retry_at: int


DUE: Final[Select[str, str]] = (
    select(wanted.c.digest, wanted.c.kind)
    .where(wanted.c.retry_at <= bindparam("now"))
    .order_by(wanted.c.retry_at, wanted.c.kind, wanted.c.digest)
    .limit(bindparam("limit"))
)
DUE_TOKENS: Final[Select[str]] = (
    select(tokens.c.address)
    .where(tokens.c.retry_at <= bindparam("now"))
    .order_by(tokens.c.retry_at, tokens.c.address)
    .limit(bindparam("limit"))
)
UNREADABLE: Final = (
    select(wanted).where(wanted.c.reason.is_not(None)).order_by(wanted.c.kind, wanted.c.digest)
)
_FORGET: Final[tuple[Delete, ...]] = tuple(
    delete(table).where(table.c.digest == bindparam("digest"), table.c.kind == bindparam("kind"))
    for table in (documents, summaries, wanted)
)


def put_document(connection: Connection, digest: str, kind: str, body: dict[str, Any]) -> None:
    """Adds a document that was read, or replaces it, with its summary."""
    key = {"digest": digest, "kind": kind}
    for forget in _FORGET:
        connection.execute(forget, key)
    connection.execute(insert(documents), {**key, "body": json.dumps(body)})
    if kind in _SUMMARISED:
        summary = summarise(body)
        connection.execute(insert(summaries), {**key, **summary.row()})
        if kind == "card":
            search.put(connection, digest, summary.searched)
            institutions.note(connection, digest, body)


def put_unreadable(connection: Connection, digest: str, kind: str, reason: str, now: int) -> None:
    """Notes a failure; the pause until the next attempt doubles up to an hour."""
    one = (wanted.c.digest == digest, wanted.c.kind == kind)
    attempts = connection.scalar(select(wanted.c.attempts).where(*one))
    if attempts is not None:  # a reorganisation may have taken it away
        noted = {"reason": reason, "attempts": attempts + 1, "retry_at": now + _pause(attempts)}
        connection.execute(update(wanted).where(*one), noted)


def put_token(
    connection: Connection, address: str, symbol: str | None, decimals: int | None, block: int
) -> None:
    """What a token said of itself at `block`."""
    said = {"symbol": symbol, "decimals": decimals, "block": block, "retry_at": None}
    connection.execute(update(tokens).where(tokens.c.address == address), said)


def put_silent(connection: Connection, address: str, now: int) -> None:
    """The token could not be asked; the pause until the next attempt doubles up to an hour."""
    attempts = connection.scalar(select(tokens.c.attempts).where(tokens.c.address == address))
    if attempts is not None:
        noted = {"attempts": attempts + 1, "retry_at": now + _pause(attempts)}
        connection.execute(update(tokens).where(tokens.c.address == address), noted)


def _pause(attempts: int) -> int:
    """Seconds, after so many failures before this one."""
    return int(doubled(attempts + 1, _FIRST_PAUSE_S, _LONGEST_PAUSE_S))
