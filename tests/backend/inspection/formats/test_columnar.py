"""Parquet, Arrow IPC, ORC and database files: types, nested columns, notes, and what nobody can read."""

from __future__ import annotations

import datetime
import sqlite3

import duckdb
import pyarrow as pa
import pytest
from pyarrow import feather, orc, parquet

from biodesci.core.errors import InputError
from biodesci.inspection.finding import Level
from tests.backend.inspection.formats.contents import read, read_bytes

TABLE = pa.table(
    {
        "name": ["Anna", "Ben"],
        "day": [datetime.date(1950, 3, 7), None],
        "place": [{"code": 1, "in": {"city": "Ulm"}}, {"code": 2, "in": None}],
        "given": [["Anna", "Maria"], []],
        "visits": [[{"ward": "a", "pulse": [1.5]}], None],
        "notes": pa.array([[("by", "Ida")], []], pa.map_(pa.string(), pa.string())),
        "code": pa.array(["000.1", "7"]),
        "raw": [b"text", b"\xff\xfe"],
    }
).replace_schema_metadata({"note": "of the ward"})


def _stream(table: pa.Table, path) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


WRITERS = {
    "Parquet": parquet.write_table,
    "Feather": feather.write_feather,
    "Arrow stream": _stream,
    "ORC": orc.write_table,
}


@pytest.mark.parametrize("writer", WRITERS)
def test_every_column_and_list_is_read(tmp_path, writer):
    path = tmp_path / "data.csv"
    WRITERS[writer](TABLE, path)
    content = read(path)
    tables = {table.name: rows for table, rows in zip(content.tables, content.rows, strict=True)}
    assert tables == {
        "": [
            {
                "name": "Anna",
                "day": datetime.date(1950, 3, 7),
                "place.code": 1,
                "place.in.city": "Ulm",
                "code": "000.1",
                "raw": None,
            },
            {"name": "Ben", "day": None, "place.code": 2, "place.in.city": None, "code": "7", "raw": None},
        ],
        "given": [{"given": "Anna"}, {"given": "Maria"}],
        "visits": [{"ward": "a"}],
        "visits.pulse": [{"pulse": 1.5}],
        "notes": [{"key": "by", "value": "Ida"}],
    }
    assert content.kinds == {"values that are not read": Level.STOP}
    assert content.texts == ([] if writer == "ORC" else ["note: of the ward"])


def test_categories_are_read_as_their_values(tmp_path):
    table = pa.table({"sex": pa.array(["F", "M", "F"]).dictionary_encode()})
    parquet.write_table(table, tmp_path / "p")
    assert read(tmp_path / "p").rows == [[{"sex": "F"}, {"sex": "M"}, {"sex": "F"}]]


@pytest.mark.parametrize("writer", WRITERS)
def test_what_is_cut_off_is_refused(tmp_path, writer):
    WRITERS[writer](TABLE.select(["name", "code"]), tmp_path / "whole")
    data = (tmp_path / "whole").read_bytes()
    with pytest.raises(InputError, match="cut off or damaged"):
        read_bytes(tmp_path, data[: len(data) * 2 // 3])


def test_bytes_that_are_no_text_in_a_column_of_texts_are_refused(tmp_path):
    feather.write_feather(
        pa.table({"name": ["Anna-Maria"] * 9}), tmp_path / "data", compression="uncompressed"
    )
    data = (tmp_path / "data").read_bytes().replace(b"Maria", b"M\xff\xfeia")
    with pytest.raises(InputError, match="cut off or damaged"):
        read_bytes(tmp_path, data)


def test_every_table_of_a_sqlite_file_is_read(tmp_path):
    with sqlite3.connect(tmp_path / "data.csv") as database:
        database.execute('CREATE TABLE "the patients" (name TEXT, "a ""b""" , raw)')
        database.executemany(
            'INSERT INTO "the patients" VALUES (?, ?, ?)', [("Anna", 1.0, b"text"), ("Ben", None, b"\xff")]
        )
        database.execute("CREATE TABLE visits (day)")
        database.execute("CREATE VIEW seen AS SELECT * FROM visits")
    database.close()
    content = read(tmp_path / "data.csv")
    assert [table.name for table in content.tables] == ["the patients", "visits"]
    assert content.rows[0] == [
        {"name": "Anna", 'a "b"': "1", "raw": "text"},
        {"name": "Ben", 'a "b"': None, "raw": None},
    ]
    assert content.kinds == {"values that are not read": Level.STOP}


def test_deleted_rows_of_a_sqlite_file_stop(tmp_path):
    with sqlite3.connect(tmp_path / "data") as database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("CREATE TABLE patients (name)")
        database.executemany("INSERT INTO patients VALUES (?)", [("Anna Weber " * 200,)] * 100)
        database.execute("DELETE FROM patients")
    database.close()
    assert b"Anna Weber" in (tmp_path / "data").read_bytes()
    assert read(tmp_path / "data").kinds == {"deleted rows": Level.STOP}


def test_a_damaged_sqlite_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="begins as SQLite does"):
        read_bytes(tmp_path, b"SQLite format 3\0" + b"\x10" * 2000)


def test_every_table_of_a_duckdb_file_is_read(tmp_path):
    with duckdb.connect(str(tmp_path / "data.db")) as database:
        database.execute("CREATE TABLE patients AS SELECT 'Anna' AS name, ['a', 'b'] AS codes")
        database.execute("CREATE SCHEMA other; CREATE TABLE other.visits AS SELECT 3 AS ward")
        database.execute("CREATE VIEW outside AS SELECT * FROM read_csv('/etc/passwd')")
    content = read(tmp_path / "data.db")
    assert [table.name for table in content.tables] == ["patients", "patients.codes", "other.visits"]
    assert content.rows == [[{"name": "Anna"}], [{"codes": "a"}, {"codes": "b"}], [{"ward": 3}]]
