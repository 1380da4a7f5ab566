"""Records without a schema (JSON, XML) as tables: the first look gathers columns, the next ones read rows.

An object within a record is several columns, a list is a table of its own, and an object whose members are
all alike is a list by names ({"Anna": {...}, "Ben": {...}}): its names are values, and no columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.content import Table
from biodesci.inspection.formats.header import distinct

Record = dict[str, Any]
Row = dict[str, str | None]
_ROWS: Final = 10_000
_MOST_COLUMNS: Final = 50_000
_MOST_TABLES: Final = 200
_MOST_NAMES: Final = 1_000  # of an object, beyond which they are values
_DEEPEST: Final = 60
NAME_OF_ENTRY: Final = "name of the entry"
"""The column of the names of an object that is a list by names."""


@dataclass(frozen=True)
class Records:
    """`reading` begins anew each time, once for the columns and once for each table."""

    reading: Callable[[], Iterator[Record]]

    def tables(self) -> Iterator[Table]:
        """The records' table, then those of the lists in them. Raises InputError for too many of either."""
        columns: dict[str, dict[str, None]] = {"": {}}
        for record in self.reading():
            for table, row in _rows(record, "", 0):
                known = columns.setdefault(table, {})
                if not row.keys() <= known.keys():
                    known.update(dict.fromkeys(row))
                if len(known) > _MOST_COLUMNS or len(columns) > _MOST_TABLES:
                    raise InputError(
                        "The records have too many different fields, so that their names may be values.",
                        "Write what differs from record to record as a value, not as a field's name.",
                    )
        for table, names in columns.items():
            if names:
                schema = pa.schema([(name, pa.string()) for name in distinct(list(names))])
                yield Table(table, schema, self._batches(table, list(names), schema))

    def _batches(self, table: str, names: list[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        rows = (row for record in self.reading() for of, row in _rows(record, "", 0) if of == table)
        while kept := list(islice(rows, _ROWS)):
            columns = [pa.array([row.get(name) for row in kept], pa.string()) for name in names]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _rows(record: Record, table: str, depth: int) -> Iterator[tuple[str, Row]]:
    """(Table, row) of a record and of the lists in it."""
    if depth > _DEEPEST:
        raise InputError(
            f"A record is nested more than {_DEEPEST} levels deep.", "Write it as tables that are flat."
        )
    row: Row = {}
    lists: list[tuple[str, list[Any]]] = []
    waiting: list[tuple[str, Record]] = [("", record)]
    while waiting:
        prefix, current = waiting.pop()
        for key, value in current.items():
            name = f"{prefix}.{key}" if prefix else str(key)
            if isinstance(value, dict):
                if name.count(".") > _DEEPEST:
                    lists.append((name, [value]))
                elif is_by_name(value):
                    lists.append((name, by_name(value)))
                else:
                    waiting.append((name, value))
            elif isinstance(value, list):
                lists.append((name, value))
            else:
                row[name] = _text(value)
    if row:
        yield table, row
    for name, elements in lists:
        path = f"{table}.{name}" if table else name
        for element in elements:
            one = element if isinstance(element, dict) else {name.rsplit(".", 1)[-1]: element}
            yield from _rows(one, path, depth + 1)


def is_by_name(value: Record) -> bool:
    """Whether an object's names are values: its members are all alike, or very many."""
    if len(value) > _MOST_NAMES:
        return True
    members = list(value.values())
    if len(members) < 2 or not isinstance(members[0], dict) or not members[0]:
        return False
    return all(isinstance(member, dict) and member.keys() == members[0].keys() for member in members[1:])


def by_name(value: Record) -> list[Record]:
    """The members of an object whose names are values, each with its name."""
    return [
        {NAME_OF_ENTRY: name, **(member if isinstance(member, dict) else {"value": member})}
        for name, member in value.items()
    ]


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)
