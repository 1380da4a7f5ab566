"""Workbooks and files of statistics programs: sheets, labels, and what stands beside the data."""

from __future__ import annotations

import datetime
import io
import zipfile

import openpyxl
import pandas as pd
import pyreadstat
import pytest
from openpyxl.comments import Comment

from biodesci.core.errors import InputError
from biodesci.inspection.finding import Level
from biodesci.inspection.formats import workbook_bounds
from biodesci.inspection.inspect import inspect
from tests.backend.inspection.formats.contents import read, read_bytes

ODS = """<?xml version="1.0"?><office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>
 <table:table table:name="Blatt"><table:table-row>{header}</table:table-row>{rows}
 <table:table-row table:number-rows-repeated="1048000"><table:table-cell
  table:number-columns-repeated="16384"/></table:table-row></table:table>
 </office:spreadsheet></office:body></office:document-content>"""
MANIFEST = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
CELL = '<table:table-cell office:value-type="string"{more}><text:p>{text}</text:p>{rest}</table:table-cell>'


def workbook(**properties: str) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in (["id", "day", "n"], ["001", datetime.date(1950, 3, 7), 12], [None, None, 1.5]):
        book.active.append(row)
    for name, value in properties.items():
        setattr(book.properties, name, value)
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_part(data: bytes, name: str, part: bytes) -> bytes:
    stream = io.BytesIO(data)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, part)
    return stream.getvalue()


