"""Item by item: a table that names people stops in every format and under every name, a clean one passes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest
from pyarrow import feather, orc, parquet

from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import inspect

_SIZE = 60
NAMES = ["Anna Weber", "Ben Ito", "Carla Rossi", "David Miller", "Emma Dubois", "Felix Braun"]
DIRTY = pd.DataFrame(
    {
        "patient_name": [NAMES[i % 6] for i in range(_SIZE)],
        "dob": [f"19{50 + i % 40}-0{i % 9 + 1}-1{i % 9}" for i in range(_SIZE)],
        "ssn": [f"{123 + i}-{45 + i % 50}-{6789 - i}" for i in range(_SIZE)],
    }
)
CLEAN = pd.DataFrame(
    {
        "visit": [i % 4 for i in range(_SIZE)],
        "arm": ["control" if i % 2 else "treated" for i in range(_SIZE)],
        "glucose": [4.5 + (i * 7) % 13 / 4 for i in range(_SIZE)],
    }
)
COLUMNS = ("patient_name", "dob", "ssn")


def _zip(data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("table", data)
    return stream.getvalue()


def _tar(data: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        entry = tarfile.TarInfo("table")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


def _to(write: Callable[[Path], object]) -> Callable[[Path], None]:
    return lambda path: write(path) and None


def _sqlite(frame: pd.DataFrame, path: Path) -> None:
    database = sqlite3.connect(path)
    frame.to_sql("visits", database, index=False)
    database.close()


def _duckdb(frame: pd.DataFrame, path: Path) -> None:
    with duckdb.connect(str(path)) as database:
        database.register("given", frame)
        database.execute("CREATE TABLE visits AS SELECT * FROM given")


def _csv(frame: pd.DataFrame, **options: object) -> bytes:
    return frame.to_csv(index=False, **options).encode()


WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "csv": lambda frame, path: path.write_bytes(_csv(frame)),
    "tsv": lambda frame, path: path.write_bytes(_csv(frame, sep="\t")),
    "german csv": lambda frame, path: path.write_bytes(_csv(frame, sep=";", decimal=",")),
    "csv with an index": lambda frame, path: path.write_bytes(frame.to_csv().encode()),
    "utf-16": lambda frame, path: path.write_bytes(_csv(frame).decode().encode("utf-16")),
    "json": lambda frame, path: frame.to_json(path),
    "json records": lambda frame, path: frame.to_json(path, orient="records"),
    "jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True),
    "xml": lambda frame, path: frame.to_xml(path, parser="etree"),
    "parquet": lambda frame, path: parquet.write_table(pa.Table.from_pandas(frame), path),
    "feather": lambda frame, path: feather.write_feather(frame, str(path)),
    "orc": lambda frame, path: orc.write_table(pa.Table.from_pandas(frame), path),
    "xlsx": lambda frame, path: (
        frame.to_excel(io_ := io.BytesIO(), index=False) or path.write_bytes(io_.getvalue())
    ),
    "dta": lambda frame, path: pyreadstat.write_dta(frame, str(path)),
    "sav": lambda frame, path: pyreadstat.write_sav(frame, str(path)),
    "xpt": lambda frame, path: pyreadstat.write_xport(frame, str(path)),
    "sqlite": _sqlite,
    "duckdb": _duckdb,
    "zip": lambda frame, path: path.write_bytes(_zip(_csv(frame))),
    "tar.gz": lambda frame, path: path.write_bytes(_tar(_csv(frame))),
    "csv.gz": lambda frame, path: path.write_bytes(gzip.compress(_csv(frame))),
    "csv.bz2": lambda frame, path: path.write_bytes(bz2.compress(_csv(frame))),
    "csv.xz": lambda frame, path: path.write_bytes(lzma.compress(_csv(frame))),
    "csv.zst": lambda frame, path: path.write_bytes(pa.compress(_csv(frame), "zstd", asbytes=True)),
}
ENDINGS = ["txt", "tab", "json", "jsonl", "parquet", "xlsx", "feather", "dta", "pkl", "zip", "csv.gz", "dcm"]


def _stops(path: Path) -> list[str]:
    return [str(finding) for finding in inspect(path).of(Level.STOP)]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_table_that_names_people_stops_in_every_format(tmp_path, writer):
    path = tmp_path / "data"
    WRITERS[writer](DIRTY, path)
    stops = _stops(path)
    for column in COLUMNS:
        assert any(f"column '{column}'" in stop for stop in stops), stops
    assert not any(name in stop for stop in stops for name in NAMES)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_table_that_names_people_stops_under_every_ending(tmp_path, ending):
    path = tmp_path / f"data.{ending}"
    path.write_bytes(_csv(DIRTY))
    stops = _stops(path)
    assert all(any(f"column '{column}'" in stop for stop in stops) for column in COLUMNS)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_clean_table_passes_in_every_format(tmp_path, writer):
    path = tmp_path / "data.csv"
    WRITERS[writer](CLEAN, path)
    assert _stops(path) == []


def test_a_pickle_and_unknown_bytes_stop(tmp_path):
    for data in (pickle.dumps(CLEAN), bytes(range(256)) * 9):
        (tmp_path / "data.csv").write_bytes(data)
        assert len(_stops(tmp_path / "data.csv")) == 1


def test_a_folder_stops_for_the_file_that_names_people(tmp_path):
    folder = tmp_path / "data"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.csv").write_bytes(_csv(CLEAN))
    (folder / "inner" / "b.csv").write_bytes(_csv(DIRTY))
    stops = _stops(folder)
    assert stops and all(stop.startswith("file 2 by name") for stop in stops)
