"""Rows as events make them, in memory until they are written, many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, Update, bindparam, insert, select, update

from biodesci.core.errors import IntegrityError

_REBUILD: Final = "Read the chain anew: biodesci index rebuild."
Key = tuple[int | str, ...]
Values = dict[str, Any]


class Draft:
    """What events add and set in the derived tables, by primary key and column name.

    `from_nothing`: the tables are empty, so no row has to be looked for there before the first is written.
    """

    def __init__(self, connection: Connection, *, from_nothing: bool = False) -> None:
        self.connection = connection
        self._has_all = from_nothing
        self._added: dict[Table, dict[Key, Values]] = defaultdict(dict)
        self._set: dict[Table, dict[Key, Values]] = defaultdict(dict)
        self._read: dict[tuple[Table, Key], Values] = {}

    def add(self, table: Table, **row: Any) -> None:
        """A new row; columns that are left out are NULL. Raises IntegrityError for a key added before."""
        key = _key_of(table, row)
        if key in self._added[table]:
            raise IntegrityError(f"The log makes {table.name} {key} twice.", _REBUILD)
        self._added[table][key] = _blank(table) | row

    def put(self, table: Table, **row: Any) -> None:
        """A row, in place of the one that has its key, if there is one."""
        key = _key_of(table, row)
        if self.find(table, *key) is None:
            self.add(table, **row)
        else:
            self.set(table, *key, **row)

    def set(self, table: Table, *key: int | str, **values: Any) -> None:
        """Columns of one row; nothing, where there is no such row."""
        if (row := self._added[table].get(key)) is not None:
            row.update(values)
            return
        self._set[table].setdefault(key, {}).update(values)
        if (row := self._read.get((table, key))) is not None:
            row.update(values)

    def find(self, table: Table, *key: int | str) -> Mapping[str, Any] | None:
        """One row as it is by now."""
        row = self._added[table].get(key) or self._read.get((table, key))
        if row is not None or self._has_all:
            return row
        known = self.connection.execute(_of_key(table), _named(table, key)).mappings().first()
        if known is None:
            return None
        self._read[table, key] = {**known, **self._set[table].get(key, {})}
        return self._read[table, key]

    def get(self, table: Table, *key: int | str) -> Mapping[str, Any]:
        """One row as it is by now; raises IntegrityError where the log names what it did not make."""
        row = self.find(table, *key)
        if row is None:
            raise IntegrityError(f"The log names {table.name} {key}, which it did not make.", _REBUILD)
        return row

    def write(self) -> None:
        """Writes all of it; the draft is empty afterwards."""
        for table, added in self._added.items():
            if added:
                self.connection.execute(insert(table), list(added.values()))
        for table, changed in self._set.items():
            alike: dict[tuple[str, ...], list[Values]] = defaultdict(list)
            for key, values in changed.items():
                alike[tuple(sorted(values))].append({**_named(table, key), **values})
            for rows in alike.values():
                self.connection.execute(_update(table), rows)
        self._has_all = False
        self._added.clear()
        self._set.clear()
        self._read.clear()


@cache
def _blank(table: Table) -> Values:
    return dict.fromkeys(table.columns.keys())


@cache
def _key_columns(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key)


def _key_of(table: Table, row: Values) -> Key:
    return tuple(row[name] for name in _key_columns(table))


def _named(table: Table, key: Key) -> Values:
    return {f"key_{name}": value for name, value in zip(_key_columns(table), key, strict=True)}


def _where(table: Table) -> list[ColumnElement[bool]]:
    return [table.columns[name] == bindparam(f"key_{name}") for name in _key_columns(table)]


@cache
def _of_key(table: Table) -> Select[Any]:
    return select(table).where(*_where(table))


@cache
def _update(table: Table) -> Update:
    return update(table).where(*_where(table))
