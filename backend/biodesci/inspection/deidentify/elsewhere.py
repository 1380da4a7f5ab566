"""Ids that a copy replaces in their own place and that stand in a file which is copied as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyarrow.compute as pc

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Format, Item, Member, Passage, Residue, Table
from biodesci.inspection.deidentify.plan import Making
from biodesci.inspection.formats import recognise
from biodesci.inspection.formats.cells import text
from biodesci.inspection.source import Source
from biodesci.inspection.strings import strings

_DEEPEST: Final = 4  # archives within archives
_CERTAIN: Final = 8  # characters of an id that bytes by chance don't hold


def require_none(file: Source, format_: Format | None, declared: Declared, making: Making) -> None:
    """Raises InputError for a file that is not written here and holds such an id, as far as it is read."""
    if holds(file, format_, declared, making):
        raise InputError(
            "An id of a person stands in it that the copy replaces elsewhere, and files of this format are "
            "copied as they are.",
            "Take the id out with a program for its format, or leave the file out.",
        )


def holds(
    file: Source, format_: Format | None, declared: Declared, making: Making, *, tables: bool = True
) -> bool:
    """Whether what the reader of a file gives holds such an id; without `tables` what is beside them."""
    if format_ is None or not making.shared.ids:
        return False
    return any(_in_item(item, making, tables) for item in format_.read(file, declared))


def _in_item(item: Item, making: Making, tables: bool) -> bool:
    is_in = False
    match item:
        case Passage():
            is_in = making.holds(item.text)
        case Table() if tables:
            is_in = any(map(making.holds, _values(item)))
        case Table():
            for _ in item.batches:  # they are read before what follows them
                pass
        case Member():
            inner = item.source
            is_in = inner.depth > _DEEPEST or holds(
                inner, recognise(inner), Declared(), making, tables=tables
            )
        case Residue():
            with item.opened() as stream:
                is_in = any(making.shared.ids.within(run, _CERTAIN) for run in strings(stream))
    return is_in


def _values(table: Table) -> Iterator[str]:
    yield from table.schema.names
    yield from table.labels.values()
    for batch in table.batches:
        for column in batch.columns:
            yield from (made for value in pc.unique(column).to_pylist() if (made := text(value)) is not None)
