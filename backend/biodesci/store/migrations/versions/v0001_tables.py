"""The tables that a work database begins with."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, LargeBinary, PrimaryKeyConstraint

from biodesci.store.engine import KEYED, Whole, Words

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first tables and their indexes in an empty database."""
    op.create_table(
        "outbox",
        Column("name", Words, nullable=False),
        Column("network", Words, nullable=False),
        Column("account", Words, nullable=False),
        Column("kind", Words, nullable=False),
        Column("about", Words, nullable=False),
        Column("document", Words, nullable=False),
        Column("changed_at", Whole, nullable=False),
        PrimaryKeyConstraint("name"),
        **KEYED,
    )
    op.create_index("outbox_of_account", "outbox", ["network", "account", "changed_at"])
    op.create_table(
        "leases",
        Column("name", Words, nullable=False),
        Column("holder", Words, nullable=False),
        Column("whose", Words, nullable=False),
        Column("taken_at", Whole, nullable=False),
        Column("until", Whole, nullable=False),
        PrimaryKeyConstraint("name"),
        **KEYED,
    )
    op.create_table(
        "jobs",
        Column("worker", Words, nullable=False),
        Column("kind", Words, nullable=False),
        Column("subject", Words, nullable=False),
        Column("attempts", Whole, nullable=False),
        Column("first_failed_at", Whole, nullable=False),
        Column("last_failed_at", Whole, nullable=False),
        Column("due_at", Whole),
        Column("reason", Words, nullable=False),
        PrimaryKeyConstraint("worker", "kind", "subject"),
        **KEYED,
    )
    op.create_index("jobs_due", "jobs", ["worker", "kind", "due_at"])
    op.create_table(
        "checkpoints",
        Column("name", Words, nullable=False),
        Column("data", LargeBinary, nullable=False),
        Column("changed_at", Whole, nullable=False),
        PrimaryKeyConstraint("name"),
        **KEYED,
    )


def downgrade() -> None:
    """Drop all of it: an operator's own act, after a backup."""
    for table in ("checkpoints", "jobs", "leases", "outbox"):
        op.drop_table(table)
