"""What of an account waits for a block: not what is in one and not yet deep, and not what is another's."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from web3 import Web3

from biodesci.chain.outbox import Outbox
from biodesci.chain.pending import Backlog, backlog
from tests.backend.chain.bare import Bare, Sent, bare_chain, begin
from tests.backend.sql import heard
from tests.waiting import wait_for

DEPTH = 3
NOTHING = Backlog(0, 0.0)


@pytest.fixture(scope="module")
def one_chain() -> Iterator[Bare]:
    with bare_chain() as chain:
        yield chain


@pytest.fixture
def chain(one_chain: Bare) -> Bare:
    """Makes a block when it is told to."""
    one_chain.rpc("evm_setAutomine", False)
    return one_chain


@pytest.fixture
def outbox(chain: Bare, tmp_path: Path) -> Outbox:
    """For which a transaction counts when there are three blocks upon its own."""
    return chain.outbox(tmp_path / "work.sqlite", confirmations=DEPTH, stuck_after=60, block_timeout=120)


@pytest.fixture
def waits(outbox: Outbox) -> Callable[[], Backlog]:
    return lambda: backlog(outbox.book.location, outbox.sender.network, outbox.sender.address)


def entries(outbox: Outbox) -> list[str]:
    return outbox.sent("ping")


def look(outbox: Outbox, number: int) -> object:
    with outbox.intent("ping", f"{number}") as intent:
        return intent.look()


def test_what_no_block_has_waits_and_grows_old(
    chain: Bare, outbox: Outbox, waits: Callable[[], Backlog]
) -> None:
    assert waits() == NOTHING
    begin(outbox, 1)
    begin(outbox, 2)
    time.sleep(0.2)
    assert waits().count == 2
    assert 0.2 <= waits().oldest < 60
    outbox.push()
    assert waits().count == 2, "no block has them yet"


def test_what_is_in_a_block_and_not_yet_deep_waits_for_none(
    chain: Bare, outbox: Outbox, waits: Callable[[], Backlog]
) -> None:
    """As a delivery does for a quarter of an hour, where what is final counts."""
    begin(outbox, 1)
    chain.rpc("evm_mine")
    begin(outbox, 2)
    assert look(outbox, 1) is None
    assert entries(outbox) == ["1", "2"], "neither is done"
    assert waits().count == 1
    chain.rpc("anvil_mine", hex(DEPTH))
    assert look(outbox, 1) is not None
    assert look(outbox, 2) is None
    assert waits() == NOTHING


def test_what_nobody_asks_for_any_more_waits_for_none_either(
    chain: Bare, outbox: Outbox, waits: Callable[[], Backlog]
) -> None:
    """A command that was killed while it waited; a worker of the same account looks after its transaction."""
    begin(outbox, 1)
    chain.rpc("evm_mine")
    outbox.push()
    assert entries(outbox) == ["1"]
    assert waits() == NOTHING


def test_while_somebody_waits_for_depth_nothing_waits_for_a_block(
    chain: Bare, outbox: Outbox, waits: Callable[[], Backlog]
) -> None:
    waiting = Sent(outbox, 1)
    wait_for(lambda: waits().count == 1)
    chain.rpc("evm_mine")
    wait_for(lambda: waits() == NOTHING)
    assert waiting.is_alive()
    chain.rpc("anvil_mine", hex(DEPTH))
    assert waiting.end()["status"] == 1


def test_what_a_reorganization_took_back_waits_again_once_it_is_sent_again(
    chain: Bare, tmp_path: Path
) -> None:
    outbox = chain.outbox(tmp_path / "work.sqlite", confirmations=DEPTH, stuck_after=0.2)
    where = (outbox.book.location, outbox.sender.network, outbox.sender.address)
    before = chain.rpc("evm_snapshot")
    begin(outbox, 1)
    chain.rpc("evm_mine")
    assert look(outbox, 1) is None
    assert backlog(*where) == NOTHING
    chain.rpc("evm_revert", before)
    chain.rpc("anvil_setBalance", outbox.sender.address, hex(10**19))
    assert chain.mined(outbox) == 0
    time.sleep(0.25)
    outbox.push()
    assert backlog(*where).count == 1
    chain.rpc("anvil_mine", hex(1 + DEPTH))
    assert look(outbox, 1) is not None
    assert backlog(*where) == NOTHING


def test_looks_write_it_down_once(chain: Bare, outbox: Outbox) -> None:
    begin(outbox, 1)
    chain.rpc("evm_mine")
    with heard() as statements:
        for _ in range(5):
            assert look(outbox, 1) is None
            outbox.push()
    assert len([one for one in statements if one.startswith("UPDATE outbox")]) == 1


def test_the_backlog_of_others_in_the_same_database_is_theirs(chain: Bare, location: Path | str) -> None:
    """All workers of a site share one PostgreSQL database, whose accounts have an outbox each."""
    one, other = chain.outbox(location), chain.outbox(location)
    begin(one, 1)
    for number in (1, 2):
        begin(other, number)
    network = one.sender.network
    assert backlog(location, network, one.sender.address).count == 1
    assert backlog(location, network, other.sender.address).count == 2
    assert backlog(location, network, Web3.to_checksum_address("0x" + "11" * 20)) == NOTHING
    # Nonces count on all of a chain, whichever contracts are meant; on another chain they are others.
    assert backlog(location, network.rpartition(":")[0] + ":0xother", one.sender.address).count == 1
    assert backlog(location, "1:0x00:0x11", one.sender.address) == NOTHING