def ods(header: list[str], rows: str, **files: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        cells = "".join(CELL.format(text=text, more="", rest="") for text in header)
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", ODS.format(header=cells, rows=rows))
        for name, text in files.items():
            archive.writestr(name, text)
    return stream.getvalue()


def test_every_sheet_is_read_and_a_hidden_one_is_told(tmp_path):
    book = workbook()
    hidden = book.create_sheet("Anna's")
    hidden.sheet_state = "hidden"
    for row in (["Export"], [], ["x", "y"], [True, "b"]):
        hidden.append(row)
    content = read_bytes(tmp_path, saved(book), "data.csv")
    assert content.formats == ["workbook"]
    assert content.rows == [
        [{"id": "001", "day": "1950-03-07", "n": "12"}, {"id": None, "day": None, "n": "1.5"}],
        [{"x": "true", "y": "b"}],
    ]
    assert content.kinds == {"hidden sheet": Level.ASK, "text before the header": Level.NOTE}
    assert {"Anna's", "Export"} <= set(content.texts)


def test_what_stands_beside_the_sheets_is_looked_at(tmp_path):
    book = workbook(creator="Dr Ida Maier", title="Anna's values")
    book.active["A2"].comment = Comment("ask Mrs Weber", "Nurse Joy")
    book.active.oddHeader.center.text = "Ward of Anna"
    data = with_part(
        saved(book), "xl/pivotCache/pivotCacheRecords1.xml", b'<r><s v="Ben Ito"/><n v="3"/></r>'
    )
    data = with_part(data, "xl/media/image1.csv", b"name,age\nx,1\ny,2\n")
    content = read_bytes(tmp_path, data)
    texts = "\n".join(content.texts)
    for text in ("Dr Ida Maier", "Anna's values", "ask Mrs Weber", "Nurse Joy", "Ward of Anna", "Ben Ito"):
        assert text in texts
    assert content.formats == ["workbook", "delimited table"]
    assert not any("Anna" in p.place or "Ida" in p.place for p in content.passages)


PRINTED = (
    "&CAnna Weber",
    '&L&"Arial,Bold"&12Anna Weber&RPage &P',
    "Ward 3&R&K01+000Anna Weber",
    "&C123-45-6789",
)


@pytest.mark.parametrize("text", PRINTED)
@pytest.mark.parametrize("tag", ["oddHeader", 'evenFooter xml:space="preserve"', "x:firstHeader"])
def test_what_is_printed_is_looked_at_without_the_codes_of_its_layout(tmp_path, tag, text):
    written = text.replace("&", "&amp;").replace('"', "&quot;")
    part = f"<x:worksheet><{tag}>{written}</{tag.split()[0]}></x:worksheet>"
    (tmp_path / "data").write_bytes(with_part(saved(workbook()), "xl/worksheets/sheet2.xml", part.encode()))
    places = {stop.place for stop in inspect(tmp_path / "data").of(Level.STOP)}
    assert "header or footer" in places


@pytest.mark.parametrize("text", ["1950-03-07", "07.03.1950", "123-45-6789"])
def test_a_day_or_number_alone_is_looked_at_where_a_person_wrote_it(tmp_path, text):
    remark, titled = workbook(), workbook(title=text)
    remark.active["A2"].comment = Comment(text, "Ward 3")
    pivot = f'<pivotCacheDefinition><sharedItems><d v="{text}"/></sharedItems></pivotCacheDefinition>'
    books = {
        "remarks": saved(remark),
        "properties of the document": saved(titled),
        "cache of a pivot table": with_part(
            saved(workbook()), "xl/pivotCache/pivotCacheDefinition1.xml", pivot.encode()
        ),
    }
    for place, data in books.items():
        (tmp_path / "data").write_bytes(data)
        assert place in {stop.place for stop in inspect(tmp_path / "data").of(Level.STOP)}


def test_macros_stop(tmp_path):
    content = read_bytes(tmp_path, with_part(saved(workbook()), "xl/vbaProject.bin", b"\xd0\xcf"))
    assert content.kinds == {"macros": Level.STOP}


def test_a_sheet_without_header_gives_no_names(tmp_path):
    book = openpyxl.Workbook()
    for row in (["Anna", datetime.date(1950, 3, 7)], ["Ben", datetime.date(1951, 1, 2)]):
        book.active.append(row)
    content = read_bytes(tmp_path, saved(book))
    assert content.tables[0].schema.names == ["column_1", "column_2"] and len(content.rows[0]) == 2


def test_a_sheet_that_spans_billions_of_cells_is_refused_before_it_is_opened(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = 1, 2
    with pytest.raises(InputError, match="more than 20,000,000 cells"):
        read_bytes(tmp_path, saved(book))
    row = CELL.format(text="x", more=' table:number-columns-repeated="16384"', rest="")
    rows = f'<table:table-row table:number-rows-repeated="1048576">{row}</table:table-row>'
    with pytest.raises(InputError, match="more than 20,000,000 cells"):
        read_bytes(tmp_path, ods(["a"], rows))


def test_a_binary_workbooks_size_is_that_of_its_records():
    def record(kind: int, number: int) -> bytes:
        return bytes([kind, 8]) + number.to_bytes(4, "little") + bytes(4)

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        part = bytes([0x93, 0x01, 4]) + bytes(4) + record(0, 0) + record(2, 0) + record(0, 1 << 20)
        archive.writestr("xl/worksheets/sheet1.bin", part + record(7, 1 << 14))
        archive.writestr("xl/worksheets/sheet2.bin", part)
    with zipfile.ZipFile(stream) as archive, pytest.raises(InputError, match="more than 20,000,000"):
        workbook_bounds.check(archive)


def test_an_open_document_is_read_with_its_remarks(tmp_path):
    remark = "<office:annotation><dc:creator>Ida</dc:creator><text:p>ask Anna</text:p></office:annotation>"
    cells = CELL.format(text="Ulm", more="", rest=remark) + CELL.format(text="7", more="", rest="")
    data = ods(["city", "code"], f"<table:table-row>{cells}</table:table-row>", **{"Basic/a.xml": "<a/>"})
    content = read_bytes(tmp_path, data)
    assert content.rows == [[{"city": "Ulm", "code": "7"}]]
    assert content.texts == ["Ida\nask Anna\n", "Blatt"] and content.kinds == {"macros": Level.STOP}


def test_what_is_cut_off_is_no_workbook_that_passes(tmp_path):
    data = saved(workbook())
    with pytest.raises(InputError, match="damaged"):
        read_bytes(tmp_path, data[: len(data) * 2 // 3])


FRAME = pd.DataFrame(
    {"patient": ["Anna", "Ben"], "age": [30.0, 2.5], "born": pd.to_datetime(["1950-01-01", "1951-02-02"])}
)
LABELS = ["the patient's name", "years", ""]


@pytest.mark.parametrize(
    ("ending", "write"), [("sav", "write_sav"), ("dta", "write_dta"), ("xpt", "write_xport")]
)
def test_files_of_statistics_programs_are_read_with_their_labels(tmp_path, ending, write):
    path = tmp_path / "data.csv"
    more = {"variable_value_labels": {"age": {30.0: "as Mrs Weber"}}} if ending != "xpt" else {}
    getattr(pyreadstat, write)(FRAME, str(path), column_labels=LABELS, file_label="of ward 3", **more)
    content = read(path)
    assert content.rows == [
        [
            {"patient": "Anna", "age": "30", "born": "1950-01-01"},
            {"patient": "Ben", "age": "2.5", "born": "1951-02-02"},
        ]
    ]
    expected = {"of ward 3", "the patient's name", "years"} | ({"as Mrs Weber"} if more else set())
    assert expected <= set(content.texts)
    assert content.tables[0].labels == {"patient": "the patient's name", "age": "years"}


def test_a_long_file_is_read_in_pieces(tmp_path):
    frame = pd.DataFrame({"n": range(45_000)})
    pyreadstat.write_sav(frame, str(tmp_path / "long"))
    rows = read(tmp_path / "long").rows[0]
    assert [row["n"] for row in rows] == [str(n) for n in range(45_000)]


def test_portable_files_are_read_and_damaged_ones_refused(tmp_path):
    pyreadstat.write_por(FRAME, str(tmp_path / "p"))
    assert read(tmp_path / "p").rows[0][0]["PATIENT"] == "Anna"
    pyreadstat.write_dta(FRAME, str(tmp_path / "d"))
    data = (tmp_path / "d").read_bytes()
    with pytest.raises(InputError, match="begins as Stata files do"):
        read_bytes(tmp_path, data[: len(data) // 3])


NAMED = "Patient: Anna Weber, Marburg"
PARTS = {
    "xl/theme/theme2.xml": f'<a:theme xmlns:a="a" name="{NAMED}"/>',
    "xl/printerSettings/printerSettings1.bin": NAMED.encode("utf-16-le"),
    "xl/worksheets/_rels/sheet1.xml.rels": f'<Relationships><Relationship Target="{NAMED}"/></Relationships>',
    "docProps/custom.xml": f"<Properties><property><lpwstr>{NAMED}</lpwstr></property></Properties>",
    "customXml/item1.xml": f"<item>{NAMED}</item>",
    "xl/styles2.xml": f'<styleSheet><cellStyle name="{NAMED}"/></styleSheet>',
    "any.bin": NAMED.encode(),
}


@pytest.mark.parametrize("part", PARTS)
def test_a_name_in_whatever_part_stops(tmp_path, part):
    content = PARTS[part]
    data = with_part(saved(workbook()), part, content if isinstance(content, bytes) else content.encode())
    (tmp_path / "data").write_bytes(data)
    assert "name" in {stop.kind for stop in inspect(tmp_path / "data").of(Level.STOP)}


def test_a_workbook_as_programs_write_it_has_nothing_beside_its_data(tmp_path):
    frame = pd.DataFrame({"arm": ["control", "treated"] * 30, "glucose": [4.5, 5.25] * 30})
    frame.to_excel(tmp_path / "data.xlsx", index=False)
    findings = inspect(tmp_path / "data.xlsx").findings
    assert [f for f in findings if "beside" in f.place or f.level is Level.STOP] == []
