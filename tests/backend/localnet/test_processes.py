"""The supervisor of a local stack, with real processes.

- a child that does not come up -> an error that quotes its log
- a child that dies -> is started again, a few times; not one that must not be
- stop -> nothing is left, not even a child that ignores SIGTERM, or grandchildren
- a supervisor that is killed -> its children end too
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from biodesci.core.errors import ConfigurationError, UnavailableError
from biodesci.localnet import processes
from biodesci.localnet.processes import MAX_RESTARTS, Supervisor, free_port, require_port

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('deaf', flush=True)\n"
    "time.sleep(600)",
]


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path / "logs")
    yield made
    made.stop()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(true: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_a_child_that_fails_is_reported_with_its_log(supervisor: Supervisor) -> None:
    argv = [sys.executable, "-c", "import sys; sys.exit('no such luck')"]
    with pytest.raises(UnavailableError, match="broken process ended at once") as caught:
        supervisor.spawn("broken", argv, os.environ, ready=lambda: False)
    assert "no such luck" in caught.value.hint


def test_a_child_that_never_answers_is_reported(supervisor: Supervisor) -> None:
    supervisor.timeout = 0.3
    with pytest.raises(UnavailableError, match="did not answer within 0 s"):
        supervisor.spawn("mute", SLEEP, os.environ, ready=lambda: False)


def test_a_killed_child_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    child = supervisor.spawn("worker", SLEEP, os.environ)
    supervisor.watch()
    assert child.process is not None
    first = child.process.pid
    supervisor.kill("worker")
    assert eventually(lambda: child.running and child.process is not None and child.process.pid != first)
    assert eventually(
        lambda: json.loads((tmp_path / "processes.json").read_text())["worker"] == child.process.pid
    )


def test_a_child_killed_before_it_answers_is_waited_for(supervisor: Supervisor) -> None:
    supervisor.watch()

    def ready() -> bool:
        child = supervisor.children["slow"]
        if child.restarts == 0:
            supervisor.kill("slow")
            return False
        return child.running

    child = supervisor.spawn("slow", SLEEP, os.environ, ready=ready)
    assert child.restarts == 1
    assert child.running


def test_a_child_that_always_dies_is_given_up(supervisor: Supervisor) -> None:
    supervisor.spawn("hopeless", [sys.executable, "-c", "raise SystemExit(1)"], os.environ)
    supervisor.watch()
    assert eventually(lambda: [c.name for c in supervisor.failed()] == ["hopeless"])
    assert supervisor.children["hopeless"].restarts == MAX_RESTARTS


def test_stop_leaves_nothing_even_if_a_child_is_deaf(supervisor: Supervisor) -> None:
    child = supervisor.spawn("deaf", STUBBORN, os.environ)
    assert eventually(lambda: "deaf" in child.tail())
    assert child.process is not None
    pid = child.process.pid
    child.stop(grace=0.3)
    assert not alive(pid)


def test_children_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, sys, time\nfrom pathlib import Path\nfrom biodesci.localnet.processes import Supervisor\n"
        f"s = Supervisor(Path({str(tmp_path)!r}) / 'logs')\n"
        "c = s.spawn('child', [sys.executable, '-c', 'import time; time.sleep(600)'], os.environ)\n"
        "print(c.process.pid, flush=True)\ntime.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert alive(child)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert eventually(lambda: not alive(child))


def test_a_taken_port_is_named() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(
            ConfigurationError, match=f"Port {port}, wanted for the chain, is taken"
        ) as caught:
            require_port(port, "chain")
    assert "--ports auto" in caught.value.hint
    require_port(free_port(), "chain")


def test_no_free_port_is_one_that_a_connection_going_out_may_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another suite's connection took the API's port between its draw and the API's start."""
    system = tmp_path / "ip_local_port_range"
    system.write_text("30000\t65000\n")
    monkeypatch.setattr(processes, "_OUTGOING", system)
    drawn = [free_port() for _ in range(200)]
    assert not any(30_000 <= port <= 65_000 for port in drawn)
    assert len(set(drawn)) == 200


def test_a_port_that_is_listened_on_is_not_drawn_and_none_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three ports below those of connections that go out, with a listener on the first."""
    monkeypatch.setattr(processes, "_outgoing_ports", lambda: (1_027, 65_535))
    monkeypatch.setattr(processes, "_bindable", {1_024: False, 1_025: True, 1_026: True}.__getitem__)
    assert {free_port(), free_port()} == {1_025, 1_026}
    with pytest.raises(UnavailableError, match=r"No port .* is left"):
        free_port()


def test_where_connections_that_go_out_may_have_every_port_one_of_them_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "_outgoing_ports", lambda: (1_024, 65_535))
    require_port(free_port(), "chain")
