"""Consent ends while a round runs; the data must not reach a version, nor a sum that is unmasked."""

from __future__ import annotations

import os
from typing import Any

import pytest

from biodesci.core.errors import AccessDeniedError, RevertedError
from biodesci.core.onchain import RoundState
from biodesci.registry import rounds
from biodesci.rounds.progress import result_of
from tests.attacks.sites import Sites, SitesOf, masked, wait_past
from tests.backend import calls


def withdraw(sites: Sites, index: int) -> None:
    chain = sites.chains[index]
    chain.send(chain.datasets.functions.withdraw(sites.datasets[index], 1))


def test_07_withdrawn_between_enrolment_and_commitment(sites_of: SitesOf, ipfs: Any, localnet: Any) -> None:
    sites = sites_of(4)
    round_id = sites.open()
    with sites.aggregator() as aggregator:
        sites.deal(aggregator)
        withdraw(sites, 0)
        with pytest.raises(AccessDeniedError, match="was withdrawn"):
            sites.nodes[0].step()
        dealt = rounds.read(sites.owner, round_id).dealt
        chain = sites.chains[0]
        with pytest.raises(RevertedError, match="was withdrawn"):
            chain.send(chain.models.functions.commitUpdate(round_id, dealt, os.urandom(32)))
        for node in sites.nodes[1:]:
            node.step()
        assert len(masked(sites, round_id)) == 3
        finish(sites, aggregator, localnet, round_id, sites.nodes[1:])
    assert result_of(sites.owner, ipfs, round_id).document.records == 3 + 4 + 5


def test_07_withdrawn_between_commitment_and_closing(sites_of: SitesOf, ipfs: Any, localnet: Any) -> None:
    sites = sites_of(4)
    round_id = sites.open()
    with sites.aggregator() as aggregator:
        sites.deal(aggregator)
        for node in sites.nodes:
            node.step()
        withdraw(sites, 0)
        with pytest.raises(RevertedError, match="was withdrawn"):
            sites.aggregating.send(calls.close(sites.aggregating, round_id, 0b1111))
        finish(sites, aggregator, localnet, round_id, sites.nodes[1:])
    assert result_of(sites.owner, ipfs, round_id).document.records == 3 + 4 + 5


def test_07_withdrawn_after_closing(sites_of: SitesOf, localnet: Any) -> None:
    """Nobody answers, so that the sum is never known; and the contract takes no result of it."""
    sites = sites_of(4)
    round_id = sites.open()
    with sites.aggregator() as aggregator:
        sites.deal(aggregator)
        for node in sites.nodes:
            node.step()
        aggregator.step()
        assert rounds.read(sites.owner, round_id).state is RoundState.UNMASKING
        withdraw(sites, 0)
        for node in sites.nodes:
            with pytest.raises(AccessDeniedError, match="was withdrawn"):
                node.step()
        dealt = rounds.read(sites.owner, round_id).dealt
        finalize = sites.aggregating.models.functions.finalize(
            round_id, dealt, os.urandom(32), bytes(32), bytes(32)
        )
        with pytest.raises(RevertedError, match="was withdrawn"):
            sites.aggregating.send(finalize)
        wait_past(localnet, sites, rounds.read(sites.owner, round_id).finalize_by)
        aggregator.step()
        assert rounds.read(sites.owner, round_id).state is RoundState.ABORTED
        # What was closed may be known: without that site nothing is summed again.
        sites.open(cohort=3)
        with pytest.raises(AccessDeniedError, match="with other sites"):
            sites.deal(aggregator, *sites.nodes[1:])


def finish(sites: Sites, aggregator: Any, localnet: Any, round_id: int, nodes: list[Any]) -> None:
    """The commitments are due; whoever is left is summed."""
    wait_past(localnet, sites, rounds.read(sites.owner, round_id).commit_by)
    aggregator.step()
    for node in nodes:
        node.step()
    aggregator.step()
    status = aggregator.status(round_id)
    where = rounds.read(sites.owner, round_id)
    assert where.state is RoundState.FINALIZED, (status.note, status.until, sites.owner.now())
    assert [entry.dataset_id for entry in rounds.survivors(sites.owner, round_id)] == sites.datasets[1:]
