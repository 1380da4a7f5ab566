"""DICOM against the basic profile: pydicom's own files, and what was made dirty, cut or hostile of them."""

from __future__ import annotations

import shutil
import struct
import tracemalloc
import zlib
from pathlib import Path

import pydicom
import pytest
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.datadict import dictionary_VR
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence

from biodesci.core.errors import InputError
from biodesci.inspection.finding import Level
from biodesci.inspection.formats.dicom import profile
from biodesci.inspection.source import Source
from tests.backend.inspection.formats.reading import read

SAMPLES = Path(pydicom.__file__).parent / "data" / "test_files"


@pytest.fixture
def clean(tmp_path) -> Path:
    """A real CT of the CQ500 set, which its owners de-identified, with what the profile still wants."""
    dataset = dcmread(SAMPLES / "693_J2KI.dcm")
    dataset.PatientName = ""
    dataset.PatientID = ""
    dataset.RecognizableVisualFeatures = "NO"
    del dataset.file_meta.SourceApplicationEntityTitle
    for keyword in ("SeriesDescription", "DerivationDescription"):
        delattr(dataset, keyword)
    path = tmp_path / "slice"
    dataset.save_as(path)
    return path


def edited(path: Path, **attributes: object) -> Path:
    dataset = dcmread(path)
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path)
    return path


def test_a_de_identified_image_is_noted_only(clean) -> None:
    reading = read(clean)
    assert reading.format == "DICOM file"
    assert {finding.level for finding in reading.findings} == {Level.NOTE}
    assert reading.tables["images"][0]["Modality"] == "CT"


def test_a_scanner_s_image_stops_for_each_kind() -> None:
    reading = read(SAMPLES / "CT_small.dcm")
    assert reading.kinds(Level.STOP) >= {"name", "record number", "date", "private attribute"}
    assert reading.places("name") == {"tag (0010,0010) PatientName"}
    assert "tag (0010,1002)/(0010,0020) PatientID" in reading.places("record number")
    assert "JFK IMAGING CENTER" in reading.texts
    assert not any("CompressedSamples" in str(finding) for finding in reading.findings)


@pytest.mark.parametrize(
    ("attributes", "level", "kind"),
    [
        ({"PatientName": "Weber^Anna"}, Level.ASK, "name"),  # the file says that identities were removed
        ({"PatientName": "ANONYMOUS", "PatientID": "Anonymized"}, Level.NOTE, None),
        ({"PatientBirthDate": "19500307"}, Level.STOP, "date of birth"),
        ({"PatientAge": "093Y"}, Level.STOP, "age over 89"),
        ({"PatientAge": "061Y"}, Level.NOTE, "characteristic of a person"),
        ({"PatientAddress": "Gartenweg 3"}, Level.STOP, "address or telephone number"),
        ({"OperatorsName": "Weber^Anna"}, Level.ASK, "name"),
        ({"RequestingPhysician": "Weber^Anna"}, Level.STOP, "name"),  # the profile leaves no dummy here
        ({"StudyDate": "20190307"}, Level.STOP, "date"),
        ({"BurnedInAnnotation": "YES"}, Level.STOP, "burnt-in text"),
        ({"Modality": "US"}, Level.STOP, "burnt-in text"),
        ({"Modality": "US", "BurnedInAnnotation": "NO"}, Level.NOTE, None),
        ({"RecognizableVisualFeatures": "", "BodyPartExamined": "HEAD"}, Level.ASK, "recognisable person"),
        ({"RecognizableVisualFeatures": "", "BodyPartExamined": "KNEE"}, Level.NOTE, None),
        ({"StudyComments": "seen with her sister"}, Level.ASK, "free text"),
        ({"InstitutionName": "St. Elsewhere"}, Level.ASK, "institution or device"),
        ({"StudyTime": "101112"}, Level.ASK, "time of day"),
        ({"EncapsulatedDocument": b"%PDF-1.7 "}, Level.STOP, "bytes that the profile removes"),
        ({"ImageType": ["DERIVED", "PRIMARY", "LABEL", "NONE"]}, Level.STOP, "label image"),
    ],
)
def test_each_attribute_has_its_level(clean, attributes, level, kind) -> None:
    reading = read(edited(clean, **attributes))
    grave = [finding for finding in reading.findings if finding.level is not Level.NOTE]
    if kind is None:
        assert not grave
    else:
        assert kind in reading.kinds(level)


