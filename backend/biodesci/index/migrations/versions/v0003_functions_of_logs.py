"""Rows are functions of logs alone: what is read elsewhere, what could not be applied, and how to go back.

Both ways the events are read anew: those of before had in them what tokens said of themselves.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, table

from biodesci.index.migrations.versions.v0001_tables import create_read_anew
from biodesci.store.engine import KEYED, TYPED, Whole, Words

revision = "0003"
down_revision = "0002"

_READ_ANEW = (
    "meta", "blocks", "datasets", "versions", "parents", "roles", "offers", "licenses", "showings",
    "license_visas", "models", "model_versions", "codecs", "rounds", "enrolments", "inferences",
    "attestations",
)  # fmt: skip


def upgrade() -> None:
    """Create the new tables, and the table of events in the order of the chain."""
    for name in ("events", "currencies", "unreadable"):
        op.drop_table(name)
    _empty()
    op.create_table(
        "events",
        Column("block_number", Whole, nullable=False, autoincrement=False),
        Column("log_index", Whole, nullable=False, autoincrement=False),
        *_of_a_log(),
        Column("kind", Words, nullable=False),
        Column("subject", Words, nullable=False),
        Column("args", Words, nullable=False),
        Column("accounts", Words, nullable=False),
        PrimaryKeyConstraint("block_number", "log_index"),
        **KEYED,
    )
    op.create_index("events_of_kind", "events", ["kind", "block_number", "log_index"])
    op.create_index("events_of_subject", "events", ["kind", "subject", "block_number", "log_index"])
    op.create_table(
        "aside",
        Column("block_number", Whole, nullable=False, autoincrement=False),
        Column("log_index", Whole, nullable=False, autoincrement=False),
        *_of_a_log(),
        Column("args", Words),
        Column("why", Words, nullable=False),
        PrimaryKeyConstraint("block_number", "log_index"),
        **KEYED,
    )
    op.create_table(
        "undo",
        Column("block", Whole, nullable=False, autoincrement=False),
        Column("table", Words, nullable=False),
        Column("key", Words, nullable=False),
        Column("row", Words),
        PrimaryKeyConstraint("block", "table", "key"),
        **KEYED,
    )
    op.create_table(
        "gaps",
        Column("first", Whole, nullable=False, autoincrement=False),
        Column("last", Whole, nullable=False),
        Column("why", Words, nullable=False),
        Column("attempts", Whole, nullable=False),
        Column("retry_at", Whole, nullable=False),
        PrimaryKeyConstraint("first"),
        **TYPED,
    )
    op.create_table(
        "wanted",
        Column("digest", Words, nullable=False),
        Column("kind", Words, nullable=False),
        Column("reason", Words),
        Column("attempts", Whole, nullable=False),
        Column("retry_at", Whole, nullable=False),
        PrimaryKeyConstraint("digest", "kind"),
        **KEYED,
    )
    op.create_index("wanted_next", "wanted", ["retry_at", "kind", "digest"])
    op.create_table(
        "tokens",
        Column("address", Words, nullable=False),
        Column("symbol", Words),
        Column("decimals", Whole),
        Column("block", Whole),
        Column("attempts", Whole, nullable=False),
        Column("retry_at", Whole),
        PrimaryKeyConstraint("address"),
        **KEYED,
    )
    op.create_index("tokens_next", "tokens", ["retry_at"])


def downgrade() -> None:
    """Back to the tables of before."""
    for name in ("events", "aside", "undo", "gaps", "wanted", "tokens"):
        op.drop_table(name)
    _empty()
    create_read_anew()


def _of_a_log() -> list[Column[object]]:
    """What `events` and `aside` both have of a log."""
    return [
        Column("block_hash", Words, nullable=False),
        Column("time", Whole, nullable=False),
        Column("tx_hash", Words, nullable=False),
        Column("contract", Words, nullable=False),
        Column("name", Words, nullable=False),
    ]


def _empty() -> None:
    for name in _READ_ANEW:
        op.execute(table(name).delete())
