"""Columns of tables within an HDF5 file: arrays, fields of compound arrays, and AnnData's encodings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import h5py
import numpy as np
import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.content import Table

_BATCH_BYTES: Final = 16 << 20
_BATCH_ROWS: Final = 50_000
_LONGEST: Final = 200_000_000
_EXPANSION: Final = 1_100  # deflate makes no more of a byte
_UNSTORED: Final = 16 << 20  # bytes that an array without any stored may claim
_LARGEST_CHUNK: Final = 256 << 20
# What h5py, numpy and Arrow raise of bytes that are not as they expect.
BROKEN: Final = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    RuntimeError,
    AttributeError,
    IndexError,
    MemoryError,
)
_DAMAGED: Final = "A dataset of the HDF5 file can't be read."
_ADVICE: Final = "Write the file again, or leave it out."


@dataclass(frozen=True)
class Column:
    """A column of `length` values; `read` gives those from one row to another."""

    name: str
    type: pa.DataType
    length: int
    itemsize: int
    read: Callable[[int, int], pa.Array]


def table(name: str, columns: list[Column]) -> Table:
    """A table of columns of one length; those whose names stand twice are numbered."""
    unique: dict[str, Column] = {}
    for column in columns:
        unique[column.name if column.name not in unique else f"{column.name} ({len(unique)})"] = column
    schema = pa.schema([(label, column.type) for label, column in unique.items()])
    return Table(name, schema, _batches(schema, columns))


def _batches(schema: pa.Schema, columns: list[Column]) -> Iterator[pa.RecordBatch]:
    widest = max(sum(column.itemsize for column in columns), 1)
    step = max(1, min(_BATCH_ROWS, _BATCH_BYTES // widest))
    for start in range(0, columns[0].length, step):
        stop = min(start + step, columns[0].length)
        try:
            arrays = [column.read(start, stop) for column in columns]
        except BROKEN:
            raise InputError(_DAMAGED, _ADVICE) from None
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def is_readable(dataset: h5py.Dataset) -> bool:
    """Whether the array may be read batch by batch: it claims no more than what is stored can expand to."""
    if dataset.size is None or dataset.size > _LONGEST:
        return False
    chunk = int(np.prod(dataset.chunks or (1,), dtype=object)) * dataset.dtype.itemsize
    claimed, stored = dataset.size * dataset.dtype.itemsize, dataset.id.get_storage_size()
    return bool(chunk <= _LARGEST_CHUNK and claimed <= _UNSTORED + _EXPANSION * stored)


def is_text(dtype: np.dtype[Any]) -> bool:
    """Whether these are strings, of fixed or of variable length."""
    return h5py.check_string_dtype(dtype) is not None or dtype.kind in "SU"


def of_dataset(name: str, dataset: h5py.Dataset) -> Column:
    """A one-dimensional array."""
    kind = _type(dataset.dtype)
    return Column(
        name,
        kind,
        len(dataset),
        _itemsize(dataset.dtype),
        lambda start, stop: _array(dataset[start:stop], kind),
    )


def of_fields(dataset: h5py.Dataset) -> list[Column]:
    """A one-dimensional array of compounds: a column for each of their fields."""

    def column(name: str) -> Column:
        kind = _type(dataset.dtype[name])
        return Column(
            name,
            kind,
            len(dataset),
            _itemsize(dataset.dtype),
            lambda start, stop: _array(dataset.fields(name)[start:stop], kind),
        )

    return [column(name) for name in dataset.dtype.names or ()]


def of_encoded(name: str, element: h5py.Group) -> Column | None:
    """AnnData's categorical and nullable columns (its on-disk format, version 0.2.0); None for another."""
    if {"codes", "categories"} <= set(element):
        codes, categories = element["codes"], element["categories"]
        if not is_readable(codes) or not is_readable(categories):
            return None
        texts = _array(categories[:], pa.string())

        def decoded(start: int, stop: int) -> pa.Array:
            chosen = codes[start:stop].astype("int64")
            return texts.take(pa.array(chosen, mask=chosen < 0))

        return Column(name, pa.string(), len(codes), _itemsize(codes.dtype), decoded)
    if {"values", "mask"} <= set(element):
        values, mask = element["values"], element["mask"]
        kind = _type(values.dtype)

        def masked(start: int, stop: int) -> pa.Array:
            present = _array(values[start:stop], kind).to_pylist()
            hidden = mask[start:stop]
            return pa.array([None if h else v for v, h in zip(present, hidden, strict=True)], kind)

        return Column(name, kind, len(values), _itemsize(values.dtype), masked)
    return None


def texts(dataset: h5py.Dataset) -> list[str]:
    """All strings of a small array of any shape."""
    values = np.atleast_1d(dataset[()]).ravel()
    return [text for text in _array(values, pa.string()).to_pylist() if text]


def _type(dtype: np.dtype[Any]) -> pa.DataType:
    if is_text(dtype) or dtype.kind not in "biuf" or h5py.check_enum_dtype(dtype) is not None:
        return pa.bool_() if dtype.kind == "b" else pa.string()
    if dtype.itemsize > 8 or dtype.shape:  # longer than any number of Arrow's
        return pa.string()
    return pa.from_numpy_dtype(dtype.newbyteorder("="))


def _itemsize(dtype: np.dtype[Any]) -> int:
    return 256 if h5py.check_string_dtype(dtype) and dtype.kind == "O" else max(dtype.itemsize, 1)


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    if kind != pa.string():
        native = np.asarray(values)
        return pa.array(native.astype(native.dtype.newbyteorder("=")), kind)
    return pa.array([_text(value) for value in values], pa.string())


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.rstrip(b"\0").decode("utf-8", "replace")
    return str(value)
