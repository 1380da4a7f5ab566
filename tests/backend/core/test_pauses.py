"""Pauses that double."""

from __future__ import annotations

import pytest

from biodesci.core import pauses
from biodesci.core.pauses import Seldom, doubled, spread


def test_each_is_twice_as_long_up_to_the_longest() -> None:
    assert [doubled(number, 5.0, 60.0) for number in range(1, 7)] == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]
    assert doubled(100_000, 5.0, 60.0) == 60.0


def test_who_failed_together_comes_apart() -> None:
    pauses = [spread(10.0) for _ in range(200)]
    assert all(5.0 <= pause <= 10.0 for pause in pauses)
    assert max(pauses) - min(pauses) > 2.5


def test_it_is_said_at_once_then_later_and_later_and_anew_when_it_was_over(monkeypatch):
    now = 0.0
    monkeypatch.setattr(pauses.time, "monotonic", lambda: now)
    said = Seldom(first=10.0, longest=40.0)
    times = []
    for second in range(200):
        now = float(second)
        if said.is_due("away"):
            times.append(second)
    assert times == [0, 10, 30, 70, 110, 150, 190]
    assert said.is_due("another reason")
    assert not said.is_due("another reason")
    assert said.over()
    assert not said.over(), "it is said once that it is over"
    assert said.is_due("away")


def test_what_is_long_past_is_new(monkeypatch):
    now = 0.0
    monkeypatch.setattr(pauses.time, "monotonic", lambda: now)
    said = Seldom(first=10.0, longest=40.0)
    assert said.is_due("away")
    now = 5.0
    assert not said.is_due("away")
    now = 1_000.0
    assert said.is_due("away")
    now = 1_010.0
    assert said.is_due("away"), "and its pauses are short again"


@pytest.mark.parametrize("number", [1, 1_000])
def test_texts_without_end_do_not_stay(number):
    said = Seldom()
    assert all(said.is_due(str(each)) for each in range(number))
    assert len(said._texts) <= 16
