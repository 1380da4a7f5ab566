"""k-anonymity and l-diversity over quasi-identifiers, by people where they are known."""

from __future__ import annotations

import random

import pyarrow as pa

from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.identifiers import TableCheck, combinations
from tests.backend.inspection.identifiers.looking import findings


def rare(found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.kind == "rare combination"]


def test_those_who_stand_alone_are_asked_about_as_a_share_and_never_named() -> None:
    table = {"age": ["40"] * 95 + ["41"] * 5, "sex": ["m"] * 100}
    (finding,) = rare(findings(table))
    assert finding.level is Level.ASK
    assert "5% of rows" in finding.reason
    assert "41" not in str(finding)
    assert rare(findings({"age": ["40"] * 100, "sex": ["m"] * 89 + ["f"] * 11})) == []


def test_one_column_is_no_combination_unless_two_are_declared() -> None:
    assert rare(findings({"age": [str(i) for i in range(80)], "chol": ["1"] * 80})) == []
    declared = Declared(quasi=("age", "ward"))
    table = {"age": [str(20 + i % 60) for i in range(80)], "ward": ["a"] * 80}
    assert rare(findings(table)) == []
    assert rare(findings(table, declared))


def test_people_are_counted_and_not_their_visits() -> None:
    """Three people with twelve visits each are 36 rows, and still three people."""
    visits = {
        "patient_id": [f"P{i // 12}" for i in range(36)],
        "age": ["50"] * 36,
        "sex": ["f"] * 36,
    }
    (finding,) = rare(findings(visits))
    assert "100% of people (by 'patient_id')" in finding.reason
    several = {"Kennung": [str(i) for i in range(36)]} | visits | {"subject_id": visits["patient_id"]}
    assert "(by 'patient_id')" in rare(findings(several))[0].reason
    (finding,) = rare(findings(several, Declared(person="subject_id")))
    assert "(by 'subject_id')" in finding.reason


def test_a_group_of_one_diagnosis_gives_it_away() -> None:
    table = {
        "age": ["40"] * 20 + ["50"] * 20,
        "sex": ["m"] * 40,
        "diagnosis": ["HIV"] * 20 + ["HIV", "flu"] * 10,
    }
    (finding,) = [f for f in findings(table) if f.kind == "group of one kind"]
    assert finding.level is Level.NOTE
    assert "50% of rows" in finding.reason
    assert "HIV" not in str(finding)
    (finding,) = [f for f in findings(table, Declared(quasi=("age", "sex"))) if f.kind == "group of one kind"]
    assert finding.level is Level.ASK


def test_too_many_combinations_are_sampled_and_said_to_be(monkeypatch) -> None:
    monkeypatch.setattr(combinations, "_MOST", 500)
    dice = random.Random(7)
    schema = pa.schema([("age", pa.string()), ("zip3", pa.string()), ("sex", pa.string())])
    check = TableCheck(schema, Declared(quasi=("age", "zip3", "sex")))
    for _ in range(10):  # half of the rows share one combination, the others are alone
        rows = [
            ("40", "101", "m") if dice.random() < 0.5 else (str(dice.random()), "9", "f")
            for _ in range(2_000)
        ]
        check.feed(
            pa.RecordBatch.from_pydict(dict(zip(schema.names, zip(*rows, strict=True), strict=True)), schema)
        )
    assert len(check._combinations._groups) <= 500
    (finding,) = rare(check.finish())
    assert "estimated from a sample: there are more than 500 combinations" in finding.reason
    assert 45 <= int(finding.reason.split("%")[0]) <= 55


def test_columns_with_types_and_gaps_are_combined_too() -> None:
    batch = pa.RecordBatch.from_arrays(
        [
            pa.array([40, None] * 10, pa.int64()),
            pa.array(["m", None] * 10).dictionary_encode(),
            pa.array([["a"], []] * 10),
        ],
        names=["age", "sex", "region"],
    )
    check = TableCheck(batch.schema, Declared())
    check.feed(batch)
    check.feed(batch.slice(0, 0))
    (finding,) = rare(check.finish())
    assert "100% of rows" in finding.reason