def test_dates_that_the_file_says_were_shifted_are_noted(clean) -> None:
    path = edited(clean, StudyDate="20190307", LongitudinalTemporalInformationModified="MODIFIED")
    assert read(path).kinds(Level.STOP) == set()


def test_private_attributes_stop_unless_the_standard_knows_them(clean) -> None:
    dataset = dcmread(clean)
    block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", "1000")
    dataset.save_as(clean)
    assert not read(clean).kinds(Level.STOP)
    block.add_new(0x10, "LO", "Weber, Anna")
    dataset.save_as(clean)
    assert read(clean).places("private attribute") == {"private tags (0019,xxxx)"}


def test_names_deep_in_sequences_and_overlays_are_found(clean) -> None:
    dataset = dcmread(clean)
    inner = Dataset()
    inner.PersonName = "Weber^Anna"
    middle = Dataset()
    middle.ContentSequence = Sequence([inner])
    dataset.RequestAttributesSequence = Sequence([middle])
    dataset.add_new(0x60003000, "OW", b"\x01\x02")
    dataset.save_as(clean)
    reading = read(clean)
    assert "tag (0040,0275)/(0040,A730)/(0040,A123) PersonName" in reading.places("name")
    assert reading.places("bytes that the profile removes") == {"tag (6000,3000) OverlayData"}


def test_a_medium_s_directory_names_people() -> None:
    reading = read(SAMPLES / "dicomdirtests" / "DICOMDIR")
    assert "tag (0004,1220)/(0010,0010) PatientName" in reading.places("name")


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_implicit.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_RLE.dcm",
        "ExplVR_BigEndNoMeta.dcm",
        "ExplVR_LitEndNoMeta.dcm",
        "SC_rgb_jpeg.dcm",
        "image_dfl.dcm",
        "badVR.dcm",
        "UN_sequence.dcm",
        "nested_priv_SQ.dcm",
        "test-SR.dcm",
        "rtstruct.dcm",
        "waveform_ecg.dcm",
    ],
)
def test_transfer_syntaxes_and_odd_files_are_read(name) -> None:
    assert read(SAMPLES / name).kinds(Level.STOP)


def test_a_series_is_a_folder_with_one_finding_for_all_files(tmp_path, clean) -> None:
    folder = tmp_path / "series"
    (folder / "inner").mkdir(parents=True)
    for number in range(12):
        shutil.copy(SAMPLES / "MR_small.dcm", folder / "inner" / f"{number}.dcm")
    (folder / "notes.txt").write_text("with the scanner's notes\n")
    reading = read(folder)
    assert reading.format == "DICOM series"
    names = [finding for finding in reading.findings if finding.kind == "name"]
    assert [finding.rows for finding in names] == [12]
    assert len(reading.tables["images"]) == 12
    assert [member.name for member in reading.members] == ["notes.txt"]
    assert len(reading.findings) < 30


@pytest.mark.parametrize("name", ["MR_truncated.dcm", "rtplan_truncated.dcm"])
def test_a_cut_off_file_is_refused(name) -> None:
    with pytest.raises(InputError, match=r"ends within the element .* Export it"):
        read(SAMPLES / name)


def test_a_file_of_a_series_is_named_by_its_number(tmp_path) -> None:
    shutil.copy(SAMPLES / "MR_small.dcm", tmp_path / "a.dcm")
    shutil.copy(SAMPLES / "MR_truncated.dcm", tmp_path / "b.dcm")
    with pytest.raises(InputError, match=r"^File 2 by name: This DICOM file ends"):
        read(tmp_path)


