"""A stranger reads a site's enrolment while it waits to be mined, and enrols first with the site's keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from biodesci.core.onchain import RoundState
from biodesci.registry import rounds
from biodesci.rounds.progress import result_of
from tests.attacks.sites import SitesOf, publish, wait_past
from tests.waiting import LATE_S


@pytest.fixture
def waiting(localnet: Any) -> Iterator[Any]:
    """The chain, which mines again by itself after the test."""
    try:
        yield localnet
    finally:
        localnet.rpc("evm_setAutomine", True)
        localnet.rpc("evm_mine")


class Copier:
    """Sends what it sees in the mempool as its own, for a higher fee."""

    def __init__(self, chain: Any, dataset_id: int, localnet: Any) -> None:
        self.chain, self.dataset_id, self.localnet = chain, dataset_id, localnet

    def overtake(self, victim: str) -> None:
        """Waits for the victim's enrolment, enrols with its keys, and has both mined in the order of fees."""
        seen = self._pending(victim)
        models = self.chain.models
        _, arguments = models.decode_function_input(seen["input"])
        round_id, application = arguments.values()
        application = {**application, "datasetId": self.dataset_id}
        fields = ("datasetId", "licenseId", "plan", "roundKeys", "invitation")
        mine = models.functions.enrol(round_id, tuple(application[name] for name in fields))
        fee = 100 * int(seen["maxFeePerGas"], 16)
        sent = self.chain.signer().sign_transaction(
            mine.build_transaction(
                {
                    "from": self.chain.address,
                    "nonce": self.chain.web3.eth.get_transaction_count(self.chain.address),
                    "gas": 400_000,
                    "maxFeePerGas": fee,
                    "maxPriorityFeePerGas": fee,
                }
            )
        )
        digest = self.chain.web3.eth.send_raw_transaction(sent.raw_transaction)
        self.localnet.rpc("evm_mine")
        own = self.chain.web3.eth.get_transaction_receipt(digest)
        others = self.chain.web3.eth.get_transaction_receipt(seen["hash"])
        assert own["status"] == 1
        assert own["blockNumber"] == others["blockNumber"]
        assert own["transactionIndex"] < others["transactionIndex"]

    def _pending(self, victim: str) -> Any:
        deadline = time.monotonic() + LATE_S
        while True:
            pool = self.localnet.rpc("txpool_content")["pending"]
            mine = {address.lower(): sent for address, sent in pool.items()}.get(victim.lower(), {})
            if mine:
                return next(iter(mine.values()))
            assert time.monotonic() < deadline, "the site sent nothing"
            time.sleep(0.02)


def test_12_a_copier_overtakes_a_sites_enrolment(
    sites_of: SitesOf, chain_for: Callable[..., Any], ipfs: Any, waiting: Any
) -> None:
    """The site gets its seat all the same; the copier cannot use keys whose private halves it lacks."""
    sites = sites_of(4)
    stranger = chain_for()
    copier = Copier(stranger, publish(stranger), waiting)
    nodes = [sites.node(i, sites.known(stranger)) for i in range(4)]
    round_id = sites.open(cohort=5)
    waiting.rpc("evm_setAutomine", False)
    assert nodes[0].step() == f"round {round_id}: its transaction is in no block yet"
    copier.overtake(sites.chains[0].address)
    waiting.rpc("evm_setAutomine", True)
    assert "waiting for the others" in nodes[0].step()

    with sites.aggregator() as aggregator:
        sites.enrol(aggregator, *nodes)
        first, second = rounds.roster(sites.owner, round_id)[:2]
        assert (first.mask_key, first.share_key) == (second.mask_key, second.share_key)
        for node in nodes:
            node.step()
        # The copier deals nothing; who did by then are the dealers.
        wait_past(waiting, sites, aggregator.status(round_id).until)
        aggregator.step()
        for _ in range(2):
            for node in nodes:
                node.step()
            aggregator.step()
    assert rounds.read(sites.owner, round_id).state is RoundState.FINALIZED
    assert result_of(sites.owner, ipfs, round_id).document.records == 2 + 3 + 4 + 5
