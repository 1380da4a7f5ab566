"""OMOP CDM folders: the columns in which the model keeps what identifies people."""

from __future__ import annotations

from pathlib import Path

import pytest

from biodesci.core.errors import InputError
from biodesci.inspection.finding import Level
from tests.backend.inspection.formats.reading import read


def cdm(root: Path, **tables: str) -> Path:
    root.mkdir()
    persons = "person_id,gender_concept_id,year_of_birth,birth_datetime,person_source_value\n1,8507,1950,,\n"
    tables = {"person": persons, "observation_period": "observation_period_id,person_id\n1,1\n", **tables}
    for name, text in tables.items():
        (root / f"{name.upper()}.csv").write_text(text)
    return root


def test_a_clean_cdm_passes_with_its_tables(tmp_path) -> None:
    reading = read(cdm(tmp_path / "cdm"))
    assert reading.format == "OMOP CDM"
    assert {finding.level for finding in reading.findings} <= {Level.NOTE}
    assert set(reading.tables) == {"person", "observation_period"}


def test_columns_that_identify_people_are_counted(tmp_path) -> None:
    root = cdm(
        tmp_path / "cdm",
        person="person_id,birth_datetime,person_source_value\n1,1950-03-07,MRN1\n2,,MRN2\n",
        note="note_id,person_id,note_date,note_text\n1,1,2019-03-07,Anna Weber came\n",
        provider="provider_id,provider_name,npi\n1,Dr. Huber,1234567893\n",
        location="location_id,address_1,city,county\n1,Gartenweg 3,Ulm,\n",
        death="person_id,death_date\n1,2020-01-02\n",
        measurement="measurement_id,person_id,measurement_date,value_source_value\n1,1,2019-03-07,12\n",
    )
    reading = read(root)
    rows = {finding.place: (finding.kind, finding.level, finding.rows) for finding in reading.findings}
    assert rows["table person, column 'birth_datetime'"] == ("date of birth", Level.STOP, 1)
    assert rows["table person, column 'person_source_value'"] == ("record number", Level.STOP, 2)
    assert rows["table note, column 'note_text'"] == ("free text", Level.STOP, 1)
    assert rows["table provider, column 'provider_name'"] == ("name", Level.STOP, 1)
    assert rows["table location, column 'city'"] == ("address", Level.STOP, 1)
    assert rows["table death, column 'death_date'"] == ("date of death", Level.STOP, 1)
    assert rows["table measurement, column 'measurement_date'"][1] is Level.ASK
    assert "table location, column 'county'" not in rows  # it is empty
    assert not any("Weber" in str(finding) for finding in reading.findings)


def test_tables_in_other_formats_and_other_files_are_looked_at(tmp_path) -> None:
    root = cdm(tmp_path / "cdm")
    (root / "note.txt").write_text("note_id\tnote_text\n1\tAnna Weber came\n")
    (root / "readme.txt").write_text("A study.\n")
    reading = read(root)
    assert [member.name for member in reading.members][-1] == "readme.txt"
    assert "table note, column 'note_text'" in reading.places("free text")


def test_a_damaged_table_is_named(tmp_path) -> None:
    root = cdm(tmp_path / "cdm", note="note_id,note_text\n1,a,b,c,d\n1,a\n1,b,c\n")
    with pytest.raises(InputError, match=r"^File 1 by name: "):
        read(root)
