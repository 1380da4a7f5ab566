"""Copies of tables with fields within fields and lists in cells: no table is lost."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared
from biodesci.inspection.deidentify import Action
from tests.backend.inspection.deidentify.copies import copied, left

NAMES = ["Anna Weber", "Max Huber", "Rosa Maier", "Karl Schmidt", "Eva Bauer", "Paul Wagner"]


def patients(number: int = 60) -> list[dict[str, object]]:
    return [
        {
            "patient_id": f"A{100_000 + i}",
            "person": {"name": NAMES[i % 6], "sex": "f", "address": {"street": f"Gartenweg {i}"}},
            "visits": [
                {
                    "day": f"2019-03-{1 + i % 20:02}",
                    "hb": 12.5,
                    "seen_by": NAMES[(i + 1) % 6],
                    "codes": ["I10"],
                },
                {"day": f"2019-03-{8 + i % 20:02}", "hb": 13.0, "seen_by": NAMES[(i + 2) % 6], "codes": []},
            ],
            "phones": [f"+49 30 90182{i:04}"],
            "values": [1.5, 2.5],
            "age": 40 + i,
        }
        for i in range(number)
    ]


def check(made: list[dict[str, object]], given: list[dict[str, object]]) -> None:
    for after, before in zip(made, given, strict=True):
        assert set(after) == {"patient_id", "person", "visits", "values", "age"}
        assert after["person"] == {"sex": "f"}
        assert after["values"] == before["values"]
        assert after["age"] in (str(before["age"]), "90+")
        first, second = after["visits"]  # type: ignore[misc]
        assert [set(first), first["hb"], first["codes"]] == [{"day", "hb", "codes"}, 12.5, ["I10"]]
        assert [first["day"], second["day"]] == ["2019", "2019"]
    texts = json.dumps(made)
    assert not any(name in texts for name in (*NAMES, "Gartenweg", "+49", "A1000"))
    assert len({row["patient_id"] for row in made}) == len(given)


@pytest.mark.parametrize("kind", ["parquet", "arrow", "stream", "orc"])
def test_lists_and_structs_are_mended_in_place(tmp_path, kind) -> None:
    path, target = tmp_path / "in", tmp_path / "out"
    table = pa.Table.from_pylist(patients())
    if kind == "parquet":
        pq.write_table(table, path)
    elif kind == "orc":
        orc.write_table(table, path)
    else:
        new = pa.ipc.new_file if kind == "arrow" else pa.ipc.new_stream
        with new(path, table.schema) as writer:
            writer.write_table(table)
    mends = copied(path, target)
    read = {"parquet": pq.read_table, "orc": orc.read_table}
    made = read[kind](target) if kind in read else pa.ipc.open_file(target).read_all()
    check(made.to_pylist(), table.to_pylist())
    assert made.schema.field("values").type == table.schema.field("values").type
    assert left(target) == set()
    done = {(mend.place, mend.action) for mend in mends}
    assert ("visits: column 'day'", Action.GENERALISED) in done
    assert ("visits: column 'seen_by'", Action.REMOVED) in done
    assert ("column 'person.name'", Action.REMOVED) in done
    assert any(place.startswith("column 'phones'") and action is Action.REMOVED for place, action in done)


@pytest.mark.parametrize("kind", ["lines", "list", "object"])
def test_json_is_mended_in_place_and_written_line_by_line(tmp_path, kind) -> None:
    path, target, given = tmp_path / "in.json", tmp_path / "out.json", patients()
    if kind == "lines":
        path.write_text("\n".join(map(json.dumps, given)))
    else:
        path.write_text(json.dumps(given if kind == "list" else {"cohort": {"patients": given}}))
    mends = copied(path, target)
    made = [json.loads(line) for line in target.read_text().splitlines()]
    check(made if kind != "object" else made[0]["cohort"]["patients"], given)
    assert left(target) == set()
    assert (Action.REWRITTEN in {mend.action for mend in mends}) is (kind != "lines")


def test_days_within_lists_move_with_the_person_of_the_record(tmp_path) -> None:
    path, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(pa.Table.from_pylist(patients()), path)
    copied(path, target, Declared(person="patient_id"))
    by: set[int] = set()
    for after, before in zip(pq.read_table(target).to_pylist(), patients(), strict=True):
        pairs = zip(after["visits"], before["visits"], strict=True)  # type: ignore[call-overload]
        moved = {(date.fromisoformat(a["day"]) - date.fromisoformat(b["day"])).days for a, b in pairs}
        assert len(moved) == 1
        by |= moved
    assert len(by) > 20
    assert all(30 <= abs(days) <= 365 for days in by)
    assert left(target) == {("visits: column 'day'", "date")}


def test_an_object_whose_names_are_people_loses_them(tmp_path) -> None:
    path, target = tmp_path / "in.json", tmp_path / "out.json"
    people = {f"{name} {number}": {"hb": 12.5, "sex": "f"} for number in range(3) for name in NAMES}
    path.write_text(json.dumps({"ward": "A", "people": people}))
    copied(path, target)
    made = json.loads(target.read_text())
    assert made["ward"] == "A"
    assert [dict(entry) for entry in made["people"]] == [{"hb": 12.5, "sex": "f"}] * 18


def test_what_nobody_can_read_goes_and_types_that_stay_are_theirs(tmp_path) -> None:
    path, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    table = pa.table(
        {
            "photo": pa.array([b"\xff\xfe\x00"] * 30),
            "hb": pa.array([1.5] * 30, pa.float32()),
            "code": pa.array(["I10", "E11"] * 15).dictionary_encode(),
            "notes": pa.array([[("who", "Anna Weber")]] * 30, pa.map_(pa.string(), pa.string())),
        }
    ).replace_schema_metadata({"note": "of Anna Weber"})
    pq.write_table(table, path)
    copied(path, target)
    made = pq.read_table(target)
    assert made.column_names == ["hb", "code"]
    assert made.schema.field("hb").type == pa.float32()
    assert made["code"].to_pylist() == ["I10", "E11"] * 15
    assert b"Weber" not in target.read_bytes()
    assert left(target) == set()


def test_a_table_of_which_nothing_would_be_left_is_refused(tmp_path) -> None:
    path, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(pa.table({"people": [[{"name": name} for name in NAMES]] * 20}), path)
    with pytest.raises(InputError, match="Each column"):
        copied(path, target)
    assert not target.exists()


def test_two_columns_of_one_name_are_refused(tmp_path) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array(NAMES), pa.array([1] * 6)], names=["x", "x"]), path)
    with pytest.raises(InputError, match="one name"):
        copied(path, Path(tmp_path, "out.parquet"))
