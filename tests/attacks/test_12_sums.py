"""Two sums of updates that differ in one site, commitments without vectors, keys that are no keys."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from biodesci.core.errors import RevertedError
from biodesci.core.onchain import RoundState
from biodesci.registry import rounds, versions
from biodesci.rounds import progress
from biodesci.rounds.owner import RoundOwner
from biodesci.rounds.progress import result_of
from tests.attacks.sites import PLAN, TRAINING, SitesOf, publish, wait_past


def test_12_a_model_owner_sums_the_same_updates_twice(sites_of: SitesOf, ipfs: Any) -> None:
    """The second time one of them would be absent, and the difference its update."""
    sites = sites_of(4)
    sites.teach()
    owner = RoundOwner(sites.owner, ipfs, sites.model_id, PLAN, sites.conditions())
    first = owner.statistics_plan()
    progress.abort(sites.owner, owner.open(first), "before anybody enrolled")
    with pytest.raises(RevertedError, match="a plan runs once"):
        owner.open(first)
    second = owner.statistics_plan()
    assert (first.attempt, second.attempt) == (1, 2)
    with sites.aggregator() as aggregator:
        statistics = owner.open(second)
        sites.summed(aggregator, statistics)
        trained = sites.open_training(statistics)
        sites.summed(aggregator, trained)
    assert rounds.read(sites.owner, trained).state is RoundState.FINALIZED
    # The same weights under another number are the same base; nor does a plan written by hand help.
    models = sites.owner.models.functions
    base = versions.read(sites.owner, sites.model_id, 1)
    sites.owner.send(models.publishVersion(sites.model_id, base.weights_root, base.weights))
    plan = owner.training_plan(TRAINING, statistics)
    for again in (plan, plan.model_copy(update={"attempt": 99, "cohort": 3, "seed": "another"})):
        with pytest.raises(RevertedError, match="were summed"):
            owner.open(again)


def test_12_a_base_is_burnt_by_a_round_that_aborts_after_its_sum(sites_of: SitesOf) -> None:
    sites = sites_of(3)
    sites.teach()
    with sites.aggregator() as aggregator:
        statistics = sites.open()
        sites.summed(aggregator, statistics)
        round_id = sites.open_training(statistics)
        sites.deal(aggregator)
        for node in sites.nodes:
            node.step()
        aggregator.step()
        progress.abort(sites.owner, round_id, "once it is known")
    aborted = rounds.read(sites.owner, round_id)
    assert "publish a version with other weights" in (progress.burnt(sites.owner, aborted) or "")
    with pytest.raises(RevertedError, match="were summed"):
        sites.open_training(statistics)


def test_12_a_site_commits_to_a_vector_that_it_never_sends(
    sites_of: SitesOf, ipfs: Any, localnet: Any
) -> None:
    """It is a dropout; the round goes on without it."""
    sites = sites_of(4)
    round_id = sites.open()
    with sites.aggregator() as aggregator:
        sites.deal(aggregator)
        liar = sites.chains[0]
        dealt = rounds.read(liar, round_id).dealt
        liar.send(liar.models.functions.commitUpdate(round_id, dealt, os.urandom(32)))
        for node in sites.nodes[1:]:
            node.step()
        aggregator.step()
        assert rounds.read(liar, round_id).state is RoundState.RUNNING
        wait_past(localnet, sites, rounds.read(sites.owner, round_id).commit_by)
        aggregator.step()
        assert [e.node for e in rounds.survivors(liar, round_id)] == [c.address for c in sites.chains[1:]]
        assert "goes on without this node" in sites.nodes[0].step()
        for node in sites.nodes[1:]:
            node.step()
        aggregator.step()
    assert result_of(liar, ipfs, round_id).document.records == 3 + 4 + 5


def test_12_a_site_enrols_with_keys_that_are_none(sites_of: SitesOf, chain_for: Callable[..., Any]) -> None:
    sites = sites_of(3)
    round_id = sites.open()
    stranger = chain_for()
    dataset, plan = publish(stranger), rounds.read(stranger, round_id).plan
    for keys in (bytes(32) + os.urandom(32), os.urandom(32) + b"\x01" + bytes(31)):
        application = (dataset, 0, plan, keys, [])
        with pytest.raises(RevertedError, match="no usable X25519 key"):
            stranger.send(stranger.models.functions.enrol(round_id, application))
