"""Whose the rows of a table are: where nobody knows it, no count of the table is released."""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path

import pytest

from biodesci.core.airlock.differencing import NOTHING
from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import Inspection, inspect
from biodesci.inspection.mends import FALSE_ROWS, UNKNOWN_ROWS

PATIENT = '{"resourceType": "Patient", "id": "p%d"}\n'
OBSERVATION = '{"resourceType": "Observation", "id": "o%d", "status": "final", "code": {"text": "x"}}\n'


def of_three(folder: Path, column: str) -> Path:
    """3 people x 12 rows, the second of whom has the diagnosis."""
    rows = (f"{'XYZ'[i // 12]}{i // 12},{'fmf'[i // 12]},{int(i // 12 == 1)}\n" for i in range(36))
    file = folder / "visits.csv"
    file.write_text(f"{column},sex,diabetes\n" + "".join(rows))
    return file


def of_sixty(folder: Path) -> Path:
    file = folder / "cohort.csv"
    file.write_text("age,sex\n" + "".join(f"{40 + i % 30},{'fm'[i % 2]}\n" for i in range(60)))
    return file


def told(inspection: Inspection) -> bool:
    """Whether any number of a column is released."""
    return any(column.released != NOTHING for one in inspection.tables for column in one.table.columns)


def kinds(inspection: Inspection) -> dict[str, Level]:
    return {finding.kind: finding.level for finding in inspection.findings}


@pytest.mark.parametrize(
    "column",
    ["Kennung", "Kürzel", "Initialen", "codice", "dossier", "patient identifier", "Pt", "SID", "case",
     "wer", "x7", "Chiffre", "label"],
)  # fmt: skip
def test_three_people_of_twelve_rows_tell_nothing(tmp_path: Path, column: str) -> None:
    inspection = inspect(of_three(tmp_path, column))
    (summed,) = inspection.tables
    assert not told(inspection)
    assert summed.table.people is None
    assert [one.name for one in summed.table.columns] == [column, "sex", "diabetes"]
    assert (summed.person is None) == (kinds(inspection).get(UNKNOWN_ROWS) is Level.NOTE)


def test_of_rows_of_nobody_knows_whom_their_rounded_number_is_released_alone(tmp_path: Path) -> None:
    inspection = inspect(of_sixty(tmp_path), Declared(codes=frozenset({"age"})))
    (summed,) = inspection.tables
    assert (summed.table.rows, summed.table.people, told(inspection)) == (60, None, False)
    assert {one.name: one.data_type for one in summed.table.columns} == {
        "age": "sc:Integer",
        "sex": "sc:Text",
    }
    (note,) = [one for one in inspection.findings if one.kind == UNKNOWN_ROWS]
    assert note.level is Level.NOTE
    assert "--person COLUMN" in note.reason
    assert "--rows-are-people" in note.reason


@pytest.mark.parametrize(
    "declared", [Declared(rows_are_people=True), Declared(people_tables=frozenset({"cohort"}))]
)
def test_rows_that_are_declared_to_be_people_are_counted(tmp_path: Path, declared: Declared) -> None:
    inspection = inspect(of_sixty(tmp_path), declared)
    (summed,) = inspection.tables
    assert [bar.count for bar in summed.table.columns[1].released.bars] == [30, 30]
    assert (summed.table.rows, summed.table.people) == (60, None)
    assert not {UNKNOWN_ROWS, FALSE_ROWS} & kinds(inspection).keys()


def test_a_false_declaration_stops_and_people_are_counted_all_the_same(tmp_path: Path) -> None:
    inspection = inspect(of_three(tmp_path, "patient_id"), Declared(rows_are_people=True))
    assert kinds(inspection)[FALSE_ROWS] is Level.STOP
    assert not told(inspection)
    assert inspection.tables[0].table.rows is None
    # By a column that the steward names, too.
    both = Declared(person="label", rows_are_people=True)
    assert kinds(inspect(of_three(tmp_path, "label"), both))[FALSE_ROWS] is Level.STOP


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(
    ("column", "is_of_persons"),
    [("case_no", False), ("Fallnr", False), ("id", False), ("codice", False), ("pt", False),
     ("症例番号", False), ("Kennung", False), ("patient_id", True), ("ptid", True), ("Probanden-Nr", True)],
)  # fmt: skip
def test_a_column_that_may_number_rows_or_cases_makes_no_people_of_them(
    tmp_path: Path, column: str, is_of_persons: bool, times: int
) -> None:
    """60 cases are the visits of whom? A case that stands in two rows does not say it either."""
    file = tmp_path / "cases.csv"
    file.write_text(f"{column},sex\n" + "".join(f"K{i // times},{'fm'[i // 60]}\n" for i in range(120)))
    inspection = inspect(file)
    (summed,) = inspection.tables
    assert (summed.person, summed.doubtful) == ((column, None) if is_of_persons else (None, column))
    assert told(inspection) == is_of_persons
    declared = inspect(file, Declared(rows_are_people=True))
    expected = None if times == 1 else Level.STOP if is_of_persons else Level.ASK
    assert kinds(declared).get(FALSE_ROWS) == expected
    assert told(declared)
    assert told(inspect(file, Declared(person=column)))


