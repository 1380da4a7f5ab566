"""Tables of text: every dialect is read, and what is damaged is named by its line."""

from __future__ import annotations

import pytest

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Level
from tests.backend.inspection.formats.contents import read_bytes

GERMAN = "Größe;Ort;Kosten\n1,5;Köln;1.234,5\n2,25;Jüchen;3\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_table_is_read_with_each_delimiter_and_end_of_line(tmp_path, delimiter, end):
    text = end.join(delimiter.join(row) for row in (["a", "b"], ["1", "x y"], ["2", ""])) + end
    content = read_bytes(tmp_path, text.encode())
    assert content.formats == ["delimited table"]
    assert content.rows == [[{"a": "1", "b": "x y"}, {"a": "2", "b": None}]]
    assert content.findings == []


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16-LE"),
        ("utf-16-be", "UTF-16-BE"),
        ("cp1252", "Windows-1252 (Latin-1)"),
    ],
)
def test_each_encoding_is_read_and_told(tmp_path, encoding, told):
    content = read_bytes(tmp_path, GERMAN.encode(encoding))
    assert [row["Ort"] for row in content.rows[0]] == ["Köln", "Jüchen"]
    assert content.tables[0].schema.names == ["Größe", "Ort", "Kosten"]
    reasons = [finding.reason for finding in content.findings if finding.kind == "encoding"]
    assert reasons == ([f"the text was read as {told}, not UTF-8"] if told else [])


def test_japanese_of_before_unicode_is_read(tmp_path):
    text = "名前,年齢\n山田太郎,35\n鈴木花子,42\n佐藤健,28\n"
    content = read_bytes(tmp_path, text.encode("cp932"))
    assert content.rows[0][0] == {"名前": "山田太郎", "年齢": "35"}


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1252", ["Núñez", "Pérez", "Ibáñez"]),
        ("cp1250", ["Łukasz", "Grażyna", "Świętosława"]),
        ("cp1251", ["Анна", "Иван", "Ольга"]),
        ("gb18030", ["张三", "李四", "王五"]),
    ],
)
def test_names_in_old_encodings_are_read(tmp_path, encoding, names):
    text = "name;age\n" + "".join(f"{name};{number}\n" for number, name in enumerate(names, 30))
    content = read_bytes(tmp_path, text.encode(encoding))
    assert [row["name"] for row in content.rows[0]] == names


def test_the_line_by_which_excel_names_the_delimiter_is_no_header(tmp_path):
    content = read_bytes(tmp_path, b"sep=;\r\nx;y\r\n1;2\r\n3;4\r\n")
    assert content.tables[0].schema.names == ["x", "y"]


def test_letters_that_are_not_utf8_are_read_however_late_they_come(tmp_path):
    content = read_bytes(tmp_path, b"a,b\n" + b"1,ok\n" * 300_000 + "2,café\n".encode("cp1252"))
    assert content.rows[0][-1] == {"a": "2", "b": "café"}
    assert content.kinds == {"encoding": Level.NOTE}


def test_a_letter_of_two_bytes_between_two_pieces_stays_whole(tmp_path):
    for shift in range(2):
        data = "a,b\n" + "x" * shift + "," + "é" * 600_000 + "\n1,2\n"
        content = read_bytes(tmp_path, data.encode())
        assert content.rows[0][0]["b"] == "é" * 600_000 and content.findings == []


def test_decimal_commas_and_thousands_are_noted_and_read_as_numbers(tmp_path):
    content = read_bytes(tmp_path, GERMAN.encode())
    assert content.rows[0] == [
        {"Größe": "1.5", "Ort": "Köln", "Kosten": "1234.5"},
        {"Größe": "2.25", "Ort": "Jüchen", "Kosten": "3"},
    ]
    assert content.kinds == {"decimal comma": Level.NOTE, "thousands separator": Level.NOTE}
    english = read_bytes(tmp_path, b'a,b\n1.5,"1,234"\n2.5,"12,345.5"\n')
    assert english.rows[0] == [{"a": "1.5", "b": "1234"}, {"a": "2.5", "b": "12345.5"}]


