"""Values that stand in an Arrow file where a column says that one is missing: readers pass over them."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from biodesci.inspection.content import Item, Residue
from biodesci.inspection.finding import Finding, Level

_MOST: Final = 100_000  # different values of a column
_ADVICE: Final = "write the table anew as Parquet, which keeps no bytes of missing values"


class UnderNulls:
    """Gathers, by column, what the rows hold in which a column has no value."""

    def __init__(self) -> None:
        self._texts: dict[str, set[bytes]] = {}
        self._numbers: dict[str, set[Any]] = {}

    def take(self, name: str, column: pa.Array) -> None:
        """Takes a column of a batch in."""
        if column.null_count:
            self._look(name, column, column.is_null())

    def take_lists(self, name: str, column: pa.Array) -> None:
        """Takes a column of lists in: of a list that is missing the elements may stand in the file."""
        is_list = pa.types.is_list(column.type) or pa.types.is_large_list(column.type)
        if column.null_count and is_list:
            elements = _hidden(column, column.type, column.is_null()).flatten()
            self._look_into(name, elements.storage if isinstance(elements, pa.ExtensionArray) else elements)

    def _look_into(self, name: str, elements: pa.Array) -> None:
        if pa.types.is_struct(elements.type):
            for part, field in zip(elements.flatten(), elements.type, strict=True):
                self._look_into(f"{name}.{field.name}", part)
        elif len(elements):
            self._look(name, elements, pa.array([True] * len(elements)))

    def _look(self, name: str, column: pa.Array, which: pa.BooleanArray) -> None:
        if (kind := _bytes_of(column.type)) is not None:
            self._keep(self._texts, name, _hidden(column, kind, which))
        elif pa.types.is_primitive(column.type) and column.type.bit_width >= 8:
            self._keep(self._numbers, name, _hidden(column, column.type, which))

    def items(self, place: str) -> Iterator[Item]:
        """Texts are looked through; of numbers nobody can say what they are of."""
        for name, values in self._texts.items():
            where = f"{place}column {name!r}, values that count as missing"
            text = b"\0".join(values)
            yield Residue(where, lambda text=text: io.BytesIO(text))  # type: ignore[misc]
        for name, known in (self._texts | self._numbers).items():
            where = f"{place}column {name!r}, values that count as missing"
            if len(known) > _MOST:
                yield Finding(where, "values that are not read", Level.STOP, f"there are too many: {_ADVICE}")
            elif name in self._numbers and len(known) > 1:
                yield Finding(where, "values that are not read", Level.ASK, f"numbers stand there: {_ADVICE}")

    def _keep(self, of: dict[str, set[Any]], name: str, hidden: pa.Array) -> None:
        known = of.get(name, set())
        if len(known) <= _MOST:
            # A program that fills such places fills them with zeros, or all alike.
            known |= {value for value in pc.unique(hidden).to_pylist() if value and not _is_nan(value)}
        if known:
            of[name] = known


def _hidden(column: pa.Array, kind: pa.DataType, which: pa.BooleanArray) -> pa.Array:
    """The values of some rows as their bytes say, whether the column counts them as missing or not."""
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    buffers, children = column.buffers(), [column.values] if is_list else None
    buffers = [None, *buffers[1 : 2 if is_list else None]]
    whole = pa.Array.from_buffers(
        kind, len(column), buffers, null_count=0, offset=column.offset, children=children
    )
    hidden = (whole.cast(pa.large_binary()) if pa.types.is_binary_view(kind) else whole).filter(which)
    if pa.types.is_temporal(kind):  # days beyond Python's calendar are days, too
        return hidden.view(pa.int32() if kind.bit_width == 32 else pa.int64())
    return hidden


def _bytes_of(kind: pa.DataType) -> pa.DataType | None:
    """The type by which the bytes of texts and bytes are read; None for what is neither."""
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return pa.binary()
    if pa.types.is_large_string(kind) or pa.types.is_large_binary(kind):
        return pa.large_binary()
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return pa.binary_view()
    return kind if pa.types.is_fixed_size_binary(kind) else None


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)
