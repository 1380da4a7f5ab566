"""Bytes of real files flipped, cut out and cut off: a reader reads them, or raises an InputError."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import anndata
import nibabel
import numpy as np
import pydicom
import pysam
import pytest
import wfdb
from PIL import Image

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Table
from biodesci.inspection.formats import recognise
from biodesci.inspection.source import Source
from tests.backend.inspection.formats.slides import aperio

DICOM = Path(pydicom.__file__).parent / "data" / "test_files"
NIFTI = Path(nibabel.__file__).parent / "tests" / "data"
HEADER = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 248956422}], "RG": [{"ID": "a", "SM": "S"}]}


def _reads(path: Path, mode: str) -> None:
    with pysam.AlignmentFile(path, mode, header=HEADER) as file:
        segment = pysam.AlignedSegment(file.header)
        segment.query_name, segment.query_sequence, segment.flag = "r", "ACGT", 4
        segment.query_qualities = pysam.qualitystring_to_array("IIII")
        file.write(segment)


def _variants(path: Path) -> None:
    header = pysam.VariantHeader()
    header.add_sample("S1")
    with pysam.VariantFile(str(path), "wz", header=header):
        pass


def _signal(path: Path) -> None:
    wfdb.wrsamp(
        "r", 250, ["mV"], ["II"], np.zeros((9, 1)), fmt=["16"], comments=["a"], write_dir=str(path.parent)
    )
    (path.parent / "r.hea").rename(path)


def _picture(path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[315] = "A"
    Image.new("RGB", (16, 16)).save(path, kind, exif=exif)


SAMPLES: dict[str, Callable[[Path], object]] = {
    "dicom": lambda path: path.write_bytes((DICOM / "CT_small.dcm").read_bytes()),
    "dicom without types": lambda path: path.write_bytes((DICOM / "MR_small_implicit.dcm").read_bytes()),
    "dicom report": lambda path: path.write_bytes((DICOM / "test-SR.dcm").read_bytes()),
    "dicom deflated": lambda path: path.write_bytes((DICOM / "image_dfl.dcm").read_bytes()),
    "nifti": lambda path: path.write_bytes((NIFTI / "example_nifti2.nii.gz").read_bytes()),
    "h5ad": lambda path: anndata.AnnData(X=np.eye(3, dtype="f4"), uns={"a": "b"}).write_h5ad(path),
    "slide": lambda path: aperio(path, label=True),
    "bam": lambda path: _reads(path, "wb"),
    "cram": lambda path: _reads(path, "wc"),
    "vcf": _variants,
    "wfdb": _signal,
    "png": lambda path: _picture(path, "PNG"),
    "jpeg": lambda path: _picture(path, "JPEG"),
    "tiff": lambda path: _picture(path, "TIFF"),
    "fhir": lambda path: path.write_text('{"resourceType":"Patient","id":"1","name":[{"family":"W"}]}'),
}


def _damaged(raw: bytes, chance: random.Random) -> bytes:
    content = bytearray(raw)
    for _ in range(chance.choice([1, 1, 3])):
        place = chance.randrange(min(len(content), 4_000) or 1)
        match chance.randrange(4):
            case 0:
                content[place : place + 1] = bytes([chance.choice([0, 127, 128, 255])])
            case 1:
                content[place : place + 4] = chance.choice(
                    [b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", bytes(4)]
                )
            case 2:
                del content[place : place + chance.randrange(1, 50)]
            case 3:
                del content[place + 1 :]
    return bytes(content)


def _survive(name: str, folder: Path, rounds: int) -> None:
    path = folder / "sample"
    SAMPLES[name](path)
    raw, chance = path.read_bytes(), random.Random(name)
    for _ in range(rounds):
        path.write_bytes(_damaged(raw, chance))
        source = Source.of(path)
        format_ = recognise(source)
        try:
            for item in format_.read(source, Declared()) if format_ else ():
                if isinstance(item, Table):
                    list(item.batches)
        except InputError as exc:
            assert exc.hint


@pytest.mark.parametrize("name", SAMPLES)
def test_damage_is_read_or_refused(tmp_path, name) -> None:
    _survive(name, tmp_path, 6)


@pytest.mark.deep
@pytest.mark.parametrize("name", SAMPLES)
def test_much_damage_is_read_or_refused(tmp_path, name) -> None:
    _survive(name, tmp_path, 400)
