"""Of the index as a whole: how far it has read, what it counts, a document by its digest."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, func, select

from biodesci.index import tables as t
from biodesci.index.database import Store

_COUNTED: Final = (t.datasets, t.versions, t.licenses, t.models, t.rounds, t.inferences, t.events, t.aside)


def as_of(store: Store) -> int:
    """The number of the last block that was read."""
    return store.standing().block


_DOCUMENT: Final = select(t.documents.c.body).where(
    t.documents.c.digest == bindparam("digest"), t.documents.c.kind == bindparam("kind")
)


def document(store: Store, digest: str | None, kind: str) -> str | None:
    """The JSON of a document, where it is named and could be read."""
    row = store.row(_DOCUMENT, {"digest": digest, "kind": kind}) if digest else None
    return str(row["body"]) if row else None


_COUNTS: Final = select(
    *(select(func.count()).select_from(table).scalar_subquery().label(table.name) for table in _COUNTED),
    select(func.count()).where(t.wanted.c.reason.is_not(None)).scalar_subquery().label("unreadable"),
)


def counts(store: Store) -> dict[str, int]:
    """How many rows some tables have, and how many documents could not be read."""
    row = store.row(_COUNTS)
    return dict(row) if row else {}
