"""The report beside a copy answers for moved days, whatever the copy is, and for nothing else."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from biodesci.core.errors import InputError, StateError
from biodesci.inspection.content import Declared
from biodesci.inspection.deidentify import deidentify
from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import Inspection, inspect
from biodesci.market import admission
from biodesci.market.card import DatasetMeta
from biodesci.market.deidentified import beside, require_new, with_report, write

PERSON = Declared(person="patient_id")
COLUMNS = {
    "patient_id": [f"{4800000 + i // 2}" for i in range(60)],
    "visit_date": [f"2019-03-{1 + i % 28:02}" for i in range(60)],
    "hb": [10 + i % 5 for i in range(60)],
}
NESTED = [
    {"patient_id": f"{4800000 + i}", "visits": [{"day": f"2019-03-{1 + i % 20:02}", "hb": 12.5}]}
    for i in range(60)
]


def delimited(path: Path) -> Path:
    lines = [",".join(map(str, row)) for row in zip(*COLUMNS.values(), strict=True)]
    path.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")
    return path


def parquet(path: Path) -> Path:
    pq.write_table(pa.Table.from_pylist(NESTED), path)
    return path


def orc_file(path: Path) -> Path:
    orc.write_table(pa.Table.from_pylist(NESTED), path)
    return path


def json_lines(path: Path) -> Path:
    path.write_text("\n".join(map(json.dumps, NESTED)))
    return path


def workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    for row in (tuple(COLUMNS), *zip(*COLUMNS.values(), strict=True)):
        book.active.append(row)
    book.save(path.with_suffix(".xlsx"))
    return path.with_suffix(".xlsx")


def folder(path: Path) -> Path:
    (path / "a").mkdir(parents=True)
    delimited(path / "a" / "visits.csv")
    parquet(path / "nested.parquet")
    workbook(path / "book")
    return path


def omop(path: Path) -> Path:
    path.mkdir()
    people = "".join(f"{i},8507\n" for i in range(100_001, 100_061))
    (path / "person.csv").write_text(f"person_id,gender_concept_id\n{people}")
    visits = {
        "visit_occurrence_id": list(range(60)),
        "person_id": [100_001 + i for i in range(60)],
        "visit_start_date": COLUMNS["visit_date"],
    }
    pq.write_table(pa.table(visits), path / "visit_occurrence.parquet")
    return path


def copied(path: Path, copy: Path, declared: Declared) -> Inspection:
    """The inspection of a copy in the light of its report."""
    write(copy, deidentify(path, copy, inspect(path, declared), declared))
    return inspect(copy, with_report(copy, Declared()))


@pytest.mark.parametrize("make", [delimited, parquet, orc_file, json_lines, workbook, folder, omop])
def test_moved_days_are_asked_and_nothing_stops(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    copy = tmp_path / "out"
    made = copied(make(tmp_path / "in"), copy, Declared() if make is omop else PERSON)
    assert made.of(Level.STOP) == []
    moved = [finding for finding in made.findings if finding.kind == "moved date"]
    assert len(moved) == (3 if make is folder else 1)
    assert {finding.level for finding in moved} == {Level.ASK}
    assert inspect(copy).of(Level.STOP), "without its report the copy stops"


def test_another_file_of_that_name_is_not_eased(tmp_path: Path) -> None:
    """Neither one within an archive, nor one of another folder."""
    source, copy = folder(tmp_path / "in"), tmp_path / "out"
    copied(source, copy, PERSON)
    declared = with_report(copy, Declared())
    with zipfile.ZipFile(copy / "a" / "more.zip", "w") as archive:
        archive.write(source / "a" / "visits.csv", "a/visits.csv")
    (copy / "visits.csv").write_bytes((source / "a" / "visits.csv").read_bytes())
    stops = {one.place for one in inspect(copy, declared).of(Level.STOP) if one.kind == "date"}
    assert len(stops) == 2
    with pytest.raises(InputError, match="it changed since"):
        with_report(copy, Declared())
    shutil.copyfile(beside(copy), beside(source))
    with pytest.raises(InputError, match="is not the copy"):
        with_report(source, Declared())


def test_what_was_reported_lies_beside_the_copy_and_is_not_written_over(tmp_path: Path) -> None:
    copy = tmp_path / "out"
    copied(folder(tmp_path / "in"), copy, PERSON)
    assert beside(copy) == tmp_path / "out.deidentified.json"
    with pytest.raises(InputError, match="already"):
        require_new(copy)


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "larger than any"])
def test_what_lies_in_a_reports_place_and_is_none_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    copy = delimited(tmp_path / "out")
    place = beside(copy)
    match kind:
        case "pipe":
            os.mkfifo(place)
        case "folder":
            place.mkdir()
        case "device":
            place.symlink_to("/dev/null")
        case _:
            with place.open("wb") as sparse:
                sparse.truncate(1 << 40)  # in memory it would not fit
    with pytest.raises(InputError, match=r"no report|has more than 67,108,864 bytes"):
        with_report(copy, Declared())


def test_days_of_a_copy_that_changes_meanwhile_do_not_count_as_moved(chain_for, tmp_path: Path) -> None:
    copy = tmp_path / "out"
    made = copied(delimited(tmp_path / "in"), copy, PERSON)
    meta = DatasetMeta("Visits", "", 1 << 2, declared=with_report(copy, Declared()), confirmed=True)
    assert meta.declared.moved is not None
    chain = chain_for()
    signed = admission.report(chain, made, meta, meta.declared.moved.copy, 1_700_000_000)
    assert signed.signature
    with pytest.raises(StateError, match="changed after its report"):
        admission.report(chain, made, meta, bytes(32), 1_700_000_000)
