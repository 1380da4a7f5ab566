"""De-identified folders of a known layout: BIDS and the OMOP Common Data Model; workbooks and Stata files."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import nibabel
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
from nibabel.nifti1 import Nifti1Extension

from biodesci.core.errors import InputError
from biodesci.inspection.deidentify import Action
from biodesci.inspection.inspect import inspect
from tests.backend.inspection.deidentify.copies import copied, left, rows

LABELS = ("4711", "4712", "weber")


def image(path: Path, number: int) -> np.ndarray:
    """A volume whose header names a person in a text and in an extension."""
    voxels = np.arange(120, dtype="i2").reshape(4, 5, 6) + number
    made = nibabel.Nifti1Image(voxels, np.eye(4))
    made.header["descrip"] = "brain of Anna Weber"
    made.header.extensions.append(Nifti1Extension(2, b"\x10\0\x10\0\x0a\0\0\0Weber^Anna"))
    nibabel.save(made, path)
    return voxels


def bids(root: Path) -> Path:
    root.mkdir()
    description = {"Name": "Study", "BIDSVersion": "1.9.0", "Authors": ["Erika Musterfrau", "Max Huber"]}
    (root / "dataset_description.json").write_text(json.dumps(description))
    (root / "README").write_text("Ask Dr. Anna Weber, Gartenweg 3, 89073 Ulm, anna.weber@clinic.example\n")
    (root / "participants.tsv").write_text(
        "participant_id\tage\tsex\n"
        + "".join(f"sub-{label}\t{50 + 20 * i}\tF\n" for i, label in enumerate(LABELS))
    )
    for number, label in enumerate(LABELS):
        folder = root / f"sub-{label}" / "anat"
        folder.mkdir(parents=True)
        stem = f"sub-{label}_T1w"
        image(folder / f"{stem}.nii.gz", number)
        sidecar = {
            "EchoTime": 0.03,
            "PatientName": "Weber^Anna",
            "AcquisitionDateTime": "2019-03-07T10:00:00",
            "IntendedFor": [f"bids::sub-{label}/anat/{stem}.nii.gz"],
        }
        (folder / f"{stem}.json").write_text(json.dumps(sidecar))
        (root / f"sub-{label}" / f"sub-{label}_scans.tsv").write_text(
            "filename\tacq_time\n"
            f"anat/{stem}.nii.gz\t2019-03-07T10:00:00\n"
            f"anat/{stem}.nii.gz\t2019-03-14T11:30:00\n"
        )
    return root


def test_a_bids_folder_stays_one_and_names_nobody(tmp_path) -> None:
    source, copy = bids(tmp_path / "in"), tmp_path / "out"
    mends = copied(source, copy)
    assert left(copy) == set()
    assert inspect(copy).format == "BIDS dataset"
    assert json.loads((copy / "dataset_description.json").read_text())["Authors"][0] == "Erika Musterfrau"
    people = rows(copy / "participants.tsv", "\t")
    assert {row["participant_id"] for row in people} == {"sub-01", "sub-02", "sub-03"}
    assert [row["age"] for row in people] == ["50", "70", "90+"]
    assert not (copy / "README").exists()
    files = {str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()}
    texts = "\n".join(files) + "".join(p.read_text() for p in copy.rglob("*.json")) + str(people)
    assert not any(word in texts for word in ("4711", "4712", "weber", "Weber", "2019"))
    for number, row in enumerate(people):
        label = row["participant_id"]
        stem = copy / label / "anat" / f"{label}_T1w"
        assert json.loads(stem.with_suffix(".json").read_text()) == {
            "EchoTime": 0.03,
            "IntendedFor": [f"bids::{label}/anat/{label}_T1w.nii.gz"],
        }
        made = nibabel.load(stem.with_suffix(".nii.gz"))
        assert (np.asanyarray(made.dataobj) == np.arange(120).reshape(4, 5, 6) + number).all()
        assert b"Weber" not in gzip.decompress(stem.with_suffix(".nii.gz").read_bytes())
        first, second = rows(copy / label / f"{label}_scans.tsv", "\t")
        assert first["filename"] == f"anat/{label}_T1w.nii.gz"
        assert int(first["acq_time"][:4]) < 1925
        days = [date.fromisoformat(scan["acq_time"][:10]) for scan in (first, second)]
        assert (days[1] - days[0]).days == 7
        assert second["acq_time"][10:] == "T11:30:00"
    done = {(mend.place, mend.action) for mend in mends}
    assert ("labels of participants", Action.REPLACED) in done
    assert ("texts such as README", Action.LEFT_OUT) in done
    assert not any("Weber" in str(mend) or "4711" in str(mend) for mend in mends)


def test_a_nifti_file_by_itself_keeps_its_voxels(tmp_path) -> None:
    voxels = image(tmp_path / "in.nii", 3)
    copied(tmp_path / "in.nii", tmp_path / "out.nii")
    made = nibabel.load(tmp_path / "out.nii")
    assert (np.asanyarray(made.dataobj) == voxels).all()
    assert list(made.header.extensions) == []
    assert left(tmp_path / "out.nii") == set()
    second = tmp_path / "second.nii"
    nibabel.save(nibabel.Nifti2Image(voxels, np.eye(4)), second)
    copied(second, tmp_path / "out2.nii")
    assert (tmp_path / "out2.nii").read_bytes() == second.read_bytes()


def omop(root: Path) -> Path:
    root.mkdir()
    (root / "person.csv").write_text(
        "person_id,gender_concept_id,year_of_birth,birth_datetime,person_source_value\n"
        + "".join(f"{i},8507,{1920 + i},{1920 + i}-03-07,A{i}\n" for i in range(1, 61))
    )
    visits = [(n, 1 + n % 60, f"2019-03-{1 + n % 20:02}", f"2019-03-{3 + n % 20:02}") for n in range(120)]
    names = ("visit_occurrence_id", "person_id", "visit_start_date", "visit_end_date")
    pq.write_table(
        pa.table(dict(zip(names, zip(*visits, strict=True), strict=True))), root / "visit_occurrence.parquet"
    )
    (root / "note.csv").write_text("note_id,person_id,note_text\n1,1,Anna came\n2,2,no\n")
    (root / "fact_relationship.csv").write_text(
        "domain_concept_id_1,fact_id_1,domain_concept_id_2,fact_id_2,relationship_concept_id\n56,1,56,2,4\n56,3,56,4,4\n"
    )
    return root


def test_tables_of_the_common_data_model_still_fit_together(tmp_path) -> None:
    source, copy = omop(tmp_path / "in"), tmp_path / "out"
    copied(source, copy)
    assert inspect(copy).format == "OMOP CDM"
    people = rows(copy / "person.csv")
    assert list(people[0]) == ["person_id", "gender_concept_id", "year_of_birth"]
    oldest = date.today().year - 90
    assert [int(row["year_of_birth"]) for row in people] == [max(1920 + i, oldest) for i in range(1, 61)]
    visits = pq.read_table(copy / "visit_occurrence.parquet")
    assert visits.schema.field("person_id").type == pa.int64()
    numbers = {int(row["person_id"]): i for i, row in enumerate(people, 1)}
    by: dict[int, set[int]] = {}
    given = pq.read_table(source / "visit_occurrence.parquet").to_pylist()
    for after, before in zip(visits.to_pylist(), given, strict=True):
        assert numbers[after["person_id"]] == before["person_id"]
        for name in ("visit_start_date", "visit_end_date"):
            days = (date.fromisoformat(after[name]) - date.fromisoformat(before[name])).days
            by.setdefault(before["person_id"], set()).add(days)
    assert all(len(days) == 1 for days in by.values()), "every day of a person moves alike"
    assert list(rows(copy / "note.csv")[0]) == ["note_id", "person_id"]
    assert {int(row["person_id"]) for row in rows(copy / "note.csv")} <= set(numbers)
    assert not {"fact_id_1", "fact_id_2"} & set(rows(copy / "fact_relationship.csv")[0])
    assert {kind for _, kind in left(copy)} == {"date"}, "moved days still look like days"


def test_a_workbook_becomes_a_folder_of_its_sheets(tmp_path) -> None:
    book = openpyxl.Workbook()
    for number, sheet in enumerate((book.active, book.create_sheet("labs"))):
        assert sheet is not None
        sheet.append(["patient_name", "patient_id", "hb"])
        for row in range(40):
            sheet.append([("Anna Weber", "Max Huber")[row % 2], f"A{100_000 + row}", 10 + number + row % 5])
    book.properties.creator = "Anna Weber"
    book.save(tmp_path / "in.xlsx")
    mends = copied(tmp_path / "in.xlsx", tmp_path / "out")
    first, second = (rows(tmp_path / "out" / f"sheet {number}.csv") for number in (1, 2))
    assert [list(first[0]), list(second[0])] == [["patient_id", "hb"]] * 2
    assert [row["patient_id"] for row in first] == [row["patient_id"] for row in second]
    assert left(tmp_path / "out") == set()
    assert Action.REWRITTEN in {mend.action for mend in mends}


def test_a_stata_file_becomes_csv(tmp_path) -> None:
    import pandas as pd

    frame = pd.DataFrame(
        {
            "name": ["Anna Weber", "Max Huber"] * 20,
            "mrn": [f"A{i + 100_000}" for i in range(40)],
            "hb": [12.5] * 40,
        }
    )
    pyreadstat.write_dta(frame, tmp_path / "in.dta", column_labels=["who", "number", "haemoglobin"])
    copied(tmp_path / "in.dta", tmp_path / "out.csv")
    made = rows(tmp_path / "out.csv")
    assert [len(made), list(made[0])] == [40, ["person_pseudonym", "hb"]]
    assert left(tmp_path / "out.csv") == set()


def test_what_is_packed_says_to_unpack_it(tmp_path) -> None:
    (tmp_path / "in.csv").write_text("patient_name,hb\n" + "Anna Weber,12\n" * 20)
    (tmp_path / "in.csv.gz").write_bytes(gzip.compress((tmp_path / "in.csv").read_bytes()))
    with pytest.raises(InputError, match="Unpack it"):
        copied(tmp_path / "in.csv.gz", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()
    shutil.make_archive(str(tmp_path / "in"), "zip", tmp_path, "in.csv")
    with pytest.raises(InputError, match="Unpack it"):
        copied(tmp_path / "in.zip", tmp_path / "out.zip")


def test_a_database_says_to_export_its_tables(tmp_path) -> None:
    path = tmp_path / "in.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE people (patient_name TEXT)")
        database.executemany("INSERT INTO people VALUES (?)", [("Anna Weber",)] * 20)
        database.commit()
    with pytest.raises(InputError, match="SQLite can't be de-identified here") as refused:
        copied(path, tmp_path / "out")
    assert "as Parquet or CSV into a folder" in refused.value.hint
