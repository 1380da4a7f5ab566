"""Pictures and slides: what stands beside the pixels, labels, and files that are cut or claim too much."""

from __future__ import annotations

import struct
import zlib

import pytest
from PIL import ExifTags, Image, PngImagePlugin

from biodesci.core.errors import InputError
from biodesci.inspection.finding import Level
from tests.backend.inspection.formats.reading import read
from tests.backend.inspection.formats.slides import aperio

PICTURE = Image.new("RGB", (32, 32), (9, 90, 200))
ASKS = {"words or faces in a picture"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF"])
def test_a_bare_picture_asks_for_its_pixels_alone(tmp_path, kind) -> None:
    path = tmp_path / "figure.csv"
    PICTURE.save(path, kind)
    reading = read(path)
    assert {finding.kind for finding in reading.findings} == ASKS
    assert reading.texts == set()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_is_looked_at(tmp_path, kind) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Anna Weber"
    exif[ExifTags.Base.DateTime] = "2019:03:07 10:11:12"
    exif[ExifTags.Base.ImageDescription] = "hand of Max Weber"
    exif[ExifTags.Base.Make] = "Canon"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.BodySerialNumber] = "SN00123"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 24.0, 5.0)
    path = tmp_path / "photo"
    PICTURE.save(path, kind, exif=exif)
    reading = read(path)
    # Pillow writes no inner directories into a TIFF.
    inner = set() if kind == "TIFF" else {"institution or device"}
    assert reading.kinds(Level.STOP) == (set() if kind == "TIFF" else {"address"})
    assert reading.kinds(Level.ASK) == {"name", "date", "free text", *inner, *ASKS}
    assert reading.texts - {"SN00123"} == {"Anna Weber", "hand of Max Weber"}


def test_a_png_s_texts_are_read_packed_or_not(tmp_path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "Anna Weber")
    info.add_text("Comment", "seen by Max", zip=True)
    info.add_itxt("Title", "Müller", zip=True)
    path = tmp_path / "figure"
    PICTURE.save(path, "PNG", pnginfo=info)
    late = b"Comment\0after the pixels"
    chunk = struct.pack(">I", len(late)) + b"tEXt" + late + struct.pack(">I", zlib.crc32(b"tEXt" + late))
    path.write_bytes(path.read_bytes()[:-12] + chunk + path.read_bytes()[-12:])
    texts = {text.strip("\0") for text in read(path).texts}
    assert texts >= {"Author Anna Weber", "Comment seen by Max", "Comment after the pixels"}
    assert any("Müller" in text for text in texts)


def test_a_jpeg_s_comment_and_xmp_are_read(tmp_path) -> None:
    path = tmp_path / "photo"
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:creator photo="Anna Weber"/></x:xmpmeta>'
    PICTURE.save(path, "JPEG", comment=b"by Max Weber", xmp=xmp)
    texts = read(path).texts
    assert "by Max Weber" in texts
    assert any("Anna Weber" in text for text in texts)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_what_stands_behind_a_picture_s_end_stops(tmp_path, kind) -> None:
    path = tmp_path / "figure"
    PICTURE.save(path, kind)
    path.write_bytes(path.read_bytes() + b"PK and an archive of patients")
    assert read(path).places("bytes that are not read") == {"behind the picture"}


def test_each_page_of_a_tiff_is_looked_at(tmp_path) -> None:
    path = tmp_path / "stack"
    pages = [PICTURE.copy() for _ in range(3)]
    PICTURE.save(path, "TIFF", save_all=True, append_images=pages, description="taken from Anna Weber")
    reading = read(path)
    assert [finding.rows for finding in reading.findings if finding.kind == "free text"] == [4]
    assert "taken from Anna Weber" in reading.texts


def test_a_slide_s_label_and_overview_stop(tmp_path) -> None:
    reading = read(aperio(tmp_path / "slide", label=True))
    assert reading.places("label image") == {"associated image label", "associated image macro"}
    assert reading.places("record number") == {"property aperio.Filename"}
    assert reading.kinds(Level.ASK) >= {"date", "institution or device"}
    assert any("Weber" in text for text in reading.texts)
    assert not any("Weber" in str(finding) for finding in reading.findings)


def test_a_slide_without_label_and_names_does_not_stop(tmp_path) -> None:
    clean = "Aperio Image Library v11.2.1\r\n256x256 [0,0 256x256] (240x240) J2K|AppMag = 20|MPP = 0.499"
    assert read(aperio(tmp_path / "slide", label=False, description=clean)).kinds(Level.STOP) == set()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_a_cut_off_picture_is_refused(tmp_path, kind) -> None:
    path = tmp_path / "cut"
    PICTURE.save(path, kind)
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(InputError, match="Fetch or write it again"):
        read(path)


def test_a_picture_that_claims_billions_of_pixels_costs_nothing(tmp_path) -> None:
    header = struct.pack(">IIBBBBB", 2_000_000_000, 2_000_000_000, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    path = tmp_path / "bomb"
    packed = zlib.compress(bytes(50 << 20))
    pixels = chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels)
    assert read(path).kinds(Level.ASK) == ASKS
    text = chunk(b"zTXt", b"a\0\0" + packed)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + text + pixels)
    with pytest.raises(InputError):
        read(path)
