"""What stands in Parquet, Arrow and ORC files beside the columns, in their dictionaries beside the rows."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, orc, parquet

from biodesci.inspection.finding import Level
from biodesci.inspection.formats import arrow_layout, unused
from biodesci.inspection.inspect import inspect

NAME = b"Patient: Anna Weber, Marburg"
FRAME = pd.DataFrame({"arm": ["control", "treated"] * 50, "glucose": [4.5, 5.25] * 50})
TABLE = pa.Table.from_pandas(FRAME)


def _kinds(path: Path) -> set[str]:
    stops = inspect(path).of(Level.STOP)
    assert not any("Weber" in str(stop) for stop in stops)
    return {stop.kind for stop in stops}


def _categories(path: Path, write) -> None:
    names = pd.Categorical(["Anna Weber"] * 3 + ["control", "treated"] * 50)
    frame = pd.DataFrame({"arm": names, "glucose": range(103)})
    write(frame[frame.arm != "Anna Weber"], path)


def _parquet(frame: pd.DataFrame, path: Path) -> None:
    parquet.write_table(pa.Table.from_pandas(frame), path)


def _feather(frame: pd.DataFrame, path: Path) -> None:
    feather.write_feather(frame, str(path))


@pytest.mark.parametrize("write", [_parquet, _feather])
def test_a_category_of_filtered_rows_stops(tmp_path, write):
    _categories(tmp_path / "data", write)
    assert _kinds(tmp_path / "data") == {"name"}


@pytest.mark.parametrize("write", [_parquet, _feather])
def test_categories_that_rows_have_are_judged_as_a_column(tmp_path, write):
    frame = pd.DataFrame({"arm": pd.Categorical(["control", "treated"] * 50), "glucose": range(100)})
    write(frame, tmp_path / "data")
    assert _kinds(tmp_path / "data") == set()


@pytest.mark.parametrize("chunks", [1, 2])
def test_a_dictionary_of_too_many_values_asks(tmp_path, monkeypatch, chunks):
    monkeypatch.setattr(unused, "_MOST", 2)
    arm = pa.DictionaryArray.from_arrays(pa.array([0, 1] * 40), ["control", "treated", "Anna Weber"])
    few = pa.DictionaryArray.from_arrays(pa.array([0, 1] * 40), ["control", "treated"])
    columns = pa.chunked_array([few, arm][-chunks:])
    with pa.ipc.new_stream(tmp_path / "data", pa.schema([("arm", arm.type)])) as sink:
        sink.write_table(pa.table({"arm": columns}))
    asked = [
        finding for finding in inspect(tmp_path / "data").of(Level.ASK) if finding.place.startswith("col")
    ]
    assert [finding.kind for finding in asked] == ["values that are not read"]


@pytest.mark.parametrize("hidden", [{}, {"key": NAME}, {"pandas": NAME}])
def test_metadata_of_parquet(tmp_path, hidden):
    table = TABLE.replace_schema_metadata({**TABLE.schema.metadata, **hidden})
    parquet.write_table(table, tmp_path / "data")
    assert _kinds(tmp_path / "data") == ({"name"} if hidden else set())


def _varint(number: int) -> bytes:
    return bytes([number & 0x7F | 0x80, number >> 7])


def test_bytes_after_the_schema_within_the_footer_of_parquet(tmp_path):
    """The schema of Arrow stands there in base64, which no search for texts sees through."""
    parquet.write_table(TABLE, tmp_path / "data")
    data = (tmp_path / "data").read_bytes()
    start = data.index(b"ARROW:schema") + len("ARROW:schema") + 3  # type and length of the value
    (footer,) = struct.unpack("<I", data[-8:-4])
    length = data[start - 2] & 0x7F | data[start - 1] << 7
    value = base64.b64encode(base64.b64decode(data[start : start + length]) + NAME)
    data = data[: start - 2] + _varint(len(value)) + value + data[start + length :]
    (tmp_path / "data").write_bytes(data[:-8] + struct.pack("<I", footer + len(value) - length) + b"PAR1")
    assert _kinds(tmp_path / "data") == {"name"}


def test_bytes_between_the_columns_and_the_footer_of_parquet(tmp_path):
    parquet.write_table(TABLE, tmp_path / "data")
    data = (tmp_path / "data").read_bytes()
    footer = len(data) - 8 - struct.unpack("<I", data[-8:-4])[0]
    (tmp_path / "data").write_bytes(data[:footer] + NAME + data[footer:])
    assert _kinds(tmp_path / "data") == {"name"}


def _stream(path: Path) -> None:
    with pa.ipc.new_stream(path, TABLE.schema) as sink:
        sink.write_table(TABLE, max_chunksize=30)


@pytest.mark.parametrize("write", [_stream, lambda path: _feather(FRAME, path)])
def test_bytes_beside_the_buffers_of_arrow(tmp_path, write):
    path = tmp_path / "data"
    write(path)
    assert _kinds(path) == set()
    with path.open("rb") as file:
        buffers = arrow_layout.buffers(file)
    assert sum(end > start for start, end in buffers) >= 3
    data = path.read_bytes()
    footer = 10 + struct.unpack("<I", data[-10:-6])[0]  # with its length and the mark
    end = len(data) if write is _stream else len(data) - footer
    path.write_bytes(data[:end] + NAME + data[end:])
    assert _kinds(path) == {"name"}


def test_bytes_between_the_stripes_and_the_footer_of_orc(tmp_path):
    orc.write_table(TABLE, tmp_path / "data", compression="uncompressed")
    assert _kinds(tmp_path / "data") == set()
    data = (tmp_path / "data").read_bytes()
    postscript = data[-1 - data[-1] : -1]
    lengths = dict(_fields(postscript))  # footer is field 1, metadata field 5
    end = len(data) - 1 - len(postscript) - lengths[1] - lengths[5]
    (tmp_path / "data").write_bytes(data[:end] + NAME + data[end:])
    assert _kinds(tmp_path / "data") == {"name"}


def _fields(message: bytes) -> Iterator[tuple[int, int]]:
    """(number, value) of the numbers in a message of protobuf, up to its first field of another type."""
    at = 0
    while at < len(message) and message[at] & 7 == 0:
        number, value, shift, at = message[at] >> 3, 0, 0, at + 1
        while True:
            value |= (message[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if message[at - 1] < 0x80:
                break
        yield number, value
        if message[at : at + 1] == b"\x22":  # versions
            at += 2 + message[at + 1]
