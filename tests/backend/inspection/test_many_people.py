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
