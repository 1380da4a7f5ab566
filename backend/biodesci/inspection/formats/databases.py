"""SQLite and DuckDB files: every table of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Table
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.formats import whole
from biodesci.inspection.formats.cells import batches
from biodesci.inspection.formats.header import distinct
from biodesci.inspection.formats.nested import Columnar
from biodesci.inspection.source import Source

_ROWS: Final = 50_000


class Sqlite:
    """SQLite databases."""

    name = "SQLite"
    media_type = "application/vnd.sqlite3"

    def recognises(self, source: Source) -> bool:
        """By the magic bytes."""
        return source.head.startswith(b"SQLite format 3\0")

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """A table of strings for each of its tables; views show what the tables hold."""
        with source.on_disk() as path, _damaged(source, self.name, sqlite3.Error):
            uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
            with closing(sqlite3.connect(uri, uri=True)) as database:
                yield from self._tables(database, source)
        yield whole.residue(self, source, declared)

    def _tables(self, database: sqlite3.Connection, source: Source) -> Iterator[Item]:
        place = source.where or "database"
        database.text_factory = lambda raw: raw.decode("utf-8", "replace")
        listed = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        for (table,) in database.execute(listed).fetchall():
            quoted = '"' + table.replace('"', '""') + '"'
            cursor = database.execute(f"SELECT * FROM {quoted}")  # noqa: S608  # quoted, and read only
            names = distinct([column[0] for column in cursor.description])
            unread: dict[str, int] = {}
            rows = self._rows(cursor, names, unread, source)
            yield Table(table, pa.schema([(n, pa.string()) for n in names]), batches(rows, names))
            for name, count in unread.items():
                reason = "its values are bytes that are no text"
                where = f"{place}, {table}: column {name!r}"
                yield Finding(where, "values that are not read", Level.STOP, reason, count)
        if database.execute("PRAGMA freelist_count").fetchone()[0]:
            reason = "pages of deleted rows are still in the file: run VACUUM, then repeat"
            yield Finding(place, "deleted rows", Level.STOP, reason)

    def _rows(
        self, cursor: sqlite3.Cursor, names: list[str], unread: dict[str, int], source: Source
    ) -> Iterator[list[object]]:
        with _damaged(source, self.name, sqlite3.Error):
            for row in cursor:
                yield _values(row, names, unread)


class DuckDb:
    """DuckDB databases."""

    name = "DuckDB"
    media_type = "application/x-duckdb"

    def recognises(self, source: Source) -> bool:
        """By the magic bytes, which follow a checksum."""
        return source.head[8:12] == b"DUCK"

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """A table for each of its tables, lists in them as further ones."""
        import duckdb  # noqa: PLC0415  # a large library that other formats don't need

        listed = "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal ORDER BY ALL"
        with (
            source.on_disk() as path,
            _damaged(source, self.name, duckdb.Error),
            duckdb.connect(str(path), read_only=True, config=_closed()) as database,
        ):
            for schema, table in database.execute(listed).fetchall():
                yield from _duckdb_table(database, schema, table, source)
        yield whole.residue(self, source, declared)


def _closed() -> dict[str, str | bool | int | float | list[str]]:
    """Settings that keep a stranger's database from reading other files or loading code."""
    return {
        "enable_external_access": "false",
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "threads": "1",
        "memory_limit": "256MB",
    }


def _duckdb_table(database: Any, schema: str, table: str, source: Source) -> Iterator[Item]:
    import duckdb  # noqa: PLC0415  # as above

    quoted = ".".join('"' + name.replace('"', '""') + '"' for name in (schema, table))

    def reading() -> Iterator[pa.RecordBatch]:
        with _damaged(source, DuckDb.name, duckdb.Error):
            yield from database.cursor().sql(query).to_arrow_reader(_ROWS)

    query = f"SELECT * FROM {quoted}"  # noqa: S608  # quoted, and read only
    name = table if schema == "main" else f"{schema}.{table}"
    place = f"{source.where}, {name}: " if source.where else f"{name}: "
    columns = database.cursor().sql(f"{query} LIMIT 0").to_arrow_reader().schema
    yield from Columnar(name, columns, reading).items(place)


def _values(row: tuple[object, ...], names: list[str], unread: dict[str, int]) -> list[object]:
    values = list(row)
    for index, value in enumerate(values):
        if isinstance(value, bytes):
            try:
                values[index] = value.decode()
            except UnicodeDecodeError:
                unread[names[index]] = unread.get(names[index], 0) + 1
                values[index] = None
    return values


@contextmanager
def _damaged(source: Source, name: str, refusal: type[Exception]) -> Iterator[None]:
    """Says of a database that its library fails to read that it is damaged."""
    try:
        yield
    except (refusal, UnicodeDecodeError) as refused:
        raise InputError(
            f"{source.where or 'The file'} begins as {name} does, and can't be read: it is damaged, locked "
            "or of another release.",
            "Close the program that has it open; if that doesn't help, export its tables as Parquet or CSV.",
        ) from refused
