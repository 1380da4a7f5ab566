"""What stands around the members of archives, and between the parts of a file: looked at, or asked about."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable

import pyarrow as pa
import pytest

from biodesci.core.errors import InputError
from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import Inspection, inspect

NAME = b"Patient: Anna Weber, Marburg"
OPAQUE = bytes(range(128, 250)) * 3
TABLE = b"visit,arm\n1,control\n2,treated\n3,control\n"


def _inspected(folder, data: bytes) -> Inspection:
    (folder / "data").write_bytes(data)
    return inspect(folder / "data")


def zipped(extra: bytes = b"", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name in ("a.csv", "b.csv"):
            entry = zipfile.ZipInfo(name)
            entry.extra, entry.compress_type = extra, method
            archive.writestr(entry, TABLE)
    return packed.getvalue()


def _field(kind: int, content: bytes) -> bytes:
    return struct.pack("<2H", kind, len(content)) + content


def _between(hidden: bytes) -> bytes:
    """Bytes before the second member, with the directory moved accordingly."""
    data = zipped()
    second = data.index(b"PK\x03\x04", 4)
    directory = data.index(b"PK\x01\x02")
    entry = data.index(b"PK\x01\x02", directory + 4)
    moved = bytearray(data[:second] + hidden + data[second:])
    struct.pack_into("<I", moved, entry + len(hidden) + 42, second + len(hidden))
    struct.pack_into("<I", moved, len(moved) - 6, directory + len(hidden))
    return bytes(moved)


def _padded_member() -> bytes:
    """More packed bytes than the member's data unpack from."""
    data = zipped()
    first = data.index(b"b.csv") - 30
    directory = data.index(b"PK\x01\x02")
    moved = bytearray(data[:first] + NAME + data[first:])
    (size,) = struct.unpack_from("<I", data, 18)
    struct.pack_into("<I", moved, 18, size + len(NAME))
    struct.pack_into("<I", moved, directory + len(NAME) + 20, size + len(NAME))
    second = moved.index(b"PK\x01\x02", directory + len(NAME) + 4)
    struct.pack_into("<I", moved, second + 42, first + len(NAME))
    struct.pack_into("<I", moved, len(moved) - 6, directory + len(NAME))
    return bytes(moved)


def tarred(**attributes: object) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        entry = tarfile.TarInfo("a.csv")
        entry.size = len(TABLE)
        for name, value in attributes.items():
            setattr(entry, name, value)
        archive.addfile(entry, io.BytesIO(TABLE))
    return packed.getvalue()


def _over(data: bytes, at: int, hidden: bytes) -> bytes:
    return data[:at] + hidden + data[at + len(hidden) :]


def _gzipped(flag: int, field: bytes) -> bytes:
    data = gzip.compress(TABLE, mtime=0)
    return data[:3] + bytes([flag]) + data[4:10] + field + data[10:]


def tar_name() -> bytes:
    data = _over(tarred(), 20, NAME)
    entry = bytearray(data[:512])
    entry[148:156] = b" " * 8
    entry[148:156] = b"%06o\0 " % sum(entry)
    return bytes(entry) + data[512:]


def streamed() -> bytes:
    class Pipe(io.RawIOBase):
        data = b""

        def writable(self) -> bool:
            return True

        def write(self, piece) -> int:
            self.data += bytes(piece)
            return len(piece)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", TABLE)
        archive.writestr("b.csv", TABLE)
    return pipe.data


