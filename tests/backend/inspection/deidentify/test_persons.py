"""Ids of persons in a copy: replaced alike in all tables of a folder; who is over 89 is in one group."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from biodesci.inspection.content import Declared
from biodesci.inspection.deidentify import Action, values
from tests.backend.inspection.deidentify.copies import copied, left, rows

IDS = ["4711471147", "4711471148", "4711471149"]


def test_a_column_that_is_recognised_as_of_persons_is_replaced_without_being_declared(tmp_path) -> None:
    path = tmp_path / "in.csv"
    lines = [f"{id_},2019-03-{1 + 7 * visit:02},{visit}" for id_ in IDS for visit in range(3)]
    path.write_text("patient_id,visit_date,visit\n" + "\n".join(lines) + "\n")
    mends = copied(path, tmp_path / "out.csv")
    assert {mend.action for mend in mends} == {Action.REPLACED, Action.GENERALISED}
    made = rows(tmp_path / "out.csv")
    assert len({row["patient_id"] for row in made}) == len(IDS)
    assert {row["visit_date"] for row in made} == {"2019"}
    assert left(tmp_path / "out.csv") == set()
    assert not any(id_ in (tmp_path / "out.csv").read_text() for id_ in IDS)


@pytest.mark.parametrize("name", ["mrn", "患者番号", "NHS", "Initialen", "initials", "patient_id", "USUBJID"])
def test_a_pseudonym_does_not_stop_for_its_column_s_name(tmp_path, name) -> None:
    path = tmp_path / "in.csv"
    path.write_text(f"{name},hb\n" + "".join(f"{IDS[i % 3]},{10 + i % 5}\n" for i in range(60)))
    copied(path, tmp_path / "out.csv")
    made = rows(tmp_path / "out.csv")
    assert left(tmp_path / "out.csv") == set()
    assert len(made[0]) == 2
    assert len({next(iter(row.values())) for row in made}) == 3


def test_rows_of_a_person_belong_together_across_the_tables_of_a_folder(tmp_path) -> None:
    """Whatever the ids are stored as: texts, whole numbers, or numbers with gaps, which are floats."""
    root = tmp_path / "study"
    root.mkdir()
    (root / "patients.csv").write_text("patient_id,sex\n" + "".join(f"{id_},f\n" for id_ in IDS))
    visits = {"patient_id": [int(id_) for id_ in IDS] * 20, "day": ["2019-03-01"] * 60, "hb": [12.5] * 60}
    pq.write_table(pa.table(visits), root / "visits.parquet")
    floats = {"subject_id": pa.array([float(id_) for id_ in IDS] * 20), "hb": [1.5] * 60}
    pq.write_table(pa.table(floats), root / "labs.parquet")
    mends = copied(root, tmp_path / "out", Declared(person="patient_id"))
    ids = [row["patient_id"] for row in rows(tmp_path / "out" / "patients.csv")]
    made = pq.read_table(tmp_path / "out" / "visits.parquet").to_pydict()
    assert made["patient_id"] == ids * 20
    assert pq.read_table(tmp_path / "out" / "labs.parquet").to_pydict()["subject_id"] == ids * 20
    days = dict(zip(made["patient_id"], made["day"], strict=True))
    assert len(set(days.values())) == 3
    assert {kind for _, kind in left(tmp_path / "out")} == {"date"}, "a moved day still looks like one"
    assert ("column 'day'", Action.SHIFTED) in {(mend.place, mend.action) for mend in mends}


def test_what_is_declared_of_one_table_of_a_folder_is_no_fault_of_the_others(tmp_path) -> None:
    root = tmp_path / "study"
    root.mkdir()
    (root / "a.csv").write_text("who,hb\n" + "".join(f"{id_},11\n" for id_ in IDS))
    (root / "b.csv").write_text("ward,beds\nA,10\nB,12\nC,9\n")
    copied(root, tmp_path / "out", Declared(person="who"))
    assert {row["who"][0] for row in rows(tmp_path / "out" / "a.csv")} == {"p"}


def test_names_of_files_that_name_people_become_numbers(tmp_path) -> None:
    root = tmp_path / "study"
    (root / "Weber Anna 1950-03-07").mkdir(parents=True)
    (root / "Weber Anna 1950-03-07" / "labs.csv").write_text("hb,na\n12,140\n13,141\n11,139\n")
    copied(root, tmp_path / "out")
    assert [str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.csv")] == [
        "000001/labs.csv"
    ]
    assert left(tmp_path / "out") == set()


@pytest.mark.parametrize("name", ["date_of_birth", "year_of_birth", "Geburtsjahr", "birth_year"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_no_year_of_birth_tells_an_age_over_89(tmp_path, name, kind) -> None:
    """45 CFR 164.514(b)(2)(i)(C): they are one group, which is written as its last year."""
    this = date.today().year
    years = [this - 100 + i for i in range(60)]
    written = [f"{year}-03-07" for year in years] if name == "date_of_birth" else years
    path = tmp_path / f"in.{kind}"
    if kind == "csv":
        path.write_text(
            f"{name},hb\n" + "".join(f"{value},{10 + i % 5}\n" for i, value in enumerate(written))
        )
    else:
        pq.write_table(pa.table({name: written, "hb": [10 + i % 5 for i in range(60)]}), path)
    copied(path, tmp_path / f"out.{kind}")
    if kind == "csv":
        made = [int(row[name]) for row in rows(tmp_path / "out.csv")]
    else:
        made = [int(value) for value in pq.read_table(tmp_path / "out.parquet").to_pydict()[name]]
    assert made == [max(year, this - 90) for year in years]


def test_a_day_of_so_long_ago_is_a_year_even_where_days_move(tmp_path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("patient_id,x7\n" + "".join(f"p{i},19{25 + i % 70}-03-07\n" for i in range(70)))
    copied(path, tmp_path / "out.csv", Declared(person="patient_id"))
    oldest = values.oldest_year()
    made = [row["x7"] for row in rows(tmp_path / "out.csv")]
    assert str(oldest) in made
    assert all(len(value) == 4 or int(value[:4]) > oldest for value in made)