def test_among_several_tables_each_is_declared_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "labs").mkdir(parents=True)
    of_sixty(folder)
    of_sixty(folder / "labs").rename(folder / "labs" / "values.csv")
    with pytest.raises(InputError, match="not one table") as several:
        inspect(folder, Declared(rows_are_people=True))
    assert "--people-table" in several.value.hint
    assert several.value.hint.endswith("The tables are: cohort.csv, labs/values.csv.")
    for name in ("cohort", "cohort.csv"):
        inspection = inspect(folder, Declared(people_tables=frozenset({name})))
        assert [one.is_counted for one in inspection.tables] == [True, False]
    with pytest.raises(InputError, match="no table 'cohrot'"):
        inspect(folder, Declared(people_tables=frozenset({"cohrot"})))
    for name in ("labs/values.csv", "values"):
        inspection = inspect(folder, Declared(people_tables=frozenset({name})))
        assert [one.is_counted for one in inspection.tables] == [False, True]
    of_sixty(folder).rename(folder / "values.csv")
    of_sixty(folder)
    with pytest.raises(InputError, match="Several tables are called 'values'") as ambiguous:
        inspect(folder, Declared(people_tables=frozenset({"values"})))
    assert "labs/values.csv" in ambiguous.value.hint
    inspection = inspect(folder, Declared(people_tables=frozenset({"labs/values.csv"})))
    assert [one.is_counted for one in inspection.tables] == [False, True, False]
    (folder / "values.csv").unlink()
    packed = tmp_path / "data.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(folder.rglob("*.csv")):
            archive.write(file, file.relative_to(folder))
    inspection = inspect(packed, Declared(people_tables=frozenset({"labs/values.csv"})))
    assert [one.is_counted for one in inspection.tables] == [False, True]


def test_a_table_of_a_database_is_declared_by_its_own_name(tmp_path: Path) -> None:
    file = tmp_path / "study.sqlite"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE baseline (sex TEXT)")
        database.executemany("INSERT INTO baseline VALUES (?)", [("fm"[i % 2],) for i in range(60)])
    inspection = inspect(file, Declared(people_tables=frozenset({"baseline"})))
    assert [one.is_counted for one in inspection.tables] == [True]


def test_patients_and_samples_are_people_and_observations_are_not(tmp_path: Path) -> None:
    file = tmp_path / "export.ndjson"
    file.write_text("".join(PATIENT % i for i in range(60)))
    assert inspect(file).tables[0].is_counted
    file.write_text(PATIENT % 1 + "".join(OBSERVATION % i for i in range(60)))
    inspection = inspect(file)
    assert not inspection.tables[0].is_counted
    assert not told(inspection)
    assert UNKNOWN_ROWS not in kinds(inspection), "nobody could declare them to be people"
    file.write_text(
        "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT"
        + "".join(f"\ts{i}" for i in range(20)) + "\n1\t5\t.\tA\tC\t.\t.\t.\tGT" + "\t0/1" * 20 + "\n"
    )  # fmt: skip
    assert inspect(file).tables[0].is_counted


def test_a_finding_calls_a_file_as_its_table_is_called_and_names_it_to_the_steward_alone(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    (folder / "labs").mkdir(parents=True)
    (folder / "README.txt").write_text("What the columns are.\n")
    of_sixty(folder)
    of_sixty(folder / "labs").rename(folder / "labs" / "values.csv")
    inspection = inspect(folder)
    assert [one.name for one in inspection.tables] == [
        "file 2 by name (cohort.csv)",
        "file 3 by name (labs/values.csv)",
    ]
    unknown = [finding for finding in inspection.findings if finding.kind == UNKNOWN_ROWS]
    assert [finding.place for finding in unknown] == ["file 2 by name", "file 3 by name"]
    placed = [inspection.with_file(finding) for finding in unknown]
    assert [finding.place for finding in placed] == [one.name for one in inspection.tables]
    place = "file 3 by name: column 'age'"
    assert inspection.place_with_file(place) == "file 3 by name (labs/values.csv): column 'age'"
    assert inspection.place_with_file("the public name") == "the public name"
