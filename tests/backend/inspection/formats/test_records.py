"""JSON, JSON lines and XML: every value is in a table, whatever the nesting."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from biodesci.core.errors import InputError
from tests.backend.inspection.formats.contents import Content, read_bytes

FRAME = pd.DataFrame({"patient_name": ["Anna", "Ben"], "ssn": ["1", "2"]})
ROWS = [{"patient_name": "Anna", "ssn": "1"}, {"patient_name": "Ben", "ssn": "2"}]


def tables(content: Content) -> dict[str, list[dict[str, object]]]:
    return {table.name: rows for table, rows in zip(content.tables, content.rows, strict=True)}


@pytest.mark.parametrize("orient", ["columns", "records", "split", "index"])
def test_what_pandas_writes_is_read_by_columns(tmp_path, orient):
    content = read_bytes(tmp_path, FRAME.to_json(orient=orient).encode())
    rows = next(iter(tables(content).values()))
    assert [{name: row[name] for name in ROWS[0]} for row in rows] == ROWS


def test_lists_by_columns_are_a_table(tmp_path):
    content = read_bytes(tmp_path, json.dumps(FRAME.to_dict("list")).encode())
    assert tables(content) == {"": ROWS}


def test_a_list_of_lists_has_its_first_as_header(tmp_path):
    data = [list(FRAME.columns), *FRAME.values.tolist()]
    assert tables(read_bytes(tmp_path, json.dumps(data).encode())) == {"": ROWS}


@pytest.mark.parametrize("lines", [True, False])
def test_objects_are_columns_and_lists_are_tables(tmp_path, lines):
    records = [
        {"id": "007", "name": {"family": "Weber", "given": ["Anna", "Maria"]}, "alive": True, "x": None},
        {"id": "008", "visits": [{"day": "1", "values": [[1.5, 2], [3]]}]},
    ]
    text = "\n".join(map(json.dumps, records)) if lines else json.dumps(records, indent=2)
    content = read_bytes(tmp_path, text.encode())
    assert content.formats == ["JSON lines" if lines else "JSON"]
    assert tables(content) == {
        "": [
            {"id": "007", "name.family": "Weber", "alive": "true", "x": None},
            {"id": "008", "name.family": None, "alive": None, "x": None},
        ],
        "name.given": [{"given": "Anna"}, {"given": "Maria"}],
        "visits": [{"day": "1"}],
        "visits.values.values": [{"values": "1.5"}, {"values": "2"}, {"values": "3"}],
    }


def test_a_field_that_comes_late_is_read(tmp_path):
    data = b'{"a": 1}\n' * 30_000 + b'{"a": 2, "ssn": "123-45-6789"}\n'
    content = read_bytes(tmp_path, data)
    assert content.rows[0][-1] == {"a": "2", "ssn": "123-45-6789"} and len(content.rows[0]) == 30_001


def test_names_of_entries_that_are_alike_are_values(tmp_path):
    data = {"patients": {"Anna Weber": {"age": 1}, "Ben Ito": {"age": 2}}}
    content = read_bytes(tmp_path, json.dumps(data).encode())
    assert not any("Anna" in name for table in content.tables for name in table.schema.names)
    assert tables(content)["patients"][0] == {"name of the entry": "Anna Weber", "age": "1"}


def test_a_list_is_read_piece_by_piece(tmp_path):
    data = json.dumps([{"n": i, "text": "é" * 50} for i in range(20_000)], ensure_ascii=False)
    content = read_bytes(tmp_path, data.encode())
    assert len(content.rows[0]) == 20_000 and content.rows[0][-1]["n"] == "19999"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a": 1,\n', "goes on as none"),
        (b'[{"a": 1}, {"a": ', "goes on as none"),
        (b'{"a": 1}\n{"a": \n', "Line 2 is no JSON"),
        (b'{"a": 1}\n\n{"a": 1}\nfoo\n', "Line 4 is no JSON"),
        (b"[" * 100_000, "goes on as none"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "goes on as none|levels deep"),
        (
            b"\n".join(b'{"a%d": 1, "a": {"b": 1}}' % i for i in range(60_000)),
            "too many different fields",
        ),
    ],
    ids=["object", "list", "line", "late line", "deep list", "deep object", "names that are values"],
)
def test_damaged_and_boundless_json_is_refused(tmp_path, data, message):
    with pytest.raises(InputError, match=message):
        read_bytes(tmp_path, data)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (r'[{"a": "\ud800"}]', "Element 1: "),
        (r'[["a", "b"], ["\udfff", "x"]]', "Element 2: "),
        ('{"a": "x"}\n{"a": "\\ud83d"}\n', "Line 2: "),
        (r'{"b": {"\ud83d": 1}}', "A JSON text"),
    ],
)
def test_half_a_character_is_refused_where_it_stands(tmp_path, data, place):
    with pytest.raises(InputError, match=f"^{place}.*half of a character"):
        read_bytes(tmp_path, data.encode())


def test_a_whole_character_in_two_escapes_is_read(tmp_path):
    content = read_bytes(tmp_path, rb'[{"a": "\ud83d\ude00"}]')
    assert content.rows[0] == [{"a": "\U0001f600"}]


def test_numbers_that_json_does_not_know_are_read_as_pandas_writes_them(tmp_path):
    assert tables(read_bytes(tmp_path, b'{"a": NaN, "b": 1e400}')) == {"": [{"a": "nan", "b": "inf"}]}


def test_elements_and_attributes_are_columns(tmp_path):
    data = """<?xml version="1.0" encoding="ISO-8859-1"?><!-- by Anna -->
    <study xmlns="urn:x" site="Köln"><patient id="1"><name>Anna</name><code>1</code><code>2</code></patient>
    <patient id="2"><name>Ben <i>Ito</i> junior</name></patient><end>now</end></study>"""
    content = read_bytes(tmp_path, data.encode("latin-1"))
    assert content.formats == ["XML"] and content.texts == [" by Anna "]
    assert tables(content) == {
        "patient": [
            {"@id": "1", "name": "Anna", "name.#text": None, "name.i": None},
            {"@id": "2", "name": None, "name.#text": "Ben junior", "name.i": "Ito"},
        ],
        "patient.code": [{"code": "1"}, {"code": "2"}],
        "end": [{"end": "now"}],
        "study": [{"@site": "Köln"}],
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('<!DOCTYPE a [<!ENTITY b "ccc">]><a>&b;</a>', "declares entities"),
        ('<?xml version="1.0"?>\n<a>\n<b></a>', "not well-formed in line 3"),
        ("<a>" * 5_000 + "</a>" * 5_000, "levels of them"),
    ],
    ids=["entity", "damaged", "deep"],
)
def test_hostile_xml_is_refused(tmp_path, data, message):
    with pytest.raises(InputError, match=message):
        read_bytes(tmp_path, data.encode())


def test_html_is_a_text(tmp_path):
    assert read_bytes(tmp_path, b"<!DOCTYPE html><html><br></html>").formats == ["plain text"]
