"""What differs between databases: how one is opened and locked, and how it keeps numbers and words.

A database is a file of SQLite's, or PostgreSQL's by its URL. Readers go on while one writes; the next to
write waits for the one before. No error, log line or `repr` holds a URL: it may have a password in it.
"""

from __future__ import annotations

import errno
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from sqlalchemy import BigInteger, Engine, Integer, Numeric, Text
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from biodesci.core import files
from biodesci.core.errors import ConfigurationError
from biodesci.core.pauses import Seldom
from biodesci.store import postgresql, refusals, sqlite

Location: TypeAlias = Path | str  # a file of SQLite's; or a URL, postgresql://..

_log = logging.getLogger(__name__)
_silences = Seldom()  # who asks each second would say so each second
_DIGITS: Final = 78  # of 2**256

# Options of tables, which other databases leave aside: values are of their column's type, and rows with a key
# of several columns lie in the order of that key.
TYPED: Final[dict[str, Any]] = {"sqlite_strict": True}
KEYED: Final[dict[str, Any]] = {"sqlite_strict": True, "sqlite_with_rowid": False}

# 64 bits. Only a column of the type INTEGER can be SQLite's own key of a table.
Whole = BigInteger().with_variant(Integer(), "sqlite")


@dataclass(frozen=True, slots=True)
class Part:
    """One of the databases of this program: in PostgreSQL a schema apart from the others."""

    schema: str
    durable: bool  # a power cut takes nothing that was committed; what can be read anew is written faster


INDEX: Final = Part("biodesci_index", durable=False)
WORK: Final = Part("biodesci_work", durable=True)


class Amount(TypeDecorator[int]):
    """A uint256, exact, and sorted as a number: SQLite, whose integers have 64 bits, keeps its 78 digits."""

    impl = Numeric(_DIGITS, 0)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, whose integers have 64 bits; elsewhere a decimal without a fraction."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric(_DIGITS, 0))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | int | None:
        """The number as the column keeps it; on SQLite padded with zeros, so that text sorts as numbers do.

        Raises ValueError outside 0 .. 2²⁵⁶ - 1, the range of an EVM uint256.
        """
        if value is not None and not 0 <= value < 1 << 256:
            raise ValueError("An amount is a whole number below 2**256.")
        return f"{value:0{_DIGITS}}" if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        """The number that a column holds, or None."""
        return None if value is None else int(value)


class Words(TypeDecorator[str]):
    """Text, sorted by its bytes. PostgreSQL takes no NUL, which a stranger may have put into it: it becomes
    U+FFFD, on SQLite too, so that both have the same rows."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """On PostgreSQL in the order of bytes, as SQLite's, whatever the database's language is."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Text(collation="C"))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text as the column keeps it."""
        return value if value is None else value.replace("\0", "\N{REPLACEMENT CHARACTER}")


# What SQLite calls it: of the file itself, of the log beside it, and of what readers share.
_FULL: Final = {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_FSYNC"}


# No connection, no resources, stopped by its operator (PostgreSQL, appendix A); another process is at it.
_PASSING_STATES: Final = ("08", "53", "57")
_PASSING: Final = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_NOMEM")


class now_ms(FunctionElement[int]):
    """The database's own time, in milliseconds since 1970: of instances on several machines none is asked."""

    type = BigInteger()
    inherit_cache = True


@compiles(now_ms, "sqlite")
def _now_sqlite(*_: Any, **__: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"


@compiles(now_ms, "postgresql")
def _now_postgresql(*_: Any, **__: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"  # not the transaction's beginning


def for_writing(location: Location, part: Part) -> Engine:
    """Makes SQLite's file where there is none. Each transaction has the right to write from its beginning."""
    if isinstance(location, Path):
        return sqlite.for_writing(location, durable=part.durable)
    return postgresql.for_writing(location, part.schema, durable=part.durable)


def for_reading(location: Location, part: Part) -> Engine:
    """As many connections as there are readers, none of which can write or make the database.

    What a transaction reads is of one moment, whatever is written meanwhile.
    """
    if isinstance(location, Path):
        return sqlite.for_reading(location)
    return postgresql.for_reading(location, part.schema)


def prepare(location: Location) -> None:
    """Makes the folder that a file of SQLite's lies in. Raises OSError where that cannot be."""
    if isinstance(location, Path):
        location.parent.mkdir(parents=True, exist_ok=True, mode=0o700)


def make_schema(connection: Connection, part: Part) -> None:
    """On PostgreSQL the part's schema, where it is not there yet.

    Raises ConfigurationError for a database that does not keep text as UTF-8.
    """
    if connection.dialect.name == "postgresql":
        postgresql.make_schema(connection, part.schema)


def exists(location: Location) -> bool:
    """Whether SQLite's file is there; of PostgreSQL only a connection can tell, so True."""
    return location.exists() if isinstance(location, Path) else True


def shown(location: Location) -> str:
    """What is said of where the database is, without user or password."""
    return str(location) if isinstance(location, Path) else postgresql.shown(location)


def reason(exc: DBAPIError | PoolTimeout | OSError) -> str:
    """The database's words, without the statement, its values, and where it is: strangers read them.

    What PostgreSQL says of a connection that fails names server and user; it goes to the log alone.
    """
    if isinstance(exc, PoolTimeout):
        return "all of this process's connections to it are in use"
    if isinstance(exc, OSError) or exc.orig is None:
        return str(exc.strerror if isinstance(exc, OSError) else "the database does not answer")
    if not hasattr(exc.orig, "sqlstate"):
        return str(exc.orig)
    words, refused = postgresql.reason(exc.orig), refusals.of(exc.orig)
    if words is None and _silences.is_due(full := " ".join(str(exc.orig).split())):
        _log.warning("PostgreSQL: %s", full)
    return refused.reason if refused else words or "the database does not answer"


def advice(exc: DBAPIError | PoolTimeout | OSError) -> str:
    """What a person does about it."""
    orig = getattr(exc, "orig", None)
    refused = refusals.of(orig) if hasattr(orig, "sqlstate") else None
    return refused.advice if refused else "Check that it is there, free space, and who may write it."


def is_full(exc: DBAPIError | PoolTimeout | OSError) -> bool:
    """Whether the disk refused to take more: it is full, or a limit of the system's says so."""
    if isinstance(exc, OSError):
        return files.is_full(exc)
    orig = getattr(exc, "orig", None)
    return getattr(orig, "sqlite_errorname", "") in _FULL or getattr(orig, "sqlstate", None) == "53100"


def may_pass(exc: DBAPIError | PoolTimeout | OSError) -> bool:
    """Whether it may be over by itself, or once there is space: so a worker waits, and does not end."""
    if isinstance(exc, OSError):
        return is_full(exc) or exc.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR)
    orig = getattr(exc, "orig", None)
    if orig is None or is_full(exc):
        return True
    if isinstance(orig.__cause__, OSError):
        return may_pass(orig.__cause__)
    if hasattr(orig, "sqlstate"):
        return orig.sqlstate is None or orig.sqlstate[:2] in _PASSING_STATES
    return str(getattr(orig, "sqlite_errorname", "")).startswith(_PASSING)


def check(location: Location) -> None:
    """Raises ConfigurationError for a text that is no URL of PostgreSQL's."""
    if isinstance(location, str) and not postgresql.is_url(location):
        raise ConfigurationError(
            "DATABASE_URL is no URL of a PostgreSQL database.",
            "It should be like postgresql://USER@HOST:PORT/NAME; without it, SQLite is used.",
        )
