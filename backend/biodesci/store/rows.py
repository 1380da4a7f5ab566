"""Rows in and out by the driver itself, many at a time.

SQLAlchemy handles each value of each row; that takes several times as long as the database, and catching up
with a chain is little else. One statement a table is made once; keys come as one parameter, however many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import Any, Final

import orjson
from sqlalchemy import Column, Connection, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeDecorator

from biodesci.store.engine import Amount, Whole, Words

Key = tuple[int | str, ...]
_Convert = Callable[[Any], Any]
_AT_ONCE: Final = 5_000  # keys in one statement
_ROWS: Final = 200  # in one statement of SQLite's, which takes 32,766 values


@dataclass(frozen=True)
class _Statements:
    """`into`: by column, what its values become on their way; `out_of`: what one becomes on its way back."""

    columns: tuple[str, ...]
    keys: tuple[str, ...]
    into: Mapping[str, Callable[[Sequence[Any]], Sequence[Any]]]
    out_of: tuple[tuple[str, _Convert], ...]
    insert: str
    insert_many: str
    update: str
    select: str
    select_keys: str


_made: Final[dict[tuple[Table, str], _Statements]] = {}


def insert_rows(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Adds whole rows, by column name. Raises what SQLAlchemy raises of the database."""
    of = _statements(connection, table)
    _insert(connection, of, list(map(itemgetter(*of.columns), rows)))


