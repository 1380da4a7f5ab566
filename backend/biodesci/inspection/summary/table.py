"""A table while its batches stream by, and what the airlock lets tell of it in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import pyarrow as pa

from biodesci.core.airlock import counts, moments
from biodesci.core.airlock.differencing import NOTHING, Bar, ColumnStatistics
from biodesci.core.airlock.rules import SMALL
from biodesci.core.croissant import DescribedColumn, DescribedTable
from biodesci.core.documents.dataset_card import MAX_FIELDS, DataType
from biodesci.inspection.content import Declared, Rows
from biodesci.inspection.identifiers.persons import is_doubtful, person_column, rivals
from biodesci.inspection.schema_file import schema_file
from biodesci.inspection.summary import texts
from biodesci.inspection.summary.cells import FineCells
from biodesci.inspection.summary.column import ColumnTally
from biodesci.inspection.summary.ids import Ids, Rival, spelled
from biodesci.inspection.summary.people import Counted, People

_VALUES: Final = 500_000  # that are counted one by one, over all columns
_MOST_VALUES: Final = 10_000
_LEAST_VALUES: Final = 500
_BINS: Final = 10
_MAX_CATEGORIES: Final = 20
_LONGEST_CODE: Final = 80
_SCALE: Final = 20
"""Whole numbers of 0 to 20 are grades and counts, which may be released one by one; other
numbers of which there are so few different ones may be codes of a ward or a place, and are not."""
_OTHER: Final = "other"
_TYPES: Final[dict[str, DataType]] = {
    "boolean": "sc:Boolean",
    "date": "sc:Date",
    "time": "sc:DateTime",
    "text": "sc:Text",
}


@dataclass(frozen=True)
class TableSummary:
    """A table: its name and number of rows, which only the owner sees, the column that says whose record
    a row is, what the card tells, the columns and their types, and what the rows are: without a column of
    persons, and unless they are people, nothing is counted. `doubtful` is a column that may be of persons
    or of something else. `repeat` says whether a value of either column stands in several rows, and `unclear`
    in words why its values may be no persons', or which other column may be."""

    name: str
    records: int
    person: str | None
    table: DescribedTable
    schema: pa.Schema
    rows: Rows = Rows.UNKNOWN
    doubtful: str | None = None
    repeat: bool = False
    unclear: str | None = None

    @cached_property
    def schema_file(self) -> bytes:
        """The names and types of all columns, for everybody (schema_file.py)."""
        return schema_file(self.schema)

    @property
    def is_counted(self) -> bool:
        """Whether it is known of whom the counts are, without which none is released."""
        return self.person is not None or self.rows is Rows.PEOPLE


