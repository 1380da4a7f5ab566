"""WFDB records that the wfdb package writes, and EDF by its specification, clean, dirty and damaged."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import numpy as np
import pytest
import wfdb

from biodesci.core.errors import InputError
from biodesci.inspection.finding import Level
from tests.backend.inspection.formats.reading import read


def record(folder: Path, name: str = "r01", comments: tuple[str, ...] = (), day: date | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    wfdb.wrsamp(
        name,
        fs=250,
        units=["mV", "mV"],
        sig_name=["MLII", "V5"],
        p_signal=np.sin(np.arange(2000).reshape(1000, 2) / 50),
        fmt=["16", "16"],
        comments=list(comments),
        base_time=time(10, 11, 12) if day else None,
        base_date=day,
        write_dir=str(folder),
    )
    return folder


def test_a_clean_record_passes_with_a_table_of_its_signals(tmp_path) -> None:
    reading = read(record(tmp_path / "records"))
    assert reading.format == "WFDB records"
    assert reading.findings == []
    assert reading.members == []
    assert reading.tables["signals"][0] == {"signal": "MLII", "units": "mV", "rate": 250.0, "samples": 1000}


def test_comments_days_and_notes_of_annotations_are_looked_at(tmp_path) -> None:
    comments = ("age: 93", "name: Anna Weber", "ECG date: 01/10/1990")
    folder = record(tmp_path / "records", comments=comments, day=date(1990, 10, 1))
    wfdb.wrann(
        "r01",
        "atr",
        np.array([10, 20, 30]),
        symbol=["N", "+", '"'],
        aux_note=["", "(AFIB", "seen by Max Weber"],
        write_dir=str(folder),
    )
    (folder / "notes.txt").write_text("A remark.\n")
    reading = read(folder)
    assert reading.kinds(Level.STOP) == {"date", "age over 89"}
    assert reading.places("date") == {"record line", "comments"}
    assert reading.texts >= {"name: Anna Weber", "seen by Max Weber"}
    assert "(AFIB" not in reading.texts
    assert [member.name for member in reading.members] == ["notes.txt"]


def test_records_are_counted_together(tmp_path) -> None:
    for number in range(20):
        record(tmp_path / "records", f"r{number:02}", comments=(f"age: {number + 20}",))
    reading = read(tmp_path / "records")
    assert [(f.kind, f.rows) for f in reading.findings] == [("free text", 20)]


def test_a_header_by_itself_is_read_whatever_it_is_called(tmp_path) -> None:
    header = record(tmp_path / "records", comments=("Anna Weber",)) / "r01.hea"
    (tmp_path / "header.txt").write_bytes(header.read_bytes())
    reading = read(tmp_path / "header.txt")
    assert reading.format == "WFDB header"
    assert "Anna Weber" in reading.texts


def test_damaged_records_are_refused(tmp_path) -> None:
    folder = record(tmp_path / "records")
    header = (folder / "r01.hea").read_text().splitlines()
    (folder / "r01.hea").write_text("\n".join(header[:2]))
    with pytest.raises(InputError, match=r"^File 2 by name: .* each of its signals"):
        read(folder)


def edf(
    path: Path, patient: str, recording: str, day: str, label: str = "EEG Fpz-Cz", kind: str = "EDF+C"
) -> Path:
    head = "0".ljust(8) + patient.ljust(80) + recording.ljust(80) + f"{day}00.00.00" + "512".ljust(8)
    head += kind.ljust(44) + "2".ljust(8) + "1".ljust(8) + "1".ljust(4)
    signal = label.ljust(16) + "AgAgCl".ljust(80) + "uV".ljust(8) + "-100".ljust(8) + "100".ljust(8)
    signal += "-2048".ljust(8) + "2047".ljust(8) + "HP:0.1Hz".ljust(80) + "10".ljust(8) + "".ljust(32)
    path.write_bytes((head + signal).encode("latin-1") + bytes(40))
    return path


def test_an_edf_without_a_name_passes(tmp_path) -> None:
    reading = read(edf(tmp_path / "a.csv", "X F X X", "Startdate X X X X", "01.01.85"))
    assert reading.format == "EDF"
    assert reading.findings == []
    assert reading.tables["signals"] == [{"signal": "EEG Fpz-Cz", "units": "uV", "samples_per_record": "10"}]


def test_an_edf_s_fields_are_looked_at(tmp_path) -> None:
    path = edf(
        tmp_path / "a",
        "MCH-0234567 F 02-AUG-1951 Weber_Anna seen_by_Max",
        "Startdate 02-MAR-2002 PSG-1234/2002 NN Telemetry03",
        "02.03.02",
        label="EDF Annotations",
    )
    reading = read(path)
    assert reading.kinds(Level.STOP) == {"name", "date of birth", "date"}
    assert reading.kinds(Level.ASK) == {"record number", "institution or device", "free text"}
    assert reading.texts >= {"MCH-0234567", "seen_by_Max"}


def test_an_old_edf_s_patient_field_stops(tmp_path) -> None:
    reading = read(edf(tmp_path / "a", "Anna Weber 02/08/51", "", "01.01.85", kind=""))
    assert reading.kinds(Level.STOP) == {"free text"}


def test_damaged_edf_is_refused(tmp_path) -> None:
    path = edf(tmp_path / "a", "X X X X", "Startdate X X X X", "01.01.85")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(InputError, match="last record"):
        read(path)
    path.write_bytes(whole[:252] + b"9999" + whole[256:])
    with pytest.raises(InputError, match="number of signals"):
        read(path)
