"""What Alembic runs; the connection, with its transaction, is the caller's (`work.py`)."""

from __future__ import annotations

from alembic import context

from biodesci.store.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
