"""What was planted is found: in columns whose name says so, in others, in one row, in a short remark."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest

from benchmarks import identifier_sets, identifier_unseen
from benchmarks.identifier_cases import cases
from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers import TableCheck, check_text
from tests.backend.inspection.identifiers.looking import findings, levels

SEED = 7


def test_recall_of_planted_identifiers() -> None:
    """Half of the names stand in no list. The floor is the issue's for each mode."""
    found, planted = Counter[str](), Counter[str]()
    for number, case in enumerate(cases(SEED)):
        if number // 4 % 2:  # each other variant, with all its modes
            continue
        planted[case.mode] += 1
        found[case.mode] += Level.STOP in {f.level for f in findings({case.heading: case.values})}
    assert found["named"] >= 0.98 * planted["named"] > 0
    for mode in ("hidden", "remarks"):
        assert found[mode] >= 0.9 * planted[mode] > 0


def test_recall_of_single_rows() -> None:
    every = [case for case in cases(SEED) if case.mode == "one row"]
    found = sum(Level.STOP in {f.level for f in findings({case.heading: case.values})} for case in every)
    assert found >= 0.9 * len(every)


@pytest.mark.deep
def test_recall_in_twelve_further_locales() -> None:
    """In headings and wordings of their own; what asks (ids such as P164989531) is not counted as found."""
    found, planted = Counter[str](), Counter[str]()
    for case in identifier_unseen.cases(SEED):
        planted[case.mode] += 1
        found[case.mode] += Level.STOP in {f.level for f in findings({case.heading: case.values})}
    assert found["named"] >= 0.98 * planted["named"] > 0
    for mode in ("hidden", "one row", "remarks"):
        assert found[mode] >= 0.9 * planted[mode] > 0


@pytest.mark.parametrize("name", identifier_sets.SEEDS)
def test_remarks_that_name_nobody_stop_nowhere(name: str) -> None:
    for case in identifier_sets.controls(name, SEED):
        assert Level.STOP not in {f.level for f in findings({case.heading: case.values})}, case.locale


def test_one_long_note_in_120_rows_stops() -> None:
    values = ["stable"] * 119 + [
        "She came with her neighbour and told us how the fall on the stairs happened"
    ]
    assert levels("x7", values)["free text"] is Level.STOP


def test_a_single_value_in_a_later_batch_stops() -> None:
    check = TableCheck(pa.schema([("x7", pa.string())]), Declared())
    for number in range(20):
        values = [str((number * 1_000 + i) % 977) for i in range(1_000)]
        if number == 17:
            values[3] = "Anna Weber"
        check.feed(pa.RecordBatch.from_pydict({"x7": values}))
    (finding,) = [f for f in check.finish() if f.level is Level.STOP]
    assert (finding.kind, finding.rows) == ("name", 1)


@pytest.mark.parametrize("fillers", ["GENE{:08d}", "rs{}", "{}.5", "lot-{}-a"])
def test_many_codes_hide_nobody(fillers: str) -> None:
    values = [fillers.format(10_000_000 + i) for i in range(6_000)]
    assert "stop" not in levels("x7", values).values()
    assert levels("x7", [*values, "jane.doe@example.org"])["e-mail"] is Level.STOP
    assert levels("x7", [*values, "Weber, Anna"])["name"] is Level.STOP


def test_columns_with_types() -> None:
    batch = pa.RecordBatch.from_arrays(
        [
            pa.array([10_000_000 + 7_919 * i * i for i in range(60)], pa.int64()),
            pa.array([19_500 + 37 * i * i % 9_000 for i in range(60)], pa.date32()),
            pa.array(["Anna Weber", None] * 30).dictionary_encode(),
            pa.array([["a", "jane@example.org"]] * 60),
            pa.array([{"who": "Anna Weber"}] * 60),
            pa.array([93.0] + [50.0] * 59),
            pa.array([True] * 60),
            pa.array([b"x"] * 60),
        ],
        names=["x1", "x2", "x3", "x4", "x5", "age", "x7", "x8"],
    )
    check = TableCheck(batch.schema, Declared())
    check.feed(batch)
    stopped = {(f.place, f.kind) for f in check.finish() if f.level is Level.STOP}
    assert {
        ("column 'x1'", "record number"),
        ("column 'x2'", "date"),
        ("column 'x3'", "name"),
        ("column 'x4'", "e-mail"),
        ("column 'x5'", "name"),
        ("column 'age'", "age over 89"),
    } <= stopped
    assert not {place for place, _ in stopped} & {"column 'x7'", "column 'x8'"}


@pytest.mark.parametrize(
    "text",
    [
        "University Hospital Zürich",
        "Dr. Koch Institute",
        "Johns Hopkins University",
        "東京大学医学部附属病院",
        "Heart disease in Berlin, 2015 to 2020",
        "cohort_2020",
        "https://example.org/terms",
        "sub-01_task-rest_bold",
    ],
)
def test_public_texts_that_name_nobody(text: str) -> None:
    assert Level.STOP not in {finding.level for finding in check_text("the public name", text)}


@pytest.mark.parametrize(
    "text",
    [
        "Weber Anna 1950-03-07",
        "Weber_Anna_19500307",
        "CT_Weber_Anna",
        "Records of Mrs. Smith",
        "MRN 0012345",
        "jane.doe@gmail.com",
        "because Mr Miller agreed",
        "田中太郎のデータ",
    ],
)
def test_public_texts_that_name_somebody_stop(text: str) -> None:
    found = check_text("the public name", text)
    assert Level.STOP in {finding.level for finding in found}
    assert not any(text in str(finding) for finding in found)


def test_an_offices_mailbox_asks() -> None:
    (finding,) = check_text("the public description", "Contact: data@hospital.org")
    assert (finding.kind, finding.level) == ("e-mail", Level.ASK)
