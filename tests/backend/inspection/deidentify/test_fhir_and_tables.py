"""De-identified FHIR and tables: what names people goes, what science needs stays, the copy does not stop."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fhir.resources.R4B.bundle import Bundle

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared
from biodesci.inspection.deidentify import Action, values
from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import inspect
from tests.backend.inspection.deidentify.copies import copied

PATIENT = {
    "resourceType": "Patient",
    "id": "mrn-quixw",
    "text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>Anna Weber</div>"},
    "identifier": [{"system": "urn:mrn", "value": "4711471147"}],
    "name": [{"family": "Weber", "given": ["Anna"]}],
    "telecom": [{"system": "phone", "value": "+49 30 1234567"}],
    "address": [{"line": ["Gartenweg 3"], "city": "Ulm"}],
    "gender": "female",
    "birthDate": "1970-03-07",
}
VISITS = [
    {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7", "display": "Hemoglobin"}]},
        "subject": {"reference": "Patient/mrn-quixw", "display": "Anna Weber"},
        "effectiveDateTime": f"2019-03-{day:02}T10:00:00Z",
        "valueQuantity": {"value": 12.5, "unit": "g/dL"},
        "note": [{"text": "came with Max Weber"}],
    }
    for number, day in enumerate((1, 8))
]


def test_a_bundle_keeps_its_science_and_loses_its_people(tmp_path) -> None:
    entries = [
        {"fullUrl": f"http://x.example/{r['resourceType']}/{r['id']}", "resource": r}
        for r in [PATIENT, *VISITS]
    ]
    path = tmp_path / "in.json"
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    mends = copied(path, tmp_path / "out.json")
    text = (tmp_path / "out.json").read_text()
    for secret in (
        "Weber",
        "Anna",
        "quixw",
        "4711471147",
        "Gartenweg",
        "Ulm",
        "1234567",
        "03-07",
        "x.example",
    ):
        assert secret not in text
    bundle = json.loads(text)
    Bundle.model_validate(bundle)
    patient, *visits = [entry["resource"] for entry in bundle["entry"]]
    assert patient["gender"] == "female"
    assert patient["birthDate"] == "1970"
    assert [visit["valueQuantity"]["value"] for visit in visits] == [12.5, 12.5]
    assert {visit["subject"]["reference"] for visit in visits} == {f"Patient/{patient['id']}"}
    first, second = (visit["effectiveDateTime"] for visit in visits)
    assert first[:10] != "2019-03-01"
    assert first[10:] == second[10:] == "T10:00:00Z"
    assert inspect(tmp_path / "out.json").of(Level.STOP) == []
    assert {mend.action for mend in mends} == {
        Action.REMOVED,
        Action.REPLACED,
        Action.SHIFTED,
        Action.GENERALISED,
    }
    assert not any("Weber" in str(mend) for mend in mends)


def test_intervals_stay_within_a_person(tmp_path) -> None:
    from datetime import date

    path = tmp_path / "in.ndjson"
    path.write_text("\n".join(json.dumps(resource) for resource in [PATIENT, *VISITS]))
    copied(path, tmp_path / "out.ndjson")
    lines = [json.loads(line) for line in (tmp_path / "out.ndjson").read_text().splitlines()]
    first, second = (date.fromisoformat(line["effectiveDateTime"][:10]) for line in lines[1:])
    assert (second - first).days == 7
    assert abs((first - date(2019, 3, 1)).days) >= 30


def test_ages_over_89_are_not_told(tmp_path) -> None:
    path = tmp_path / "in.json"
    path.write_text(json.dumps({**PATIENT, "birthDate": "1901-03-07"}))
    copied(path, tmp_path / "out.json")
    assert "birthDate" not in json.loads((tmp_path / "out.json").read_text())
    onsets = ("1928-03-07", "1928-03", "1928", "1928-03-07T10:00:00Z", "2019-03-07")
    kept = []
    for onset in onsets:
        path.write_text(json.dumps({"resourceType": "Condition", "id": "c", "onsetDateTime": onset}))
        (tmp_path / "out3.json").unlink(missing_ok=True)
        copied(path, tmp_path / "out3.json")
        kept.append("onsetDateTime" in json.loads((tmp_path / "out3.json").read_text()))
    assert kept == [False, False, False, False, True]
    condition = {"resourceType": "Condition", "id": "c", "onsetAge": {"value": 93, "code": "a"}}
    path.write_text(json.dumps(condition))
    copied(path, tmp_path / "out2.json")
    assert json.loads((tmp_path / "out2.json").read_text())["onsetAge"]["value"] == 89


def table(path: Path) -> Path:
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["patient_name", "date_of_birth", "visit_date", "age", "zip_code", "hb"])
        people = ["Anna Weber", "Max Huber", "Rosa Maier", "Karl Schmidt", "Eva Bauer", "Paul Wagner"]
        for row in range(60):
            birth, visit = f"19{30 + row % 60}-03-07", f"2019-03-{1 + row % 28:02}"
            writer.writerow([people[row % 6], birth, visit, 34 + row, f"{89000 + row}", 10 + row % 7])
    return path


def test_a_table_s_columns_are_dropped_or_made_coarse(tmp_path) -> None:
    mends = copied(table(tmp_path / "in.csv"), tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 60
    assert "patient_name" not in rows[0]
    assert rows[40]["date_of_birth"] == "1970"
    assert rows[0]["visit_date"] == "2019"
    assert {row["age"] for row in rows[56:]} == {"90+"}
    assert rows[0]["age"] == "34"
    assert [row["hb"] for row in rows[:3]] == ["10", "11", "12"]
    assert "Weber" not in (tmp_path / "out.csv").read_text()
    assert inspect(tmp_path / "out.csv").of(Level.STOP) == []
    assert Action.REMOVED in {mend.action for mend in mends}


def test_days_move_by_person_where_a_person_is_declared(tmp_path) -> None:
    path = tmp_path / "in.csv"
    days = ["2019-03-01", "2019-03-08", "2019-03-01", "2019-03-15"]
    lines = [
        f"{person},{day},1"
        for person, day in zip(("A123456", "A123456", "B765432", "B765432"), days, strict=True)
    ]
    path.write_text("patient_id,visit_date,value\n" + "\n".join(lines) + "\n")
    declared = Declared(person="patient_id")
    mends = copied(path, tmp_path / "out.csv", declared)
    assert {(mend.place, mend.action, mend.rows) for mend in mends} == {
        ("column 'patient_id'", Action.REPLACED, 4),
        ("column 'visit_date'", Action.SHIFTED, 4),
    }
    with (tmp_path / "out.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    from datetime import date

    moved = [date.fromisoformat(row["visit_date"]) for row in rows]
    assert (moved[1] - moved[0]).days == 7
    assert (moved[3] - moved[2]).days == 14
    assert abs((moved[0] - date(2019, 3, 1)).days) >= 30
    assert rows[0]["patient_id"] == rows[1]["patient_id"] != rows[2]["patient_id"]
    assert "A123456" not in (tmp_path / "out.csv").read_text()


def test_a_parquet_file_stays_one(tmp_path) -> None:
    columns = {"patient_name": ["Anna Weber", "Max Huber"] * 30, "hb": list(range(60))}
    pq.write_table(pa.table(columns), tmp_path / "in.parquet")
    copied(tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").to_pydict() == {"hb": list(range(60))}


@pytest.mark.parametrize("written", ["{}", "{}.5", "{} years", "{} Jahre", "{}歳", "{} y"])
def test_an_age_over_89_goes_however_it_is_written(written) -> None:
    assert values.age(written.format(93)) == "90+"
    assert values.age(written.format(47)) == written.format(47)


def test_a_table_of_nothing_but_people_is_refused(tmp_path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("patient_name,e_mail\nAnna Weber,a@b.example\nMax Huber,m@b.example\n")
    with pytest.raises(InputError, match="Each column"):
        copied(path, tmp_path / "out.csv")


def test_a_format_that_can_t_be_mended_is_refused_where_it_stops(tmp_path) -> None:
    path = tmp_path / "in.pdf"
    path.write_bytes(b"%PDF-1.7 ")
    with pytest.raises(InputError, match="can't be de-identified here"):
        copied(path, tmp_path / "out.pdf")
