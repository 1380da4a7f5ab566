"""NIfTI that nibabel ships and writes, and BIDS folders of it, clean and with planted identifiers."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Extension

from biodesci.core.errors import InputError
from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import inspect
from tests.backend.inspection.formats.reading import read

SAMPLES = Path(nibabel.__file__).parent / "tests" / "data"


def volume(path: Path, *extensions: tuple[int, bytes], **fields: str) -> Path:
    image = nibabel.Nifti1Image(np.zeros((4, 5, 6), "i2"), np.eye(4))
    for name, value in fields.items():
        image.header[name] = value
    image.header.extensions.extend(Nifti1Extension(code, content) for code, content in extensions)
    nibabel.save(image, path)
    return path


@pytest.mark.parametrize(
    "name", ["anatomical.nii", "example4d.nii.gz", "example_nifti2.nii.gz", "functional.nii"]
)
def test_nibabel_s_images_are_read(name) -> None:
    reading = read(SAMPLES / name)
    assert reading.format == "NIfTI"
    assert reading.kinds(Level.ASK) >= {"recognisable person"}
    assert reading.kinds(Level.STOP) <= {"bytes that are not read"}
    assert len(reading.tables["volumes"]) == 1


def test_names_of_many_files_are_no_free_text(tmp_path) -> None:
    for number in range(1, 30):
        folder = tmp_path / f"sub-{number:02}" / "anat"
        folder.mkdir(parents=True)
        (folder / f"sub-{number:02}_ses-1_T1w.json").write_text('{"EchoTime": 0.03}')
    (tmp_path / "dataset_description.json").write_text('{"Name": "x", "BIDSVersion": "1.9.0"}')
    assert not inspect(tmp_path).of(Level.STOP)
    (tmp_path / "seen by the doctor on a Monday in May at our ward.json").write_text("{}")
    assert {finding.kind for finding in inspect(tmp_path).of(Level.STOP)} == {"free text"}


def test_the_header_s_texts_and_extensions_are_looked_at(tmp_path) -> None:
    document = json.dumps({"PatientName": "Weber^Anna", "EchoTime": 0.03}).encode()
    path = volume(
        tmp_path / "a.nii.gz",
        (6, b"seen by Max Weber"),
        (44, document),
        (2, b"\x10\0\x10\0\x0a\0\0\0Weber^Anna"),
        (77, b"\1\2"),
        descrip="brain of Anna Weber",
        aux_file="/home/aweber/x",
    )
    reading = read(path)
    assert reading.places("name") == {"header extension 44, PatientName"}
    assert reading.kinds(Level.STOP) == {"name", "DICOM header", "bytes that are not read"}
    assert {"brain of Anna Weber", "seen by Max Weber"} <= reading.texts
    assert "user name in a path" in reading.kinds(Level.ASK)
    assert not any("Weber" in str(finding) for finding in reading.findings)


def test_a_flat_image_shows_no_face(tmp_path) -> None:
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 5), "i2"), np.eye(4)), tmp_path / "a.nii")
    assert read(tmp_path / "a.nii").findings == []


def test_damaged_and_hostile_images_are_refused(tmp_path) -> None:
    path = volume(tmp_path / "a.nii", (6, b"text"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(InputError, match="ends before its last voxel"):
        read(path)
    path.write_bytes(whole[:352] + struct.pack("<i", 2**31 - 1) + whole[356:])
    with pytest.raises(InputError, match="extension"):
        read(path)
    path.write_bytes(whole[:70] + struct.pack("<h", 9999) + whole[72:])
    with pytest.raises(InputError, match="header is damaged"):
        read(path)
    path.write_bytes(whole[:42] + struct.pack("<hhh", 32767, 32767, 32767) + whole[48:])
    with pytest.raises(InputError, match="last voxel"):
        read(path)


@pytest.fixture
def dataset(tmp_path) -> Path:
    root = tmp_path / "bids"
    for number in ("01", "02"):
        (root / f"sub-{number}" / "anat").mkdir(parents=True)
        shutil.copy(SAMPLES / "anatomical.nii", root / f"sub-{number}" / "anat" / f"sub-{number}_T1w.nii")
        side = {"Modality": "MR", "EchoTime": 0.003, "Manufacturer": "Siemens", "AcquisitionTime": ""}
        (root / f"sub-{number}" / "anat" / f"sub-{number}_T1w.json").write_text(json.dumps(side))
    description = {"Name": "A study", "BIDSVersion": "1.9.0", "Authors": ["Anna Weber"]}
    (root / "dataset_description.json").write_text(json.dumps(description))
    (root / "participants.tsv").write_text("participant_id\tage\nsub-01\t34\nsub-02\t36\n")
    return root


def test_a_clean_bids_dataset_asks_for_faces_alone(dataset) -> None:
    reading = read(dataset)
    assert reading.format == "BIDS dataset"
    assert {finding.level for finding in reading.findings} == {Level.ASK}
    assert [(f.kind, f.rows) for f in reading.findings] == [("recognisable person", 2)]
    assert [member.name for member in reading.members] == ["participants.tsv"]
    assert "Anna Weber" not in reading.texts  # the authors say who they are


def test_sidecars_scan_times_and_labels_are_looked_at(dataset) -> None:
    side = dataset / "sub-01" / "anat" / "sub-01_T1w.json"
    fields = {
        "PatientName": "Weber^Anna",
        "PatientBirthDate": "1950-03-07",
        "InstitutionAddress": "Gartenweg 3",
        "DeviceSerialNumber": "45123",
        "AcquisitionDateTime": "2019-03-07T10:11:12",
        "ImageComments": "with her sister",
        "Remark": "spoke to Max",
    }
    side.write_text(json.dumps(fields))
    (dataset / "sub-01" / "sub-01_scans.tsv").write_text("filename\tacq_time\na\t2019-03-07T10:11:12\n")
    (dataset / "sub-02" / "sub-02_scans.tsv").write_text("filename\tacq_time\na\t1877-03-07T10:11:12\n")
    (dataset / "sub-19500307").mkdir()
    (dataset / "sub-19500307" / "x.tsv").write_text("a\tb\n1\t2\n")
    (dataset / "sub-AnnaWeber").mkdir()
    (dataset / "sub-AnnaWeber" / "x.tsv").write_text("a\tb\n1\t2\n")
    reading = read(dataset)
    assert reading.kinds(Level.STOP) >= {"name", "date of birth", "address or telephone number", "date"}
    assert reading.places("date of birth") == {"JSON documents, PatientBirthDate", "labels of participants"}
    assert [f.rows for f in reading.findings if f.place == "times of scans and sessions"] == [1]
    assert reading.kinds(Level.ASK) >= {"institution or device", "free text", "record number"}
    assert reading.texts >= {"Anna Weber", "spoke to Max", "with her sister"}


def test_a_broken_document_is_named_by_its_file(dataset) -> None:
    (dataset / "a.json").write_text('{"a": ')
    with pytest.raises(InputError, match=r"^File 1 by name: The JSON document can't be read"):
        read(dataset)
