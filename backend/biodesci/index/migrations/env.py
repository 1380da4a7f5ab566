"""What Alembic runs; the connection, with its transaction, is the caller's (`schema.py`)."""

from __future__ import annotations

from alembic import context

from biodesci.index.schema import VERSION_TABLE
from biodesci.index.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
