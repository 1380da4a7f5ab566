"""No transaction stays stuck: whoever has the account's turn pushes the lowest nonce, or cancels it."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator

import pytest
from web3 import Web3

from biodesci import logs
from biodesci.chain.fees import GWEI, Fees
from biodesci.chain.pending import listed as listed_for
from biodesci.core.errors import RevertedError, UnavailableError
from tests.backend.chain.bare import REVERTS, TAKES, WHERE, Bare, Sent, bare_chain, begin, ping
from tests.faults.held import HeldTransaction
from tests.faults.proxy import FaultProxy
from tests.waiting import wait_for

STUCK_S = 60.0  # what is to be stuck grows old at once, so that a slow machine pushes nothing twice


@pytest.fixture(scope="module")
def one_chain() -> Iterator[Bare]:
    with bare_chain() as chain:
        yield chain


@pytest.fixture
def chain(one_chain) -> Iterator[Bare]:
    """Makes a block when it is told to."""
    one_chain.rpc("evm_setAutomine", False)
    fee = int(one_chain.web3.eth.get_block("latest")["baseFeePerGas"])
    yield one_chain
    one_chain.rpc("anvil_setCode", WHERE, TAKES)
    one_chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(fee))
    one_chain.rpc("evm_mine")


@pytest.fixture
def key() -> str:
    return Web3.to_hex(Web3.keccak(text=f"{time.time()}"))


@pytest.fixture
def outbox(chain, tmp_path):
    return chain.outbox(tmp_path / "work.sqlite", stuck_after=STUCK_S, block_timeout=120)


def attempts(outbox, number):
    entries = outbox.book.of_account(outbox.sender.chain, outbox.sender.address)
    (entry,) = [entry for entry in entries if entry.about == f"{number}"]
    return entry.attempts


def grow_old(outbox, number):
    """As if it had been sent so long ago that it counts as stuck."""
    wait_for(lambda: attempts(outbox, number)[-1].sent is not None)
    (entry,) = [one for one in outbox.pusher.waiting() if one.about == f"{number}"]

    def older(was):
        then = [one.model_copy(update={"sent": one.sent - 1000 * int(STUCK_S)}) for one in was.attempts]
        return was.model_copy(update={"attempts": tuple(then)})

    assert outbox.book._change(entry, older)


def fees(outbox, number):
    return [Fees.of(attempt.raw) for attempt in attempts(outbox, number)]


def pushed_and_mined(chain, outbox):
    """The numbers of the calls in blocks, after one more look and one more block."""
    outbox.push()
    chain.rpc("evm_mine")
    return chain.calls(outbox)


def test_what_another_intent_left_stuck_is_pushed_first(chain, outbox):
    begin(outbox, 1)
    grow_old(outbox, 1)
    begin(outbox, 2)
    assert len(attempts(outbox, 1)) == 2
    assert len(attempts(outbox, 2)) == 1
    assert sorted(chain.pool(outbox)) == [0, 1]
    assert chain.pool(outbox)[0]["hash"] == Web3.to_hex(attempts(outbox, 1)[1].tx_hash)
    chain.rpc("evm_mine")
    assert chain.calls(outbox)[-2:] == [1, 2]


def test_what_the_node_dropped_is_sent_again_and_no_nonce_is_used_twice(chain, outbox):
    begin(outbox, 1)
    (first,) = attempts(outbox, 1)
    chain.rpc("anvil_dropTransaction", Web3.to_hex(first.tx_hash))
    assert chain.pool(outbox) == {}
    second = Sent(outbox, 2)
    wait_for(lambda: sorted(chain.pool(outbox)) == [0, 1])
    chain.rpc("evm_mine")
    second.end()
    assert chain.calls(outbox)[-2:] == [1, 2]


def test_a_second_instance_pushes_what_the_first_sent(chain, outbox, tmp_path):
    """The first has ended, or its machine is gone."""
    begin(outbox, 1)
    other = chain.outbox(tmp_path / "work.sqlite", outbox.sender.signer.key.hex(), stuck_after=STUCK_S)
    grow_old(outbox, 1)
    other.push()
    other.push()
    assert len(attempts(outbox, 1)) == 2
    chain.rpc("evm_mine")
    with outbox.intent("ping", "1") as intent:
        assert intent.look()["transactionHash"] == attempts(outbox, 1)[1].tx_hash
    assert chain.calls(outbox)[-1:] == [1]


def test_an_instance_whose_node_is_well_sends_what_anothers_keeps_back(chain, tmp_path):
    """The first goes on raising its fee at a node that holds everything, so that it never looks late."""
    with FaultProxy(chain.url) as proxy, proxy.fault(HeldTransaction()):
        held = chain.outbox(tmp_path / "work.sqlite", url=proxy.url)
        begin(held, 1)
        assert chain.pool(held) == {}
        other = chain.outbox(tmp_path / "work.sqlite", held.sender.signer.key.hex())
        begin(other, 2)
        assert sorted(chain.pool(other)) == [0, 1]
        chain.rpc("evm_mine")
        assert chain.calls(other)[-2:] == [1, 2]
        assert len(attempts(held, 1)) == 1  # for the same fee


def test_one_of_many_that_look_at_once_pushes(chain, tmp_path):
    outbox = chain.outbox(tmp_path / "work.sqlite", stuck_after=STUCK_S)
    begin(outbox, 1)
    grow_old(outbox, 1)
    threads = [threading.Thread(target=outbox.push) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(attempts(outbox, 1)) == 2


def test_what_became_pointless_is_cancelled_and_what_is_behind_it_goes_on(chain, outbox, caplog):
    caplog.set_level(logging.INFO)
    begin(outbox, 1)
    begin(outbox, 2)
    chain.rpc("anvil_setCode", WHERE, REVERTS)
    grow_old(outbox, 1)
    outbox.push()
    chain.rpc("anvil_setCode", WHERE, TAKES)
    held = chain.pool(outbox)
    assert held[0]["to"].lower() == outbox.sender.address.lower()
    assert (int(held[0]["value"], 16), held[0]["input"]) == (0, "0x")
    assert "has become pointless" in caplog.text
    chain.rpc("evm_mine")
    assert chain.calls(outbox)[-1:] == [2]
    assert 1 not in chain.calls(outbox)
    # Whoever asks for it again gets it, as the call is not pointless any more.
    with outbox.intent("ping", "1") as intent:
        assert intent.look() is None
        assert not intent.is_signed
    with outbox.intent("ping", "2") as intent:
        assert intent.look()["status"] == 1


def test_whoever_waits_for_what_became_pointless_is_told_why(chain, outbox):
    waiting = Sent(outbox, 1)
    wait_for(lambda: chain.pool(outbox))
    chain.rpc("anvil_setCode", WHERE, REVERTS)
    grow_old(outbox, 1)
    wait_for(lambda: chain.pool(outbox)[0]["to"].lower() == outbox.sender.address.lower())
    chain.rpc("evm_mine")
    with pytest.raises(RevertedError):
        waiting.end()
    assert chain.mined(outbox) == 1
    assert outbox.book.of_account(outbox.sender.chain, outbox.sender.address) == []


def test_fees_that_jump_are_followed_at_once(chain, tmp_path):
    outbox = chain.outbox(tmp_path / "work.sqlite")  # stuck after a minute
    begin(outbox, 1)
    begin(outbox, 2)
    usual = int(chain.web3.eth.get_block("latest")["baseFeePerGas"])
    chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(50 * usual))
    chain.rpc("evm_mine")
    assert chain.mined(outbox) == 0
    outbox.push()
    assert all(fees(outbox, number)[-1].most >= 50 * usual for number in (1, 2))
    chain.rpc("evm_mine")
    assert chain.calls(outbox)[-2:] == [1, 2]


def test_what_is_too_dear_waits_and_is_paid_when_it_is_not(chain, tmp_path):
    usual = int(chain.web3.eth.get_block("latest")["baseFeePerGas"])
    highest = 10 * usual + 2 * GWEI
    outbox = chain.outbox(tmp_path / "work.sqlite", highest_fee=highest, block_timeout=1, stuck_after=1)
    begin(outbox, 1)
    chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(50 * usual))
    chain.rpc("evm_mine")
    outbox.push()
    assert chain.mined(outbox) == 0
    with (
        outbox.intent("ping", "1") as intent,
        pytest.raises(UnavailableError, match="gwei now, and at most"),
    ):
        intent.resume()
    assert len(fees(outbox, 1)) == 1, "a raise that is not enough buys nothing"
    chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(usual))
    chain.rpc("evm_mine")
    wait_for(lambda: pushed_and_mined(chain, outbox) == [1])


def test_the_account_pays_no_more_than_it_has(chain, tmp_path):
    outbox = chain.outbox(tmp_path / "work.sqlite", stuck_after=STUCK_S)
    begin(outbox, 1)
    (offered,) = fees(outbox, 1)
    gas = int(chain.pool(outbox)[0]["gas"], 16)
    chain.rpc("anvil_setBalance", outbox.sender.address, hex(gas * offered.most + 1))
    grow_old(outbox, 1)
    outbox.push()
    assert fees(outbox, 1) == [offered], "it was sent again as it was"
    chain.rpc("evm_mine")
    assert chain.calls(outbox)[-1:] == [1]


def test_a_nonce_that_nobody_sent_is_filled(chain, outbox):
    """The account was used by another program, and what that sent was dropped everywhere."""
    foreign = {"to": WHERE, "value": 0, "nonce": 0, "gas": 50_000, "chainId": chain.web3.eth.chain_id}
    foreign |= {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9}
    dropped = chain.web3.eth.send_raw_transaction(
        outbox.sender.signer.sign_transaction(foreign).raw_transaction
    )
    begin(outbox, 1)
    chain.rpc("anvil_dropTransaction", Web3.to_hex(dropped))
    chain.rpc("evm_mine")
    assert chain.mined(outbox) == 0
    grow_old(outbox, 1)
    wait_for(lambda: pushed_and_mined(chain, outbox) == [1])
    assert chain.mined(outbox) == 2
    begin(outbox, 2)
    kinds = [entry.kind for entry in outbox.book.of_account(outbox.sender.chain, outbox.sender.address)]
    assert "gap" not in kinds


def test_a_process_that_is_to_stop_waits_for_nothing(chain, tmp_path):
    ended = threading.Event()
    outbox = chain.outbox(tmp_path / "work.sqlite", stop=ended)
    first = Sent(outbox, 1)
    wait_for(lambda: chain.pool(outbox))
    same = Sent(outbox, 1)  # waits for the first one's lock
    time.sleep(0.3)
    ended.set()
    for waiting in (first, same):
        with pytest.raises(UnavailableError, match="is stopping"):
            waiting.end()
    chain.rpc("evm_mine")
    again = chain.outbox(tmp_path / "work.sqlite", outbox.sender.signer.key.hex())
    with again.intent("ping", "1") as intent:
        assert intent.send(ping(again, 1))["status"] == 1
    assert chain.mined(outbox) == 1


def test_what_waits_is_listed_with_the_reason(chain, tmp_path):
    outbox = chain.outbox(tmp_path / "work.sqlite")
    sender = outbox.sender

    def listed():
        return listed_for(sender.web3, outbox.book, (sender.chain, sender.address), outbox.sending)

    assert listed() == []
    begin(outbox, 1)
    begin(outbox, 2)
    one, two = listed()
    assert (one.kind, one.about, one.nonce, one.attempts) == ("ping", "1", 0, 1)
    assert one.gwei == fees(outbox, 1)[0].most / GWEI
    assert "no block has it" in one.why
    assert two.why == "it waits for nonce 0"
    chain.rpc("anvil_dropTransaction", Web3.to_hex(attempts(outbox, 1)[0].tx_hash))
    assert "does not know it" in listed()[0].why
    usual = int(chain.web3.eth.get_block("latest")["baseFeePerGas"])
    chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(1000 * usual))
    chain.rpc("evm_mine")
    assert "at most 500 are paid" in listed()[0].why


def test_what_is_logged_of_a_transaction_names_it(chain, outbox, capsys):
    begin(outbox, 1)
    grow_old(outbox, 1)
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    logs.begin("custodian", "json")
    try:
        outbox.push()
        first, second = (attempt.named for attempt in attempts(outbox, 1))
        chain.rpc("anvil_setCode", WHERE, REVERTS)
        chain.rpc("evm_mine")
        with outbox.intent("ping", "1") as intent:
            assert intent.resume() is None, "it failed"
    finally:
        logging.captureWarnings(capture=False)
        root.handlers[:], root.level = before
    # A server of another test may say there, at its end, that its client is gone.
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    pushed, failed = (line for line in told if "transaction" in line)
    assert "is sent again for a higher fee" in pushed["message"]
    assert pushed["transaction"] == first
    assert "had no effect" in failed["message"]
    assert failed["transaction"] == second