ZSTD = pa.compress(TABLE, "zstd", asbytes=True)
SKIPPED = struct.pack("<2I", 0x184D2A50, len(NAME)) + NAME
DIRTY: dict[str, Callable[[], bytes]] = {
    "zip, unknown extra field": lambda: zipped(_field(0x4141, NAME)),
    "zip, Unicode path": lambda: zipped(_field(0x7075, b"\1" + bytes(4) + NAME)),
    "zip, between members": lambda: _between(NAME),
    "zip, after the end": lambda: zipped() + NAME,
    "tar, after the end": lambda: tarred() + NAME,
    "tar, padding of a member": lambda: _over(tarred(), 1024 - len(NAME), NAME),
    "tar, after the NUL of a name": tar_name,
    "gzip, extra field": lambda: _gzipped(4, struct.pack("<H", len(NAME) + 4) + _field(0x4141, NAME)),
    "gzip, name": lambda: _gzipped(8, NAME + b"\0"),
    "gzip, comment": lambda: _gzipped(16, NAME + b"\0"),
    "gzip, second part's name": lambda: gzip.compress(TABLE) + _gzipped(8, NAME + b"\0"),
    "bzip2, after the end": lambda: bz2.compress(TABLE) + NAME,
    "xz, after the end": lambda: lzma.compress(TABLE) + NAME,
    "Zstandard, skippable frame": lambda: ZSTD + SKIPPED,
    "LZ4, skippable frame": lambda: pa.compress(TABLE, "lz4", asbytes=True) + SKIPPED,
    "xml, between records": lambda: b"<r><a><b>1</b></a>" + NAME + b"<a><b>2</b></a></r>",
}
REFUSED: dict[str, Callable[[], bytes]] = {
    "gzip, after the end": lambda: gzip.compress(TABLE) + NAME,
    "zip, after a member's packed data": _padded_member,
    "json, after the list": lambda: b'[{"visit": 1}, {"visit": 2}]\n' + NAME,
    "json, between records": lambda: b'[{"visit": 1}, ' + NAME + b', {"visit": 2}]',
    "json, a field twice": lambda: b'[{"note": "Anna Weber", "note": "well"}, {"note": "ill"}]',
    "json lines, a field twice": lambda: b'{"note": "Anna Weber", "note": "well"}\n{"note": "ill"}\n',
    "json object, a field twice": lambda: b'{"a": {"note": "Anna Weber", "note": "well"}, "b": 1}',
    "fhir, a field twice": lambda: b'{"resourceType": "Patient", "id": "Anna Weber", "id": "1"}',
}
CLEAN: dict[str, Callable[[], bytes]] = {
    "zip": zipped,
    "zip, stored": lambda: zipped(method=zipfile.ZIP_STORED),
    "zip, time": lambda: zipped(_field(0x5455, b"\3" + bytes(8))),
    "zip, streamed": streamed,
    "tar": tarred,
    "gzip": lambda: gzip.compress(TABLE),
    "json": lambda: b'[{"a": "x \\"y\\" z", "b": NaN}, {"a": "\\u0022", "b": 123456789012345678901234}]\n',
    "json lines": lambda: b'{"a": "x \\"y\\" z", "b": NaN}\n{"a": "\\u0022", "b": 12}\n',
}


@pytest.mark.parametrize("name", DIRTY)
def test_a_name_around_the_data_stops(tmp_path, name):
    stops = _inspected(tmp_path, DIRTY[name]()).of(Level.STOP)
    assert "name" in {stop.kind for stop in stops}
    assert not any("Weber" in str(stop) for stop in stops)


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_program_writes_is_refused(tmp_path, name):
    with pytest.raises(InputError) as refused:
        _inspected(tmp_path, REFUSED[name]())
    assert refused.value.hint and "Weber" not in str(refused.value)


@pytest.mark.parametrize("name", CLEAN)
def test_what_programs_write_passes(tmp_path, name):
    findings = _inspected(tmp_path, CLEAN[name]()).findings
    assert [f for f in findings if "beside" in f.place or "not read" in f.kind] == []


@pytest.mark.parametrize(
    "data",
    [zipped(_field(0x4141, OPAQUE)), _between(OPAQUE), zipped() + OPAQUE, tarred() + OPAQUE],
    ids=["zip, extra field", "zip, between members", "zip, after the end", "tar, after the end"],
)
def test_bytes_that_are_no_text_are_asked_about(tmp_path, data):
    assert any("not read" in finding.kind for finding in _inspected(tmp_path, data).of(Level.ASK))


def test_a_zip_whose_names_are_no_text_is_refused(tmp_path):
    data = zipped().replace(b"a.csv", b"\xff.csv")
    marked = bytearray(data)
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<H", marked, at + 8, 0x800)  # says that the name is UTF-8
    with pytest.raises(InputError):
        _inspected(tmp_path, bytes(marked))
