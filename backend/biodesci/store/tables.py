"""The tables of the work database: what is not on chain, and must outlive a process.

Times are milliseconds since 1970 by the database's clock. A change here needs a migration
(`migrations/versions`), which a test compares with this file; unlike the index, it is never dropped.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, LargeBinary, MetaData, Table

from biodesci.store.engine import KEYED, Whole, Words

REVISION: Final = "0001"  # the migration that makes what stands here
VERSION_TABLE: Final = "work_version"
metadata = MetaData()

# One row for each intent to send a transaction, which `chain/entries.py` reads and writes.
outbox = Table(
    "outbox",
    metadata,
    Column("name", Words, primary_key=True),
    Column("network", Words, nullable=False),
    Column("account", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("about", Words, nullable=False),
    Column("document", Words, nullable=False),  # JSON
    Column("changed_at", Whole, nullable=False),
    Index("outbox_of_account", "network", "account", "changed_at"),
    **KEYED,
)

# Who does a piece of work at the moment, for as long as it says that it lives.
leases = Table(
    "leases",
    metadata,
    Column("name", Words, primary_key=True),
    Column("holder", Words, nullable=False),  # drawn anew for each time that somebody takes it
    Column("whose", Words, nullable=False),  # process and machine, for people
    Column("taken_at", Whole, nullable=False),
    Column("until", Whole, nullable=False),
    **KEYED,
)

# What failed and is tried again, or waits for a person; `store/jobs.py` reads and writes it.
jobs = Table(
    "jobs",
    metadata,
    Column("worker", Words, primary_key=True),  # as its lease is called
    Column("kind", Words, primary_key=True),
    Column("subject", Words, primary_key=True),
    Column("attempts", Whole, nullable=False),
    Column("first_failed_at", Whole, nullable=False),
    Column("last_failed_at", Whole, nullable=False),
    Column("due_at", Whole),  # NULL: it is tried again by a person's word alone
    Column("reason", Words, nullable=False),  # of the last failure
    Index("jobs_due", "worker", "kind", "due_at"),
    **KEYED,
)

# How far a worker has come; what the bytes mean is the worker's matter.
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("name", Words, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("changed_at", Whole, nullable=False),
    **KEYED,
)
