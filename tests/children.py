"""Processes that a test forks: what happens in one stays there, however it ends."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any


def ended(run: Callable[[], object]) -> int:
    """Runs it in a child process and returns the child's wait status: 0 where it returned.

    The child never gets beyond this line: an error in it is printed, and it leaves with 1.
    """
    apart: Any = sys.modules.get("biodesci.inspection.apart")
    server = apart and apart._server._control
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if apart:  # a server of inspections of its own would load for two seconds
                apart._server._control = server
            run()
            code = 0
        finally:  # also of SystemExit and pytest's own, with which the child would run the tests on
            if code:
                traceback.print_exc()
                sys.stderr.flush()
            os._exit(code)
    return os.waitpid(child, 0)[1]


def killed(run: Callable[[], object]) -> None:
    """Runs it in a child process, which has to kill itself hard on its way (`die`)."""
    status = ended(run)
    assert os.WIFSIGNALED(status), f"it ended by itself, with {os.waitstatus_to_exitcode(status)}"
    assert os.WTERMSIG(status) == signal.SIGKILL


def die(*_arguments: object, **_named: object) -> None:
    """What `kill -9` does to the process that calls this."""
    os.kill(os.getpid(), signal.SIGKILL)
