"""`make TARGET`, as a person types it, run from a test."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# `make test` tells a make below it to share its jobs, which a command of its own does not.
_OF_THE_MAKE_ABOVE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "ARGS")


def make(target: str, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """The running command, in the checkout and in a process group of its own, so that a test presses Ctrl-C
    by `os.killpg`. Its output and errors come by one pipe, its input is another."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_THE_MAKE_ABOVE}
    options: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(
        ["make", "--no-print-directory", target, *([f"ARGS={' '.join(arguments)}"] if arguments else [])],
        cwd=ROOT,
        env={**kept, **(environment or {})},
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **options,
    )
