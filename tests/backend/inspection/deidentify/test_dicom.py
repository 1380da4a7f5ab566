"""De-identified DICOM: the profile is applied, series stay series, and the copy does not stop."""

from __future__ import annotations

import shutil
from pathlib import Path

import pydicom
import pytest
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared
from biodesci.inspection.deidentify import Action, deidentify
from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import inspect

SAMPLES = Path(pydicom.__file__).parent / "data" / "test_files"


def copied(path: Path, target: Path):
    return deidentify(path, target, inspect(path), Declared()).mends


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small.dcm", "rtstruct.dcm", "rtdose.dcm", "waveform_ecg.dcm"]
)
def test_the_copy_stops_no_more(tmp_path, name) -> None:
    original = (SAMPLES / name).read_bytes()
    path = tmp_path / "in.dcm"
    path.write_bytes(original)
    assert inspect(path).of(Level.STOP)
    mends = copied(path, tmp_path / "out.dcm")
    assert path.read_bytes() == original
    assert [str(finding) for finding in inspect(tmp_path / "out.dcm").of(Level.STOP)] == []
    assert {mend.action for mend in mends} >= {Action.REPLACED, Action.EMPTIED}


def test_what_was_done_is_in_the_file_and_pixels_stay(tmp_path) -> None:
    copied(SAMPLES / "CT_small.dcm", tmp_path / "out.dcm")
    before, after = dcmread(SAMPLES / "CT_small.dcm"), dcmread(tmp_path / "out.dcm")
    assert after.PatientIdentityRemoved == "YES"
    assert [code.CodeValue for code in after.DeidentificationMethodCodeSequence] == ["113100", "113107"]
    assert after.pixel_array.tolist() == before.pixel_array.tolist()
    assert after.Rows == before.Rows
    assert after.SOPInstanceUID == after.file_meta.MediaStorageSOPInstanceUID != before.SOPInstanceUID
    assert (0x0009, 0x1001) in before
    assert (0x0009, 0x1001) not in after
    assert after.PatientID != before.PatientID


def test_a_series_stays_one_with_intervals_between_days(tmp_path) -> None:
    folder = tmp_path / "Weber_Anna"
    folder.mkdir()
    for number, day in enumerate(("20190301", "20190308", "20190308")):
        dataset = dcmread(SAMPLES / "MR_small.dcm")
        dataset.StudyDate, dataset.SOPInstanceUID = day, f"1.2.3.{number}"
        dataset.save_as(folder / f"Weber_{number}.dcm")
    (folder / "README").write_text("Images of a phantom.\n")
    mends = copied(folder, tmp_path / "out")
    files = sorted((tmp_path / "out").glob("*.dcm"))
    assert [file.name for file in files] == ["000002.dcm", "000003.dcm", "000004.dcm"]
    assert (tmp_path / "out" / "README").read_text() == "Images of a phantom.\n"
    images = [dcmread(file) for file in files]
    assert (
        len({image.StudyInstanceUID for image in images}) == len({image.PatientID for image in images}) == 1
    )
    assert len({image.SOPInstanceUID for image in images}) == 3
    days = [int(image.StudyDate) for image in images]
    assert days[0] != 20190301
    assert days[1] == days[2] != days[0]
    assert "names of DICOM files" in {mend.place for mend in mends}


def test_two_copies_have_nothing_in_common(tmp_path) -> None:
    for name in ("a", "b"):
        copied(SAMPLES / "MR_small.dcm", tmp_path / name)
    one, other = dcmread(tmp_path / "a"), dcmread(tmp_path / "b")
    assert one.PatientID != other.PatientID
    assert one.StudyInstanceUID != other.StudyInstanceUID


def test_names_deep_in_sequences_go(tmp_path) -> None:
    dataset = dcmread(SAMPLES / "MR_small.dcm")
    inner = Dataset()
    inner.PersonName, inner.TextValue = "Weber^Anna", "Anna Weber came"
    dataset.ContentSequence = Sequence([inner])
    dataset.save_as(tmp_path / "in")
    copied(tmp_path / "in", tmp_path / "out")
    assert b"Weber" not in (tmp_path / "out").read_bytes()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ExplVR_BigEnd.dcm", "pixels are not cleaned"),
        ("MR_truncated.dcm", "ends within"),
        ("dicomdirtests/DICOMDIR", "DICOMDIR"),
    ],
)
def test_what_can_t_be_mended_is_refused_and_leaves_no_copy(tmp_path, name, reason) -> None:
    path = tmp_path / "in"
    shutil.copy(SAMPLES / name, path)
    inspection = inspect(SAMPLES / "MR_small.dcm")
    with pytest.raises(InputError, match=reason):
        deidentify(path, tmp_path / "out", inspection, Declared())
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in"]


def test_nothing_is_written_over(tmp_path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError, match="already"):
        copied(SAMPLES / "MR_small.dcm", tmp_path / "out")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="within"):
        copied(tmp_path / "folder", tmp_path / "folder" / "copy")
