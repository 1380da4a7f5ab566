"""Queues of licences that wait for somebody, without reading those that don't."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the index."""
    op.create_index("licenses_in_state", "licenses", ["state", "id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("licenses_in_state", "licenses")
