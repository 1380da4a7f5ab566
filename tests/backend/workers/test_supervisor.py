"""How every worker goes on: one of several instances works, what fails is tried later and later, who is idle
looks more and more seldom, and a signal ends it in time."""

from __future__ import annotations

import gc
import logging
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest

from biodesci import config
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.reading import Reading
from biodesci.core.errors import ConfigurationError, StateError, UnavailableError
from biodesci.store.engine import Location
from biodesci.store.work import Work
from biodesci.workers import pace, supervisor
from biodesci.workers.pace import Pace
from biodesci.workers.supervisor import Client, Supervisor, Worker
from biodesci.workers.watch import Outlook, Watch
from tests.backend.postgres import Server
from tests.faults.faults import Slow
from tests.faults.proxy import FaultProxy
from tests.waiting import LATE_S, wait_for


class Steps:
    """A worker that does what it is told, step by step, and then nothing; it notes when."""

    is_kept = False

    def __init__(self, *outcomes: bool | Exception) -> None:
        self.outcomes = list(outcomes)
        self.at: list[float] = []
        self.built = self.closed = 0
        self.is_alive = True

    def step(self) -> bool:
        self.at.append(time.monotonic())
        outcome = self.outcomes.pop(0) if self.outcomes else False
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def build(self, _work: Work) -> Client:
        self.built += 1
        self.is_alive = True
        return Client(self.step, close=self.close, is_kept=self.is_kept, is_alive=lambda: self.is_alive)

    def close(self) -> None:
        self.closed += 1

    def wait(self, steps: int, seconds: float = LATE_S) -> None:
        wait_for(lambda: len(self.at) >= steps, seconds, 0.01)


class Running:
    def __init__(self, home: Path, steps: Steps, location: Location | None = None, **more: float) -> None:
        settings = config.Settings(home=home, **{"poll_interval": 0.01, "idle_interval": 0.1, **more})
        self.stop, self.watch = threading.Event(), Watch("custodian")
        worker = Worker("custodian", "custodian of 0xA", location or home / "work.sqlite", steps.build)
        self.error: Exception | None = None
        self._supervisor = Supervisor(worker, settings, self.watch, self.stop)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._supervisor.run()
        except Exception as exc:  # noqa: BLE001
            self.error = exc

    def join(self, seconds: float = LATE_S) -> None:
        self._thread.join(seconds)
        assert not self._thread.is_alive()

    def end(self) -> None:
        self.stop.set()
        self.join()


@pytest.fixture
def run(tmp_path: Path):
    started: list[Running] = []

    def start(steps: Steps, location: Location | None = None, **more: float) -> Running:
        started.append(Running(tmp_path, steps, location, **more))
        return started[-1]

    yield start
    for one in started:
        one.end()


Start = Callable[..., Running]


def test_what_fails_is_tried_later_and_later_and_work_resets_that() -> None:
    at = Pace(0.5, 5.0)
    pauses = [at.after_failure() for _ in range(10)]
    for number, pause in enumerate(pauses, 1):
        longest = min(2.0**number, 30.0)
        assert longest / 2 <= pause <= longest
    assert at.after_work() == 0.5
    assert at.after_failure() <= 2.0
    assert len({round(at.after_failure(), 6) for _ in range(20)}) == 20  # jitter


def test_idle_pauses_grow_to_the_longest_and_work_resets_them() -> None:
    at = Pace(0.5, 5.0)
    pauses = [at.after_nothing() for _ in range(40)]
    assert pauses[0] <= 0.5
    assert all(later <= 1.4 * sooner for sooner, later in pairwise(pauses))
    assert 4.5 <= pauses[-1] <= 5.0
    at.after_work()
    assert at.after_nothing() <= 0.5
    assert 6.3 <= Pace(7.0, 5.0).after_nothing() <= 7.0  # who wants to look seldom does


def test_a_lost_client_is_made_anew_and_a_refusal_keeps_it(run: Start) -> None:
    steps = Steps(StateError("refused"), True)
    run(steps)
    steps.wait(3)
    assert (steps.built, steps.closed) == (1, 0)
    lost = Steps(True)
    running = run(lost)
    assert running.watch.trouble  # the other has the lease


