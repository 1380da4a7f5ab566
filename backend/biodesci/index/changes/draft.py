"""Rows as events make them, in memory until they are written, many at a time.

Each event is applied as a whole or not at all. Of blocks that a reorganisation may yet take away, the rows as
they were before are kept (`images`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple, Self

from sqlalchemy import Connection, Table

from biodesci.core.errors import IntegrityError
from biodesci.index.tables import documents, wanted
from biodesci.store.engine import Amount, Whole
from biodesci.store.rows import Key, insert_rows, keys_of, rows_of, update_rows

Values = dict[str, Any]
_LOWEST: Final = -(1 << 63)  # of what a column for whole numbers holds
_HIGHEST: Final = (1 << 63) - 1


class NotMadeError(IntegrityError):
    """The log names what it did not make: a log before this one is missing."""


class Image(NamedTuple):
    """A row as it was before `block` changed it; None where there was none."""

    block: int
    table: Table
    key: Key
    row: Values | None


class Draft:
    """What events add and set in the derived tables, by primary key and column name.

    `from_nothing`: the tables are empty, so no row has to be looked for there before the first is written.
    Images are kept of what changes in blocks above `certain`.
    """

    def __init__(
        self, connection: Connection, *, from_nothing: bool = False, certain: int | None = None
    ) -> None:
        self.connection = connection
        self.images: list[Image] = []
        self._has_all = from_nothing
        self._certain = certain
        self._rows: dict[Table, dict[Key, Values | None]] = defaultdict(dict)  # None: there is none
        self._added: dict[Table, dict[Key, Values]] = defaultdict(dict)
        self._changed: dict[Table, dict[Key, Values]] = defaultdict(dict)
        self._wanted: dict[Table, dict[Key, tuple[int, Values]]] = defaultdict(dict)
        self._block = 0
        self._of_block: set[tuple[Table, Key]] = set()
        # Of the event that is being applied: rows as they were before it, and what it wants.
        self._before: dict[tuple[Table, Key], Values | None] = {}
        self._wants: list[tuple[Table, Key, Values]] = []

    def event(self, block: int) -> Self:
        """What is changed in a `with` is taken back where that raises."""
        if block != self._block:
            self._block = block
            self._of_block.clear()
        return self

    def __enter__(self) -> None:
        """An event of the block that `event` named begins."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """It is applied as a whole, or not at all."""
        if kind is None:
            self._keep()
        else:
            for (table, key), row in reversed(self._before.items()):
                self._restore(table, key, row)
        self._before = {}
        self._wants = []

    def _keep(self) -> None:
        for table, key, row in self._wants:
            self._wanted[table].setdefault(key, (self._block, row))
        if self._certain is not None and self._block > self._certain:
            for place, before in self._before.items():
                if place not in self._of_block:
                    self._of_block.add(place)
                    self.images.append(Image(self._block, *place, before))

    def _restore(self, table: Table, key: Key, before: Values | None) -> None:
        self._rows[table][key] = before
        if before is None:
            self._added[table].pop(key, None)
        elif key in self._added[table]:
            self._added[table][key] = before
        else:
            self._changed[table][key] = before  # as it was, which is written once more at worst

    def _touch(self, table: Table, key: Key, row: Values | None) -> None:
        # A row is never changed in place: one that another takes the place of stays as it was.
        if (table, key) not in self._before:
            self._before[table, key] = row

    def add(self, table: Table, **row: Any) -> None:
        """A new row; columns that are left out are NULL.

        Raises IntegrityError for a key added before, and for a value that its column cannot hold.
        """
        key = _key_of(table, row)
        if self.find(table, *key) is not None:
            raise IntegrityError(f"The log makes {table.name} {_shown(key)} twice.")
        whole = _blank(table) | row
        _check(table, whole)
        self._touch(table, key, None)
        self._rows[table][key] = self._added[table][key] = whole

    def put(self, table: Table, **row: Any) -> None:
        """A row, in place of the one that has its key, if there is one."""
        key = _key_of(table, row)
        if self.find(table, *key) is None:
            self.add(table, **row)
        else:
            self.set(table, *key, **row)

    def set(self, table: Table, *key: int | str, **values: Any) -> None:
        """Columns of one row. Raises NotMadeError where the log did not make it."""
        row = self._get(table, key)
        _check(table, values)
        changed = {**row, **values}
        self._touch(table, key, row)
        self._rows[table][key] = changed
        (self._added if key in self._added[table] else self._changed)[table][key] = changed

    def find(self, table: Table, *key: int | str) -> Mapping[str, Any] | None:
        """One row as it is by now."""
        return self._find(table, key)

    def _find(self, table: Table, key: Key) -> Values | None:
        rows = self._rows[table]
        if key not in rows:
            if self._has_all or not _is_possible(key):
                return None
            self.load(table, [key])
        return rows[key]

    def get(self, table: Table, *key: int | str) -> Mapping[str, Any]:
        """One row as it is by now; raises NotMadeError where the log did not make it."""
        return self._get(table, key)

    def _get(self, table: Table, key: Key) -> Values:
        row = self._find(table, key)
        if row is None:
            raise NotMadeError(f"The log names {table.name} {_shown(key)}, which it did not make.")
        return row

    def want(self, table: Table, *key: str, **values: Any) -> None:
        """A row of a table beside the log, where there is none yet: something to be read elsewhere."""
        self._wants.append((table, key, dict(zip(_key_columns(table), key, strict=True)) | values))

    def load(self, table: Table, keys: Iterable[Key]) -> None:
        """Reads rows that `find` will be asked for, many at a time."""
        rows = self._rows[table]
        missing = _possible([key for key in dict.fromkeys(keys) if key not in rows])
        if self._has_all:
            return
        rows.update(dict.fromkeys(missing))
        for row in rows_of(self.connection, table, missing):
            rows[_key_of(table, row)] = row

    def flush(self, *tables: Table) -> None:
        """Writes what there is of these tables, for an event that asks the database.

        Inside an event this comes before its first change: it could not be taken back.
        """
        if self._before:
            raise RuntimeError("An event writes before it changes rows, or not at all.")
        for table in tables:
            if added := self._added.pop(table, None):
                insert_rows(self.connection, table, added.values())
            if changed := self._changed.pop(table, None):
                update_rows(self.connection, table, changed.values())

    def write(self) -> None:
        """Writes all of it; the draft is empty afterwards, but for its images."""
        self.flush(*dict.fromkeys([*self._added, *self._changed]))
        for table, rows_by_key in self._wanted.items():
            self._write_wanted(table, rows_by_key)
        self._wanted.clear()
        self._rows.clear()
        self._has_all = False

    def _write_wanted(self, table: Table, rows_by_key: dict[Key, tuple[int, Values]]) -> None:
        there = keys_of(self.connection, table, list(rows_by_key))
        if table is wanted:
            there |= keys_of(self.connection, documents, list(rows_by_key))
        new = {key: one for key, one in rows_by_key.items() if key not in there}
        if not new:
            return
        insert_rows(self.connection, table, [row for _, row in new.values()])
        if self._certain is not None:
            self.images += [
                Image(block, table, key, None) for key, (block, _) in new.items() if block > self._certain
            ]


@dataclass(frozen=True)
class _Limits:
    required: frozenset[str]
    whole: frozenset[str]
    amounts: frozenset[str]


@cache
def _limits(table: Table) -> _Limits:
    return _Limits(
        frozenset(column.name for column in table.columns if not column.nullable),
        frozenset(column.name for column in table.columns if column.type is Whole),
        frozenset(column.name for column in table.columns if isinstance(column.type, Amount)),
    )


def _check(table: Table, values: Values) -> None:
    """What the database would refuse later, with all that is written beside it."""
    limits = _limits(table)
    for name, value in values.items():
        if value is None:
            if name in limits.required:
                raise IntegrityError(f"The event says no {name} of {table.name}.")
        elif name in limits.whole:
            if not _LOWEST <= value <= _HIGHEST:
                raise IntegrityError(f"The {name} of {table.name} has more than 64 bits.")
        elif name in limits.amounts and not 0 <= value < 1 << 256:
            raise IntegrityError(f"The {name} of {table.name} is no amount.")


def _is_possible(key: Key) -> bool:
    """Anybody may name a number that no row can have."""
    return all(not isinstance(part, int) or _LOWEST <= part <= _HIGHEST for part in key)


def _possible(keys: list[Key]) -> list[Key]:
    """Those that a row can have; mostly it is seen of all together that they are all of them."""
    numbers = [part for key in keys for part in key if isinstance(part, int)]
    if not numbers or (min(numbers) >= _LOWEST and max(numbers) <= _HIGHEST):
        return keys
    return list(filter(_is_possible, keys))


def _shown(key: Key) -> str:
    return "-".join(map(str, key))


@cache
def _blank(table: Table) -> Values:
    return dict.fromkeys(table.columns.keys())


@cache
def _key_columns(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key)


def _key_of(table: Table, row: Values) -> Key:
    return tuple([row[name] for name in _key_columns(table)])
