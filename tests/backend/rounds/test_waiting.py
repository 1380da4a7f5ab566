"""A transaction that no block takes holds up its own round alone: no other round, and no site's message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.records import Round
from biodesci.chain.sending import Sending
from biodesci.core.onchain import RoundState
from biodesci.ipfs.client import Ipfs
from biodesci.registry import rounds
from biodesci.rounds.aggregator import RoundAggregator
from biodesci.rounds.progress import abort
from tests.attacks.sites import Sites, wait_past
from tests.backend.conftest import entries_of
from tests.faults.held import HeldTransaction
from tests.faults.proxy import FaultProxy
from tests.waiting import in_time, wait_for

pytestmark = pytest.mark.timeout(240)


@dataclass
class Far:
    """Sites, their owner and an aggregator; whom `behind` is called for sends by a provider with faults."""

    sites: Sites
    proxy: FaultProxy
    localnet: Any

    def behind(self, chain: Chain, **sending: Any) -> Chain:
        """The same account by the provider, which waits for long before it raises a fee."""
        deployment = load_deployment(self.localnet.deployment_file)
        wanted = Sending(**{"stuck_after": 3_600, **sending})
        return Chain(self.proxy.url, deployment, chain.signer(), chain.home, sending=wanted)

    def state(self, round_id: int) -> RoundState:
        return rounds.read(self.sites.owner, round_id).state

    def full_round(self) -> int:
        """A round of a model of its own, in which every site is enrolled."""
        model_id = self.sites.model()
        round_id = self.sites.open(model_id=model_id)
        for index in range(len(self.sites.chains)):
            self.sites.node(index, self.sites.known(), model_id=model_id).step()
        return round_id


@pytest.fixture
def far(chain_for: Callable[..., Chain], ipfs_node: Any, localnet: Any, tmp_path: Path) -> Iterator[Far]:
    sites = Sites(chain_for, Ipfs(ipfs_node.api, timeout=2.0), tmp_path, 3)
    with FaultProxy(localnet.rpc_url) as proxy:
        yield Far(sites, proxy, localnet)


def test_a_held_transaction_of_one_round_holds_up_no_other_round(far: Far) -> None:
    first, second = far.full_round(), far.full_round()
    honest = far.sites.aggregating
    far.sites.aggregating = chain = far.behind(honest)
    with far.sites.aggregator() as aggregator:
        held = HeldTransaction(most=1)
        with far.proxy.fault(held):
            with in_time():  # before, it waited for the first one's block, for two minutes
                assert aggregator.step()
                assert len(held.held) == 1
                assert len(entries_of(chain)) == 2, "the second round's transaction is on its way, too"
                assert not aggregator.step(), "nothing is to be done for either"
                assert len(entries_of(chain)) == 2, "each is there once"
            status = aggregator.status(first)
            assert (status.state, status.note) == ("enrolling", "its transaction is in no block yet")
        wait_for(lambda: aggregator.step() and not entries_of(chain))
        assert [far.state(each) for each in (first, second)] == [RoundState.RUNNING] * 2
        assert aggregator.status(first).note != "its transaction is in no block yet"
    assert honest.web3.eth.get_transaction_count(honest.address) == 2


class Failing(RoundAggregator):
    """Meets what nobody thought of in the first round that it has."""

    def _advance(self, round_: Round) -> bool:
        if round_.id == min(self._notes.rounds, default=round_.id):
            raise RuntimeError("nobody thought of this")
        return super()._advance(round_)


def test_one_round_that_fails_in_an_unforeseen_way_stops_no_other(far: Far) -> None:
    """Anybody can open a round and name this aggregator."""
    first, second = far.full_round(), far.full_round()
    with far.sites.aggregator(Failing) as aggregator:
        assert aggregator.step()
        assert aggregator.status(first).note == "Unexpected RuntimeError."
    assert [far.state(each) for each in (first, second)] == [RoundState.ENROLLING, RoundState.RUNNING]


def test_what_no_block_takes_is_replaced_and_its_round_goes_on(far: Far) -> None:
    round_id = far.full_round()
    honest = far.sites.aggregating
    far.sites.aggregating = chain = far.behind(honest, stuck_after=0.2)
    with far.sites.aggregator() as aggregator, far.proxy.fault(HeldTransaction(most=1, lost=True)):
        wait_for(lambda: aggregator.step() and far.state(round_id) is RoundState.RUNNING)
        wait_for(lambda: not aggregator.step() and entries_of(chain) == [])


def test_a_restarted_aggregator_goes_on_with_what_is_on_its_way(far: Far) -> None:
    round_id = far.full_round()
    honest = far.sites.aggregating
    far.sites.aggregating = chain = far.behind(honest)
    with far.proxy.fault(HeldTransaction(most=1)):
        with far.sites.aggregator() as aggregator:
            assert aggregator.step()
        with far.sites.aggregator() as aggregator:
            assert not aggregator.step()
            assert len(entries_of(chain)) == 1, "it is not sent once more"
    with far.sites.aggregator() as aggregator:
        wait_for(lambda: aggregator.step() and not entries_of(chain))
    assert far.state(round_id) is RoundState.RUNNING
    assert honest.web3.eth.get_transaction_count(honest.address) == 1


def test_a_call_that_became_pointless_is_cancelled_and_nothing_fails(far: Far) -> None:
    round_id = far.full_round()
    honest = far.sites.aggregating
    far.sites.aggregating = chain = far.behind(honest, stuck_after=0.2)
    with far.sites.aggregator() as aggregator:
        with far.proxy.fault(HeldTransaction(most=1, lost=True)):
            assert aggregator.step()
            abort(far.sites.owner, round_id, "not wanted")
            wait_for(lambda: not aggregator.step() and not entries_of(chain))
        assert aggregator.open_rounds == 0
    assert honest.web3.eth.get_transaction_count(honest.address) == 1, "an empty one has the nonce"


def test_a_round_that_is_due_is_aborted_behind_what_is_held(far: Far) -> None:
    """No enrolment came, so that both are to be aborted: each abort is sent, and no block is waited for."""
    both = [far.sites.open(model_id=far.sites.model()) for _ in range(2)]
    chain = far.sites.aggregating = far.behind(far.sites.aggregating)
    wait_past(far.localnet, far.sites, rounds.read(far.sites.owner, both[1]).finalize_by)
    with far.sites.aggregator() as aggregator:
        with far.proxy.fault(HeldTransaction(most=1)):
            assert aggregator.step()
            assert len(entries_of(chain)) == 2
        wait_for(lambda: aggregator.step() or not entries_of(chain))
        wait_for(lambda: [far.state(each) for each in both] == [RoundState.ABORTED] * 2)


def test_a_round_whose_end_a_reorganization_takes_back_is_ended_again(far: Far) -> None:
    """It was counted as over, and not looked at again."""
    round_id = far.sites.open()
    wait_past(far.localnet, far.sites, rounds.read(far.sites.owner, round_id).finalize_by)
    far.localnet.rpc("evm_mine")
    before = far.localnet.rpc("evm_snapshot")
    with far.sites.aggregator() as aggregator:
        assert aggregator.step()
        assert far.state(round_id) is RoundState.ABORTED
        assert not aggregator.step(), "it is over"
        far.localnet.rpc("evm_revert", before)
        far.localnet.rpc("evm_increaseTime", 7)
        far.localnet.rpc("anvil_mine", hex(3))
        assert aggregator.step()
        assert far.state(round_id) is RoundState.ABORTED
        assert not aggregator.step()


def test_sites_are_answered_while_a_transaction_is_in_no_block(far: Far) -> None:
    sites = far.sites
    round_id = sites.open()
    chain = sites.aggregating = far.behind(sites.aggregating)
    with sites.aggregator() as aggregator:
        sites.enrol(aggregator)
        for node in sites.nodes:
            node.step()
        url = f"{sites.url}/rounds/{round_id}"
        inbox = f"{url}/inbox/{sites.chains[0].address}"
        with far.proxy.fault(HeldTransaction(most=1)):
            assert aggregator.step()
            assert httpx.get(url, timeout=60).json()["stage"] == "sharing"
            assert httpx.get(inbox, timeout=60).status_code == 204, (
                "nobody masks before the chain says who dealt"
            )
        wait_for(lambda: aggregator.step() and not entries_of(chain))
        assert httpx.get(inbox, timeout=60).status_code == 200


def test_a_held_enrolment_keeps_no_site_out_of_the_next_round(far: Far) -> None:
    """The owner ends the round that a site's enrolment is on its way to, and opens another."""
    sites = far.sites
    honest = sites.chains[0]
    chain = sites.chains[0] = far.behind(honest)
    node = sites.node(0, sites.known())
    first = sites.open()
    sent_before = honest.web3.eth.get_transaction_count(honest.address)
    # Before, it waited for the first one's block, for two minutes.
    with far.proxy.fault(HeldTransaction(most=1)), in_time():
        assert node.step() == f"round {first}: its transaction is in no block yet"
        assert node.step() == f"round {first}: its transaction is in no block yet"
        assert len(entries_of(chain)) == 1, "it is sent once"
        abort(sites.owner, first, "not wanted")
        second = sites.open()
        assert node.step() == f"round {second}: its transaction is in no block yet"
        assert len(entries_of(chain)) == 2
    wait_for(lambda: "waiting for the others" in node.step())
    assert entries_of(chain) == []
    assert rounds.read(sites.owner, second).enrolled == 1
    assert honest.web3.eth.get_transaction_count(honest.address) == sent_before + 2
