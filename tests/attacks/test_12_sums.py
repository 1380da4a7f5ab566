"""Two sums that differ in one site, commitments without vectors, keys that are no keys."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from biodesci.core.errors import RevertedError
from biodesci.core.onchain import RoundState
from biodesci.registry import rounds
from biodesci.rounds import progress
from biodesci.rounds.owner import RoundOwner
from biodesci.rounds.progress import result_of
from tests.attacks.sites import PLAN, Sites, SitesOf, publish


def finished(sites: Sites, aggregator: Any) -> None:
    """All commit, are summed and answer."""
    for node in sites.nodes:
        node.step()
    aggregator.step()
    for node in sites.nodes:
        node.step()
    aggregator.step()


def test_12_a_model_owner_sums_the_same_sites_twice(sites_of: SitesOf, ipfs: Any) -> None:
    """The second time one of them would be absent, and the difference its update."""
    sites = sites_of(4)
    owner = RoundOwner(sites.owner, ipfs, sites.model_id, PLAN, sites.conditions())
    first = owner.statistics_plan()
    round_id = owner.open(first)
    progress.abort(sites.owner, round_id, "before anybody enrolled")
    assert progress.burnt(sites.owner, rounds.read(sites.owner, round_id)) is None
    with pytest.raises(RevertedError, match="a plan runs once"):
        owner.open(first)
    second = owner.statistics_plan()
    assert (first.attempt, second.attempt) == (1, 2)
    round_id = owner.open(second)
    with sites.aggregator() as aggregator:
        sites.deal(aggregator)
        finished(sites, aggregator)
    assert rounds.read(sites.owner, round_id).state is RoundState.FINALIZED
    for plan in (owner.statistics_plan(), replace_attempt(owner)):
        with pytest.raises(RevertedError, match="were summed"):
            owner.open(plan)


def replace_attempt(owner: RoundOwner) -> Any:
    """The same questions in another plan, which a lying owner writes by hand."""
    return owner.statistics_plan().model_copy(update={"attempt": 99, "cohort": 3})


def test_12_a_base_is_burnt_by_a_round_that_aborts_after_its_sum(sites_of: SitesOf) -> None:
    sites = sites_of(3)
    round_id = sites.open()
    with sites.aggregator() as aggregator:
        sites.deal(aggregator)
        for node in sites.nodes:
            node.step()
        aggregator.step()
        progress.abort(sites.owner, round_id, "once it is known")
    aborted = rounds.read(sites.owner, round_id)
    assert "publish a version with other weights" in (progress.burnt(sites.owner, aborted) or "")
    with pytest.raises(RevertedError, match="were summed"):
        sites.open()


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
        localnet.pass_time(1_300)
        aggregator.step()
        assert [e.node for e in rounds.survivors(liar, round_id)] == [c.address for c in sites.chains[1:]]
        assert "goes on without this node" in sites.nodes[0].step()
        for node in sites.nodes[1:]:
            node.step()
        aggregator.step()
    assert result_of(liar, ipfs, round_id).document.records == 3 + 4 + 5


def test_12_a_site_enrols_with_keys_that_are_anothers_or_none(
    sites_of: SitesOf, chain_for: Callable[..., Any]
) -> None:
    sites = sites_of(3)
    round_id = sites.open()
    sites.nodes[0].step()
    copied = rounds.roster(sites.owner, round_id)[0]
    copier = chain_for()
    dataset, plan = publish(copier), rounds.read(copier, round_id).plan
    for keys, refusal in (
        (copied.mask_key + os.urandom(32), "is in round"),
        (os.urandom(32) + copied.share_key, "is in round"),
        (2 * os.urandom(32), "is in round"),
        (bytes(32) + os.urandom(32), "no usable X25519 key"),
        (os.urandom(32) + b"\x01" + bytes(31), "no usable X25519 key"),
    ):
        application = (dataset, 0, plan, keys, [])
        with pytest.raises(RevertedError, match=refusal):
            copier.send(copier.models.functions.enrol(round_id, application))
