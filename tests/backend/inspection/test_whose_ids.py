"""3 people of 12 visits each, whose column of ids makes 36 people of them, or 60 people of whom nothing is
lost: what may be of visits, counts or other ids is counted by nobody until the steward names the column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from biodesci.core.airlock.differencing import NOTHING
from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import Inspection, inspect
from biodesci.inspection.mends import UNCLEAR_IDS, UNKNOWN_ROWS

SPELLINGS = ("{}", "0{}", "00{}", "{}.0", " {} ", "{}*", "{}.00", "({})")
WITH_LETTER = ("S{}", "s{}", "S-{}", "S {}", "S00{}", "s_{}*", "S{}.0")


def looked_at(file: Path, columns: dict[str, Sequence[object]], **declared: object) -> Inspection:
    names = [*columns, "dx"]
    count = len(next(iter(columns.values())))
    rows = zip(*columns.values(), ("yes" if i % 3 == 1 else "no" for i in range(count)), strict=True)
    file.write_text("\n".join([";".join(names), *(";".join(map(str, row)) for row in rows)]) + "\n")
    return inspect(file, Declared(**declared))


def is_released(inspection: Inspection) -> bool:
    return any(column.released != NOTHING for column in inspection.tables[0].table.columns)


def reasons(inspection: Inspection, kind: str) -> list[tuple[Level, str]]:
    return [(one.level, one.reason) for one in inspection.findings if one.kind == kind]


@pytest.mark.parametrize(
    "name",
    ["participants", "patients", "persons", "personen", "individual", "volunteer", "donor", "patienten",
     "probanden", "no_patients", "num participants", "participants_no", "patients number", "pat"],
)  # fmt: skip
def test_how_many_took_part_is_no_column_of_persons(tmp_path: Path, name: str) -> None:
    """3 sites of 12 weeks, and how many took part in each."""
    columns = {"site": [f"C{i // 12}" for i in range(36)], name: [20 + i for i in range(36)]}
    inspection = looked_at(tmp_path / "weeks.csv", columns)
    assert not is_released(inspection)
    assert inspection.tables[0].doubtful == name
    assert [level for level, _ in reasons(inspection, UNKNOWN_ROWS)] == [Level.NOTE]
    assert is_released(looked_at(tmp_path / "ids.csv", {name: [f"P{i}" for i in range(36)]}, person=name))


@pytest.mark.parametrize(
    "name", ["patient", "subject", "participant", "patients_id", "Patientennummer", "donor id"]
)
def test_a_column_of_ids_is_one_of_persons(tmp_path: Path, name: str) -> None:
    assert is_released(looked_at(tmp_path / "ids.csv", {name: [f"P{i}" for i in range(60)]}))


VISITS: dict[str, Callable[[int, int], str]] = {
    "suffix": lambda person, visit: f"P{person:03d}_T{visit}",
    "suffix without a mark": lambda person, visit: f"P{person:03d}T{visit}",
    "letter": lambda person, visit: f"P{person:03d}{'abcdefghijkl'[visit]}",
    "number": lambda person, visit: f"{100 + person}/{visit}",
    "decimal": lambda person, visit: f"{100 + person}.{visit + 1}",
    "words": lambda person, visit: f"ID{person:03d} month {visit}",
    "prefix": lambda person, visit: f"V{visit}-P{person:03d}",
    "day": lambda person, visit: f"P{person:03d}_2024-{1 + visit:02d}-{3 * person + 1 + visit % 2:02d}",
    "first one bare": lambda person, visit: f"P{person:03d}" + f"_{visit}" * (visit > 0),
    "through the table": lambda person, visit: f"P{person}_{12 * person + visit + 1}",
    "through the table, with the patient's mark": lambda person, visit: (
        f"HD-pat{person}-{40 + 12 * person + visit}"
    ),
    "through the table, with the visit's mark": lambda person, visit: f"A{person}/V{12 * person + visit:04d}",
}


@pytest.mark.parametrize("name", VISITS)
def test_ids_of_visits_are_no_ids_of_persons(tmp_path: Path, name: str) -> None:
    ids = [VISITS[name](i // 12, i % 12) for i in range(36)]
    inspection = looked_at(tmp_path / "visits.csv", {"patient_id": ids})
    assert not is_released(inspection)
    ((level, reason),) = reasons(inspection, UNKNOWN_ROWS)
    assert level is Level.NOTE
    assert "may be of visits" in reason
    # Who declares it all the same is asked.
    for declared in ({"person": "patient_id"}, {"rows_are_people": True}):
        asked = looked_at(tmp_path / "visits.csv", {"patient_id": ids}, **declared)
        ((level, reason),) = reasons(asked, UNCLEAR_IDS)
        assert level is Level.ASK
        assert "may be of visits" in reason


def test_decimals_that_count_visits_are_seen_in_numbers_too(tmp_path: Path) -> None:
    file = tmp_path / "visits.parquet"
    ids = [101 + i // 9 + (i % 9) / 10 for i in range(36)]
    pq.write_table(pa.table({"patient_id": ids, "sex": ["f", "m"] * 18}), file)
    inspection = inspect(file)
    assert not is_released(inspection)
    assert "may be of visits" in reasons(inspection, UNKNOWN_ROWS)[0][1]


def test_a_column_without_an_id_is_doubtful_for_nothing(tmp_path: Path) -> None:
    inspection = looked_at(tmp_path / "none.csv", {"patient_id": [""] * 36, "week": range(36)})
    assert not is_released(inspection)
    assert inspection.tables[0].unclear is None


@pytest.mark.parametrize(
    "ids",
    [[f"P{i:03d}" for i in range(60)], [str(1_000 + i) for i in range(60)],
     [f"CDISC01-{701 + i // 20}-{1_000 + i}" for i in range(60)], [f"sub-{i:02d}" for i in range(60)],
     [f"HD_P{i}_1" for i in range(60)], [f"C{i // 20}-{i:03d}" for i in range(60)],
     [f"{i * 2654435761 % 2**32:08x}" for i in range(60)], [f"{'AB'[i % 2]}{i // 2:03d}" for i in range(60)]],
)  # fmt: skip
def test_sixty_ids_of_sixty_people_are_sixty(tmp_path: Path, ids: list[str]) -> None:
    inspection = looked_at(tmp_path / "cohort.csv", {"patient_id": ids})
    assert inspection.tables[0].table.people == 60
    assert not reasons(inspection, UNCLEAR_IDS)


@pytest.mark.parametrize("spellings", [SPELLINGS, WITH_LETTER, (*SPELLINGS, *WITH_LETTER)])
def test_one_id_in_several_spellings_is_one_person(tmp_path: Path, spellings: tuple[str, ...]) -> None:
    ids = [spelling.format(person) for person in (1, 2, 3) for spelling in spellings]
    assert not is_released(looked_at(tmp_path / "visits.csv", {"patient_id": ids, "week": range(len(ids))}))


def test_spellings_make_fewer_people_and_no_more(tmp_path: Path) -> None:
    """30 people of two rows, each with its id in another spelling, and rows of nobody."""
    ids = [form.format(i) for i in range(1, 31) for form in ("P{:03d}", "p-{}")] + ["NA", "-", "?"] * 5
    table = looked_at(tmp_path / "cohort.csv", {"patient_id": ids}).tables[0].table
    assert table.people == 30


@pytest.mark.parametrize("names", [("person", "patient"), ("participant_id", "pat"), ("patient", "person")])
def test_of_two_columns_of_persons_that_disagree_none_is_taken(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    running, repeating = names
    columns = {running: [f"R{i}" for i in range(36)], repeating: [f"X{i // 12}" for i in range(36)]}
    for order in (columns, dict(reversed(columns.items()))):
        inspection = looked_at(tmp_path / "visits.csv", order)
        assert not is_released(inspection)
        ((_, reason),) = reasons(inspection, UNKNOWN_ROWS)
        assert repr(running) in reason
        assert repr(repeating) in reason
    asked = looked_at(tmp_path / "visits.csv", columns, rows_are_people=True)
    assert reasons(asked, UNCLEAR_IDS)
    by_name = looked_at(tmp_path / "visits.csv", columns, person=repeating)
    assert by_name.tables[0].person == repeating
    assert not is_released(by_name)


def test_two_columns_that_agree_are_counted(tmp_path: Path) -> None:
    columns = {"usubjid": [f"S-{i}" for i in range(60)], "subjid": [f"{i:04d}" for i in range(60)]}
    assert is_released(looked_at(tmp_path / "dm.csv", columns))
