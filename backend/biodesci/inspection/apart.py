"""Inspects in a process of its own: a library that crashes or hangs on a damaged file takes nothing with it.

The libraries that read HDF5, BAM, slides, ORC and others are written in C, and a stranger's file is what
breaks them. One server is started by a process when it first inspects; it loads what all inspections need and
forks for each. It is no sandbox: a file that takes a library over has the rights of who inspects it.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, cast

from biodesci.core.errors import InputError
from biodesci.inspection import forking
from biodesci.inspection.content import Declared
from biodesci.inspection.forking import ADVICE, received, send
from biodesci.inspection.inspect import Inspection, nothing

PATIENCE: Final = 120
"""Seconds without a sign of progress, and one more for each 2 MB, after which an inspection is ended."""
_PER_SECOND: Final = 2_000_000  # bytes
_KEPT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "TZ")


def inspect(
    path: Path,
    declared: Declared | None = None,
    progress: Callable[[int], None] | None = None,
    sketch_key: bytes | None = None,
) -> Inspection:
    """What inspect.inspect gives, and raises, of the same arguments.

    Raises InputError, too, where a library crashed, came to no end or wanted more than 8 GiB of memory. What
    was unpacked for libraries is removed however it ended.
    """
    if not path.exists():
        raise InputError(f"There is no file {path}.", "Check the path.")
    with tempfile.TemporaryDirectory(prefix="biodesci-") as folder, _Forked() as child:
        child.send((path.absolute(), declared, sketch_key, folder))
        patience = PATIENCE + _size(path) / _PER_SECOND
        return child.inspection(patience, progress or nothing)


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file() and not file.is_symlink())


class _Forked:
    """A process that inspects once, and the socket to it. It is ended with the block."""

    def __init__(self) -> None:
        self._socket = _server.forked()
        self._pid = 0
        self._place = "The file"

    def __enter__(self) -> _Forked:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        if self._pid:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)

    def send(self, request: object) -> None:
        send(self._socket, request)

    def inspection(self, patience: float, progress: Callable[[int], None]) -> Inspection:
        self._socket.settimeout(patience)
        while True:
            try:
                kind, content = received(self._socket)
            except TimeoutError:
                raise InputError(
                    f"{self._place} can't be inspected: its reader came to no end in {patience:.0f} seconds.",
                    ADVICE,
                ) from None
            except (EOFError, ConnectionError):
                self._pid = 0
                raise InputError(
                    f"{self._place} can't be inspected: the library that reads it crashed, or this machine "
                    "has too little memory for it.",
                    ADVICE,
                ) from None
            match kind:
                case "process":
                    self._pid = content
                case "place":
                    self._place = content
                case "progress":
                    progress(content)
                case "done":
                    return cast(Inspection, content)
                case "refused":
                    of, message, hint = content
                    raise of(message, hint)
                case _:
                    raise RuntimeError(content)


class _Server:
    """The process that forks, of this process; started when it is first needed, and again if it ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None

    def forget(self) -> None:
        """In a forked copy of this process: the server is not its own."""
        self._lock, self._control = threading.Lock(), None

    def forked(self) -> socket.socket:
        """A socket to a process that waits for a request."""
        ours, theirs = socket.socketpair()
        with self._lock, theirs:
            if self._control is None:
                self._control = self._started()
            try:
                socket.send_fds(self._control, [b"f"], [theirs.fileno()])
            except ConnectionError:
                self._control = self._started()
                socket.send_fds(self._control, [b"f"], [theirs.fileno()])
        return ours

    def _started(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            # Whoever reads a stranger's file has no use for secrets of the environment.
            environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
            subprocess.Popen(  # noqa: S603  # our own module
                [sys.executable, "-P", "-m", forking.__name__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,  # a Ctrl-C is for the process that asked
            )
        return ours


_server = _Server()
os.register_at_fork(after_in_child=_server.forget)
