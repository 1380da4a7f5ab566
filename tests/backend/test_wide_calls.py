"""A function takes six parameters at most: what belongs together is a dataclass (docs/style.md)."""

from __future__ import annotations

from benchmarks.house import wide_calls


def test_no_function_takes_more_than_six_parameters() -> None:
    assert wide_calls() == []