class Summary:
    """Sums up a table whose batches are fed one after the other, of a wide one its first columns. `kind` is
    what its rows are, by its format or its steward."""

    def __init__(self, name: str, schema: pa.Schema, declared: Declared, kind: Rows = Rows.UNKNOWN) -> None:
        self._kind = kind
        self._name, self._schema, self._declared, self._rows = name, schema, declared, 0
        width = min(len(schema), MAX_FIELDS)
        limit = max(_LEAST_VALUES, min(_MOST_VALUES, _VALUES // max(width, 1)))
        self._columns = [ColumnTally(schema.field(i).type, limit) for i in range(width)]
        self._person = person_column(schema.names, declared.person)
        self._people: People | None = None
        self._rivals: dict[int, Rival] = {}
        if self._person is not None:
            name = schema.names[self._person]
            self._people, self._ids = People(self._columns), Ids(name)
            if name != declared.person and not is_doubtful(name):
                self._rivals = {
                    i: Rival((name, schema.names[i]), is_sure=is_sure)
                    for i, is_sure in rivals(schema.names, self._person).items()
                }

    def feed(self, batch: pa.RecordBatch) -> None:
        """Takes more rows in."""
        self._rows += batch.num_rows
        rows = [column.feed(batch.column(i)) for i, column in enumerate(self._columns)]
        if self._people is not None and self._person is not None and batch.num_rows:
            ids = spelled(batch.column(self._person))
            self._ids.feed(ids)
            self._people.feed(ids, rows)
            for i, rival in self._rivals.items():
                rival.feed(ids, spelled(batch.column(i)))

    def finish(self) -> TableSummary:
        """What may be released of all rows. It can be asked once."""
        people = self._rows if self._people is None else self._people.number()
        unclear = self._unclear()
        person, doubtful = self._whose(unclear)
        if person is None and self._kind is Rows.PEOPLE:
            people = self._rows
        is_counted = person is not None or self._kind is Rows.PEOPLE
        # Where every row is of another person, rows are people, and nothing has to be counted again.
        repeated = self._people if people < self._rows else None
        columns = []
        for i, (tally, field) in enumerate(zip(self._columns, self._schema, strict=False)):
            tally.finish()
            described = _Described(tally, i, field.name in self._declared.codes, repeated)
            # Of the ids themselves nothing is released, not even how they are spread.
            columns.append(described.column(field.name, people if is_counted and i != self._person else 0))
        return TableSummary(
            name=self._name,
            records=self._rows,
            person=person,
            table=DescribedTable(
                width=len(self._schema),
                columns=tuple(columns),
                rows=counts.rounded(self._rows) if people >= SMALL else None,
                people=None if person is None else counts.released(people),
                counted="people" if person is not None else "people, a row each" if is_counted else None,
                sampled=self._people is not None and self._people.halved > 0,
            ),
            schema=self._schema,
            rows=self._kind,
            doubtful=doubtful,
            repeat=self._people is not None and self._people.repeat,
            unclear=unclear,
        )

    def _unclear(self) -> str | None:
        """Why the values of the column of persons may be others', in words."""
        if self._people is None:
            return None
        doubts = (self._ids.doubt(), *(rival.doubt() for rival in self._rivals.values()))
        return next((doubt for doubt in doubts if doubt is not None), None)

    def _whose(self, unclear: str | None) -> tuple[str | None, str | None]:
        """The name of the column of persons, or else of one that may be of them."""
        if self._person is None:
            return None, None
        name = str(self._schema.names[self._person])
        is_sure = unclear is None and not is_doubtful(name)
        return (name, None) if name == self._declared.person or is_sure else (None, name)


class _Described:
    """What may be released of one column. `repeated` counts people where they have several rows."""

    def __init__(self, tally: ColumnTally, index: int, is_code: bool, repeated: People | None) -> None:
        self._tally, self._index, self._is_code, self._repeated = tally, index, is_code, repeated

    def column(self, name: str, people: int) -> DescribedColumn:
        """As the card has it; without statistics where fewer than 11 people have a value."""
        return DescribedColumn(name, self._type(), self._released() if people >= SMALL else NOTHING)

    def _type(self) -> DataType:
        cells = self._tally.cells
        if self._tally.kind == "number" and cells is not None:
            return "sc:Integer" if cells.whole else "sc:Float"
        return _TYPES.get(self._tally.kind, "sc:Text")

    def _released(self) -> ColumnStatistics:
        values, cells = self._tally.values, self._tally.cells
        if values and (self._is_code or texts.is_closed(values)):
            if max(map(len, values)) <= _LONGEST_CODE:
                return self._categories()
        elif cells is not None and cells.usable and _may_be_binned(cells):
            return self._numbers(cells)
        counted = self._rows({}) if self._repeated is None else self._repeated.presence(self._index)
        if counted.present < SMALL:
            return NOTHING
        distinct = self._tally.distinct
        return ColumnStatistics(_share(counted), None if distinct is None else counts.released(distinct))

    def _categories(self) -> ColumnStatistics:
        by_value = self._rows(self._tally.values or {})
        if self._repeated is not None:
            by_value = self._repeated.values(self._index)
        if by_value.present < SMALL:
            return NOTHING
        common = sorted(by_value.cells.items(), key=lambda item: (-item[1], item[0]))[:_MAX_CATEGORIES]
        named = sorted(value for value, count in common if count >= SMALL and value != _OTHER)
        if self._repeated is None:
            rest = sum(count for value, count in by_value.cells.items() if value not in named)
        else:
            rest = self._repeated.others(self._index, named)
        labels = [*named, _OTHER] if rest else named
        table = [*(by_value.cells[value] for value in named), *([rest] if rest else [])]
        released, missing = _table(table, by_value)
        return ColumnStatistics(
            missing, bars=tuple(Bar(label, None, None, n) for label, n in zip(labels, released, strict=True))
        )

    def _numbers(self, cells: FineCells) -> ColumnStatistics:
        step = cells.step(_BINS if cells.filled > _SCALE else _SCALE + 1)
        of_rows = cells.bins(step)
        counted = self._rows(of_rows)
        if self._repeated is not None:
            counted = self._repeated.bins(self._index, cells, step)
        if counted.present < SMALL:
            return NOTHING
        released, missing = _table([counted.cells.get(i, 0) for i in of_rows], counted)
        bars = [
            Bar(None, cells.edge(i, step), cells.edge(i + 1, step), count)
            for i, count in zip(of_rows, released, strict=True)
        ]
        visible = {i for i, count in zip(of_rows, released, strict=True) if count is not None}
        # A person with many rows would weigh more than others, so moments are of one row a person.
        released_moments = moments.released(cells.inside(visible, step)) if self._repeated is None else None
        return ColumnStatistics(missing, moments=released_moments, bars=_trimmed(bars))

    def _rows(self, cells: Mapping[Any, int]) -> Counted:
        return Counted(cells, self._tally.rows - self._tally.missing, self._tally.missing)


def _share(counted: Counted) -> float | None:
    return counts.released_share(counted.missing, counted.missing + counted.present)


def _table(table: Sequence[int], counted: Counted) -> tuple[list[int | None], float | None]:
    """The cells as they are released, and the share that is missing, which is one of the cells where it
    is not released as "fewer than 11" anyway."""
    if counted.missing < SMALL:
        return counts.released_table(table), _share(counted)
    *released, last = counts.released_table([*table, counted.missing])
    return released, None if last is None else _share(counted)


def _may_be_binned(cells: FineCells) -> bool:
    is_scale = cells.whole and cells.low >= 0 and cells.high <= _SCALE
    return is_scale or cells.filled > _SCALE


def _trimmed(bars: Sequence[Bar]) -> tuple[Bar, ...]:
    """Without hidden cells at the ends: where they begin and end is almost an extreme value."""
    visible = [i for i, bar in enumerate(bars) if bar.count is not None]
    if not visible:
        return ()
    kept = tuple(bars[visible[0] : visible[-1] + 1])
    assert all(before.high == after.low for before, after in pairwise(kept)), "bins are side by side"
    return kept
