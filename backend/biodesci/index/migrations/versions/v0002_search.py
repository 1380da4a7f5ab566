"""Search without reading every card; pages of one account or model without sorting all that it has."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, UniqueConstraint, column, func, select, table

from biodesci.store import grams
from biodesci.store.engine import TYPED, Whole, Words

revision = "0002"
down_revision = "0001"

_summaries = table("summaries", column("digest"), column("kind"), column("searched"))
_searched = table("searched", column("number"), column("digest"), column("text"))
_BEFORE = {
    ("licenses_of_licensee", "licenses"): ["licensee"],
    ("licenses_of_arbiter", "licenses"): ["arbiter"],
    ("licenses_of_dataset", "licenses"): ["dataset_id"],
    ("inferences_of_model", "inferences"): ["model_id"],
}
_NEW = {
    ("versions_of_card", "versions"): ["card"],
    ("datasets_of_owner", "datasets"): ["owner", "id"],
    ("inferences_of_requester", "inferences"): ["requester", "id"],
    ("inferences_of_worker", "inferences"): ["worker", "id"],
}


def upgrade() -> None:
    """Create the index of words, of the cards that are there too, and the indexes of pages."""
    op.create_table(
        "searched",
        Column("number", Whole, autoincrement=True, nullable=False),
        Column("digest", Words, nullable=False),
        Column("text", Words, nullable=False),
        PrimaryKeyConstraint("number"),
        UniqueConstraint("digest", name="searched_of_digest"),
        sqlite_autoincrement=True,
        **TYPED,
    )
    connection = op.get_bind()
    grams.create(connection)
    of_cards = select(_summaries.c.digest, _summaries.c.searched).where(_summaries.c.kind == "card")
    connection.execute(_searched.insert().from_select(["digest", "text"], of_cards))
    for number, words in connection.execute(select(_searched.c.number, _searched.c.text)).all():
        grams.add(connection, number, words)
    op.drop_column("summaries", "searched")
    for (name, of), columns in _BEFORE.items():
        op.drop_index(name, of)
        op.create_index(name, of, [*columns, "id"])
    for (name, of), columns in _NEW.items():
        op.create_index(name, of, columns)


def downgrade() -> None:
    """Back to the tables of before."""
    for name, of in _NEW:
        op.drop_index(name, of)
    for (name, of), columns in _BEFORE.items():
        op.drop_index(name, of)
        op.create_index(name, of, columns)
    op.add_column("summaries", Column("searched", Words, nullable=False, server_default=""))
    words = select(_searched.c.text).where(_searched.c.digest == _summaries.c.digest).scalar_subquery()
    connection = op.get_bind()
    connection.execute(
        _summaries.update().where(_summaries.c.kind == "card").values(searched=func.coalesce(words, ""))
    )
    grams.drop(connection)
    op.drop_table("searched")
