"""`kill -9` at each step of a sending: whoever asks again goes on there, and one transaction takes effect."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest
from web3 import Web3

from biodesci.chain import transactions
from biodesci.chain.entries import Entry
from tests.backend.chain.dying import Order, Publisher, publish
from tests.backend.conftest import entries_of

# At which call the process ends; whether the transaction has reached the node by then.
STEPS = {
    "it is signed": ("after transactions.sign 1", False),
    "it is noted by half": ("after Entry.to_bytes 1", False),
    "it is noted": ("after Book.begin 1", False),
    "it is sent": ("after transactions.send 1", True),
    "it is noted as sent": ("after Book.note_sent 1", True),
    "a block has it": ("before Book.confirm 1", True),
    "it is noted as confirmed": ("after Book.confirm 1", True),
    "its result is with the caller": ("before Book.remove 1", True),
}


@pytest.fixture
def order(localnet, tmp_path) -> Callable[..., Order]:
    """Orders of one account with one home."""
    key = localnet.account().key.hex()
    return lambda **more: Order(localnet.rpc_url, str(localnet.deployment_file), str(tmp_path), key, **more)


def entry_of(order: Order) -> Entry:
    (entry,) = entries_of(order.connect())
    return entry


def die(order: Order) -> str:
    """Runs until the process kills itself; what it had printed."""
    status, printed = order.start().end()
    assert status == -signal.SIGKILL, printed
    return printed


def published_by(chain) -> list[int]:
    """The datasets of the client's account, as the chain says."""
    logs = chain.events(chain.datasets, "DatasetPublished", 0, filters={"owner": chain.address})
    return [log["args"]["datasetId"] for log in logs]


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_it_takes_effect_once(order, step):
    dies, was_sent = STEPS[step]
    printed = die(order(dies=dies))
    chain = order().connect()
    assert chain.web3.eth.get_transaction_count(chain.address) == was_sent
    assert all(entry.attempts for entry in entries_of(chain)), "a row of what nobody may ask for again"
    dataset = publish(chain)
    assert published_by(chain) == [dataset]
    assert chain.web3.eth.get_transaction_count(chain.address) == 1
    if printed:
        assert int(printed) == dataset
    assert not entries_of(chain)


@pytest.mark.parametrize("dies", ["after Book.add 1", "after transactions.send 2", "after Book.note_sent 2"])
def test_killed_while_it_is_replaced_it_takes_effect_once(order, dies, localnet):
    """Two transactions are signed for one intent: the first or the second may be what a block takes."""
    localnet.rpc("evm_setAutomine", False)
    try:
        die(order(dies=dies, stuck_after=0.2))
        entry = entry_of(order())
        assert len(entry.attempts) == 2
    finally:
        localnet.rpc("evm_setAutomine", True)
        localnet.rpc("evm_mine")
    chain = order().connect()
    dataset = publish(chain)
    assert published_by(chain) == [dataset]
    assert chain.web3.eth.get_transaction_count(chain.address) == 1


def test_processes_of_one_account_do_not_take_each_others_nonce(order):
    processes = [order(about=about).start() for about in ("one", "another", "a third")]
    ended = [process.end() for process in processes]
    assert [status for status, _ in ended] == [0, 0, 0], ended
    chain = order().connect()
    assert sorted(int(printed) for _, printed in ended) == published_by(chain)
    assert chain.web3.eth.get_transaction_count(chain.address) == 3


def test_a_process_that_asks_for_the_same_waits_until_the_other_has_ended(order, localnet):
    """The second is inside only after the first has ended; so it finds nothing that is still open."""
    localnet.rpc("evm_setAutomine", False)
    chain = order().connect()
    try:
        first, deadline = order().start(), time.monotonic() + 60
        while chain.web3.eth.get_transaction_count(chain.address, "pending") < 1:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        second = order().start()
        with pytest.raises(TimeoutError):
            _wait_for_end(second, 2.0)
        assert len(localnet.rpc("txpool_content")["pending"][chain.address.lower()]) == 1
        assert len(entry_of(order()).attempts) == 1
        # The holder of the lock dies: the other one goes on with what it had sent.
        first.kill()
        first.end()
    finally:
        localnet.rpc("evm_setAutomine", True)
        localnet.rpc("evm_mine")
    status, printed = second.end()
    assert status == 0, printed
    assert published_by(chain) == [int(printed)]


def _wait_for_end(process: Publisher, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not process.has_ended:
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)


def test_signed_bytes_are_noted_before_the_node_has_them(order, tmp_path):
    die(order(dies="before transactions.send 1"))
    entry = entry_of(order())
    (attempt,) = entry.attempts
    assert attempt.tx_hash == bytes(Web3.keccak(attempt.raw))
    assert (transactions.signed(attempt.raw).nonce, attempt.sent) == (entry.nonce, None) == (0, None)
    files = list(tmp_path.glob("work.sqlite*"))
    assert files
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
