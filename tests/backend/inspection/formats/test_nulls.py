"""What an Arrow file holds under a value that counts as missing is looked at; Parquet keeps none of it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import inspect

ROWS = 60
NAMES = ["Anna Weber"] * ROWS


def missing(array: pa.Array) -> pa.Array:
    """The same bytes under a bitmap that says that none is there."""
    bitmap = pa.py_buffer(bytes((len(array) + 7) // 8))
    return pa.Array.from_buffers(array.type, len(array), [bitmap, *array.buffers()[1:]])


ALL = pa.array([True] * ROWS)
HIDDEN = {
    "string": missing(pa.array(NAMES)),
    "large string": missing(pa.array(NAMES, pa.large_string())),
    "string view": missing(pa.array(["Anna Maria Weber"] * ROWS, pa.string_view())),
    "binary": missing(pa.array([b"Anna Weber"] * ROWS)),
    "fixed binary": missing(pa.array([b"Anna Weber"] * ROWS, pa.binary(10))),
    "struct": pa.StructArray.from_arrays([pa.array(NAMES)], ["a"], mask=ALL),
    "list": pa.ListArray.from_arrays(pa.array(range(ROWS + 1), pa.int32()), pa.array(NAMES), mask=ALL),
}


def levels(path) -> set[Level]:
    return {finding.level for finding in inspect(path).findings} - {Level.NOTE}


@pytest.mark.parametrize("compression", ["uncompressed", "lz4"])
@pytest.mark.parametrize("kind", HIDDEN)
def test_a_name_under_a_missing_value_stops(tmp_path, kind, compression) -> None:
    path, table = tmp_path / "in.feather", pa.table({"x": HIDDEN[kind], "hb": [1.5] * ROWS})
    feather.write_feather(table, str(path), compression=compression)
    assert Level.STOP in levels(path)


@pytest.mark.parametrize("kind", ["string", "struct", "list"])
def test_parquet_keeps_none(tmp_path, kind) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"x": HIDDEN[kind], "hb": [1.5] * ROWS}), path)
    assert b"Weber" not in path.read_bytes()
    assert levels(path) == set()


@pytest.mark.parametrize("kind", [pa.int64(), pa.int32(), pa.float64(), pa.date32(), pa.timestamp("us")])
def test_different_numbers_under_missing_values_ask(tmp_path, kind) -> None:
    path = tmp_path / "in.arrow"
    numbers = pa.array(range(4_800_000, 4_800_000 + ROWS), pa.int32() if kind.bit_width == 32 else pa.int64())
    table = pa.table({"x": missing(numbers.view(kind)), "hb": [1.5] * ROWS})
    feather.write_feather(table, str(path))
    assert levels(path) == {Level.ASK}


def test_missing_values_as_programs_write_them_ask_nothing(tmp_path) -> None:
    path = tmp_path / "in.feather"
    columns = {
        "grade": pa.array(["low", None] * 30),
        "n": pa.array([1, None] * 30),
        "hb": pa.array([1.5, float("nan")] * 30, from_pandas=True),
        "tags": pa.array([["a"], None] * 30),
    }
    feather.write_feather(pa.table(columns), str(path))
    assert levels(path) == set()
