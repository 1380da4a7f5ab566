"""A training licence for one round is used in two, or by somebody who did not buy it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from biodesci.core.errors import RevertedError
from biodesci.core.onchain import LicenseState
from biodesci.market import license, offers
from biodesci.market.offers import OfferTerms
from biodesci.market.purchase import purchase
from biodesci.registry import rounds
from tests.attacks.sites import Sites

HMB, PRICE = 1 << 2, 10**15


def licensed(sites: Sites, buyer: Any) -> int:
    """A licence for one use of the first site's data, bought by `buyer` and granted by that site."""
    chain, dataset = sites.chains[0], sites.datasets[0]
    offer = offers.create(chain, dataset, OfferTerms(right="train", price=PRICE, uses=1))
    license_id = purchase(buyer, offer, HMB).license_id
    chain.send(chain.licenses.functions.deliver(license_id, bytes(32)))
    return license_id


def test_a_round_uses_a_licence_up_and_the_next_is_refused(
    chain_for: Callable[..., Any], ipfs: Any, localnet: Any, tmp_path: Path
) -> None:
    """The contract counts it in the site's enrolment, which is when the owner is paid."""
    sites = Sites(chain_for, ipfs, tmp_path, 3)
    license_id = licensed(sites, sites.owner)
    node = sites.node(0, sites.known(), license_id=license_id)
    first = sites.open()
    node.step()
    assert rounds.read(sites.owner, first).enrolled == 1
    held = license.get(sites.owner, license_id)
    assert (held.uses_left, held.state) == (0, LicenseState.SETTLED)
    assert not license.is_active(sites.owner, license_id)
    localnet.pass_time(700)  # nobody else came
    sites.owner.send(sites.owner.models.functions.abort(first, b"\1" * 32))
    second = sites.open()
    with pytest.raises(RevertedError) as caught:
        sites.node(0, sites.known(), license_id=license_id).step()
    assert caught.value.name == "AccessLicense_NotActive"
    assert rounds.read(sites.owner, second).enrolled == 0


def test_a_site_trains_somebody_elses_model_under_a_licence(
    chain_for: Callable[..., Any], keyed: Callable[..., Any], ipfs: Any, tmp_path: Path
) -> None:
    """What one account bought is not spent on the model of another."""
    sites = Sites(chain_for, ipfs, tmp_path, 3)
    license_id = licensed(sites, keyed())
    round_id = sites.open()
    with pytest.raises(RevertedError) as caught:
        sites.node(0, sites.known(), license_id=license_id).step()
    assert caught.value.name == "AccessLicense_DoesNotFit"
    assert rounds.read(sites.owner, round_id).enrolled == 0
    assert license.get(sites.owner, license_id).uses_left == 1
