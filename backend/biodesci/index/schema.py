"""Brings a database to the tables of this program, by Alembic's migrations.

The index is derived data: tables that another version made are dropped and read anew from the chain. A
database that is no index at all is left alone.
"""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from biodesci.core.errors import ConfigurationError, UnavailableError
from biodesci.index.tables import REVISION
from biodesci.store import engine

_log = logging.getLogger(__name__)
VERSION_TABLE: Final = "index_version"
_version = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))
# What every index had before its migrations were Alembic's.
_FIRST_TABLES: Final = {"meta", "blocks", "events", "documents", "unreadable"}


def is_current(connection: Connection) -> bool:
    """Whether this program's tables are there."""
    return _version_of(connection) == REVISION


def _version_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.scalar(select(_version.c.version_num))


def check(connection: Connection) -> None:
    """For those who only read: they wait for the one who writes."""
    if not is_current(connection):
        raise absent()


def absent() -> UnavailableError:
    """What is said where nobody has made this program's tables."""
    return UnavailableError(
        "There is no index yet, or it is of another version of this program.",
        "The indexer makes it when it starts; or run: biodesci index sync.",
    )


def prepare(connection: Connection) -> None:
    """Inside a transaction that may write: another process may have been faster, or may wait for us.

    Raises ConfigurationError where the database holds tables that are no index.
    """
    engine.make_schema(connection, engine.INDEX)
    if is_current(connection):
        return
    names = set(inspect(connection).get_table_names())
    if names and VERSION_TABLE not in names and not names >= _FIRST_TABLES:
        raise ConfigurationError(
            "The database holds tables that are not of an index.",
            "Name another file (BIODESCI_DATABASE) or another database (DATABASE_URL).",
        )
    _migrate(connection, names)


def _migrate(connection: Connection, names: set[str]) -> None:
    # Late: it takes as long to load as all the rest of the index, and only a new or old index needs it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "biodesci.index:migrations")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if names and _version_of(connection) not in known:
        _log.warning("the index was made by another version of this program: it is read anew from the chain")
        for name in sorted(names):  # a table of FTS5's before those that it made, which go with it
            Table(name, MetaData()).drop(connection, checkfirst=True)
    command.upgrade(config, "head")
