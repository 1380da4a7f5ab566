"""A licensee trains on a copy or more often than it paid for; an owner counts uses that were none."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from biodesci.core.errors import RevertedError
from biodesci.core.onchain import LicenseState
from biodesci.market import license, offers
from biodesci.market.offers import OfferTerms
from biodesci.market.purchase import purchase
from biodesci.registry import rounds
from biodesci.rounds import progress
from tests.attacks.sites import Sites, SitesOf
from tests.backend import calls

HMB, PRICE = 1 << 2, 10**15


@pytest.fixture
def sites(sites_of: SitesOf) -> Sites:
    return sites_of(3)


def licensed(sites: Sites, buyer: Any) -> int:
    """A Train licence for one use of the first site's data, bought by `buyer` and granted by that site."""
    chain, dataset = sites.chains[0], sites.datasets[0]
    offer = offers.create(chain, dataset, OfferTerms(right="train", price=PRICE, uses=1))
    license_id = purchase(buyer, offer, HMB).license_id
    chain.send(calls.deliver(chain, license_id, bytes(32)))
    return license_id


def test_03_a_licensee_trains_on_a_copy_of_its_own(sites: Sites) -> None:
    license_id = licensed(sites, sites.owner)
    round_id = sites.open()
    buyer, plan = sites.owner, rounds.read(sites.owner, round_id).plan
    application = (sites.datasets[0], license_id, plan, os.urandom(64), [])
    with pytest.raises(RevertedError, match="neither the owner of dataset"):
        buyer.send(buyer.models.functions.enrol(round_id, application))


def test_03_a_licence_for_one_round_is_used_in_two(sites: Sites) -> None:
    """The owner's own node trains, and the contract counts what it committed."""
    license_id = licensed(sites, sites.owner)
    nodes = [sites.node(0, sites.known(), license_id=license_id), *sites.nodes[1:]]
    first = sites.open()
    with sites.aggregator() as aggregator:
        sites.deal(aggregator, *nodes)
        nodes[0].step()
    assert rounds.enrolments(sites.owner, first)[0].version == 1
    used = license.get(sites.owner, license_id)
    assert (used.uses_left, used.state) == (0, LicenseState.DELIVERED)
    progress.abort(sites.owner, first, "again")
    second = sites.open()
    with pytest.raises(RevertedError, match="no active training licence"):
        nodes[0].step()
    assert rounds.read(sites.owner, second).enrolled == 0


def test_03_an_owner_enrols_to_be_paid_and_does_nothing(sites: Sites) -> None:
    license_id = licensed(sites, sites.owner)
    round_id = sites.open()
    assert "enrolled" in sites.node(0, sites.known(), license_id=license_id).step()
    progress.abort(sites.owner, round_id, "nobody trained")
    unused = license.get(sites.owner, license_id)
    assert (unused.uses_left, unused.state) == (1, LicenseState.DELIVERED)
    assert license.is_active(sites.owner, license_id)


def test_03_a_site_trains_somebody_elses_model_under_a_licence(
    sites: Sites, keyed: Callable[..., Any]
) -> None:
    """What one account bought is not spent on the model of another."""
    license_id = licensed(sites, keyed())
    round_id = sites.open()
    with pytest.raises(RevertedError, match="that the owner of the round's model holds"):
        sites.node(0, sites.known(), license_id=license_id).step()
    assert rounds.read(sites.owner, round_id).enrolled == 0
    assert license.get(sites.owner, license_id).uses_left == 1
