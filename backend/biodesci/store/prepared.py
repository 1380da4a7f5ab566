"""Reading statements that are compiled once for SQLite: a small one costs a fifth of SQLAlchemy's own way.

It is for statements that are made once and kept, and for what an open transaction reads.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, SelectBase
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

_Processor = Callable[[Any], Any]


class Prepared:
    """A statement as the driver takes it, and what makes its values the driver's and back."""

    def __init__(self, statement: SelectBase, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())
        binds = compiled.binds
        self._fixed = {name: binds[name].value for name in self._names if not binds[name].required}
        self._lists = [name for name in dict.fromkeys(self._names) if binds[name].expanding]
        self._to_driver = {name: _impl(binds[name].type, dialect).bind_processor(dialect) for name in binds}
        kinds = [_impl(column.type, dialect) for column in statement.selected_columns]
        made = ((at, kind.result_processor(dialect, None)) for at, kind in enumerate(kinds))
        self._from_driver = [(at, one) for at, one in made if one is not None]

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows by column name. Raises DBAPIError as SQLAlchemy does."""
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        sql, values = self._with(parameters)
        try:
            cursor = driver.execute(sql, values)
            names = [column[0] for column in cursor.description]
            found = cursor.fetchall()
        except sqlite3.Error as exc:
            raise DBAPIError.instance(self.sql, None, exc, sqlite3.Error, hide_parameters=True) from exc
        if self._from_driver:
            found = [self._processed(row) for row in found]
        return [dict(zip(names, row, strict=True)) for row in found]

    def _with(self, parameters: Mapping[str, Any]) -> tuple[str, list[Any]]:
        sql, values, given = self.sql, list[Any](), {**self._fixed, **parameters}
        for name in self._lists:
            marks = ", ".join("?" * len(given[name]))
            sql = sql.replace(f"__[POSTCOMPILE_{name}]", marks)
        for name in self._names:
            value: Any = given[name]
            several: Sequence[Any] = value if name in self._lists else (value,)
            process = self._to_driver[name]
            values.extend(several if process is None else map(process, several))
        return sql, values

    def _processed(self, row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for at, process in self._from_driver:
            values[at] = process(values[at])
        return values


def _impl(kind: TypeEngine[Any], dialect: Dialect) -> Any:
    return kind.dialect_impl(dialect)


_prepared: Final[WeakKeyDictionary[SelectBase, Prepared]] = WeakKeyDictionary()


def rows(
    connection: Connection, statement: SelectBase, parameters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What `statement` reads in the connection's transaction, which SQLite's file is behind."""
    known = _prepared.get(statement)
    if known is None:
        known = _prepared[statement] = Prepared(statement, connection.dialect)
    return known.rows(connection, parameters)