def test_a_link_out_of_the_folder_is_refused(tmp_path) -> None:
    shutil.copy(SAMPLES / "MR_small.dcm", tmp_path / "a.dcm")
    (tmp_path / "b").symlink_to(SAMPLES / "CT_small.dcm")
    with pytest.raises(InputError, match="link"):
        read(tmp_path)


def _part10(body: bytes, syntax: str = "1.2.840.10008.1.2.1") -> bytes:
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    meta = struct.pack("<HH2sH", 2, 0x10, b"UI", len(uid)) + uid
    return bytes(128) + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(meta)) + meta + body


HOSTILE = {
    "a length of 4 GB": lambda: _part10(struct.pack("<HH2sHI", 0x10, 0x4000, b"UT", 0, 0xFFFFFFF0) + b"a"),
    "sequences in sequences": lambda: _part10(
        b"\x40\x00\x75\x02SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 20_000
    ),
    "an expanding file": lambda: _part10(_deflated(300 << 20), "1.2.840.10008.1.2.1.99"),
    "no attribute": lambda: _part10(b""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_little_memory(tmp_path, name) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(HOSTILE[name]())
    tracemalloc.start()
    try:
        with pytest.raises(InputError):
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()


def _deflated(size: int) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    piece = deflater.compress(bytes(1 << 20)) + deflater.flush(zlib.Z_FULL_FLUSH)
    return piece * (size >> 20) + deflater.flush()


def test_the_profile_is_the_standard_s_table() -> None:
    assert len(profile.ACTIONS) == 652
    assert profile.action(0x00100010) == "Z"
    assert profile.action(0x00100020) == "Z/D"
    assert profile.action(0x00080018) == "U"
    assert profile.action(0x60023000) == profile.action(0x50100010) == "X"
    assert profile.action(0x00280010) is None  # Rows
    people = [tag for tag in pydicom.datadict.DicomDictionary if dictionary_VR(tag) == "PN"]
    # Persons' names that the table leaves out stop by their type.
    assert sum(profile.action(tag) is not None for tag in people) >= 25


def test_what_is_no_dicom_is_not_taken_for_it(tmp_path) -> None:
    for name, content in {"text": b"\x08 a text", "empty": b"", "zeros": bytes(400)}.items():
        path = tmp_path / name
        path.write_bytes(content)
        from biodesci.inspection.formats.dicom import DicomFile

        assert not DicomFile().recognises(Source.of(path))


def test_a_name_that_the_file_calls_another_type_stops_all_the_same(clean) -> None:
    dataset = dcmread(clean)
    del dataset.PatientName
    dataset.add_new(0x00100010, "LO", "Weber, Anna")
    dataset.add_new(0x00080020, "LO", "2019-03-07")
    dataset.save_as(clean)
    reading = read(clean)
    assert reading.places("name") == {"tag (0010,0010) PatientName"}
    assert reading.places("date") == {"tag (0008,0020) StudyDate"}
    raw = clean.read_bytes()
    clean.write_bytes(raw.replace(b"\x10\0\x10\0LO", b"\x10\0\x10\0Q9"))
    assert read(clean).places("name") == {"tag (0010,0010) PatientName"}


def test_a_wrong_name_changes_nothing(tmp_path) -> None:
    path = tmp_path / "table.csv"
    shutil.copy(get_testdata_file("CT_small.dcm"), path)
    assert read(path).format == "DICOM file"


def test_meta_information_names_computers(clean) -> None:
    dataset = dcmread(clean)
    assert isinstance(dataset.file_meta, FileMetaDataset)
    dataset.file_meta.SourceApplicationEntityTitle = "WARD7PACS"
    dataset.save_as(clean)
    assert read(clean).places("institution or device") == {"tag (0002,0016) SourceApplicationEntityTitle"}
