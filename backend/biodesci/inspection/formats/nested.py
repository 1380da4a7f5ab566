"""Arrow's nested columns as flat tables: a struct is several columns, a list is a table of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from biodesci.inspection.content import Item, Table
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.formats.header import distinct
from biodesci.inspection.formats.nulls import UnderNulls
from biodesci.inspection.formats.unused import Unused

Reading = Callable[[], Iterator[pa.RecordBatch]]
_ROWS: Final = 50_000  # of a batch that is handed on
_DEEPEST: Final = 12


@dataclass
class Columnar:
    """A table of Arrow's types. `reading` begins to read it anew, once for each list within.

    `labels` are what the file says of its columns.
    """

    name: str
    schema: pa.Schema
    reading: Reading
    labels: dict[str, str] = field(default_factory=dict)

    def items(self, place: str, depth: int = 0) -> Iterator[Item]:
        """The table, then those of its lists; and findings for values that nobody looked into."""
        flat, lists = _split(self.schema)
        unread: dict[str, int] = {}
        unused, under = Unused(), UnderNulls()
        if flat:
            names = distinct([name for name, _ in flat])
            columns = [pa.field(name, _plain(kind)) for name, (_, kind) in zip(names, flat, strict=True)]
            schema = pa.schema(columns)
            yield Table(self.name, schema, self._batches(schema, unread, (unused, under)), self.labels)
            yield from unused.items(place)
            yield from under.items(place)
        for index, (name, kind) in enumerate(lists):
            path = f"{self.name}.{name}" if self.name else name
            if depth == _DEEPEST:
                unread[path] = 0
                continue
            yield from Columnar(path, _element(kind, name), self._elements(index, name)).items(
                place, depth + 1
            )
        for name, rows in unread.items():
            reason = "its values are bytes or of a type that no reader here knows"
            yield Finding(f"{place}column {name!r}", "values that are not read", Level.STOP, reason, rows)

    def _batches(
        self, schema: pa.Schema, unread: dict[str, int], gathering: tuple[Unused, UnderNulls]
    ) -> Iterator[pa.RecordBatch]:
        for whole in self.reading():
            for name, column in _leaves(whole, lambda kind: not _is_nested(kind)):
                gathering[1].take_lists(name, column)
            for start in range(0, whole.num_rows, _ROWS):
                batch = whole.slice(start, _ROWS)
                columns = []
                for i, (_, column) in enumerate(_leaves(batch, _is_nested)):
                    for each in gathering:
                        each.take(schema.field(i).name, column)
                    columns.append(_as_plain(column, schema.field(i), unread))
                yield pa.RecordBatch.from_arrays(columns, schema=schema)

    def _elements(self, index: int, name: str) -> Reading:
        def reading() -> Iterator[pa.RecordBatch]:
            for batch in self.reading():
                lists = [column for _, column in _leaves(batch, lambda kind: not _is_nested(kind))]
                yield _exploded(lists[index], name)

        return reading


def _split(schema: pa.Schema) -> tuple[list[tuple[str, pa.DataType]], list[tuple[str, pa.DataType]]]:
    """(Name, type) of flat columns and of lists, structs taken apart."""
    flat: list[tuple[str, pa.DataType]] = []
    lists: list[tuple[str, pa.DataType]] = []
    waiting = [(column.name, column.type) for column in schema][::-1]
    while waiting:
        name, kind = waiting.pop()
        kind = _storage(kind)
        if pa.types.is_struct(kind):
            fields = [kind.field(i) for i in range(kind.num_fields)]
            waiting += [(f"{name}.{part.name}", part.type) for part in fields][::-1]
        else:
            (lists if _is_nested(kind) else flat).append((name, kind))
    return flat, lists


def _leaves(batch: pa.RecordBatch, left_out: Callable[[pa.DataType], bool]) -> Iterator[tuple[str, pa.Array]]:
    """The columns of a batch in the order of `_split`, structs taken apart, without those left out."""
    waiting = list(zip(batch.schema.names, batch.columns, strict=True))[::-1]
    while waiting:
        name, column = waiting.pop()
        if isinstance(column, pa.ExtensionArray):
            column = column.storage
        if pa.types.is_struct(column.type):
            parts = [column.type.field(i).name for i in range(column.type.num_fields)]
            waiting += [(f"{name}.{part}", leaf) for part, leaf in zip(parts, column.flatten(), strict=True)][
                ::-1
            ]
        elif not left_out(column.type):
            yield name, column


def _is_nested(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
        or pa.types.is_map(kind)
    )


def _element(kind: pa.DataType, name: str) -> pa.Schema:
    """The schema of a list's elements."""
    if pa.types.is_map(kind):
        return pa.schema([("key", kind.key_type), ("value", kind.item_type)])
    element = _storage(kind.value_type)
    if pa.types.is_struct(element):
        return pa.schema([element.field(i) for i in range(element.num_fields)])
    return pa.schema([(name.rsplit(".", 1)[-1], element)])


def _exploded(column: pa.Array, path: str) -> pa.RecordBatch:
    """The elements of all lists of a column, one below the other."""
    schema = _element(column.type, path)
    if pa.types.is_map(column.type):
        # A map is a list of structs; its own type has no kernel that flattens it.
        entries = pa.list_(pa.struct([("key", column.type.key_type), ("value", column.type.item_type)]))
        column = column.cast(entries)
    elements = pc.list_flatten(column)
    if isinstance(elements, pa.ExtensionArray):
        elements = elements.storage
    if pa.types.is_struct(elements.type):
        return pa.RecordBatch.from_arrays(elements.flatten(), schema=schema)
    return pa.RecordBatch.from_arrays([elements], schema=schema)


def _storage(kind: pa.DataType) -> pa.DataType:
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    )


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type that a column is handed on with: strings for whatever is a text, else its own."""
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_run_end_encoded(kind):
        return _plain(kind.value_type)
    primitive = pa.types.is_primitive(kind) or pa.types.is_decimal(kind)
    return kind if primitive else pa.string()


def _as_plain(column: pa.Array, field_: pa.Field, unread: dict[str, int]) -> pa.Array:
    try:
        if pa.types.is_run_end_encoded(column.type):
            column = pc.run_end_decode(column)
        if _is_bytes(column.type):
            column = column.cast(pa.large_binary())
            column.cast(pa.large_string()).validate(full=True)
        return column if column.type == field_.type else column.cast(field_.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        unread[field_.name] = unread.get(field_.name, 0) + len(column) - column.null_count
        return pa.nulls(len(column), field_.type)
