"""A forked child of a test ends with what it was forked for, whatever it raises."""

from __future__ import annotations

import os

import pytest

from tests.children import die, ended, killed


def raises(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("error", [ValueError(), SystemExit(0), KeyboardInterrupt()])
def test_a_child_that_fails_runs_no_test_on(error: BaseException, capfd: pytest.CaptureFixture[str]) -> None:
    before = os.getpid()
    assert os.waitstatus_to_exitcode(ended(lambda: raises(error))) == 1
    assert os.getpid() == before
    assert type(error).__name__ in capfd.readouterr().err


def test_only_a_child_that_was_killed_passes_for_one() -> None:
    assert ended(lambda: None) == 0
    killed(die)
    with pytest.raises(AssertionError, match="by itself"):
        killed(lambda: None)