@pytest.mark.parametrize("error", [UnavailableError("The chain is away."), KeyError("unforeseen")])
def test_after_an_error_it_goes_on_with_a_new_client(run: Start, error: Exception) -> None:
    steps = Steps(True, error, True)
    running = run(steps)
    steps.wait(4)
    assert (steps.built, steps.closed) == (2, 1)
    assert running.watch.trouble == ""


def test_clients_that_were_lost_leave_no_connections(run: Start, chain_for: Callable[..., Chain]) -> None:
    class Connects(Steps):
        """Asks the chain's node once, and is lost."""

        def build(self, work: Work) -> Client:
            return replace(super().build(work), chain=chain_for())

    steps = Connects(*[UnavailableError("The IPFS node is away."), True] * 3)
    gc.disable()  # which ends them too, some time
    try:
        before = sockets()
        run(steps)
        steps.wait(7, seconds=90)
        assert sockets() - before <= 2
    finally:
        gc.enable()
    assert steps.built == 4


def test_clients_that_were_lost_leave_no_memory(run: Start, chain_for: Callable[..., Chain]) -> None:
    """Python looks for what holds itself the more seldom, the more there is."""
    chains: list[weakref.ref[Chain]] = []

    class Connects(Steps):
        def build(self, work: Work) -> Client:
            chain = chain_for()
            chains.append(weakref.ref(chain))
            return replace(super().build(work), chain=chain)

    # Each by itself: an error that is kept keeps all that was there when it was raised.
    steps = Connects(*(what for _ in range(3) for what in (UnavailableError("The node is away."), True)))
    gc.disable()
    logging.disable()  # pytest keeps what is logged, and errors with it
    try:
        run(steps)
        steps.wait(7, seconds=90)
        assert [ref() for ref in chains[:-2]] == [None] * 2
    finally:
        logging.disable(logging.NOTSET)
        gc.enable()


def sockets() -> int:
    """That this process has open."""
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found += descriptor.readlink().name.startswith("socket:")
    return found


def test_a_client_whose_server_ended_is_made_anew_though_others_are_kept(run: Start) -> None:
    steps = Steps(True, UnavailableError("The chain is away."), True)
    steps.is_kept = True
    running = run(steps)
    steps.wait(4)
    assert (steps.built, steps.closed) == (1, 0)
    steps.is_alive = False
    wait_for(lambda: steps.built == 2, pause=0.01)
    steps.wait(len(steps.at) + 1)
    assert steps.closed == 1
    assert running.watch.trouble == ""


def test_a_full_disk_is_said_and_waited_out(run: Start, caplog: pytest.LogCaptureFixture) -> None:
    steps = Steps(OSError(28, "No space left on device", "/srv/home/file"), True)
    with caplog.at_level(logging.WARNING):
        run(steps)
        steps.wait(3)
    assert "The system refused /srv/home/file: No space left on device. Check free space" in caplog.text
    assert "Unexpected" not in caplog.text


