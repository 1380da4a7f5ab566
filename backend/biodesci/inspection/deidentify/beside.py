"""What beside replaced ids and moved days would undo both: all rows are looked at before any is written."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from biodesci.inspection.content import Declared, Format, Table
from biodesci.inspection.deidentify import calendar
from biodesci.inspection.deidentify.ids import LEAST, named_like_id
from biodesci.inspection.deidentify.mend import Action
from biodesci.inspection.deidentify.plan import Plan
from biodesci.inspection.formats.cells import text
from biodesci.inspection.identifiers.spelling import spaced
from biodesci.inspection.source import Source


def gather(source: Source, format_: Format, declared: Declared, plan: Plan) -> None:
    """Takes in which ids the plan of a file's tables replaces, and whether it moves days."""
    for table in format_.read(source, declared):
        if isinstance(table, Table):
            names = [name for name in table.schema.names if plan.takes_ids(table.name, name)]
            plan.shared.moved |= bool(_moved(table, plan))
            for batch in table.batches:
                for name in names:
                    plan.shared.ids.add(_different(batch.column(name)))


def look(source: Source, format_: Format, declared: Declared, plan: Plan) -> None:
    """Tells the plan which columns, of those that would stay, hold such ids or tell a moved day."""
    for table in format_.read(source, declared):
        if isinstance(table, Table):
            columns = _Columns(table, plan)
            for batch in table.batches:
                columns.feed(batch)
            for name in columns.linked:
                plan.replace_ids(table.name, name)
            for name in columns.telling - columns.linked:
                plan.remove_telling(table.name, name)


@dataclass
class _Columns:
    """One table's columns that stay, as `plan` is by now."""

    table: Table
    plan: Plan
    linked: set[str] = field(default_factory=set)
    telling: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._moved = _moved(self.table, self.plan)
        self._stay = {
            column.name: spaced(column.name)
            for column in self.table.schema
            if _may_hold(column.type)
            and self.plan.may_tell(column.name)
            and self.plan.change(self.table.name, column.name) is None
        }
        if self._tells:
            self.telling = {name for name, words in self._stay.items() if calendar.named(words)}

    @property
    def _tells(self) -> bool:
        """Whether the days of persons of this table moved, here or in another table of the copy."""
        return self.plan.shared.moved and self.plan.moves(self.table.name)

    def feed(self, batch: pa.RecordBatch) -> None:
        """Looks at more rows."""
        days = [[text(value) for value in batch.column(name).to_pylist()] for name in self._moved]
        for name, words in self._stay.items():
            column = batch.column(name)
            if name in self.linked and (not self._tells or name in self.telling):
                continue
            different = _different(column)
            if name not in self.linked and self._holds_ids(words, different):
                self.linked.add(name)
            if self._tells and name not in self.telling and self._is_telling(words, different, column, days):
                self.telling.add(name)

    def _holds_ids(self, words: str, different: list[str]) -> bool:
        least = 1 if named_like_id(words) else LEAST
        return any(self.plan.holds_ids(value, least) for value in different)

    def _is_telling(
        self, words: str, different: list[str], column: pa.Array, days: list[list[str | None]]
    ) -> bool:
        if calendar.written(different):
            return True
        if not days or not all(value.isdigit() for value in different):
            return False
        values = [text(value) for value in column.to_pylist()]
        return any(calendar.parts(words, values, moved) for moved in days)


def _moved(table: Table, plan: Plan) -> list[str]:
    changes = {name: plan.change(table.name, name) for name in table.schema.names}
    return [name for name, change in changes.items() if change and change.action is Action.SHIFTED]


def _different(column: pa.Array) -> list[str]:
    return [made for value in pc.unique(column).to_pylist() if (made := text(value)) is not None]


def _may_hold(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
    )
