"""The same sites' statistics are summed twice, once without one of them: the difference is that site's.

Statistics do not depend on weights, so no new version, model or plan makes another question of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from biodesci.core.errors import AccessDeniedError, RevertedError
from biodesci.core.features import FeaturePlan, NumericColumn
from biodesci.core.onchain import RoundState
from biodesci.registry import rounds
from biodesci.rounds import disclosure, progress
from tests.attacks.sites import PLAN, Sites, SitesOf, publish, wait_past
from tests.backend import calls

WEIGHT = NumericColumn(name="weight", low=0, high=200)
WIDER = FeaturePlan(numeric=(*PLAN.numeric, WEIGHT), categorical=(), label=PLAN.label)
SITES = r"is in the statistics of round \d+, with other sites"


@pytest.fixture
def sites(sites_of: SitesOf) -> Sites:
    return sites_of(4)


def refused(sites: Sites, aggregator: Any, nodes: Sequence[Any]) -> None:
    """No honest site of a second sum deals its shares, so that nothing of it comes to be."""
    with pytest.raises(AccessDeniedError, match=SITES):
        sites.deal(aggregator, *nodes)


def test_12_statistics_again_without_one_site_after_a_new_version(sites: Sites) -> None:
    first = sites.open()
    with sites.aggregator() as aggregator:
        assert sites.summed(aggregator, first).records == 2 + 3 + 4 + 5
        sites.publish_other_weights()
        sites.open(cohort=3)
        refused(sites, aggregator, sites.nodes[:3])


def test_12_statistics_again_without_one_site_for_another_model(sites: Sites) -> None:
    first = sites.open()
    with sites.aggregator() as aggregator:
        sites.summed(aggregator, first)
        other = sites.model()
        sites.open(model_id=other, cohort=3)
        refused(sites, aggregator, [sites.node(i, sites.known(), model_id=other) for i in range(3)])


def test_12_statistics_again_without_one_site_by_a_plan_with_a_column_more(sites: Sites) -> None:
    first = sites.open()
    with sites.aggregator() as aggregator:
        sites.summed(aggregator, first)
        other = sites.model(WIDER)
        sites.open(model_id=other, plan=WIDER, cohort=3)
        refused(sites, aggregator, [sites.node(i, sites.known(), model_id=other) for i in range(3)])


def test_12_statistics_again_with_one_site_more(sites: Sites) -> None:
    """What is added is the newcomer's. The others refuse it, and so does the newcomer."""
    first = sites.open(cohort=3)
    with sites.aggregator() as aggregator:
        assert sites.summed(aggregator, first, *sites.nodes[:3]).records == 2 + 3 + 4
        other = sites.model()
        sites.open(model_id=other)
        nodes = [sites.node(i, sites.known(), model_id=other) for i in range(4)]
        for node in nodes[:3]:
            node.step()
        with pytest.raises(AccessDeniedError, match="neither in the statistics of the datasets beside it"):
            nodes[3].step()


