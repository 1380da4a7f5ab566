"""Parquet, Arrow, ORC: each column is copied as it is, or mended; fields within fields and lists, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from biodesci.core.errors import InputError
from biodesci.inspection.deidentify.mend import Action
from biodesci.inspection.deidentify.plan import Plan
from biodesci.inspection.deidentify.tree import GONE, Tree, at
from biodesci.inspection.formats.cells import text
from biodesci.inspection.formats.columnar import OF_WRITERS, ROWS, Orc, Parquet, damaged, opened, validated
from biodesci.inspection.source import Source

_REFUSED: Final = (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError)


def mend(source: Source, target: Path, plan: Plan) -> None:
    """Writes a copy of Parquet as Parquet, of ORC as ORC, and of Arrow's file or stream as its file.

    Raises InputError for a damaged file, one of which two columns have one name or a column has a type that
    is not written, and one of which nothing would be left.
    """
    with damaged(source, "columnar file"), source.seekable() as stream:
        schema, batches = _opened(source, stream)
        if len(set(schema.names)) < len(schema.names):
            raise InputError("Two columns of the table have one name.", "Give each a name of its own.")
        fields = [_field(field, "", field.name, plan) for field in schema]
        kept = [field for field in fields if field.made is not None]
        if not kept:
            raise InputError("Each column of the table may name people.", "Nothing of it can be published.")
        if any(key not in OF_WRITERS for of in (schema, *schema) for key in of.metadata or {}):
            plan.note("metadata of the file", Action.LEFT_OUT, "texts beside the columns may say anything")
        written, tree = pa.schema([field.made for field in kept]), Tree(plan, names_are_values=False)
        with _writing(source, target, written) as write:
            for batch in batches:
                persons = _persons(batch, plan.whose(""))
                arrays = [_array(batch.column(field.name), field, tree, persons) for field in kept]
                write(pa.RecordBatch.from_arrays(arrays, schema=written))
                for field in fields:
                    if field.made is None:
                        field.count(plan, batch.num_rows)


@dataclass(frozen=True)
class _Field:
    """A field called `name` in the file, and what it is in the copy: None for one that goes."""

    name: str
    made: pa.Field | None
    is_mended: bool
    is_nested: bool = False

    def count(self, plan: Plan, rows: int) -> None:
        """Notes that so many values went with the field."""
        if self.is_nested:
            plan.note(f"column {self.name!r} and what is within", Action.REMOVED, "it may name people", rows)
        else:
            plan.count("", self.name, rows)


def _field(field: pa.Field, table: str, name: str, plan: Plan) -> _Field:
    """What becomes of a field. The inspection calls it `name` in `table`: "a.b" for one within a struct, and
    a list is a table of its own."""
    kind = field.type.storage_type if isinstance(field.type, pa.BaseExtensionType) else field.type
    path = f"{table}.{name}" if table else name
    if pa.types.is_struct(kind):
        return _struct(field.name, kind, [(table, f"{name}.{part.name}") for part in kind], plan)
    if pa.types.is_map(kind):
        return _map(field.name, kind, path, plan)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _list(field.name, kind, path, plan)
    change = plan.change(table, name)
    if change is None:
        return _Field(field.name, pa.field(field.name, kind), False)
    made = pa.field(change.name or field.name, kind if change.type is None else change.type)
    return _Field(field.name, None if change.rule is None else made, True)


def _map(name: str, kind: pa.MapType, path: str, plan: Plan) -> _Field:
    """A map stays as it is, or goes."""
    parts = [("key", kind.key_type), ("value", kind.item_type)]
    is_mended = any(_field(pa.field(of, part), path, of, plan).is_mended for of, part in parts)
    return _Field(name, None if is_mended else pa.field(name, kind), is_mended, True)


def _list(name: str, kind: pa.DataType, path: str, plan: Plan) -> _Field:
    inner, last = kind.value_type, path.rsplit(".", 1)[-1]
    if pa.types.is_struct(inner):
        element = _struct(last, inner, [(path, part.name) for part in inner], plan)
    else:
        element = _field(pa.field(last, inner), path, last, plan)
    if element.made is None:
        return _Field(name, None, True, True)
    made = pa.large_list(element.made.type) if element.is_mended else kind
    return _Field(name, pa.field(name, made), element.is_mended, True)


def _struct(name: str, kind: pa.StructType, parts: Sequence[tuple[str, str]], plan: Plan) -> _Field:
    """A struct of which each field is called (table, name) as `parts` say."""
    fields = [_field(part, table, of, plan) for part, (table, of) in zip(kind, parts, strict=True)]
    kept = [field.made for field in fields if field.made is not None]
    if not any(field.is_mended for field in fields):
        return _Field(name, pa.field(name, kind), False, True)
    return _Field(name, pa.field(name, pa.struct(kept)) if kept else None, True, True)


def _persons(batch: pa.RecordBatch, whose: str | None) -> list[str]:
    """Whose each row is; empty texts where no column says it."""
    for name in batch.schema.names:
        if whose is not None and (whose == name or whose.startswith(f"{name}.")):
            return [text(at({name: value}, whose)) or "" for value in batch.column(name).to_pylist()]
    return [""] * batch.num_rows


def _array(array: pa.Array, field: _Field, tree: Tree, persons: list[str]) -> pa.Array:
    assert field.made is not None, "it stays"
    array = array.storage if isinstance(array, pa.ExtensionArray) else array
    if not field.is_mended:
        return array
    try:
        values: list[Any] = [
            None if value is None else tree.value(value, "", field.name, person)
            for value, person in zip(array.to_pylist(), persons, strict=True)
        ]
        return pa.array([None if value is GONE else value for value in values], field.made.type)
    except _REFUSED as exc:
        raise InputError(
            f"The column {field.name!r} holds a type that is not written here.", "Leave it out of the table."
        ) from exc


def _opened(source: Source, stream: BinaryIO) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    if Orc().recognises(source):
        from pyarrow import orc  # noqa: PLC0415  # a large library that other formats don't need

        stripes = orc.ORCFile(stream)
        return stripes.schema, (validated(stripes.read_stripe(i)) for i in range(stripes.nstripes))
    if not Parquet().recognises(source):
        return opened(source, stream)
    file = pq.ParquetFile(stream)
    return file.schema_arrow, map(validated, file.iter_batches(ROWS, use_threads=False))


@contextmanager
def _writing(source: Source, target: Path, schema: pa.Schema) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """What writes batches into a file of the source's format."""
    if Orc().recognises(source):
        from pyarrow import orc  # noqa: PLC0415  # as above

        with orc.ORCWriter(target) as rows:
            rows.write(schema.empty_table())  # a file without rows has columns, too
            yield lambda batch: rows.write(pa.Table.from_batches([batch]))
    elif Parquet().recognises(source):
        with pq.ParquetWriter(target, schema) as columns:
            yield columns.write_batch
    else:
        with pa.ipc.new_file(target, schema) as messages:
            yield messages.write_batch
