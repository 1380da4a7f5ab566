"""What is stuck is signed again for a higher fee: the same nonce and call, of which a block takes one."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import Web3RPCError

from biodesci.chain.client import Chain
from biodesci.chain.fees import Fees
from biodesci.chain.sending import Sending
from biodesci.core.errors import UnavailableError
from tests.backend.chain.dying import publish
from tests.backend.conftest import entries_of
from tests.waiting import LATE_S, wait_for

GWEI = 10**9


@pytest.fixture
def owner(chain_for, localnet, tmp_path) -> Iterator[Chain]:
    """A client whose node makes no block by itself, and that takes a transaction for stuck soon."""
    chain = chain_for(sending=Sending(block_timeout=LATE_S, stuck_after=0.1))
    chain.home = tmp_path
    localnet.rpc("evm_setAutomine", False)
    yield chain
    localnet.rpc("evm_setAutomine", True)
    localnet.rpc("evm_mine")


class Publishing:
    """A thread that publishes a dataset, and what the node and the outbox say meanwhile."""

    def __init__(self, chain: Chain) -> None:
        self.chain, self.dataset = chain, 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.dataset = publish(self.chain)

    def attempts(self, count: int) -> list[bytes]:
        """The signed transactions of its entry, when there are so many."""
        deadline = time.monotonic() + LATE_S
        while time.monotonic() < deadline:
            for entry in entries_of(self.chain):
                attempts = entry.attempts
                if len(attempts) >= count and attempts[-1].sent is not None:
                    return [attempt.raw for attempt in attempts]
            time.sleep(0.02)
        raise AssertionError(f"There were not {count} attempts in {LATE_S} s.")

    def end(self) -> int:
        """The dataset's number."""
        self._thread.join(LATE_S)
        assert not self._thread.is_alive()
        return self.dataset


def fields(raw: bytes) -> dict[str, object]:
    return dict(TypedTransaction.from_bytes(HexBytes(raw)).as_dict())


def published_by(chain: Chain) -> list[int]:
    logs = chain.events(chain.datasets, "DatasetPublished", 0, filters={"owner": chain.address})
    return [log["args"]["datasetId"] for log in logs]


def test_each_attempt_offers_an_eighth_more_for_the_same_call(owner, localnet):
    publishing = Publishing(owner)
    attempts = publishing.attempts(3)
    for earlier, later in itertools.pairwise(attempts):
        one, next_one = fields(earlier), fields(later)
        fees = {"maxFeePerGas", "maxPriorityFeePerGas"}
        assert all(8 * next_one[fee] >= 9 * one[fee] for fee in fees)
        changing = fees | {"v", "r", "s"}
        assert {k: v for k, v in one.items() if k not in changing} == {
            k: v for k, v in next_one.items() if k not in changing
        }
    localnet.rpc("evm_mine")
    assert published_by(owner) == [publishing.end()]
    assert owner.web3.eth.get_transaction_count(owner.address) == 1


def test_the_node_has_one_of_them(owner, localnet):
    """The node took the dearer one in place of the first."""
    publishing = Publishing(owner)
    publishing.attempts(2)
    waiting = localnet.rpc("txpool_content")["pending"][owner.address.lower()]
    assert list(waiting) == ["0"]
    localnet.rpc("evm_mine")
    publishing.end()


def test_the_first_attempt_may_be_the_one_that_a_block_takes(owner, localnet):
    """A miner that never saw the dearer one: the receipt is the first one's."""
    publishing = Publishing(owner)
    first, *_ = publishing.attempts(2)
    owner.sending = Sending(block_timeout=LATE_S)  # none dearer follows; one may be on its way

    def has_the_first_alone() -> bool:
        for raw in publishing.attempts(2)[1:]:
            localnet.rpc("anvil_dropTransaction", Web3.to_hex(Web3.keccak(raw)))
        with suppress(Web3RPCError):  # it has it already
            localnet.web3.eth.send_raw_transaction(HexBytes(first))
        waiting = localnet.rpc("txpool_content")["pending"].get(owner.address.lower(), {})
        return [one["hash"] for one in waiting.values()] == [Web3.to_hex(Web3.keccak(first))]

    wait_for(has_the_first_alone)
    localnet.rpc("evm_mine")
    dataset = publishing.end()
    assert published_by(owner) == [dataset]
    taken = localnet.web3.eth.get_block("latest")["transactions"]
    assert [bytes(tx_hash) for tx_hash in taken] == [bytes(Web3.keccak(first))]


def test_no_attempt_offers_more_than_the_highest_fee(owner, localnet):
    asked = int(owner.web3.eth.get_block("latest")["baseFeePerGas"])
    tip = int(owner.web3.eth.max_priority_fee)
    first = 2 * asked + tip
    highest = first + first // 3  # room for two raises of an eighth
    owner.sending = Sending(block_timeout=3, stuck_after=0.1, highest_fee=highest)

    def offers() -> list[int]:
        with pytest.raises(UnavailableError, match="not in a block yet"):
            publish(owner)
        (entry,) = entries_of(owner)
        return [Fees.of(attempt.raw).most for attempt in entry.attempts]

    wait_for(lambda: len(offers()) >= 2)
    offered = offers()
    assert len(offered) <= 3
    assert max(offered) <= highest
    localnet.rpc("evm_setAutomine", True)
    localnet.rpc("evm_mine")
    assert published_by(owner) == [publish(owner)]


@pytest.mark.parametrize(
    ("most", "tip"), [(1, 0), (8, 1), (100 * GWEI, 2 * GWEI), (7, 7)], ids=["least", "small", "usual", "odd"]
)
def test_a_raise_is_enough_for_a_node_that_wants_a_tenth_or_an_eighth(most, tip):
    raised = Fees(most, tip).raised()
    for before, after in ((most, raised.most), (tip, raised.tip)):
        assert 8 * after >= 9 * before
        assert after > before
