"""h5ad that anndata writes, other HDF5, links out of the file, and files that are cut or hostile."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest

from biodesci.core.errors import InputError
from biodesci.inspection.finding import Level
from tests.backend.inspection.formats.reading import read


@pytest.fixture(scope="module")
def cells(tmp_path_factory) -> Path:
    obs = pd.DataFrame(
        {
            "age": [61, 62, 63],
            "cell_type": pd.Categorical(["T cell", None, "B cell"]),
            "count": pd.array([1, None, 3], dtype="Int64"),
            "remark": ["seen by Anna Weber", "", ""],
        },
        index=["MRN00012345", "MRN00012346", "MRN00012347"],
    )
    data = anndata.AnnData(
        X=np.eye(3, dtype="float32"),
        obs=obs,
        uns={"title": "Cells of Anna Weber", "nested": {"list": np.array(["one", "two"])}},
        obsm={"X_pca": np.zeros((3, 2))},
    )
    path = tmp_path_factory.mktemp("cells") / "cells.bin"
    data.write_h5ad(path)
    return path


def test_an_h5ad_s_frames_are_tables_with_their_index(cells) -> None:
    reading = read(cells)
    assert reading.format == "HDF5"
    assert reading.tables["obs"][0] == {
        "index": "MRN00012345",
        "age": 61,
        "cell_type": "T cell",
        "count": 1,
        "remark": "seen by Anna Weber",
    }
    assert reading.tables["obs"][1]["cell_type"] is reading.tables["obs"][1]["count"] is None
    assert [row["index"] for row in reading.tables["var"]] == ["0", "1", "2"]
    assert reading.findings == []


def test_an_h5ad_s_unstructured_texts_are_handed_on(cells) -> None:
    assert read(cells).texts >= {"Cells of Anna Weber", "one", "two"}


def test_attributes_compounds_and_columns_of_any_hdf5_are_read(tmp_path) -> None:
    path = tmp_path / "data"
    with h5py.File(path, "w", userblock_size=512) as file:
        file.attrs["operator"] = "Anna Weber"
        group = file.create_group("visits")
        group["name"] = np.array(["Anna", "Max"] * 600, dtype="S8")
        group["year"] = np.arange(1200)
        group.attrs["note"] = np.array([b"by Max Weber"], dtype="S")
        file["people"] = np.array([(b"Weber", 61)], dtype=[("family", "S8"), ("age", "i4")])
        file["again"] = file["visits"]  # a second link to the same group
    reading = read(path)
    assert len(reading.tables["visits"]) == 1200
    assert reading.tables["people"] == [{"family": "Weber", "age": 61}]
    assert reading.texts >= {"Anna Weber", "by Max Weber"}
    assert "again" not in reading.tables


def test_what_is_not_in_the_file_stops(tmp_path) -> None:
    path = tmp_path / "data"
    (tmp_path / "raw").write_bytes(bytes(80))
    with h5py.File(path, "w") as file:
        file["out"] = h5py.ExternalLink("other.h5", "/secrets")
        file.create_dataset("raw", (10,), "f8", external=[(str(tmp_path / "raw"), 0, 80)])
        layout = h5py.VirtualLayout((3,), "f8")
        layout[:] = h5py.VirtualSource("other.h5", "x", (3,))
        file.create_virtual_dataset("virtual", layout)
        file["loop"] = h5py.SoftLink("/loop")
    reading = read(path)
    assert reading.kinds(Level.STOP) == {"link to another file", "data in another file"}


def test_pickles_and_opaque_bytes_stop(tmp_path) -> None:
    path = tmp_path / "data"
    pd.DataFrame({"a": ["x", None], "b": [{"c": 1}, 2]}).to_hdf(path, key="frame") if _has_tables() else None
    with h5py.File(path, "a") as file:
        file.create_dataset("opaque", data=np.array([b"abc"], dtype="V3"))
    assert "bytes that are not read" in read(path).kinds(Level.STOP)


def _has_tables() -> bool:
    try:
        import tables  # noqa: F401
    except ImportError:
        return False
    return True


def test_claims_beyond_measure_are_not_believed(tmp_path) -> None:
    path = tmp_path / "data"
    with h5py.File(path, "w") as file:
        file.create_dataset("texts", (10**12,), h5py.string_dtype(), chunks=(1000,))
        file.create_dataset("numbers", (10**12,), "i8", chunks=(1000,))
        file.create_dataset("matrix", (10**6, 10**6), "f4", chunks=(10, 10))
        file.create_dataset("wide", (4,), "S100000000", chunks=(4,))
        file.create_dataset("many", (2_000,), "S20000", chunks=(1000,), compression="gzip")[:] = b"a" * 20_000
    tracemalloc.start()
    try:
        reading = read(path)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert reading.places("array that is not read") == {"array '/texts'", "array '/numbers'", "array '/wide'"}
    assert peak < 150 << 20


@pytest.mark.parametrize("part", [60, 600, 3_000])
def test_a_cut_off_file_is_refused(tmp_path, cells, part) -> None:
    path = tmp_path / "cut"
    path.write_bytes(cells.read_bytes()[:-part])
    with pytest.raises(InputError, match="cut off or damaged"):
        read(path)


def test_a_damaged_file_is_refused_or_read(tmp_path, cells) -> None:
    whole = cells.read_bytes()
    path = tmp_path / "damaged"
    refused = 0
    for place in range(100, len(whole), 1499):
        path.write_bytes(whole[:place] + b"\xa5" * 8 + whole[place + 8 :])
        try:
            read(path)
        except InputError:
            refused += 1
    assert refused
