"""A member spoils a round: it ends without a sum, says what was found, and can be tried again."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from biodesci.core.documents.round_messages import Shares
from biodesci.core.errors import IntegrityError, RevertedError
from biodesci.core.onchain import RoundState
from biodesci.fl.masking import Context
from biodesci.fl.quantize import Ring
from biodesci.registry import rounds
from biodesci.rounds import progress
from biodesci.rounds.progress import result_of
from biodesci.rounds.signatures import MessageKind
from biodesci.rounds.transport.http import AggregatorClient
from tests.attacks.sites import Sites, SitesOf, wait_past


class Dealing(AggregatorClient):
    """Sends other shares than those that the node dealt."""

    def __init__(self, url: str, account: Any, change: Callable[[Shares], Shares]) -> None:
        super().__init__(url, account)
        self._change = change

    def post(self, where: Context, kind: MessageKind, body: bytes) -> None:
        if kind == "shares":
            body = self._change(Shares.parse(body)).to_bytes()
        super().post(where, kind, body)


def spoil(sites: Sites, change: Callable[[Shares], Shares]) -> None:
    """The last site deals so from now on."""
    sites.nodes[-1]._aggregator = Dealing(sites.url, sites.chains[-1].signer(), change)


def behave(sites: Sites) -> None:
    sites.nodes[-1]._aggregator = AggregatorClient(sites.url, sites.chains[-1].signer())


def of_another_secret(shares: Shares) -> Shares:
    return shares.model_copy(update={"seed_hash": os.urandom(32)})


def ends_spoilt(sites: Sites, aggregator: Any, localnet: Any, round_id: int) -> None:
    """All commit and answer, and yet there is no sum; the chain says whose shares were spoilt."""
    sites.deal(aggregator)
    for _ in range(2):
        for node in sites.nodes:
            node.step()
        aggregator.step()
    who = sites.chains[-1].address.lower()
    assert rounds.read(sites.owner, round_id).state is RoundState.UNMASKING
    assert f"the secret of {who}" in aggregator.status(round_id).note
    wait_past(localnet, sites, rounds.read(sites.owner, round_id).finalize_by)
    aggregator.step()
    assert rounds.read(sites.owner, round_id).state is RoundState.ABORTED
    assert progress.abort_reason(sites.owner, round_id) == f"Spoilt shares of {who[:10]}"


def test_12_a_site_deals_shares_of_another_secret_in_statistics(
    sites_of: SitesOf, localnet: Any, sums: dict[int, Ring]
) -> None:
    """The same sites can try again on the same weights; so one of them cannot block the model."""
    sites = sites_of(4)
    spoil(sites, of_another_secret)
    first = sites.open()
    with sites.aggregator() as aggregator:
        ends_spoilt(sites, aggregator, localnet, first)
        assert not sums
        behave(sites)
        second = sites.open()
        assert sites.summed(aggregator, second).records == 2 + 3 + 4 + 5
    assert list(sums) == [second]


def test_12_a_site_deals_shares_of_another_secret_in_training(
    sites_of: SitesOf, localnet: Any, sums: dict[int, Ring]
) -> None:
    """Its base is burnt, as nobody can prove that the sum is not known; on other weights it goes on."""
    sites = sites_of(4)
    sites.teach()
    with sites.aggregator() as aggregator:
        statistics = sites.open()
        sites.summed(aggregator, statistics)
        spoil(sites, of_another_secret)
        ends_spoilt(sites, aggregator, localnet, sites.open_training(statistics))
        assert list(sums) == [statistics]
        with pytest.raises(RevertedError, match="were summed"):
            sites.open_training(statistics)
        sites.publish_other_weights()
        again = sites.open_training(statistics, cohort=3)
        assert sites.summed(aggregator, again, *sites.nodes[:3]).records > 0


def test_12_a_site_deals_a_bundle_that_another_cannot_open(
    sites_of: SitesOf, ipfs: Any, localnet: Any
) -> None:
    """That one says whose it was, and is left out; the others go on."""
    sites = sites_of(4)
    victim = rounds.raw(sites.chains[0].address)

    def unopenable(shares: Shares) -> Shares:
        return shares.model_copy(
            update={"sealed": {**shares.sealed, victim: os.urandom(len(shares.sealed[victim]))}}
        )

    spoil(sites, unopenable)
    round_id = sites.open()
    with sites.aggregator() as aggregator:
        sites.deal(aggregator)
        who = sites.chains[-1].address.lower()
        with pytest.raises(IntegrityError, match=f"The shares from {who} do not open"):
            sites.nodes[0].step()
        for node in sites.nodes[1:]:
            node.step()
        wait_past(localnet, sites, rounds.read(sites.owner, round_id).commit_by)
        aggregator.step()
        for node in sites.nodes[1:]:
            node.step()
        aggregator.step()
    assert result_of(sites.owner, ipfs, round_id).document.records == 3 + 4 + 5
