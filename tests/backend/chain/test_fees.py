"""Any EVM chain: with and without EIP-1559, for nothing, for a few wei, with fast blocks."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import pytest
from eth_account import Account
from web3 import Web3

from biodesci.chain.fees import GWEI, Fees, Market, decoded
from biodesci.core.errors import ChainError, FundsError
from tests.backend.chain.bare import Bare, Sent, bare_chain, begin
from tests.backend.chain.crooked import crooked_node
from tests.waiting import wait_for

KINDS = {
    "with a base fee": (),
    "before EIP-1559": ("--hardfork", "berlin"),
    "for nothing": ("--block-base-fee-per-gas", "0", "--gas-price", "0", "--disable-min-priority-fee"),
    "an L2's": ("--block-base-fee-per-gas", "100", "--disable-min-priority-fee"),
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def chain(kind) -> Iterator[Bare]:
    with bare_chain(*KINDS[kind]) as started:
        yield started


@pytest.fixture
def held(chain) -> Iterator[Bare]:
    """No block is made, but when it is told to."""
    chain.rpc("evm_setAutomine", False)
    yield chain
    chain.rpc("evm_setAutomine", True)
    chain.rpc("evm_mine")


def offered(outbox) -> list[Fees]:
    (entry,) = outbox.book.of_account(outbox.sender.chain, outbox.sender.address)
    return [Fees.of(attempt.raw) for attempt in entry.attempts]


def test_a_call_takes_effect(chain, tmp_path):
    outbox = chain.outbox(tmp_path / "work.sqlite")
    assert Sent(outbox, 1).end()["status"] == 1
    assert chain.calls(outbox) == [1]


def test_transactions_are_of_the_chains_kind(held, kind, tmp_path):
    outbox = held.outbox(tmp_path / "work.sqlite")
    begin(outbox, 1)
    (sent,) = held.pool(outbox).values()
    assert ("maxFeePerGas" in sent) is (kind != "before EIP-1559")
    assert offered(outbox)[0].is_legacy is (kind == "before EIP-1559")


def test_what_is_held_is_replaced_again_and_again(held, tmp_path):
    outbox = held.outbox(tmp_path / "work.sqlite", stuck_after=0.2)
    begin(outbox, 1)
    for _ in range(3):
        time.sleep(0.25)
        outbox.push()
    fees = offered(outbox)
    assert len(fees) == 4
    for before, after in itertools.pairwise(fees):
        assert after.most > before.most
        assert after.tip > before.tip
        assert 8 * after.most >= 9 * before.most
    (sent,) = held.pool(outbox).values()
    assert sent["hash"] == Web3.to_hex(
        outbox.book.of_account(outbox.sender.chain, outbox.sender.address)[0].attempts[-1].tx_hash
    ), "the node took the last one in place of the others"
    held.rpc("evm_mine")
    assert held.calls(outbox) == [1]


def test_an_account_without_anything_sends_where_gas_costs_nothing(held, kind, tmp_path):
    outbox = held.outbox(tmp_path / "work.sqlite", wei=0, stuck_after=0.2)
    if kind != "for nothing":
        with pytest.raises(FundsError):
            begin(outbox, 1)
        return
    begin(outbox, 1)
    time.sleep(0.25)
    outbox.push()  # there is nothing to raise it with
    assert offered(outbox) == [Fees(0, 0)]
    held.rpc("evm_mine")
    assert held.calls(outbox) == [1]


def test_a_node_that_suggests_no_tip_is_asked_for_its_gas_price(chain, kind, tmp_path):
    """eth_maxPriorityFeePerGas is in no standard of 2021; Besu, Arbitrum and others had it late."""
    with crooked_node(chain.url) as node, node.telling(without_a_tip):
        outbox = chain.outbox(tmp_path / "work.sqlite", url=node.url)
        assert Sent(outbox, 1).end()["status"] == 1


def without_a_tip(method, _params, result):
    if method == "eth_maxPriorityFeePerGas":
        return None
    return result


def test_blocks_of_a_quarter_of_a_second(tmp_path):
    with bare_chain("--block-time", "0.25", "--block-base-fee-per-gas", "7") as fast:
        outbox = fast.outbox(tmp_path / "work.sqlite", confirmations=2)
        sent = [Sent(outbox, number) for number in range(5)]
        receipts = [one.end() for one in sent]
        assert all(receipt["status"] == 1 for receipt in receipts)
        wait_for(lambda: sorted(fast.calls(outbox)) == list(range(5)))


def test_a_cap_below_a_gwei_is_one(chain, kind, tmp_path):
    outbox = chain.outbox(tmp_path / "work.sqlite", highest_fee=50)
    asked = Market.now(chain.web3).asked
    if asked > 50:
        with pytest.raises(ChainError, match="gwei now, and at most 5e-08 are paid"):
            begin(outbox, 1)
    else:
        assert Sent(outbox, 1).end()["status"] == 1


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize(
    ("most", "tip"),
    [(0, 0), (1, 0), (1, 1), (7, 7), (8, 1), (9, 9), (100, 3), (100 * GWEI, 2 * GWEI), (10**18, 1)],
)
def test_a_raise_is_enough_even_from_nothing(most, tip, twice):
    raised = Fees(most, tip).raised(twice=twice)
    for before, after in ((most, raised.most), (tip, raised.tip)):
        assert after > before
        assert 100 * after >= 110 * before, "geth, erigon, reth, Nethermind, Besu"
        assert 8 * after >= 9 * before, "parity, bor"
        assert not twice or after >= 2 * before
    assert raised.tip <= raised.most


@pytest.mark.parametrize(
    "fees", [{"gasPrice": 7}, {"maxFeePerGas": 9, "maxPriorityFeePerGas": 2}], ids=["legacy", "1559"]
)
def test_what_was_signed_is_read_again(fees):
    signer = Account.create()
    fields = {
        "to": "0x" + "11" * 20,
        "value": 3,
        "data": "0xabcd",
        "gas": 21_500,
        "nonce": 5,
        "chainId": 1337,
    }
    raw = bytes(signer.sign_transaction(fields | fees).raw_transaction)
    again = bytes(signer.sign_transaction(decoded(raw)).raw_transaction)
    assert again == raw
    assert Fees.of(raw).fields == fees
