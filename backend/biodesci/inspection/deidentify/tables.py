"""Tables of texts: columns that stop are dropped, or made coarse where that is enough."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Format, Passage, Table
from biodesci.inspection.deidentify.mend import Action
from biodesci.inspection.deidentify.plan import Plan
from biodesci.inspection.formats.cells import text
from biodesci.inspection.formats.dialect import guess
from biodesci.inspection.formats.text import beginning
from biodesci.inspection.source import Source

_EMPTY: Final = (None, "")


def mend(source: Source, format_: Format, target: Path, declared: Declared, plan: Plan) -> None:
    """Writes a copy of a table as CSV; of a file with several (a workbook's sheets) a folder of them.

    Raises InputError where nothing would be left of a table.
    """
    several = _is_several(format_)
    if several:
        target.mkdir()
    delimiter = "\t" if format_.name == "delimited table" and _has_tabs(source) else ","
    for item in format_.read(source, declared):
        match item:
            case Table():
                _write(item, target / file_of(format_, item.name), delimiter, plan)
            case Passage():
                plan.note("texts beside the table", Action.LEFT_OUT, "they may say anything")
    if several and not any(target.iterdir()):
        raise InputError("The workbook holds no table.", "Leave it out.")
    if format_.name != "delimited table":
        plan.note(f"{format_.name} file", Action.REWRITTEN, "as CSV, without labels, remarks and formats")


def file_of(format_: Format, table: str) -> str:
    """The file in which a table is, within the folder that a workbook becomes; empty for other formats."""
    return f"{table}.csv" if _is_several(format_) else ""


def _is_several(format_: Format) -> bool:
    return format_.name == "workbook"


def _has_tabs(source: Source) -> bool:
    start = beginning(source.head)
    dialect = guess(start.beginning, start.whole) if start is not None else None
    return dialect is not None and dialect.delimiter == "\t"


def _write(table: Table, target: Path, delimiter: str, plan: Plan) -> None:
    names = table.schema.names
    changes = {name: change for name in names if (change := plan.change(table.name, name)) is not None}
    kept = [name for name in names if name not in changes or changes[name].rule is not None]
    if not kept:
        raise InputError("Each column of the table may name people.", "Nothing of it can be published.")
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter)
        writer.writerow([(changes[name].name or name) if name in changes else name for name in kept])
        for batch in table.batches:
            writer.writerows(zip(*_columns(batch, kept, table.name, plan), strict=True))
            for name in set(names) - set(kept):
                plan.count(table.name, name, batch.num_rows)


def _columns(batch: pa.RecordBatch, kept: list[str], table: str, plan: Plan) -> list[list[Any]]:
    """The batch's columns that stay, mended."""
    whose = plan.whose(table)
    persons = [text(value) or "" for value in batch.column(whose).to_pylist()] if whose else None
    columns = []
    for name in kept:
        given, change = batch.column(name).to_pylist(), plan.change(table, name)
        values = given
        if change is not None and change.rule is not None:
            rule, owners = change.rule, persons or [""] * len(given)
            pairs = zip(given, owners, strict=True)
            values = [None if value in _EMPTY else rule(value, owner) for value, owner in pairs]
            changed = sum(a != b and a not in _EMPTY for a, b in zip(given, values, strict=True))
            plan.count(table, name, changed)
        columns.append(values)
    return columns
