"""A site is absent from the second of two training rounds, by malice or not. What do two sums show of it?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from biodesci.core import checkpoint
from biodesci.core.errors import AccessDeniedError
from biodesci.core.onchain import RoundState
from biodesci.fl.quantize import Ring
from biodesci.registry import rounds, versions
from biodesci.rounds import local_training, progress
from biodesci.rounds.node import read_statistics
from biodesci.rounds.plan import Update
from tests.attacks.sites import PLAN, SitesOf, wait_past


def test_12_a_dropout_shows_a_sites_counts_and_nearly_its_update(
    sites_of: SitesOf, ipfs: Any, sums: dict[int, Ring]
) -> None:
    """Counts are the same in every round, and updates alike: what docs/security.md says is not protected."""
    sites = sites_of(4)
    sites.teach()
    with sites.aggregator() as aggregator:
        statistics = sites.open()
        sites.summed(aggregator, statistics)
        sites.summed(aggregator, sites.open_training(statistics))
        sites.summed(aggregator, sites.open_training(statistics, cohort=3), *sites.nodes[:3])
    whole, rest = (Update.decode(total, 18) for total in list(sums.values())[1:])
    absent = sites.nodes[3]
    rows, labels = PLAN.encode((sites.home / "site-3" / "table.csv").read_bytes())
    validated = local_training.validation_rows(len(rows), 0.1)
    assert whole.records - rest.records == np.count_nonzero(~validated)
    assert whole.validated - rest.validated == np.count_nonzero(validated)
    sick = whole.before.positive.sum() - rest.before.positive.sum()
    assert sick == np.count_nonzero(labels[validated])

    chain = sites.chains[3]
    base = versions.fetch_weights(chain, ipfs, sites.model_id, 1)
    normalization = read_statistics(chain, ipfs, statistics, sites.model_id)
    plan = sites.training_plan(statistics)
    start = local_training.Start(plan, normalization, absent._codec(), base)
    own = Update.decode(
        local_training.update(start, (sites.home / "site-3" / "table.csv").read_bytes(), 4), 18
    )
    assert own.delta.size == checkpoint.flatten(base).size
    off = np.linalg.norm(whole.delta - rest.delta - own.delta) / np.linalg.norm(own.delta)
    # The shorter the training, the closer; it is not exact, as the weights were others.
    assert 0.001 < off < 0.1, off


def test_12_a_site_that_wants_the_same_sites_answers_nobody_else(sites_of: SitesOf, localnet: Any) -> None:
    """Neither a roster with one less, nor one of whom somebody drops out: then no difference is over less."""
    sites = sites_of(4)
    sites.teach()
    nodes = [sites.node(i, sites.known(), same_sites=True) for i in range(4)]
    with sites.aggregator() as aggregator:
        statistics = sites.open()
        sites.summed(aggregator, statistics, *nodes)
        sites.summed(aggregator, sites.open_training(statistics), *nodes)
        fewer = sites.open_training(statistics, cohort=3)
        with pytest.raises(AccessDeniedError, match="of other sites"):
            sites.deal(aggregator, *nodes[:3])
        progress.abort(sites.owner, fewer, "one is missing")
        dropout = sites.open_training(statistics)
        sites.deal(aggregator, *nodes)
        for node in nodes[:3]:
            node.step()
        wait_past(localnet, sites, rounds.read(sites.owner, dropout).commit_by)
        aggregator.step()
        assert rounds.read(sites.owner, dropout).state is RoundState.UNMASKING
        for node in nodes[:3]:
            with pytest.raises(AccessDeniedError, match="of other sites"):
                node.step()
