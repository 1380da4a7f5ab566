"""PostgreSQL by psycopg 3: pooled connections that are tried before they are used, so that a server that was
started anew is found again; time limits for each; a schema of our own.

libpq reads the URL, with all that it knows (sslmode, several hosts, a service, ~/.pgpass); no engine keeps
it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.pool import QueuePool

from biodesci.core.errors import ConfigurationError

if TYPE_CHECKING:
    from psycopg import AsyncConnection

_IDLE: Final = 8  # connections that stay open for the next to read
_READERS: Final = 24  # at most, of one process: a server has 100 for all
_PATIENCE_S: Final = 30.0
_SCHEMES: Final = ("postgresql://", "postgres://")
# What a connection has unless the URL says otherwise. A peer that vanished is noticed within a minute.
_DEFAULTS: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "application_name": "biodesci",
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_READING: Final = {
    "default_transaction_read_only": "on",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "120s",
    # A reader asks for a page: a few rows by their keys, or the first of an index. Plans that read whole
    # tables first are never right, and are what a server without statistics of the tables takes.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_sort": "off",
}
_PORT: Final = "5432"
_SSL: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_WRITING: Final = {
    "statement_timeout": "300s",
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "300s",
}


def is_url(location: str) -> bool:
    """Whether libpq would take it."""
    from psycopg import ProgrammingError  # noqa: PLC0415 - late, as below
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    if not location.startswith(_SCHEMES):
        return False
    try:
        given = conninfo_to_dict(location)
    except ProgrammingError:
        return False
    # libpq looks at these when it connects: a worker would wait for a server that cannot be.
    ports = str(given.get("port") or _PORT).split(",")
    are_ports = all(port.isdecimal() and 0 < int(port) < 1 << 16 for port in ports if port)
    return are_ports and given.get("sslmode", _SSL[0]) in _SSL


def for_writing(url: str, schema: str, *, durable: bool) -> Engine:
    """Transactions that write come one after the other, of all processes."""
    options = {**_WRITING, "synchronous_commit": "on"} if durable else _WRITING
    engine = _engine(url, schema, options, isolation_level="READ COMMITTED", pool_size=2, max_overflow=2)
    statement = f"SELECT pg_advisory_xact_lock({_number_of(schema)})"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(statement) and None)
    return engine


def for_reading(url: str, schema: str) -> Engine:
    """Transactions that see one moment and write nothing."""
    return _engine(
        url,
        schema,
        _READING,
        isolation_level="REPEATABLE READ",
        pool_size=_IDLE,
        max_overflow=_READERS - _IDLE,
    )


def _engine(url: str, schema: str, options: dict[str, str], **more: Any) -> Engine:
    wanted = {**options, "search_path": schema}

    def connect() -> Any:
        return open_connection(url, wanted)

    return create_engine(
        "postgresql+psycopg://",  # nothing of the URL, which has a password in it
        creator=connect,
        poolclass=QueuePool,
        pool_pre_ping=True,
        pool_timeout=_PATIENCE_S,
        hide_parameters=True,
        **more,
    )


def open_connection(url: str, options: dict[str, str]) -> Any:
    """A connection of psycopg's with these settings of the server's for its session."""
    # Late: it takes a while to load, and who has SQLite doesn't need it.
    import psycopg  # noqa: PLC0415

    return psycopg.connect(url, **_arguments(url, options))


async def open_listener(url: str, channel: str) -> AsyncConnection[Any]:
    """A connection that hears what is said on a channel (NOTIFY); each is open for as long as it listens."""
    from psycopg import AsyncConnection, sql  # noqa: PLC0415

    connection = await AsyncConnection.connect(url, autocommit=True, **_arguments(url, {}))
    try:
        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
    except BaseException:
        await connection.close()
        raise
    return connection


def _arguments(url: str, options: dict[str, str]) -> dict[str, Any]:
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    given = conninfo_to_dict(url)
    ours = " ".join(f"-c {name}={value}" for name, value in options.items())
    defaults = {name: value for name, value in _DEFAULTS.items() if name not in given}
    return {**defaults, "options": f"{given.get('options') or ''} {ours}".strip()}


def _number_of(schema: str) -> int:
    """Of the lock that writers of a schema wait for: 64 bits, of which other programs have others."""
    return int.from_bytes(hashlib.sha256(f"biodesci:{schema}".encode()).digest()[:8], signed=True)


def make_schema(connection: Connection, schema: str) -> None:
    """The schema, where it is not there yet."""
    if (encoding := connection.scalar(text("SHOW server_encoding"))) != "UTF8":
        raise ConfigurationError(
            f"The PostgreSQL database keeps text as {encoding}, not as UTF-8.",
            "Make one that does: CREATE DATABASE biodesci ENCODING 'UTF8' TEMPLATE template0.",
        )
    there = text("SELECT count(*) FROM pg_namespace WHERE nspname = :schema")
    if not connection.scalar(there, {"schema": schema}):  # who has a schema may lack the right to make one
        connection.execute(text(f"CREATE SCHEMA {schema}"))


def shown(url: str) -> str:
    """Server and name of the database."""
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - late, as above

    given = conninfo_to_dict(url)
    host = given.get("host") or given.get("hostaddr") or ""
    port = f":{given['port']}" if given.get("port") else ""
    return f"postgresql://{quote(str(host), safe='/,:[]')}{port}/{given.get('dbname') or ''}"


def reason(exc: Any) -> str | None:
    """The server's words for what it refused; None where there was no connection to say it on."""
    if exc.sqlstate is None or exc.diag.message_primary is None or exc.sqlstate[:2] in ("08", "28", "57"):
        return "a statement took too long" if exc.sqlstate == "57014" else None
    return str(exc.diag.message_primary)
