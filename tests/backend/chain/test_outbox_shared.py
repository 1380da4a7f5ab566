"""Two instances share a work database: one is inside at a time, and goes on with what the other left.

Both on SQLite, in two processes of one machine, and on PostgreSQL.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from biodesci.chain.fees import Fees
from biodesci.core.errors import UnavailableError
from biodesci.store import locks
from tests.backend.chain.bare import Bare, Sent, bare_chain, begin, ping
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def chain() -> Iterator[Bare]:
    with bare_chain() as started:
        yield started


HOLDER = """
import sys, time
from pathlib import Path
from biodesci.store import locks
with locks.held(sys.argv[1] if "://" in sys.argv[1] else Path(sys.argv[1]), "turn"):
    print("inside", flush=True)
    time.sleep(60)
"""


def test_a_lock_ends_with_its_process(location):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(location)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "inside\n"
        with locks.held(location, "turn", wait=False) as lock:
            assert lock is None
        with locks.held(location, "another", wait=False) as lock:
            assert lock is not None
        holder.kill()
        holder.wait()
        with locks.held(location, "turn") as lock:
            assert lock is not None
    finally:
        holder.kill()
        holder.wait()


def test_one_is_inside_at_a_time(location):
    inside, most = [], []

    def enter() -> None:
        with locks.held(location, "turn"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.05)
            inside.pop()

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == [1] * 4


def test_who_waits_for_a_lock_is_told_to_stop(location):
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    with (
        locks.held(location, "turn"),
        pytest.raises(UnavailableError, match="is stopping"),
        locks.held(location, "turn", stop),
    ):
        pass


def test_two_instances_use_no_nonce_twice(chain, location):
    one = chain.outbox(location)
    other = chain.outbox(location, one.sender.signer.key.hex())
    sent = [Sent(outbox, number) for number, outbox in enumerate([one, other] * 2)]
    assert all(each.end(60)["status"] == 1 for each in sent)
    assert sorted(chain.calls(one)) == list(range(4))
    assert chain.mined(one) == 4


def test_the_same_intent_of_two_instances_takes_effect_once(chain, location):
    one = chain.outbox(location)
    other = chain.outbox(location, one.sender.signer.key.hex())
    chain.rpc("evm_setAutomine", False)
    first = Sent(one, 7)
    wait_for(lambda: chain.pool(one))
    with other.intent_if_free("ping", "7") as intent:
        assert intent is None
    chain.rpc("evm_setAutomine", True)
    chain.rpc("evm_mine")
    first.end()
    assert chain.calls(one) == [7]


def test_what_one_instance_left_stuck_is_pushed_and_collected_by_the_other(chain, location):
    one = chain.outbox(location, stuck_after=0.2)
    chain.rpc("evm_setAutomine", False)
    try:
        begin(one, 1)
        other = chain.outbox(location, one.sender.signer.key.hex(), stuck_after=0.2)
        time.sleep(0.25)
        other.push()
        (entry,) = other.book.of_account(one.sender.chain, one.sender.address)
        first, second = (Fees.of(attempt.raw) for attempt in entry.attempts)
        assert second.most > first.most
    finally:
        chain.rpc("evm_setAutomine", True)
        chain.rpc("evm_mine")
    with other.intent("ping", "1") as intent:
        assert intent.send(ping(other, 1))["status"] == 1
    assert chain.calls(one) == [1]


def test_a_lock_that_the_server_took_back_lets_nothing_be_signed(chain, location, postgres):
    if not isinstance(location, str):
        pytest.skip("a lock on a file is never lost")
    outbox = chain.outbox(location)
    with outbox.intent("ping", "1") as intent:
        postgres.admin(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1"
        )
        with pytest.raises(UnavailableError, match="ended the session"):
            intent.begin(ping(outbox, 1))
    assert chain.rpc("txpool_content")["pending"].get(outbox.sender.address.lower()) is None
    assert Sent(outbox, 1).end()["status"] == 1
    assert chain.calls(outbox) == [1]
