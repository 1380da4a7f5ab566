"""Documents that the chain names: which are to be read from IPFS now, and how one is forgotten."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, literal, or_, select, union

from biodesci.index import tables
from biodesci.index.tables import documents, summaries, unreadable


def _named(digest: ColumnElement[str], kind: str) -> Select[str, str]:
    return select(digest.label("digest"), literal(kind).label("kind")).where(digest.is_not(None))


def _wanted() -> Select[str, str]:
    named = union(
        _named(tables.versions.c.card, "card"),
        _named(tables.models.c.card, "model"),
        _named(tables.rounds.c.plan, "plan"),
        _named(tables.rounds.c.result, "result"),
    ).cte("named")
    read = and_(documents.c.digest == named.c.digest, documents.c.kind == named.c.kind)
    failed = and_(unreadable.c.digest == named.c.digest, unreadable.c.kind == named.c.kind)
    return (
        select(named.c.digest, named.c.kind)
        .outerjoin(documents, read)
        .outerjoin(unreadable, failed)
        .where(documents.c.digest.is_(None))
        .where(or_(unreadable.c.retry_at.is_(None), unreadable.c.retry_at <= bindparam("now")))
        .order_by(unreadable.c.retry_at.is_not(None), named.c.kind, named.c.digest)
    )


WANTED: Final = _wanted()
FORGET: Final = tuple(
    delete(table).where(table.c.digest == bindparam("digest"), table.c.kind == bindparam("kind"))
    for table in (documents, summaries, unreadable)
)
