"""Pauses that double."""

from __future__ import annotations

from biodesci.core.pauses import doubled, spread


def test_each_is_twice_as_long_up_to_the_longest() -> None:
    assert [doubled(number, 5.0, 60.0) for number in range(1, 7)] == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]
    assert doubled(100_000, 5.0, 60.0) == 60.0


def test_who_failed_together_comes_apart() -> None:
    pauses = [spread(10.0) for _ in range(200)]
    assert all(5.0 <= pause <= 10.0 for pause in pauses)
    assert max(pauses) - min(pauses) > 2.5
