"""Item 3, of training: a licensee trains on a copy, or more often than it paid for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from biodesci.chain.records import License
from biodesci.core.errors import RevertedError
from biodesci.core.onchain import LicenseState
from biodesci.market import offers
from biodesci.market.offers import OfferTerms
from biodesci.market.purchase import purchase
from biodesci.registry import rounds
from biodesci.rounds import progress
from tests.attacks.sites import Sites

HMB = 1 << 2


def licensed(sites: Sites, index: int, uses: int) -> int:
    """The model owner's Train licence for a site's dataset; access is granted, no key leaves."""
    seller = sites.chains[index]
    offer = offers.create(seller, sites.datasets[index], OfferTerms(right="train", uses=uses))
    license_id = purchase(sites.owner, offer, HMB).license_id
    seller.send(seller.licenses.functions.deliver(license_id, bytes(32)))
    return license_id


def test_03_a_licensee_trains_on_a_copy_of_its_own(
    chain_for: Callable[..., Any], ipfs: Any, tmp_path: Path
) -> None:
    sites = Sites(chain_for, ipfs, tmp_path, 3)
    license_id = licensed(sites, 0, 1)
    round_id = sites.open()
    buyer, plan = sites.owner, rounds.read(sites.owner, round_id).plan
    application = (sites.datasets[0], license_id, plan, os.urandom(64), [])
    with pytest.raises(RevertedError, match="neither the owner of dataset"):
        buyer.send(buyer.models.functions.enrol(round_id, application))
    assert sites.owner.read(License, license_id).uses_left == 1


def test_03_a_licence_for_one_round_is_used_in_two(
    chain_for: Callable[..., Any], ipfs: Any, tmp_path: Path
) -> None:
    """The owner's own node trains, and the contract counts."""
    sites = Sites(chain_for, ipfs, tmp_path, 3)
    license_id = licensed(sites, 0, 1)
    node = sites.node(0, sites.known(), license_id=license_id)
    first = sites.open()
    assert "enrolled" in node.step()
    assert rounds.enrolments(sites.owner, first)[0].version == 1
    used = sites.owner.read(License, license_id)
    assert (used.uses_left, used.state) == (0, LicenseState.SETTLED)
    progress.abort(sites.owner, first, "again")
    second = sites.open()
    with pytest.raises(RevertedError, match="not active"):
        node.step()
    assert rounds.read(sites.owner, second).enrolled == 0