def test_codes_and_remarks_keep_their_commas(tmp_path):
    lines = ["wert;code;text", *(f"-{i},5;0{i},1;{i},5 mg" for i in range(1, 700)), "k. A.;x;1,5"]
    rows = [row for rows in read_bytes(tmp_path, "\n".join(lines).encode()).rows for row in rows]
    assert rows[0] == {"wert": "-1.5", "code": "01,1", "text": "1,5 mg"}
    assert rows[-1] == {"wert": "k. A.", "code": "x", "text": "1,5"}


def test_codes_stay_texts(tmp_path):
    content = read_bytes(tmp_path, b"code,n\n000.1,1_000\n007,NA\n")
    assert content.rows == [[{"code": "000.1", "n": "1_000"}, {"code": "007", "n": "NA"}]]


def test_quotes_hold_delimiters_and_ends_of_lines(tmp_path):
    content = read_bytes(tmp_path, b'"a","b"\n"i,5","x ""y""\nz"\n"2",5" tube\n')
    assert content.rows == [[{"a": "i,5", "b": 'x "y"\nz'}, {"a": "2", "b": '5" tube'}]]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"patient_name,dob,ssn\nAnna,1950-03-07,1\nBen,1951-01-02,2,3\n", "Line 3 has 4 fields, not 3."),
        (b'a,b\n1,"x\ny"\n\n2\n', "Line 5 has 1 field, not 2."),
        (b"# export\n\na,b\n1,2\n1,2,3\n", "Line 5 has 3 fields, not 2."),
        (b"a,b\n" + b"1,2\n" * 50_000 + b"3\n", "Line 50002 has 1 field, not 2."),
        (b'a,b\n1,2\n1,"2\n3,4\n', "A quote that opens in line 3 never closes."),
    ],
    ids=["too many", "too few", "after a remark", "late", "open quote"],
)
def test_a_damaged_line_is_named_and_no_other_ending_advised(tmp_path, data, line):
    with pytest.raises(InputError) as refused:
        read_bytes(tmp_path, data)
    assert refused.value.message == line
    assert "ending" not in str(refused.value) and "opaque" not in str(refused.value)


def test_a_line_without_end_is_refused_in_bounded_memory(tmp_path):
    with pytest.raises(InputError, match="longer than"):
        read_bytes(tmp_path, b"a,b\n1," + b"x" * (80 << 20))


@pytest.mark.parametrize(
    "first",
    [
        "Anna Weber,1950-03-07,F",
        "17,anna@example.org,F",
        "F,120,80",
        "x,3,F",
        "Blood pressure study of 2021. Columns as in the protocol.,x,y",
    ],
)
def test_a_first_line_that_is_a_record_gives_no_names(tmp_path, first):
    rows = "".join(f"y{i},{i},F\n" for i in range(9)) if "1950" not in first else "B,1951-01-02,M\n" * 5
    content = read_bytes(tmp_path, f"{first}\n{rows}F,90,70\n".encode())
    assert content.tables[0].schema.names == ["column_1", "column_2", "column_3"]
    assert list(content.rows[0][0].values()) == first.split(",")
    assert content.kinds == {"first line that seems a record": Level.ASK}


def test_what_is_declared_of_the_header_holds(tmp_path):
    data = b"a,b\n1,2\n"
    without = read_bytes(tmp_path, data, declared=Declared(header=False))
    assert without.tables[0].schema.names == ["column_1", "column_2"] and len(without.rows[0]) == 2
    record = read_bytes(tmp_path, b"1,2\n3,4\n", declared=Declared(header=True))
    assert record.tables[0].schema.names == ["1", "2"] and record.findings == []


@pytest.mark.parametrize(
    "header", ["country,1990,1991,1992", "gene,0,1,2", "id,1/22/20,1/23/20,1/24/20", "n,a,b,c"]
)
def test_years_positions_and_days_are_names(tmp_path, header):
    content = read_bytes(tmp_path, f"{header}\nx,5,6,7\ny,8,9,10\n".encode())
    assert content.tables[0].schema.names == header.split(",") and content.findings == []