def test_12_no_site_looks_but_the_contract_does(sites: Sites, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever nodes do, who is summed is fixed by the contract, and without that nobody answers."""
    first = sites.open()
    with sites.aggregator() as aggregator:
        sites.summed(aggregator, first)
        monkeypatch.setattr("biodesci.rounds.node.disclosure.require", lambda *_, **__: None)
        sites.publish_other_weights()
        second = sites.open(cohort=3)
        sites.deal(aggregator, *sites.nodes[:3])
        for node in sites.nodes[:3]:
            node.step()
        with pytest.raises(RevertedError, match="than an earlier round did"):
            sites.aggregating.send(calls.close(sites.aggregating, second, 0b111))
        aggregator.step()
        assert "0 of 3 updates can be summed" in aggregator.status(second).note
        assert rounds.read(sites.owner, second).state is RoundState.RUNNING


def test_12_the_same_sites_may_be_summed_again(sites: Sites) -> None:
    """Two sums with all sites in common have no difference: so a round that failed late can be repeated."""
    first = sites.open()
    with sites.aggregator() as aggregator:
        sites.deal(aggregator)
        for node in sites.nodes:
            node.step()
        aggregator.step()
        assert rounds.read(sites.owner, first).state is RoundState.UNMASKING
        progress.abort(sites.owner, first, "once it is known")
        assert progress.burnt(sites.owner, rounds.read(sites.owner, first)) is None
        assert sites.summed(aggregator, sites.open()).records == 2 + 3 + 4 + 5
        other = sites.model(WIDER)
        wider = sites.open(model_id=other, plan=WIDER)
        nodes = [sites.node(i, sites.known(), model_id=other) for i in range(4)]
        assert sites.summed(aggregator, wider, *nodes).records == 2 + 3 + 4 + 5


def test_12_all_sites_agree_to_be_compared(sites: Sites) -> None:
    """Each says so on chain, the newcomer too; it holds for one sum."""
    first = sites.open(cohort=3)
    with sites.aggregator() as aggregator:
        sites.summed(aggregator, first, *sites.nodes[:3])
        for chain, dataset in zip(sites.chains[:3], sites.datasets[:3], strict=True):
            disclosure.release(chain, dataset, released=True)
        other = sites.model()
        second = sites.open(model_id=other)
        nodes = [sites.node(i, sites.known(), model_id=other) for i in range(4)]
        for node in nodes[:3]:
            node.step()
        with pytest.raises(AccessDeniedError, match="nor released"):
            nodes[3].step()
        disclosure.release(sites.chains[3], sites.datasets[3], released=True)
        assert sites.summed(aggregator, second, *nodes[3:], *nodes[:3]).records == 2 + 3 + 4 + 5
        sites.open(cohort=3)
        refused(sites, aggregator, sites.nodes[:3])


def test_12_one_site_releases_its_own_and_the_honest_ones_are_told_who(sites: Sites) -> None:
    """It fits no more with the others. They are not advised to release theirs, which is what it may want."""
    sites.open()
    with sites.aggregator() as aggregator:
        sites.enrol(aggregator)
        disclosure.release(sites.chains[0], sites.datasets[0], released=True)
        for node in sites.nodes[1:]:
            with pytest.raises(
                AccessDeniedError, match=f"Dataset {sites.datasets[0]} was released"
            ) as caught:
                node.step()
            assert "round release" not in str(caught.value)


def test_12_one_site_releases_its_own_once_all_have_committed(sites: Sites, localnet: Any) -> None:
    """The others are summed without it, when commitments are due; the contract would not take all."""
    first = sites.open()
    with sites.aggregator() as aggregator:
        sites.deal(aggregator)
        for node in sites.nodes:
            node.step()
        disclosure.release(sites.chains[0], sites.datasets[0], released=True)
        aggregator.step()
        assert "3 of 4 updates can be summed" in aggregator.status(first).note
        wait_past(localnet, sites, rounds.read(sites.owner, first).commit_by)
        aggregator.step()
        for node in sites.nodes[1:]:
            node.step()
        aggregator.step()
        assert progress.result_of(sites.owner, sites.ipfs, first).document.records == 3 + 4 + 5


def test_12_a_record_more_in_the_table(sites: Sites) -> None:
    """With the same sites the difference is that record: its site takes no part."""
    first = sites.open()
    with sites.aggregator() as aggregator:
        sites.summed(aggregator, first)
        table = sites.home / "site-3" / "table.csv"
        table.write_text(f"{table.read_text()}77,90,1\n")
        sites.open()
        with pytest.raises(AccessDeniedError, match="another table's statistics"):
            sites.nodes[3].step()
        sites.nodes[2].step()


def test_12_the_same_table_as_another_dataset(sites: Sites) -> None:
    """What the contract cannot see, the site's home does."""
    first = sites.open()
    with sites.aggregator() as aggregator:
        sites.summed(aggregator, first)
        renamed = publish(sites.chains[0])
        sites.open(cohort=3)
        with pytest.raises(AccessDeniedError, match=r"this very table's statistics as dataset \d+"):
            sites.node(0, sites.known(), dataset_id=renamed).step()
