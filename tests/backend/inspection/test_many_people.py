"""People are counted in a table that doesn't fit in memory, too."""

from __future__ import annotations

import pyarrow as pa

from biodesci.inspection.summary import people


def test_people_are_counted_beyond_the_limit_of_memory(monkeypatch):
    monkeypatch.setattr(people, "_MEMORY", "16MB")
    counted = people.People(0, 2)
    for start in range(0, 500_000, 100_000):
        ids = pa.array([f"subject-{number // 2:09d}" for number in range(start, start + 100_000)])
        values = pa.array([f"a value of its own {number:09d}" for number in range(start, start + 100_000)])
        counted.feed(pa.record_batch([ids, values], ["id", "value"]))
    assert counted.number() == 250_000
    counted.close()


def test_of_a_table_with_more_cells_a_sample_of_the_persons_is_counted(monkeypatch):
    monkeypatch.setattr(people, "_MOST_CELLS", 200_000)
    counted = people.People(0, 2)
    for start in range(0, 600_000, 100_000):
        numbers = range(start, start + 100_000)
        ids = pa.array([f"subject-{number // 3:09d}" for number in numbers])
        groups = pa.array(["rare" if number // 3 < 12 else f"group {number // 3 % 4}" for number in numbers])
        counted.feed(pa.record_batch([ids, groups], ["id", "group"]))
    assert counted.halved >= 3
    assert abs(counted.number() - 200_000) < 200_000 * 0.05
    by_group = counted.values(1, None)
    assert set(by_group.cells) <= {"rare", *(f"group {i}" for i in range(4))}
    for i in range(4):
        assert abs(by_group.cells[f"group {i}"] - 50_000) < 50_000 * 0.1
    # Of 12 persons fewer than 11 are in the sample: times what they stand for they would be many.
    assert by_group.cells.get("rare", 0) < 11
    assert abs(by_group.present - 200_000) < 200_000 * 0.05
    counted.close()
