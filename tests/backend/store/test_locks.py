"""Locks that cannot be taken: a worker waits out what may pass, and says what to do about it."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
from pathlib import Path
from typing import Any

import pytest

from biodesci.core.errors import ConfigurationError, UnavailableError
from biodesci.store import locks


def take(home: Path) -> None:
    with locks.held(home / "work.sqlite", "account", wait=False) as lock:
        assert lock is not None


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.ENOSPC, "Free some space"),
        (errno.EDQUOT, "Free some space"),
        (errno.EMFILE, "LimitNOFILE"),
        (errno.ENFILE, "LimitNOFILE"),
    ],
)
def test_what_may_pass_is_waited_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, hint: str
) -> None:
    def refuse(path: Any, *_: Any) -> int:
        raise OSError(number, os.strerror(number), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        with pytest.raises(UnavailableError, match=os.strerror(number)) as caught:
            take(tmp_path)
    assert hint in caught.value.hint
    take(tmp_path)


def test_with_no_file_left_to_open_it_is_said(tmp_path: Path) -> None:
    take(tmp_path)  # all that is loaded late is loaded
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        with pytest.raises(UnavailableError, match="Too many open files"):
            take(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    take(tmp_path)


def test_what_stays_is_the_operators(tmp_path: Path) -> None:
    (tmp_path / "locks").write_text("a file")
    with pytest.raises(ConfigurationError, match="cannot be taken"):
        take(tmp_path)


def test_a_file_system_without_locks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []

    def refuse(descriptor: int, _: int) -> None:
        opened.append(descriptor)
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(ConfigurationError, match="No locks available"):
        take(tmp_path)
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(opened[0])
