"""Values of a dictionary that no row has: pandas keeps the categories of rows that were filtered away."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from biodesci.inspection.content import Item, Residue
from biodesci.inspection.finding import Finding, Level

_MOST: Final = 1_000_000


class Unused:
    """Gathers the dictionaries of a table's columns, and which of their values rows have."""

    def __init__(self) -> None:
        self._offered: dict[str, pa.Array] = {}
        self._used: dict[str, pa.Array] = {}
        self._dictionaries: dict[str, pa.Array] = {}
        self._too_many: set[str] = set()

    def take(self, name: str, column: pa.Array) -> None:
        """Takes a column of a batch in; of one without a dictionary nothing."""
        if not pa.types.is_dictionary(column.type) or not _is_text(column.type.value_type):
            return
        values = column.dictionary
        if name in self._too_many or len(values) > _MOST:
            self._too_many.add(name)
            return
        if name not in self._dictionaries or not self._dictionaries[name].equals(values):
            self._dictionaries[name] = values
            self._offered[name] = _joined(self._offered.get(name), values)
        used = values.take(pc.unique(column.indices).drop_null())
        self._used[name] = _joined(self._used.get(name), used)
        if max(len(self._offered[name]), len(self._used[name])) > _MOST:
            self._too_many.add(name)

    def items(self, place: str) -> Iterator[Item]:
        """The values that no row had, once all batches were taken in."""
        for name in sorted(self._too_many):
            reason = "its dictionary has too many values: write the column as plain texts"
            where = f"{place}column {name!r}, values that no row has"
            yield Finding(where, "values that are not read", Level.ASK, reason)
        for name, offered in self._offered.items():
            left = offered.filter(pc.invert(pc.is_in(offered, value_set=self._used[name])))
            if len(left) and name not in self._too_many:
                where = f"{place}column {name!r}, values that no row has"
                text = "\0".join(value for value in left.to_pylist() if value).encode()
                yield Residue(where, lambda text=text: io.BytesIO(text))  # type: ignore[misc]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _joined(known: pa.Array | None, more: pa.Array) -> pa.Array:
    texts = more.cast(pa.large_string())
    return pc.unique(texts if known is None else pa.concat_arrays([known, texts]))
