"""Domains that cards announce, and what they proved of who is behind an account."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint

from biodesci.store.engine import KEYED, Whole, Words

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table. Cards that were read before announce none: until now nobody wrote it in one."""
    op.create_table(
        "institutions",
        Column("domain", Words, nullable=False),
        Column("announced_by", Words, nullable=False),
        *(Column(name, Words) for name in ("account", "name", "ror")),
        *(Column(name, Whole) for name in ("ror_listed", "proven_at", "until")),
        Column("why", Words),
        Column("attempts", Whole, nullable=False),
        Column("retry_at", Whole, nullable=False),
        PrimaryKeyConstraint("domain"),
        **KEYED,
    )
    op.create_index("institutions_of_account", "institutions", ["account"])
    op.create_index("institutions_next", "institutions", ["retry_at"])
    op.create_index("institutions_by", "institutions", ["announced_by"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("institutions")