def test_a_work_database_that_is_away_when_it_begins_is_waited_for(
    run: Start, postgres: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a power cut, when the worker's machine is up before the database's."""
    location = postgres.url(postgres.database(empty=True))
    postgres.stop()
    steps = Steps(True)
    try:
        running = run(steps, location)
        wait_for(lambda: "cannot be opened" in caplog.text)
        assert steps.built == 0
    finally:
        postgres.start()
    steps.wait(2)
    assert running.error is None


def test_wrong_settings_end_it(run: Start) -> None:
    running = run(Steps(ConfigurationError("The chain was reset.", "Deploy again.")))
    running.join()
    assert isinstance(running.error, ConfigurationError)


def test_what_looks_like_wrong_settings_once_it_has_worked_is_waited_out(run: Start) -> None:
    """A node that is being rebuilt says for a moment that there are no contracts."""
    steps = Steps(True, ConfigurationError("There is no DatasetNFT.", "Deploy it."), True)
    running = run(steps)
    steps.wait(4)
    assert (steps.built, running.error) == (2, None)


def test_a_failure_is_ready_again_once_a_step_came_to_its_end(run: Start) -> None:
    steps = Steps(UnavailableError("away"))
    running = run(steps)
    steps.wait(1)
    wait_for(lambda: "UnavailableError" in running.watch.trouble, pause=0.01)
    steps.wait(2)
    wait_for(lambda: not running.watch.trouble)


def figure(running: Running, name: str) -> float:
    (line,) = [one for one in running.watch.metrics().decode().splitlines() if one.startswith(f"{name} ")]
    return float(line.split()[1])


@pytest.mark.parametrize("error", [UnavailableError("It keeps something back."), StateError("refused")])
def test_how_far_it_is_behind_is_told_while_its_steps_fail(
    run: Start,
    chain_for: Callable[..., Chain],
    localnet: Any,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    """A node that keeps something back makes each step fail, and the chain goes on."""
    monkeypatch.setattr(supervisor, "_LOOK_AROUND_S", 0.0)
    monkeypatch.setattr(pace, "_FIRST_RETRY_S", 0.05)
    reached = chain_for().block_number()

    class Stuck(Steps):
        def build(self, work: Work) -> Client:
            made = super().build(work)
            return replace(made, chain=chain_for(reading=Reading(2)), outlook=lambda: Outlook(reached))

    steps = Stuck(*[error] * 1_000)
    running = run(steps)
    steps.wait(1)
    localnet.rpc("anvil_mine", hex(9))
    wait_for(lambda: figure(running, "biodesci_lag_blocks") == 7)
    assert figure(running, "biodesci_head_block") == reached + 7
    assert figure(running, "biodesci_seen_block") == reached
    assert figure(running, "biodesci_last_success_seconds") == 0


def test_looking_around_at_a_node_that_hangs_holds_up_no_step(
    run: Start, localnet: Any, senders_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_LOOK_AROUND_S", 0.0)
    monkeypatch.setattr(pace, "spread", lambda seconds: seconds)

    pauses: list[float] = []
    is_counted = threading.Event()

    class Serves(Steps):
        is_kept = True

        def build(self, work: Work) -> Client:
            assert is_counted.wait(LATE_S)
            deployment = load_deployment(localnet.deployment_file)
            made = replace(super().build(work), chain=Chain(proxy.url, deployment))
            faults.enter_context(proxy.fault(Slow(100.0)))
            return made

    with FaultProxy(localnet.rpc_url) as proxy, ExitStack() as faults:
        steps = Serves(*[UnavailableError("The node is away.")] * 3)
        running = run(steps)
        wait = running.stop.wait

        def counted(seconds: float | None = None) -> bool:
            pauses.append(seconds or 0.0)
            return wait(seconds)

        monkeypatch.setattr(running.stop, "wait", counted)
        is_counted.set()
        steps.wait(3)
        running.stop.set()
    assert steps.at[2] - steps.at[0] >= 6.0, "2 and 4 s"
    assert pauses[0] < 0.5, "the look took 2 s of that"
    assert pauses[1] < 2.5


def test_an_unexpected_error_in_looking_around_is_logged_and_ends_no_worker(
    run: Start, chain_for: Callable[..., Chain], monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(supervisor, "_LOOK_AROUND_S", 0.0)
    monkeypatch.setattr(pace, "_FIRST_RETRY_S", 0.05)

    class Odd(Steps):
        def build(self, work: Work) -> Client:
            return replace(super().build(work), chain=chain_for(reading=Reading(cast("Any", object()))))

    steps = Odd(*[UnavailableError("The node is away.")] * 3)
    run(steps)
    steps.wait(4)
    assert "Unexpected error in looking around." in caplog.text


def test_who_is_in_the_middle_of_reading_goes_on_at_once(run: Start) -> None:
    class Reads(Steps):
        def build(self, work: Work) -> Client:
            return replace(super().build(work), outlook=lambda: Outlook(is_behind=bool(self.outcomes)))

    steps = Reads(*[True] * 20)
    run(steps, poll_interval=5.0)
    steps.wait(20)


def test_of_two_instances_one_works_and_the_other_follows_when_it_ends(
    run: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for no lease to lapse."""
    monkeypatch.setattr(supervisor, "LEASE_S", 600.0)
    first, second = Steps(), Steps()
    works = run(first)
    first.wait(2)
    follows = run(second)
    wait_for(lambda: "stands by" in follows.watch.trouble)
    assert second.built == 0
    works.end()
    second.wait(1)
    assert first.at[-1] < second.at[0]


def test_it_ends_soon_while_it_pauses(run: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps(*[UnavailableError("away")] * 10)
    monkeypatch.setattr(pace, "_FIRST_RETRY_S", 600.0)
    monkeypatch.setattr(pace, "_LAST_RETRY_S", 600.0)
    running = run(steps)
    steps.wait(1)
    wait_for(lambda: running.watch.trouble)
    running.end()
