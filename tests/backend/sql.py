"""What a test asks of the index's database beside its rows: which statements ran, and how long they took."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from biodesci.index.database import Store
from biodesci.index.tables import DERIVED
from biodesci.store.prepared import Prepared


@contextmanager
def heard() -> Iterator[list[str]]:
    """The statements that any store runs inside, less those that begin a transaction."""
    statements: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    read = Prepared.rows

    def hear_prepared(self: Prepared, *given: Any) -> Any:
        statements.append(self.sql)
        return read(self, *given)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Prepared, "rows", hear_prepared)
            yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def steps(store: Store, read: Callable[[], object]) -> int:
    """How many tens of the database's instructions `read` takes."""
    counted: list[int] = []
    with store.snapshot() as connection:
        database: Any = connection.connection.driver_connection
        database.set_progress_handler(lambda: counted.append(1) and None, 10)
        try:
            read()
        finally:
            database.set_progress_handler(None, 0)
    return len(counted)


def derived(store: Store) -> dict[str, list[dict[str, Any]]]:
    """All rows that are derived from events, by table and in the order of its key."""
    return {
        table.name: [dict(row) for row in store.rows(select(table).order_by(*table.primary_key.columns))]
        for table in DERIVED
    }
