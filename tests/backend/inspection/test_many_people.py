"""People are counted exactly, and of a table with very many cells by a sample of them."""

from __future__ import annotations

import random

import pyarrow as pa

from biodesci.inspection.content import Declared
from biodesci.inspection.summary import Summary, people
from biodesci.inspection.summary.column import ColumnTally
from biodesci.inspection.summary.people import Counted, People

_ROWS = 26_000


def _counting(table: pa.Table, batch: int) -> tuple[People, list[ColumnTally]]:
    """The people of a table, by its first column, and the tallies of all columns."""
    tallies = [ColumnTally(field.type, 500) for field in table.schema]
    counted = People(tallies)
    for one in table.to_batches(max_chunksize=batch):
        counted.feed(one.column(0), [tally.feed(one.column(i)) for i, tally in enumerate(tallies)])
    for tally in tallies:
        tally.finish()
    return counted, tallies


def _naive(persons: list[str | None], cells: list[object]) -> Counted:
    by_cell: dict[object, set[str]] = {}
    for person, cell in zip(persons, cells, strict=True):
        if person is not None:
            by_cell.setdefault(cell, set()).add(person)
    missing = len(by_cell.pop(None, set()))
    counts = {cell: len(of_cell) for cell, of_cell in by_cell.items()}
    return Counted(counts, len(set().union(*by_cell.values())), missing)


def test_people_are_counted_as_a_naive_count_does():
    chance = random.Random(1)
    persons = [chance.choice((None, f"sub-{chance.randrange(9_000):05d}")) for _ in range(_ROWS)]
    sexes = [chance.choice(["f", " m", "m", "NA", None]) for _ in range(_ROWS)]
    wide = [f"{chance.randrange(300) / 8:.3f}" for _ in range(_ROWS // 2)]  # few numbers, then many
    wide += [f"{chance.uniform(0, 40):.6f}" for _ in range(_ROWS // 2)]
    notes = [chance.choice(["", " NA ", f"a note {chance.random()}"]) for _ in range(_ROWS)]
    table = pa.table({"who": pa.array(persons), "sex": sexes, "hb": wide, "note": notes})
    counted, tallies = _counting(table, 2_000)
    assert counted.number() == len(set(persons) - {None})
    words = [None if text in (None, "NA") else text.strip() for text in sexes]
    by_sex = counted.values(1)
    assert by_sex == _naive(persons, words)
    others = _naive(persons, [None if word in (None, "f") else word for word in words])
    assert counted.others(1, ["f"]) == others.present
    cells = tallies[2].cells
    assert cells is not None
    step = cells.step(10)
    bins = _naive(persons, [int(float(text) / (cells.edge(1, step))) for text in wide])
    assert counted.bins(2, cells, step) == bins
    present = _naive(persons, [None if not text or text == " NA " else True for text in notes])
    assert counted.presence(3) == present


def test_a_column_with_very_many_cells_is_counted_alike(monkeypatch):
    persons = [f"{i // 2}" for i in range(4_000)]
    values = [f"ward {i * 7 % 400}" for i in range(4_000)]
    table = pa.table({"who": persons, "ward": values})
    monkeypatch.setattr(people, "_MOST_MARKS", 1_000)
    counted, _ = _counting(table, 300)
    assert counted.values(1) == _naive(persons, list(values))


def test_of_a_table_with_more_cells_a_sample_of_the_persons_is_counted(monkeypatch):
    monkeypatch.setattr(people, "_MOST_CELLS", 200_000)
    tallies = [ColumnTally(pa.string(), 500) for _ in range(2)]
    counted = People(tallies)
    for start in range(0, 600_000, 100_000):
        numbers = range(start, start + 100_000)
        ids = pa.array([f"subject-{number // 3:09d}" for number in numbers])
        groups = pa.array(["rare" if number // 3 < 12 else f"group {number // 3 % 4}" for number in numbers])
        counted.feed(ids, [tally.feed(array) for tally, array in zip(tallies, (ids, groups), strict=True)])
    assert counted.halved >= 3
    assert abs(counted.number() - 200_000) < 200_000 * 0.05
    by_group = counted.values(1)
    assert set(by_group.cells) == {"rare", *(f"group {i}" for i in range(4))}
    for i in range(4):
        assert abs(by_group.cells[f"group {i}"] - 50_000) < 50_000 * 0.1
    # Of 12 persons fewer than 11 are in the sample: times what they stand for they would be many.
    assert by_group.cells["rare"] < 11
    assert abs(by_group.present - 200_000) < 200_000 * 0.05


def test_people_of_one_table_leave_nothing_on_the_disk(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    table = pa.table({"pid": [f"P{i // 2}" for i in range(200)], "sex": ["f", "m"] * 100})
    summary = Summary("", table.schema, Declared())
    for one in table.to_batches(max_chunksize=50):
        summary.feed(one)
        assert not list(tmp_path.iterdir())
    assert summary.finish().table.people == 100
