"""Names in bytes that a format's reader does not give: they stop, and a clean file of the format doesn't."""

from __future__ import annotations

import io
import os
import sqlite3
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import duckdb
import h5py
import nibabel
import numpy as np
import pandas as pd
import pydicom
import pyreadstat
import pytest
from PIL import Image

from biodesci.core.errors import InputError
from biodesci.inspection import residues
from biodesci.inspection.content import Residue
from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import inspect
from biodesci.inspection.strings import LONGEST, strings

NAME = b"Patient: Anna Weber, Marburg"
DICOM = Path(pydicom.__file__).parent / "data" / "test_files" / "MR_small.dcm"
FRAME = pd.DataFrame({"arm": ["control", "treated"] * 30, "glucose": [4.5, 5.25] * 30})


def _hdf5(path: Path, **options: object) -> None:
    with h5py.File(path, "w", **options) as file:
        file["glucose"] = np.arange(60) / 4
        file.attrs["title"] = "glucose"


def _hdf5_deleted(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["remarks"] = np.array([NAME] * 3)
        file["glucose"] = np.arange(60) / 4
    with h5py.File(path, "a") as file:
        del file["remarks"]


def _hdf5_user_block(path: Path) -> None:
    _hdf5(path, userblock_size=512)
    _overwritten(path, 0)


def _overwritten(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(NAME)


def _nifti(path: Path, header: bytes = b"") -> None:
    image = nibabel.Nifti1Image(np.zeros((2, 2, 2), "i2"), np.eye(4))
    path.write_bytes(image.to_bytes() + header)


def _dicom(path: Path, **values: str) -> None:
    data = pydicom.dcmread(DICOM)
    data.remove_private_tags()
    for element in list(data.iterall()):
        if element.VR in {"PN", "DA", "DT", "LO", "SH", "LT", "ST"}:
            data.pop(element.tag, None)
    for keyword, value in values.items():
        with pydicom.config.disable_value_validation():
            setattr(data, keyword, value)
    data.save_as(path, enforce_file_format=True)


def _dicom_padded(path: Path) -> None:
    """An element of the standard (PS3.3 C.12.1) that is there to be skipped."""
    _dicom(path)
    with path.open("ab") as file:
        padding = NAME.ljust(32, b"\0")
        file.write(struct.pack("<HH2sHI", 0xFFFC, 0xFFFC, b"OB", 0, len(padding)) + padding)


def _sqlite(path: Path, *, deleted: bool) -> None:
    database = sqlite3.connect(path)
    FRAME.to_sql("visits", database, index=False)
    if deleted:
        database.execute("PRAGMA secure_delete = OFF")  # which is how most programs come
        database.execute("INSERT INTO visits VALUES (?, 1)", (NAME.decode(),))
        database.execute("DELETE FROM visits WHERE glucose = 1")
    database.commit()
    database.close()


def _duckdb(path: Path) -> None:
    with duckdb.connect(str(path)) as database:
        database.register("given", FRAME)
        database.execute("CREATE TABLE visits AS SELECT * FROM given")


def _png(path: Path, chunk: bytes = b"") -> None:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "PNG")
    kind = b"prVt" + chunk
    private = struct.pack(">I", len(chunk)) + kind + struct.pack(">I", zlib.crc32(kind))
    data = stream.getvalue()
    path.write_bytes(data[:-12] + (private if chunk else b"") + data[-12:])


def _edf(path: Path, reserved: bytes = b"") -> None:
    head = b"0".ljust(8) + b"X X X X".ljust(80) + b"Startdate X X X X".ljust(80) + b"01.01.8500.00.00"
    head += b"512".ljust(8) + b"EDF+C".ljust(44) + b"1".ljust(8) + b"1".ljust(8) + b"1".ljust(4)
    fields = (b"EEG", 16), (b"", 80), (b"uV", 8), (b"-1", 8), (b"1", 8), (b"-9", 8), (b"9", 8), (b"", 80)
    signal = b"".join(value.ljust(width) for value, width in fields)
    path.write_bytes(head + signal + b"4".ljust(8) + reserved.ljust(32) + bytes(8))


def _followed(write: Callable[[Path], object]) -> Callable[[Path], None]:
    def writer(path: Path) -> None:
        write(path)
        with path.open("ab") as file:
            file.write(bytes(16) + NAME)

    return writer


def _tiff(path: Path) -> None:
    Image.new("RGB", (8, 8)).save(path, "TIFF")


CLEAN: dict[str, Callable[[Path], object]] = {
    "hdf5": _hdf5,
    "nifti": _nifti,
    "dicom": _dicom,
    "sqlite": lambda path: _sqlite(path, deleted=False),
    "duckdb": _duckdb,
    "stata": lambda path: pyreadstat.write_dta(FRAME, str(path), file_label="visits"),
    "spss": lambda path: pyreadstat.write_sav(FRAME, str(path), note="visits"),
    "png": _png,
    "tiff": _tiff,
    "edf": _edf,
}
REFUSED = {"dicom", "sqlite"}
"""What their libraries refuse with bytes at the end, or count as a part of the last page."""
DIRTY: dict[str, Callable[[Path], object]] = {
    **{f"{name}, after its end": _followed(write) for name, write in CLEAN.items() if name not in REFUSED},
    "hdf5, deleted": _hdf5_deleted,
    "hdf5, user block": _hdf5_user_block,
    "nifti, among the voxels": lambda path: (_nifti(path, bytes(64)), _overwritten(path, 360)),
    "dicom, preamble": lambda path: (_dicom(path), _overwritten(path, 8)),
    "dicom, a code": lambda path: _dicom(path, ContentQualification="ANNA WEBER"),
    "sqlite, deleted": lambda path: _sqlite(path, deleted=True),
    "png, unknown chunk": lambda path: _png(path, NAME),
    "edf, reserved": lambda path: _edf(path, NAME),
    "edf, over several fields": lambda path: (_edf(path), _overwritten(path, 357)),
    "utf-16, in another encoding": lambda path: path.write_bytes(
        NAME + "arm;glucose\ncontrol;4\ntreated;5\n".encode("utf-16-le") * 50
    ),
}


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_file_has_nothing_beside_its_data(tmp_path, name):
    CLEAN[name](tmp_path / "data")
    findings = inspect(tmp_path / "data").findings
    assert [str(finding) for finding in findings if "beside" in finding.place] == []


@pytest.mark.parametrize("name", DIRTY)
def test_a_name_that_no_reader_gives_stops(tmp_path, name):
    DIRTY[name](tmp_path / "data")
    stops = inspect(tmp_path / "data").of(Level.STOP)
    assert "name" in {stop.kind for stop in stops}, stops
    assert not any("Weber" in str(stop) for stop in stops)


@pytest.mark.parametrize("write", [_nifti, _followed(_nifti)])
def test_bytes_after_the_last_voxel_are_asked_about(tmp_path, write):
    write(tmp_path / "data")
    asks = {ask.place for ask in inspect(tmp_path / "data").of(Level.ASK)}
    assert ("behind the volume" in asks) is (write is not _nifti)


def test_padding_of_dicom_stops_whatever_is_in_it(tmp_path):
    _dicom_padded(tmp_path / "data")
    assert "(FFFC,FFFC)" in str([stop.place for stop in inspect(tmp_path / "data").of(Level.STOP)])


def test_bytes_after_the_last_element_of_dicom_are_refused(tmp_path):
    _followed(_dicom)(tmp_path / "data")
    with pytest.raises(InputError):
        inspect(tmp_path / "data")


def test_what_a_reader_gives_is_judged_where_it_stands(tmp_path):
    """A column of codes that look like names stops or not as a column; not once more for its bytes."""
    with h5py.File(tmp_path / "data", "w") as file:
        file["species"] = np.array([b"Anna Weber"] * 1_200)
        file["count"] = np.arange(1_200)
    places = {finding.place for finding in inspect(tmp_path / "data").findings}
    assert "column 'species'" in str(places) and "beside" not in str(places)


def test_a_file_full_of_text_is_compared_before_it_is_checked(tmp_path, monkeypatch):
    monkeypatch.setattr(residues, "_MOST", 100)
    remarks = [f"Visit {i:05} by nurse {i % 97:02}-{i % 89:02}, stable" for i in range(1_200)]
    with h5py.File(tmp_path / "data", "w") as file:
        file["more"] = np.array([b"Patient: nurse 01-01, stable.."])
        file["remarks"] = np.array(remarks, dtype="S48")
    assert not [f for f in inspect(tmp_path / "data").findings if "beside" in f.place]
    with h5py.File(tmp_path / "data", "a") as file:
        file["more"][0] = NAME
        del file["more"]
    assert [f.kind for f in inspect(tmp_path / "data").findings if "beside" in f.place] == ["name"]


def test_bytes_by_chance_are_no_text():
    data = np.random.default_rng(7).bytes(4 << 20)
    assert residues.look(Residue("file", lambda: io.BytesIO(data))) == []


@pytest.mark.parametrize("at", [0, 1, (1 << 20) - 5, (1 << 20) - LONGEST, 2 << 20])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_text_is_found_wherever_it_stands(at, encoding):
    text = "Anna Weber" if encoding != "utf-8" else "Jürgen Müller 佐藤"
    data = b"\xff" * at + text.encode(encoding) + b"\xff" * 99
    assert text in list(strings(io.BytesIO(data)))


def test_a_text_without_an_end_is_given_in_pieces_that_overlap():
    data = b"x" * ((1 << 20) - 4) + NAME + b"x" * 50_000 + NAME + os.urandom(1).replace(b"x", b"\0")
    assert sum(NAME.decode() in text for text in strings(io.BytesIO(data))) >= 2


@pytest.mark.parametrize("letters", [b"A", b"ab", b"a.b-"])
def test_a_long_run_of_letters_is_read_once(letters) -> None:
    """Zeros that are packed become one, and each of its letters began a search to its end."""
    begun = time.process_time()
    assert residues.look(Residue("file", lambda: io.BytesIO(letters * 300_000))) == []
    assert time.process_time() - begun < 10