def insert_tuples(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """As `insert_rows`, each row with all of the table's columns in their order."""
    _insert(connection, _statements(connection, table), rows)


def update_rows(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Sets all columns of rows that are there, by primary key; nothing of a row that is not."""
    of = _statements(connection, table)
    rest = tuple(name for name in of.columns if name not in of.keys)
    names = (*rest, *of.keys)
    if rest and (values := _into(of, names, list(map(itemgetter(*names), rows)))):
        connection.exec_driver_sql(of.update, values)


def rows_of(connection: Connection, table: Table, keys: Sequence[Key]) -> Iterator[dict[str, Any]]:
    """The rows of these primary keys that there are, in no order."""
    of = _statements(connection, table)
    for values in _asked(connection, of.select, keys):
        row = dict(zip(of.columns, values, strict=True))
        for name, convert in of.out_of:
            row[name] = convert(row[name])
        yield row


def keys_of(connection: Connection, table: Table, keys: Sequence[Key]) -> set[Key]:
    """Those of these primary keys that there are."""
    of = _statements(connection, table)
    return {tuple(values) for values in _asked(connection, of.select_keys, keys)}


def _asked(connection: Connection, statement: str, keys: Sequence[Key]) -> Iterator[Any]:
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        if connection.dialect.name == "sqlite":
            parameters: tuple[Any, ...] = (orjson.dumps(some).decode(),)
        else:
            parameters = tuple(list(column) for column in zip(*some, strict=True))
        yield from connection.exec_driver_sql(statement, parameters).all()


def _insert(connection: Connection, of: _Statements, rows: Sequence[Sequence[Any]]) -> None:
    rows, together = _into(of, of.columns, rows), len(rows) // _ROWS * _ROWS
    if connection.dialect.name == "sqlite":
        # The driver lets other threads run while a statement does, and stops them for each.
        for start in range(0, together, _ROWS):
            values = tuple(chain.from_iterable(rows[start : start + _ROWS]))
            connection.exec_driver_sql(of.insert_many, values)
    elif together:
        _copy(connection, of.insert_many, rows[:together])
    if len(rows) > together:
        connection.exec_driver_sql(of.insert, rows[together:])


def _copy(connection: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """PostgreSQL takes many rows several times as fast so as by an INSERT for each."""
    driver: Any = connection.connection
    known = connection.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except known as exc:
        raise DBAPIError.instance(statement, None, exc, known, hide_parameters=True) from exc


def _into(of: _Statements, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """With each value as its column keeps it."""
    columns: list[Any] = list(zip(*rows, strict=True))
    for place, name in enumerate(names):
        if columns and (convert := of.into.get(name)) is not None:
            columns[place] = convert(columns[place])
    return list(zip(*columns, strict=True))


def _statements(connection: Connection, table: Table) -> _Statements:
    place = (table, connection.dialect.name)
    if place not in _made:
        _made[place] = _make(connection, table)
    return _made[place]


def _make(connection: Connection, table: Table) -> _Statements:
    dialect = connection.dialect
    quote = dialect.identifier_preparer.quote
    is_sqlite = dialect.name == "sqlite"
    mark = "?" if is_sqlite else "%s"
    keys = list(table.primary_key.columns)
    rest = [column for column in table.columns if not column.primary_key]
    name = quote(table.name)
    listed = ", ".join(quote(column.name) for column in table.columns)
    marks = ", ".join(mark for _ in table.columns)
    values = ", ".join(f"{quote(column.name)} = {mark}" for column in rest)
    standing = " AND ".join(f"{quote(column.name)} = {mark}" for column in keys)
    many = f"COPY {name} ({listed}) FROM STDIN"
    if is_sqlite:
        many = f"INSERT INTO {name} ({listed}) VALUES {', '.join([f'({marks})'] * _ROWS)}"  # noqa: S608
    select = partial(_select_sqlite if is_sqlite else _select_postgresql, table, quote)
    kinds = {column.name: column.type for column in table.columns}
    return _Statements(
        tuple(table.columns.keys()),
        tuple(column.name for column in keys),
        {
            column: partial(_converted, kind, dialect)
            for column, kind in kinds.items()
            if isinstance(kind, TypeDecorator)
        },
        tuple(
            (column, partial(kind.process_result_value, dialect=dialect))
            for column, kind in kinds.items()
            if isinstance(kind, Amount)
        ),
        f"INSERT INTO {name} ({listed}) VALUES ({marks})",  # noqa: S608 - names of ours
        many,
        f"UPDATE {name} SET {values} WHERE {standing}",  # noqa: S608 - as above
        select([column.name for column in table.columns]),
        select([column.name for column in keys]),
    )


def _converted(kind: TypeDecorator[Any], dialect: Dialect, values: Sequence[Any]) -> Sequence[Any]:
    """As the column keeps them. Most words are kept as they are, which is quicker seen of all together."""
    if isinstance(kind, Words) and "\0" not in "".join([value for value in values if value is not None]):
        return values
    return [kind.process_bind_param(value, dialect) for value in values]


def _select_sqlite(table: Table, quote: Callable[[str], str], names: Sequence[str]) -> str:
    """By a JSON array of keys, each an array. CROSS JOIN: the keys first, then each row by its key."""
    listed = ", ".join(f"t.{quote(name)}" for name in names)
    standing = " AND ".join(
        f"t.{quote(column.name)} = json_extract(k.value, '$[{place}]')"
        for place, column in enumerate(table.primary_key.columns)
    )
    name = quote(table.name)
    return f"SELECT {listed} FROM json_each(?) k CROSS JOIN {name} t ON {standing}"  # noqa: S608 - as above


def _select_postgresql(table: Table, quote: Callable[[str], str], names: Sequence[str]) -> str:
    """By an array for each column of the key. OFFSET 0 keeps the planner from reading the table first."""
    keys = list(table.primary_key.columns)
    listed = ", ".join(f"t.{quote(name)}" for name in names)
    arrays = ", ".join(f"%s::{_array_of(column)}" for column in keys)
    named = ", ".join(f"k{place}" for place in range(len(keys)))
    standing = " AND ".join(f"{quote(column.name)} = k{place}" for place, column in enumerate(keys))
    found = f"SELECT * FROM {quote(table.name)} WHERE {standing} OFFSET 0"  # noqa: S608 - names of ours
    return f"SELECT {listed} FROM unnest({arrays}) AS k ({named}) CROSS JOIN LATERAL ({found}) AS t"  # noqa: S608


def _array_of(column: Column[Any]) -> str:
    return "bigint[]" if column.type is Whole else "text[]"
