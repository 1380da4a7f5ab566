"""Search: which datasets' cards hold some words, in time that does not grow with the cards that don't.

Words are found as they stand, folded, in what a card's summary has of name, description and keywords.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Table,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
)

from biodesci.index.tables import datasets, metadata, versions
from biodesci.store import grams
from biodesci.store.engine import TYPED, Whole, Words
from biodesci.store.grams import Sought, has_all, holds

# What is searched of a dataset's card, folded, and the number under which `store/grams.py` knows it, which no
# other ever has.
searched: Final = Table(
    "searched",
    metadata,
    Column("number", Whole, primary_key=True, autoincrement=True),
    Column("digest", Words, nullable=False),
    Column("text", Words, nullable=False),
    UniqueConstraint("digest", name="searched_of_digest"),
    sqlite_autoincrement=True,
    **TYPED,
)

# Where so many cards hold the words, a page is looked for among all datasets, newest first: of 10,000, one in
# 25 holds them then, and a page is full soon.
MANY: Final = 400

_latest: Final = and_(versions.c.dataset_id == datasets.c.id, versions.c.version == datasets.c.latest_version)
_holds: Final = holds(searched.c.text, bindparam("words"))
_cards: Final = grams.grams.join(searched, searched.c.number == grams.grams.c.rowid)
_held: Final = and_(has_all(bindparam("sought", type_=Sought())), _holds)
# Grams alone are counted sooner than the texts that have them are compared.
_LIKELY: Final = select(grams.grams.c.rowid).where(has_all(bindparam("sought", type_=Sought()))).limit(MANY)
_SURE: Final = select(searched.c.number).select_from(_cards).where(_held).limit(MANY)
_HOW_MANY: Final = tuple(select(func.count()).select_from(some.subquery()) for some in (_LIKELY, _SURE))
_HOLDING: Final = (
    select(datasets.c.id, datasets.c.owner)
    .select_from(_cards)
    .join(versions, versions.c.card == searched.c.digest)
    .join(datasets, _latest)
    .where(_held)
    .limit(MANY)
)
_NEWEST: Final = (
    select(datasets.c.id)
    .join(versions, _latest)
    .join(searched, searched.c.digest == versions.c.card)
    .where(datasets.c.id < bindparam("before"), _holds)
    .order_by(datasets.c.id.desc())
    .limit(bindparam("limit"))
)
_NEWEST_OF_OWNER: Final = _NEWEST.where(datasets.c.owner == bindparam("owner"))


@dataclass(frozen=True)
class Question:
    """Datasets with an id below `before`, at most `limit`, of one owner or (empty) of any."""

    words: str
    before: int
    limit: int
    owner: str


def datasets_with(connection: Connection, asked: Question) -> list[int]:
    """Ids of datasets whose latest card holds the words, from new to old."""
    question = asdict(asked) | {"words": asked.words.replace("\0", " ").casefold()}  # as cards' texts are
    sought = {**question, "sought": question["words"]}
    if not all(connection.scalar(count, sought) == MANY for count in _HOW_MANY):
        found = connection.execute(_HOLDING, sought).all()
        if len(found) < MANY:  # all of them, though a card may be of many datasets; put in order here
            ids = (row.id for row in found if row.id < asked.before and asked.owner in ("", row.owner))
            return sorted(ids, reverse=True)[: asked.limit]
    return list(connection.scalars(_NEWEST_OF_OWNER if asked.owner else _NEWEST, question))


def put(connection: Connection, digest: str, text: str) -> None:
    """Adds a card's text, or replaces it, where its summary is written."""
    connection.execute(delete(searched).where(searched.c.digest == digest))
    connection.execute(insert(searched), {"digest": digest, "text": text})
    number = connection.scalars(select(searched.c.number).where(searched.c.digest == digest)).one()
    grams.add(connection, number, text)


def clear(connection: Connection) -> None:
    """Forgets all cards."""
    connection.execute(delete(searched))
    grams.clear(connection)
