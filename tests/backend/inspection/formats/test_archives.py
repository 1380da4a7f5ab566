"""Archives, compressed files and folders: looked into, bounded, and harmless whatever their names are."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Member
from biodesci.inspection.finding import Level
from biodesci.inspection.formats import recognise
from biodesci.inspection.source import Allowance, Source
from tests.backend.inspection.formats.contents import read, read_bytes

TABLE = b"patient_name,dob\nAnna Weber,1950-03-07\nBen Ito,1951-01-02\n"
ROWS = [
    {"patient_name": "Anna Weber", "dob": "1950-03-07"},
    {"patient_name": "Ben Ito", "dob": "1951-01-02"},
]


def zipped(files: dict[str, bytes], comment: bytes = b"") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.uname = len(data), "aweber"
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


PACKERS = {
    "gzip": gzip.compress,
    "gzip in two parts": lambda data: gzip.compress(data[:20]) + gzip.compress(data[20:]),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "Zstandard": lambda data: pa.compress(data, "zstd", asbytes=True),
    "LZ4": lambda data: pa.compress(data, "lz4", asbytes=True),
    "zip": lambda data: zipped({"a.csv": data}),
    "tar": lambda data: tarred({"a.csv": data}),
    "tar.gz": lambda data: tarred({"a.csv": data}, "w:gz"),
    "tar.bz2": lambda data: tarred({"a.csv": data}, "w:bz2"),
    "tar.xz": lambda data: tarred({"a.csv": data}, "w:xz"),
    "tar.zst": lambda data: pa.compress(tarred({"a.csv": data}), "zstd", asbytes=True),
    "zip in tar.gz in gzip": lambda data: gzip.compress(tarred({"b": zipped({"a": data})}, "w:gz")),
}


@pytest.mark.parametrize("packer", PACKERS)
def test_what_is_packed_is_read(tmp_path, packer):
    content = read_bytes(tmp_path, PACKERS[packer](TABLE))
    assert content.rows == [ROWS]


@pytest.mark.parametrize("packer", [name for name in PACKERS if name != "zip in tar.gz in gzip"])
def test_what_is_cut_off_is_refused(tmp_path, packer):
    packed = PACKERS[packer](TABLE + os.urandom(20_000).hex().encode())
    with pytest.raises(InputError, match=r"damaged|cut off|Line"):
        read_bytes(tmp_path, packed[: len(packed) * 2 // 3])


def test_names_and_remarks_in_archives_are_passages(tmp_path):
    packed = zipped(
        {"Weber Anna 1950-03-07/scan.csv": TABLE, "Weber Anna 1950-03-07/b.csv": TABLE}, b"of Anna"
    )
    content = read_bytes(tmp_path, packed)
    assert content.texts == ["of Anna", "Weber Anna 1950-03-07\nscan\nb\n"]
    assert not any("Weber" in passage.place for passage in content.passages)
    content = read_bytes(tmp_path, tarred({"x/Anna.csv": TABLE}))
    assert content.texts == ["aweber", "x\nAnna\n"]
    named = io.BytesIO()
    with gzip.GzipFile("Anna Weber.csv", "wb", fileobj=named) as file:
        file.write(TABLE)
    assert read_bytes(tmp_path, named.getvalue()).texts == ["Anna Weber.csv"]


def test_members_are_called_by_number(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"Anna": TABLE, "b.zip": zipped({"Ben": TABLE})}))
    source = Source.of(path)
    members = [
        item.source.where for item in recognise(source).read(source, Declared()) if isinstance(item, Member)
    ]
    assert members == ["member 1", "member 2"]


def test_names_that_lead_out_of_a_folder_lead_nowhere(tmp_path):
    names = ["../../escaped.csv", "/tmp/escaped.csv", "C:\\escaped.csv", "a/../../b.csv"]
    inside = tmp_path / "inside"
    inside.mkdir()
    for pack in (zipped, tarred):
        content = read_bytes(inside, pack(dict.fromkeys(names, TABLE)))
        assert content.rows == [ROWS] * 4
    assert [path.name for path in tmp_path.rglob("*")] == ["inside", "file"]


def test_an_encrypted_member_stops(tmp_path):
    packed = bytearray(zipped({"a.csv": TABLE, "b.csv": TABLE}))
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.find(magic) + flags] |= 1
    content = read_bytes(tmp_path, bytes(packed))
    assert content.kinds == {"encrypted member": Level.STOP} and content.rows == [ROWS]


def test_a_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("biodesci.inspection.source._ALWAYS", 1 << 20)
    bomb = gzip.compress(gzip.compress(b"a,b\n" + b"1,2\n" * (2 << 20)))
    with pytest.raises(InputError, match="far more than its own size"):
        read_bytes(tmp_path, bomb)
    with pytest.raises(InputError, match="far more than its own size"):
        read_bytes(tmp_path, zipped({f"{i}": b"1,2\n" * (1 << 18) for i in range(20)}))


def test_an_allowance_is_spent_by_all_members_together(tmp_path):
    allowance = Allowance(10)
    assert allowance.counted(io.BytesIO(b"123456")).read() == b"123456"
    with pytest.raises(InputError):
        allowance.counted(io.BytesIO(b"12345")).read()


def test_a_folder_is_read_in_the_order_of_its_paths(tmp_path):
    for name in ("b.csv", "a/Anna Weber.csv", "a/empty.txt", "Z/c.csv"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"" if "empty" in name else TABLE)
    content = read(tmp_path / "data")
    assert content.formats == [
        "folder",
        "delimited table",
        "delimited table",
        "plain text",
        "delimited table",
    ]
    assert content.texts == ["Z\nc\na\nAnna Weber\nempty\nb\n"]
    assert [finding.place for finding in content.findings] == ["file 3 by name"]


def test_links_and_pipes_in_folders_are_refused(tmp_path):
    outside = tmp_path / "outside.csv"
    outside.write_bytes(TABLE)
    for name, make in (
        ("file link", lambda path: path.symlink_to(outside)),
        ("folder link", lambda path: path.symlink_to(tmp_path)),
        ("pipe", os.mkfifo),
    ):
        folder = tmp_path / name
        folder.mkdir()
        make(folder / "x")
        with pytest.raises(InputError, match="a link or a device"):
            read(folder)


def test_links_in_a_tar_are_noted_and_not_followed(tmp_path):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("x")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)
    content = read_bytes(tmp_path, packed.getvalue())
    assert content.kinds == {"link in an archive": Level.NOTE} and content.texts == ["/etc/passwd", "x\n"]


def test_names_that_are_no_unicode_are_read(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.csv")).write_bytes(TABLE)
    assert read(folder).texts == ["caf\ufffd\n"]


def test_many_members_are_read_in_seconds(tmp_path):
    content = read_bytes(tmp_path, zipped({f"{i}.csv": b"a,b\n1,2\n" for i in range(500)}))
    assert len(content.rows) == 500
