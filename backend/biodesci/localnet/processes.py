"""Child processes of a local stack: started, watched, restarted when they die, and stopped without a trace.

Each child gets a session of its own, so that Ctrl-C reaches the supervisor alone, which then stops the
children in reverse order; the kernel stops them if the supervisor itself is killed
(`prctl(PR_SET_PDEATHSIG)`, Linux).
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from biodesci.core.errors import ConfigurationError, UnavailableError
from biodesci.core.files import write_atomic

PR_SET_PDEATHSIG = 1
MAX_RESTARTS = 5

# Connections that go out get ports of this range from the kernel (ip(7), ip_local_port_range).
_OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
_OUTGOING_DEFAULT = (32_768, 60_999)
_UNPRIVILEGED, _PORTS = 1_024, 65_536
_drawn: set[int] = set()


def free_port() -> int:
    """A TCP port on the loopback interface that nobody listens on now and that was not drawn here before.

    It is none of those that the kernel gives to connections that go out, unless it gives them all: between
    the draw and a server's start, or its start anew after a crash, any program's connection could take one.
    UnavailableError if none is left.
    """
    first, last = _outgoing_ports()
    candidates: list[int] = [*range(max(_UNPRIVILEGED, first - 20_000), first), *range(last + 1, _PORTS)]
    candidates = candidates or [*range(_UNPRIVILEGED, _PORTS)]
    start = secrets.randbelow(len(candidates))  # programs that begin together begin elsewhere
    for port in candidates[start:] + candidates[:start]:
        if port not in _drawn and _bindable(port):
            _drawn.add(port)
            return port
    raise UnavailableError(
        "No port of 127.0.0.1 is left for a server.",
        f"Stop servers, or make the range in {_OUTGOING} smaller ({first} to {last} now).",
    )


def _outgoing_ports() -> tuple[int, int]:
    try:
        first, last = _OUTGOING.read_text().split()
    except OSError:  # another system than Linux
        return _OUTGOING_DEFAULT
    return int(first), int(last)


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do themselves: a port whose last connection is still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def require_port(port: int, used_for: str) -> None:
    """Raise ConfigurationError when somebody listens on `port` already."""
    if not _bindable(port):
        raise ConfigurationError(
            f"Port {port}, wanted for the {used_for}, is taken by another program.",
            "Stop that program, or give `--ports auto` to use free ports.",
        )


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One supervised process. Its output goes to `log`."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path
    ready: Callable[[], bool] | None = None
    restart: bool = True
    folder: Path | None = None
    restarts: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start the process; its log is appended to."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own entry points
                list(self.argv),
                env=dict(self.env),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - only calls prctl
            )

    @property
    def running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def tail(self, lines: int = 6) -> str:
        """The last lines of the log, for an error message."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.strip().splitlines()[-lines:])

    def stop(self, grace: float = 8.0) -> None:
        """SIGTERM, then SIGKILL to the whole group once `grace` seconds are over."""
        if self.process is None:
            return
        for sig, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
            if self.process.poll() is None:
                try:
                    os.killpg(self.process.pid, sig)
                except ProcessLookupError:
                    break
                try:
                    self.process.wait(patience)
                except subprocess.TimeoutExpired:
                    continue
            break
        self.process.wait()


class Supervisor:
    """Starts children in order, keeps them alive, stops them in reverse order."""

    def __init__(self, logs: Path, on_restart: Callable[[str], None] | None = None) -> None:
        self.logs = logs
        self.logs.mkdir(parents=True, exist_ok=True)
        self.timeout = 60.0  # seconds that a child has until it answers
        self.children: dict[str, Child] = {}
        self._on_restart = on_restart
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._watch: threading.Thread | None = None

    def spawn(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        *,
        ready: Callable[[], bool] | None = None,
        restart: bool = True,
        folder: Path | None = None,
    ) -> Child:
        """Start a child, in `folder` if it needs a certain one, and wait until `ready()` is true.

        Raises:
            UnavailableError: it ended, or was not ready within `self.timeout` seconds; the message quotes
                its log.
        """
        child = Child(name, argv, env, self.logs / f"{name}.log", ready, restart, folder)
        with self._lock:
            self.children[name] = child
            child.start()
            self._record()
        self.wait_ready(child)
        return child

    def _record(self) -> None:
        """Process ids by name, for whoever wants to look at (or kill) one of them."""
        pids = {c.name: c.process.pid for c in self.children.values() if c.process is not None}
        write_atomic(self.logs.parent / "processes.json", json.dumps(pids, indent=2).encode())

    def wait_ready(self, child: Child) -> None:
        """Wait until the child answers; UnavailableError with the end of its log if it does not.

        One that was killed meanwhile is waited for if `watch` starts it again; one that ended by itself
        would only do so again.
        """
        if child.ready is None:
            return
        deadline = time.monotonic() + self.timeout
        while not child.ready():
            ended = not child.running and not self._revives(child)
            if ended or time.monotonic() > deadline:
                what = "ended at once" if ended else f"did not answer within {self.timeout:.0f} s"
                child.restart = False
                raise UnavailableError(
                    f"The {child.name} process {what}.", f"Its log ends with:\n{child.tail()}"
                )
            time.sleep(0.05)

    def _revives(self, child: Child) -> bool:
        """Whether the watch starts this dead child again, which a signal had killed."""
        code = None if child.process is None else child.process.returncode
        killed = code is None or code < 0  # None: it has been started again since
        return self._watch is not None and child.restart and child.restarts < MAX_RESTARTS and killed

    def watch(self) -> None:
        """From now on, restart children that die by themselves."""
        if self._watch is None:
            self._watch = threading.Thread(target=self._keep_alive, name="supervisor", daemon=True)
            self._watch.start()

    def _keep_alive(self) -> None:
        while not self._stopping.wait(0.2):
            with self._lock:
                for child in self.children.values():
                    if child.process is None or child.running or not child.restart:
                        continue
                    if child.restarts >= MAX_RESTARTS:
                        child.restart = False
                        continue
                    child.restarts += 1
                    child.start()
                    self._record()
                    if self._on_restart:
                        self._on_restart(child.name)

    def kill(self, name: str) -> None:
        """SIGKILL, as a power cut would: for tests that a worker survives it."""
        process = self.children[name].process
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def failed(self) -> list[Child]:
        """Children that died and are not restarted any more."""
        return [c for c in self.children.values() if not c.running and not c.restart]

    def stop(self, name: str | None = None) -> None:
        """Stop one child, or all of them in reverse order of their start."""
        if name is not None:
            with self._lock:
                child = self.children.pop(name)
            child.stop()
            return
        self._stopping.set()
        if self._watch is not None:
            self._watch.join()
        with self._lock:
            for child in reversed(list(self.children.values())):
                child.stop()
            self.children.clear()
