"""FHIR R4: resources that the fhir.resources package makes, clean and with planted identifiers."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.patient import Patient

from biodesci.core.errors import InputError
from biodesci.inspection.finding import Level
from tests.backend.inspection.formats.reading import Reading, read

UUID = "5cbc121b-cd71-4428-b8b7-31e53eba8184"
PATIENT = Patient.model_validate(
    {"resourceType": "Patient", "id": UUID, "gender": "female", "birthDate": "1950"}
)
OBSERVATION = Observation.model_validate(
    {
        "resourceType": "Observation",
        "id": "9dbd7d3a-1f6e-4b7d-a6f4-0f6a4a0f7c11",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7", "display": "Hemoglobin"}]},
        "subject": {"reference": f"Patient/{UUID}"},
        "valueQuantity": {"value": 12.1, "unit": "g/dL", "system": "http://unitsofmeasure.org"},
    }
)


def plain(resource: Any) -> dict[str, Any]:
    return json.loads(resource.model_dump_json())


def bundle(*resources: dict[str, Any]) -> bytes:
    entries = [{"fullUrl": f"urn:uuid:{r.get('id', UUID)}", "resource": r} for r in resources]
    made = Bundle.model_validate({"resourceType": "Bundle", "type": "collection", "entry": entries})
    return made.model_dump_json(indent=1).encode()


def patient(**fields: Any) -> dict[str, Any]:
    return {**plain(PATIENT), **fields}


def of(tmp_path: Path, content: bytes | dict[str, Any]) -> Reading:
    path = tmp_path / "data.txt"  # the ending says nothing
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return read(path)


def test_nothing_is_found_in_a_clean_bundle(tmp_path) -> None:
    reading = of(tmp_path, bundle(plain(PATIENT), plain(OBSERVATION)))
    assert reading.format == "FHIR R4"
    assert reading.findings == []
    assert [row["resource_type"] for row in reading.tables["resources"]] == [
        "Bundle",
        "Patient",
        "Observation",
    ]
    assert reading.texts == {"Hemoglobin"}


@pytest.mark.parametrize(
    ("fields", "level", "kind", "place"),
    [
        ({"name": [{"family": "Weber", "given": ["Anna"]}]}, Level.STOP, "name", "Patient.name"),
        (
            {"telecom": [{"system": "phone", "value": "030 1234"}]},
            Level.STOP,
            "telephone number or e-mail address",
            "Patient.telecom",
        ),
        ({"address": [{"city": "Ulm"}]}, Level.STOP, "address", "Patient.address"),
        ({"birthDate": "1950-03-07"}, Level.STOP, "date of birth", "Patient.birthDate"),
        ({"birthDate": "1950-03"}, Level.ASK, "date of birth", "Patient.birthDate"),
        (
            {"deceasedDateTime": "2019-03-07T10:00:00Z"},
            Level.STOP,
            "date of death",
            "Patient.deceasedDateTime",
        ),
        (
            {"identifier": [{"system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-12-3456"}]},
            Level.STOP,
            "record number",
            "Patient.identifier",
        ),
        (
            {"photo": [{"contentType": "image/png", "data": "AAAA"}]},
            Level.STOP,
            "photograph",
            "Patient.photo",
        ),
        (
            {"contact": [{"name": {"text": "Max Weber"}}]},
            Level.STOP,
            "name",
            "Patient.contact.name",
        ),
        (
            {"text": {"status": "generated", "div": "<div>Anna <b>Weber</b></div>"}},
            Level.ASK,
            "narrative",
            "Patient.text.div",
        ),
        (
            {
                "extension": [
                    {
                        "url": "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName",
                        "valueString": "Rosa Maier",
                    }
                ]
            },
            Level.STOP,
            "name",
            "Patient.extension",
        ),
        ({"id": "anna-weber-19500307"}, Level.ASK, "resource id", "Patient.id"),
        (
            {"contained": [{"resourceType": "Practitioner", "name": [{"family": "Huber"}]}]},
            Level.STOP,
            "name",
            "Practitioner.name",
        ),
        (
            {"generalPractitioner": [{"reference": f"Practitioner/{UUID}", "display": "Dr. Huber"}]},
            Level.STOP,
            "name",
            "Patient.generalPractitioner.display",
        ),
    ],
)
def test_each_element_has_its_level(tmp_path, fields, level, kind, place) -> None:
    reading = of(tmp_path, patient(**fields))
    assert place in {f.place for f in reading.findings if f.kind == kind and f.level is level}
    assert not any("Weber" in str(f) or "Huber" in str(f) for f in reading.findings)


def test_texts_are_handed_on_with_their_place(tmp_path) -> None:
    note = {"note": [{"text": "Spoke with Anna Weber"}], "effectiveDateTime": "2019-03-07"}
    reading = of(tmp_path, {**plain(OBSERVATION), **note})
    assert "Spoke with Anna Weber" in reading.texts
    assert reading.places("free text") == {"Observation.note.text"}
    assert reading.places("date") == {"Observation.effectiveDateTime"}


def test_attached_texts_are_read_and_other_attachments_stop(tmp_path) -> None:
    def attached(kind: str, data: bytes) -> Reading:
        attachment = {"contentType": kind, "data": base64.b64encode(data).decode()}
        document = {
            "resourceType": "DocumentReference",
            "status": "current",
            "content": [{"attachment": attachment}],
        }
        return of(tmp_path, document)

    assert "Anna Weber came" in attached("text/plain; charset=utf-8", b"Anna Weber came").texts
    assert "attached document" in attached("application/pdf", b"%PDF").kinds(Level.STOP)
    assert "attached document" in attached("text/plain", b"a " * 50_000).kinds(Level.STOP)


def test_an_old_person_s_age_stops(tmp_path) -> None:
    condition = {"resourceType": "Condition", "onsetAge": {"value": 93, "code": "a"}}
    assert of(tmp_path, condition).places("age over 89") == {"Condition.onsetAge"}
    condition["onsetAge"] = {"value": 93, "code": "wk"}
    assert not of(tmp_path, condition).places("age over 89")


def test_ndjson_is_streamed_and_counted(tmp_path) -> None:
    lines = [json.dumps(patient(id=str(n), name=[{"family": f"W{n}"}])) for n in range(300)]
    reading = of(tmp_path, "\n".join(lines).encode())
    assert [(f.place, f.rows) for f in reading.findings if f.kind == "name"] == [("Patient.name", 300)]
    assert len(reading.tables["resources"]) == 300


def test_elements_that_r4_doesn_t_know_are_looked_at_all_the_same(tmp_path) -> None:
    reading = of(tmp_path, patient(remark="Anna Weber"))
    assert "Anna Weber" in reading.texts
    assert "resource that is not valid" in reading.kinds(Level.NOTE)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"resourceType": "Patient", "name": [{"fam', "The file is no JSON"),
        (b'{"resourceType":"Patient","id":"1"}\n{"resourceType":"Pat', "Line 2 is no JSON"),
        (b'{"resourceType":"Patient","id":"1"}\n[1]', "Line 2 is no FHIR resource"),
        (b'{"resourceType":"Patient","name":[{"family":"W"}],"name":[]}', "no JSON that can be read"),
        (b'{"resourceType":"Patient","a":' + b"[" * 100_000, "no JSON|without an end"),
        (b'{"resourceType":"Patient","a":' + b'{"a":' * 300 + b"1" + b"}" * 301, "nested more than 100"),
    ],
)
def test_damaged_files_are_refused_with_the_place(tmp_path, content, reason) -> None:
    with pytest.raises(InputError, match=reason):
        of(tmp_path, content)
