"""What stands beside replaced ids and moved days does not undo them in a copy."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from biodesci.inspection.content import Declared
from biodesci.inspection.deidentify import Action
from biodesci.inspection.deidentify.ids import Ids
from tests.backend.inspection.deidentify.copies import copied, rows

NUMBERS = [f"{4800000 + number}" for number in range(60)]


def family() -> str:
    """A table of which each row holds its own id four times, and those of a mother and a partner."""
    lines = ["patient_id,mother_id,partner_id,sample_id,x7,hb"]
    for number, id_ in enumerate(NUMBERS):
        x7 = "W4800002" if number == 40 else f"k{number % 4}"
        mother, partner = NUMBERS[(number + 1) % 60], f"49{number:05}"
        lines.append(f"{id_},{mother},{partner},S-{id_}-1,{x7},{10 + number % 5}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("declared", [Declared(), Declared(person="patient_id")])
def test_an_id_stays_in_no_other_column(tmp_path, declared) -> None:
    path = tmp_path / "in.csv"
    path.write_text(family())
    copied(path, tmp_path / "out.csv", declared)
    written = (tmp_path / "out.csv").read_text()
    assert "480000" not in written
    assert "490000" not in written, "a partner without a row is a person, too"
    made = rows(tmp_path / "out.csv")
    ids = [next(iter(row.values())) for row in made]
    assert [row["mother_id"] for row in made] == [*ids[1:], ids[0]], "families still belong together"
    assert [row["x7"] for row in made[:4]] == ["k0", "k1", "k2", "k3"]
    assert [row["hb"] for row in made[:4]] == ["10", "11", "12", "13"]


def test_ids_of_one_table_stay_in_no_other_one_of_the_folder(tmp_path) -> None:
    root = tmp_path / "study"
    root.mkdir()
    # Read before the table of patients, by name.
    (root / "aliquots.csv").write_text("tube,ml\n" + "".join(f"T{id_}b,1.5\n" for id_ in NUMBERS))
    pq.write_table(pa.table({"x7": [int(id_) for id_ in NUMBERS]}), root / "links.parquet")
    (root / "people.csv").write_text("patient_id,sex\n" + "".join(f"{id_},f\n" for id_ in NUMBERS))
    (root / f"scan_{NUMBERS[3]}.csv").write_text("hb,na\n12,140\n13,141\n11,139\n")
    copied(root, tmp_path / "out")
    ids = [row["patient_id"] for row in rows(tmp_path / "out" / "people.csv")]
    assert pq.read_table(tmp_path / "out" / "links.parquet").column("x7").to_pylist() == ids
    assert "48000" not in (tmp_path / "out" / "aliquots.csv").read_text()
    assert not any("48000" in file.name for file in (tmp_path / "out").iterdir())


def test_short_ids_are_looked_for_in_columns_of_ids_alone(tmp_path) -> None:
    path = tmp_path / "in.csv"
    lines = [f"{number},{number % 60 + 1},{number % 7}" for number in range(1, 61)]
    path.write_text("patient_id,index_case_id,grade\n" + "\n".join(lines) + "\n")
    copied(path, tmp_path / "out.csv")
    made = rows(tmp_path / "out.csv")
    ids = [row["patient_id"] for row in made]
    assert [row["index_case_id"] for row in made] == [*ids[1:], ids[0]]
    assert [row["grade"] for row in made[:3]] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("text", "is_within"),
    [
        ("S-4800000-1", True),
        ("id0004800000", True),
        ("148000001", False),
        ("k48000000", False),
        ("4800000.25", False),
        ("see pat-ab12c of", True),
        ("1,2", False),
    ],
)
def test_a_longer_number_holds_no_id(text, is_within) -> None:
    ids = Ids()
    ids.add(["4800000", "Pat-AB12C", "1", "2"])
    assert ids.within(text) is is_within


@pytest.mark.parametrize("text", ["004800000", "4800000.0", " 4800000"])
def test_an_id_is_the_same_however_a_program_wrote_it(text) -> None:
    ids = Ids()
    ids.add(["4800000"])
    assert ids.same(text) == "4800000"


def visits() -> dict[str, list[str]]:
    """Two visits of each person, with what a calendar says of their days."""
    days = [date(2023, 1, 3) + timedelta(days=5 * visit) for visit in range(60)]
    return {
        "patient_id": [NUMBERS[visit // 2] for visit in range(60)],
        "visit_date": [day.isoformat() for day in days],
        "weekday": [day.strftime("%A") for day in days],
        "x1": [day.strftime("%a") for day in days],
        "week": [f"{day.isocalendar().year}-W{day.isocalendar().week:02}" for day in days],
        "week_no": [str(day.isocalendar().week) for day in days],
        "x2": [str(day.month) for day in days],
        "days_since_birth": [str(20_000 + visit) for visit in range(60)],
        "age_days": [str(20_000 + visit) for visit in range(60)],
        "study_week": [str(1 + visit % 12) for visit in range(60)],
        "hb": [str(10 + visit % 5) for visit in range(60)],
    }


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_tells_a_moved_day_goes(tmp_path, kind) -> None:
    columns, path, target = visits(), tmp_path / f"in.{kind}", tmp_path / f"out.{kind}"
    if kind == "csv":
        lines = [",".join(row) for row in zip(*columns.values(), strict=True)]
        path.write_text("\n".join([",".join(columns), *lines]) + "\n")
    else:
        pq.write_table(pa.table(columns), path)
    mends = copied(path, target, Declared(person="patient_id"))
    left = set(rows(target)[0]) if kind == "csv" else set(pq.read_table(target).schema.names)
    assert left == {"patient_id", "visit_date", "study_week", "hb"}
    gone = {mend.place for mend in mends if mend.action is Action.REMOVED}
    assert gone == {f"column {name!r}" for name in columns.keys() - left}


def test_weeks_go_from_a_table_whose_persons_days_move_in_another(tmp_path) -> None:
    root, columns = tmp_path / "study", visits()
    root.mkdir()
    for name, names in (("a", ["patient_id", "week", "hb"]), ("b", ["patient_id", "visit_date"])):
        lines = [",".join(row) for row in zip(*(columns[of] for of in names), strict=True)]
        (root / f"{name}.csv").write_text("\n".join([",".join(names), *lines]) + "\n")
    copied(root, tmp_path / "out", Declared(person="patient_id"))
    assert set(rows(tmp_path / "out" / "a.csv")[0]) == {"patient_id", "hb"}


def test_a_calendar_stays_where_no_day_moves(tmp_path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("week,hb\n" + "".join(f"2023-W{1 + i % 50:02},{10 + i % 5}\n" for i in range(60)))
    copied(path, tmp_path / "out.csv")
    assert rows(tmp_path / "out.csv")[0]["week"] == "2023-W01"
