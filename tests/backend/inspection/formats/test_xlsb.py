"""Binary workbooks (.xlsb): what is read of them, and what they can't be asked for ([MS-XLSB])."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from biodesci.core.errors import InputError
from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import inspect
from tests.backend.inspection.formats.contents import read_bytes

ROW, NUMBER, FLAG, TEXT, FORMULA = 0, 5, 4, 6, 8
BOOK_SHEET, BOOK_SHEETS_END, BOOK_END, DIMENSIONS, DATA, DATA_END = 156, 144, 132, 148, 145, 146
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
Rows = list[list[str | float | bool]]
PATIENTS: Rows = [["id", "city", "n"], ["001", "Bern", 12.0], ["002", "Basel", 1.5]]


def number(value: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    last, rest = value & 0x7F, value >> 7
    return bytes([last | 0x80]) + number(rest) if rest else bytes([last])


def record(kind: int, body: bytes = b"") -> bytes:
    return number(kind) + number(len(body)) + body


def text(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode("utf-16-le")


def cell(column: int, value: str | float | bool) -> bytes:
    place = struct.pack("<II", column, 0)
    if isinstance(value, bool):
        return record(FLAG, place + bytes([value]))
    if isinstance(value, float):
        return record(NUMBER, place + struct.pack("<d", value))
    if value.startswith("="):  # what it came to, then no formula's tokens at all
        return record(FORMULA, place + text(value[1:]) + struct.pack("<HII", 0, 0, 0))
    return record(TEXT, place + text(value))


def sheet(rows: Rows, at: int = 0) -> bytes:
    """A sheet whose first row is the row `at`."""
    cells = b"".join(
        record(ROW, struct.pack("<I", at + y) + bytes(21))
        + b"".join(cell(x, value) for x, value in enumerate(row))
        for y, row in enumerate(rows)
    )
    size = struct.pack("<4I", at, at + len(rows) - 1, 0, max(map(len, rows)) - 1)
    return record(DIMENSIONS, size) + record(DATA) + cells + record(DATA_END)


def xlsb(*sheets: bytes, hidden: bool = False, **more: bytes) -> bytes:
    """A workbook; `hidden` are all of its sheets but the first one."""
    listed = links = b""
    for i in range(1, len(sheets) + 1):
        state = struct.pack("<II", int(hidden and i > 1), i)
        listed += record(BOOK_SHEET, state + text(f"rId{i}") + text(f"Sheet{i}"))
        links += (
            f'<Relationship Id="rId{i}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{i}.bin"/>'.encode()
        )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.bin", listed + record(BOOK_SHEETS_END) + record(BOOK_END))
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{RELATIONS}">'.encode() + links + b"</Relationships>",
        )
        for i, part in enumerate(sheets, 1):
            archive.writestr(f"xl/worksheets/sheet{i}.bin", part)
        for name, part in more.items():
            archive.writestr(f"xl/{name}.bin", part)
    return stream.getvalue()


def test_each_sheet_is_a_table_and_a_hidden_one_asks(tmp_path) -> None:
    content = read_bytes(tmp_path, xlsb(sheet(PATIENTS), sheet([["x", "y"], ["a", True]]), hidden=True))
    assert content.formats == ["workbook"]
    assert content.rows == [
        [{"id": "001", "city": "Bern", "n": "12"}, {"id": "002", "city": "Basel", "n": "1.5"}],
        [{"x": "a", "y": "true"}],
    ]
    assert content.kinds == {"hidden sheet": Level.ASK}
    assert {"Sheet1", "Sheet2"} <= set(content.texts)


def test_values_of_formulas_are_cells_and_the_formulas_ask(tmp_path) -> None:
    rows: Rows = [*PATIENTS, ["003", "=Chur", 2.0], ["004", "=Davos", 2.0]]
    content = read_bytes(tmp_path, xlsb(sheet(PATIENTS), sheet(rows)))
    assert [row["city"] for row in content.rows[1]] == ["Bern", "Basel", "Chur", "Davos"]
    [finding] = content.findings
    assert (finding.kind, finding.level, finding.rows) == ("formulas that are not read", Level.ASK, 2)


def test_what_stands_beside_the_sheets_is_looked_at(tmp_path) -> None:
    file = tmp_path / "book"
    file.write_bytes(xlsb(sheet(PATIENTS), comments1=text("call Mrs Anna Weber, anna.weber@example.org")))
    stops = [str(finding) for finding in inspect(file).of(Level.STOP)]
    assert any("e-mail" in stop and "beside the data" in stop for stop in stops), stops


def test_macros_stop(tmp_path) -> None:
    content = read_bytes(tmp_path, xlsb(sheet(PATIENTS), vbaProject=b"\xd0\xcf\x11\xe0"))
    assert content.kinds == {"macros": Level.STOP}


def test_two_cells_at_opposite_ends_take_no_room(tmp_path) -> None:
    far = sheet([["a"]]).replace(record(DATA_END), b"") + record(ROW, struct.pack("<I", 1 << 20) + bytes(21))
    for column in (0, 16_383):
        far += cell(column, "b")
    with pytest.raises(InputError, match="more than 20,000,000 cells"):
        read_bytes(tmp_path, xlsb(far + record(DATA_END)))


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_a_file_that_is_cut_off_stops_in_words(tmp_path, kept: float) -> None:
    whole = xlsb(sheet(PATIENTS))
    file = tmp_path / "cut.xlsb"
    file.write_bytes(whole[: int(len(whole) * kept)])
    try:
        stops = inspect(file).of(Level.STOP)
    except InputError as refused:
        assert refused.hint
    else:
        assert stops


@pytest.mark.parametrize("part", ["xl/workbook.bin", "xl/worksheets/sheet1.bin"])
def test_parts_that_are_cut_off_are_refused_in_words(tmp_path, part: str) -> None:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsb(sheet(PATIENTS)))) as whole,
        zipfile.ZipFile(stream, "w") as damaged,
    ):
        for name in whole.namelist():
            raw = whole.read(name)
            damaged.writestr(name, raw[: len(raw) // 2] if name == part else raw)
    with pytest.raises(InputError, match="can't be read: it is cut off or damaged"):
        read_bytes(tmp_path, stream.getvalue())