def test_unnamed_and_repeated_columns_get_names_of_their_own(tmp_path):
    content = read_bytes(tmp_path, b",a,a,,a_2\n0,1,2,3,4\n")
    assert content.tables[0].schema.names == ["index", "a", "a_3", "column_4", "a_2"]
    assert content.kinds == {"unnamed column": Level.NOTE, "column name used twice": Level.NOTE}


def test_row_names_as_r_writes_them_get_a_column(tmp_path):
    content = read_bytes(tmp_path, b'"mpg" "cyl" "hp"\n"Mazda" 21 6 110\n"Fiat" 32 4 66\n"Audi" 20 4 70\n')
    assert content.tables[0].schema.names == ["index", "mpg", "cyl", "hp"]
    assert content.rows[0][0] == {"index": "Mazda", "mpg": "21", "cyl": "6", "hp": "110"}


def test_columns_that_spaces_align_are_read(tmp_path):
    lines = ["patient      dob         kg", "Weber_Anna   1950-03-07   6", "Ito_Ben      1951-01-02  70  "]
    content = read_bytes(tmp_path, "\r\n".join(["", *lines, ""]).encode())
    assert content.rows == [
        [
            {"patient": "Weber_Anna", "dob": "1950-03-07", "kg": "6"},
            {"patient": "Ito_Ben", "dob": "1951-01-02", "kg": "70"},
        ]
    ]
    with pytest.raises(InputError, match="Line 603 has 2 fields, not 3"):
        read_bytes(tmp_path, b"a   b  c\n" + b"x   1  2\n" * 601 + b"x   1\n")


def test_texts_before_the_header_are_passages(tmp_path):
    content = read_bytes(tmp_path, b"Patient: Anna Weber\n\nday;value\n1;2\n2;3\n")
    assert content.texts == ["Patient: Anna Weber"]
    assert content.tables[0].schema.names == ["day", "value"]
    assert content.kinds == {"text before the header": Level.NOTE}


def test_formulas_and_nul_bytes_stop(tmp_path):
    data = b"a,b\n=cmd|' /C calc'!A0,-ve\n-2+3+cmd|' /C calc'!A0,+/+\n-1.5,@SUM(A1)\n+49 30 1,\0\n"
    content = read_bytes(tmp_path, data)
    formulas = {finding.place: finding.rows for finding in content.findings if finding.kind == "formula"}
    assert formulas == {"column 'a'": 2, "column 'b'": 1}
    assert content.kinds == {"formula": Level.STOP, "NUL byte": Level.STOP}


def test_a_single_column_is_a_table_and_sentences_are_none(tmp_path):
    assert read_bytes(tmp_path, b"ssn\n123-45-6789\n123-45-6780\n").formats == ["delimited table"]
    prose = b"The patient came in.\nHe was well, and left.\n\nNothing, then, was done.\n"
    assert read_bytes(tmp_path, prose).formats == ["plain text"]


@pytest.mark.parametrize(
    "text",
    [
        "Index patient was a baker from Oberdorf, treated by us since May\n",
        "We measured twice, and once more at night\nAll were asked, none declined to take part\n" * 2,
        "Blood pressure study, 2021. Columns as in the protocol.\n",
    ],
)
def test_lines_with_as_many_commas_each_are_no_table_for_that(tmp_path, text):
    assert read_bytes(tmp_path, text.encode()).formats == ["plain text"]


@pytest.mark.parametrize("width", [10_000, pytest.param(100_000, marks=pytest.mark.deep)])
def test_a_table_of_very_many_columns_is_read(tmp_path, width):
    names = ",".join(f"gene{i}" for i in range(width))
    row = ",".join(["0.12"] * width)
    content = read_bytes(tmp_path, f"{names}\n{row}\n{row}\n".encode())
    assert len(content.tables[0].schema) == width and len(content.rows[0]) == 2


def test_an_empty_file_is_refused_and_a_header_alone_is_a_table(tmp_path):
    with pytest.raises(InputError, match="The file is empty"):
        read_bytes(tmp_path, b"")
    assert read_bytes(tmp_path, b"a,b\n").rows == [[]]
