"""The work database: what must outlive a process and is on no chain. Of one home (SQLite), or of all
processes that share a PostgreSQL database.

It is never dropped or emptied: one that another version of this program made is refused, with a sentence.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from biodesci.core.errors import ConfigurationError
from biodesci.store import checkpoints, engine, leases
from biodesci.store.database import Database
from biodesci.store.engine import WORK, Location
from biodesci.store.tables import REVISION, VERSION_TABLE

_version = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))
_KEEP: Final = "Keep it: it may note what was sent and not mined yet."


class Work(Database):
    """One connection at a time writes, of all threads and processes; readers never wait.

    Raises what `Database` raises, and ConfigurationError where it is not of this version.
    """

    part = WORK
    called = "The work database"
    advice = _KEEP
    comfort = "What was noted before is kept."

    def __init__(self, location: Location) -> None:
        self._lock = threading.Lock()
        self._of_thread = threading.local()
        super().__init__(location)

    def _make(self, connection: Connection) -> None:
        _migrate(connection, self.location)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All that is written inside comes to be at its end, or none of it, and nobody writes between.

        Raises UnavailableError where the database cannot be written, SQLAlchemy's IntegrityError for rows
        that contradict those there are, and RuntimeError inside another transaction of the same thread.
        """
        if getattr(self._of_thread, "is_inside", False):
            raise RuntimeError(
                "A transaction of the work database is begun inside another: it would wait for itself."
            )
        self._of_thread.is_inside = True
        try:
            with self._translated("written"), self._lock, self._writing.begin() as connection:
                yield connection
        finally:
            self._of_thread.is_inside = False

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """All that is read inside is of one moment, whatever is written meanwhile."""
        with self._translated("read"), self._reading.connect() as connection:
            yield connection

    def lease(self, name: str, *, seconds: float = 30.0) -> AbstractContextManager[leases.Lease]:
        """Inside, nobody else of all processes has the lease of this name; see `leases.held`."""
        return leases.held(self, name, seconds)

    def checkpoint(self, name: str) -> bytes | None:
        """What was put last under this name; None where nothing was."""
        with self.snapshot() as connection:
            return checkpoints.read(connection, name)

    def put_checkpoint(self, name: str, data: bytes) -> None:
        """Replaces what stands under this name. In a transaction with other rows: `checkpoints.put`."""
        with self.transaction() as connection:
            checkpoints.put(connection, name, data)


def _migrate(connection: Connection, location: Location) -> None:
    engine.make_schema(connection, WORK)
    names = set(inspect(connection).get_table_names())
    version = connection.scalar(select(_version.c.version_num)) if VERSION_TABLE in names else None
    if version == REVISION:
        return
    if names and version is None:
        raise ConfigurationError(
            f"{engine.shown(location)} holds tables that are not of a work database.",
            "Name another home (BIODESCI_HOME) or another database (DATABASE_URL).",
        )
    # Late: it takes as long to load as all the rest, and only a new or old database needs it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "biodesci.store:migrations")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise ConfigurationError(
            f"The work database {engine.shown(location)} was made by a newer version of this program.",
            f"Install that version, or restore a backup of before. {_KEEP}",
        )
    command.upgrade(config, "head")


def trouble(location: Location) -> str | None:
    """Why the work cannot be read there now, in words; None where it can. Makes nothing."""
    reading = engine.for_reading(location, WORK)
    try:
        with reading.connect() as connection:
            connection.execute(select(_version.c.version_num))
    except (DBAPIError, PoolTimeout, OSError) as exc:
        return engine.reason(exc)
    finally:
        reading.dispose()
    return None


_works: dict[tuple[int, Location], Work] = {}
_opening = threading.Lock()


def opened(location: Location) -> Work:
    """The work database at this place. One for each process: a connection does not outlive a fork."""
    key = (os.getpid(), location)
    with _opening:
        if key not in _works:
            _works[key] = Work(location)
        return _works[key]
