"""Leases on both engines: never two holders, also where one dies, stops, or loses the database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import delete, select, update

from biodesci.core.errors import UnavailableError
from biodesci.store.engine import now_ms
from biodesci.store.leases import HeldElsewhereError, LeaseLostError
from biodesci.store.tables import leases
from biodesci.store.work import Work
from tests.waiting import LATE_S, wait_for

FOLLOWS_FOR_S = 120
_HOLDER = """
import sys, time
from pathlib import Path
from biodesci.store.work import Work
where = sys.argv[1]
location = where if where.startswith("postgresql") else Path(where)
with Work(location) as work, work.lease("keys", seconds=float(sys.argv[2])) as lease:
    print("held", flush=True)
    while True:
        lease.check()
        time.sleep(0.05)
"""


@pytest.fixture
def work(location):
    with Work(location) as opened:
        yield opened


@pytest.fixture
def length() -> float:
    """Seconds of the holder's lease."""
    return 1.5


@pytest.fixture
def holder(location, work, length):
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(location), str(length)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_one_has_it_and_the_next_takes_it_when_it_is_given_back(work, location):
    with Work(location) as other:
        with work.lease("keys") as lease, work.lease("rounds"):
            lease.check()
            with pytest.raises(HeldElsewhereError, match=f"process {os.getpid()}"), other.lease("keys"):
                pass
            with pytest.raises(HeldElsewhereError), work.lease("keys"):
                pass
            lease.check()
        with other.lease("keys") as lease:
            lease.check()


def test_of_many_that_want_it_at_once_one_gets_it(location, work):
    got, refused, together = [], [], threading.Barrier(8)

    def want() -> None:
        with Work(location) as mine:
            together.wait()
            try:
                with mine.lease("keys") as lease:
                    got.append(lease)
                    together.wait()  # nobody gives it back before all have asked
            except HeldElsewhereError as exc:
                refused.append(exc)
                together.wait()

    threads = [threading.Thread(target=want) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(got), len(refused)) == (1, 7)


@pytest.mark.parametrize("length", [12.0])
def test_it_outlives_its_length_while_the_holder_lives(holder, work):
    """It gives a sign of life long before the lease would lapse, and then has it for longer than before."""
    first = until(work)
    wait_for(lambda: until(work) > first)
    with pytest.raises(HeldElsewhereError), work.lease("keys"):
        pass
    assert holder.poll() is None


def test_who_was_killed_is_followed_when_the_lease_lapses(holder, work):
    holder.kill()
    holder.wait()
    lapses = until(work)
    with followed(work):
        assert until(work) - FOLLOWS_FOR_S * 1_000 >= lapses, "and no earlier"


def test_who_was_held_up_notices_before_it_acts(holder, work):
    holder.send_signal(signal.SIGSTOP)
    with followed(work):
        holder.send_signal(signal.SIGCONT)
        assert holder.wait(LATE_S) != 0  # LeaseLostError


@contextmanager
def followed(work: Work) -> Iterator[None]:
    """Inside, this process has the lease, which it waits for."""
    give_up = time.monotonic() + LATE_S
    while True:
        try:
            with work.lease("keys", seconds=FOLLOWS_FOR_S) as lease:
                yield
                lease.check()
                return
        except HeldElsewhereError:
            assert time.monotonic() < give_up
            time.sleep(0.05)


def test_a_lost_lease_is_noticed_and_not_given_back(work):
    with work.lease("keys") as lease:
        with work.transaction() as connection:
            connection.execute(update(leases).values(holder="another"))
        with pytest.raises(LeaseLostError, match="lost"):
            lease.check()
    with work.transaction() as connection:  # it did not give back what is another's
        assert connection.execute(delete(leases)).rowcount == 1


def test_a_lease_that_lapsed_is_lost_though_nobody_took_it(work):
    with work.lease("keys") as lease:
        with work.transaction() as connection:
            connection.execute(update(leases).values(until=now_ms() - 1))
        with pytest.raises(LeaseLostError, match="lost"):
            lease.check()


def test_the_clock_is_the_databases(work, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 0.0)
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    with work.lease("keys") as lease, work.snapshot() as connection:
        lease.check()
        until = connection.scalar(leases.select().with_only_columns(leases.c.until))
        assert until > 1_600_000_000_000


def test_it_outlives_a_restart_of_the_server(postgres):
    name = postgres.database()
    with Work(postgres.url(name)) as work, work.lease("keys", seconds=120) as lease:
        for how in (signal.SIGINT, signal.SIGQUIT):
            before = until(work)
            postgres.restart(how)
            lease.check()
            with pytest.raises(HeldElsewhereError), work.lease("keys"):
                pass
            lease.renew()
            assert until(work) > before
        work.put_checkpoint("a", b"a")
        postgres.stop()
        try:
            with pytest.raises(UnavailableError, match="does not answer"):
                lease.check()
        finally:
            postgres.start()
        lease.check()
    postgres.drop(name)


def until(work: Work) -> int:
    with work.snapshot() as connection:
        return int(connection.scalar(select(leases.c.until)) or 0)
