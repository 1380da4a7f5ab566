"""One hospital alone among seats that are one dataset's or strangers': the sum is its update."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from eth_account.messages import encode_typed_data

from biodesci.core import typed_data
from biodesci.core.documents.visa import SignedVisa, Visa
from biodesci.core.errors import AccessDeniedError, RevertedError
from biodesci.core.visa import VisaType
from biodesci.market import visa
from biodesci.registry import rounds
from biodesci.rounds.seats import Seats
from tests.attacks.sites import Sites, SitesOf, publish
from tests.backend.chain.test_delegated_account import delegated


def seat(sites: Sites, chain: Any, round_id: int, dataset_id: int) -> None:
    """What a stranger sends; its plan is the round's, as it approves everything."""
    plan = rounds.read(chain, round_id).plan
    application = (dataset_id, 0, plan, os.urandom(64), [])
    chain.send(chain.models.functions.enrol(round_id, application))


def test_06_one_dataset_is_handed_from_account_to_account(
    sites_of: SitesOf, chain_for: Callable[..., Any]
) -> None:
    sites = sites_of(1)
    round_id = sites.open(cohort=3)
    first, then = chain_for(), chain_for()
    dataset = publish(first)
    seat(sites, first, round_id, dataset)
    with pytest.raises(RevertedError, match="is enrolled in round"):
        seat(sites, first, round_id, dataset)
    first.send(first.datasets.functions.transferFrom(first.address, then.address, dataset))
    with pytest.raises(RevertedError, match="has a seat in round"):
        seat(sites, then, round_id, dataset)
    again = (b"\1" * 32, b"\2" * 32, b"\3" * 32, 1 << 2, bytes(32))
    then.send(then.datasets.functions.publishVersion(dataset, again))
    with pytest.raises(RevertedError, match="has a seat in round"):
        seat(sites, then, round_id, dataset)
    assert rounds.read(first, round_id).enrolled == 1


def test_06_strangers_with_data_of_their_own_take_the_other_seats(
    sites_of: SitesOf, chain_for: Callable[..., Any]
) -> None:
    """The contract cannot know them; the site does, and gives them no shares of its secrets."""
    sites = sites_of(1)
    round_id = sites.open(cohort=3)
    with sites.aggregator() as aggregator:
        sites.nodes[0].step()
        for _ in range(2):
            stranger = chain_for()
            seat(sites, stranger, round_id, publish(stranger))
        aggregator.step()
        for _ in range(2):
            with pytest.raises(AccessDeniedError, match="whom this site does not know"):
                sites.nodes[0].step()
        assert aggregator.status(round_id).stage == "sharing"
        assert sites.chains[0].address in aggregator.status(round_id).awaited


def test_06_a_site_that_was_not_told_with_whom_it_may_be_summed(sites_of: SitesOf) -> None:
    sites = sites_of(1)
    round_id = sites.open(cohort=3)
    with pytest.raises(AccessDeniedError, match="not told with whom") as refused:
        sites.node(0, Seats()).step()
    assert "BIODESCI_ROSTER" in refused.value.hint
    assert rounds.read(sites.owner, round_id).enrolled == 0


def test_06_a_stranger_enrols_where_others_are_invited(
    sites_of: SitesOf, chain_for: Callable[..., Any]
) -> None:
    sites = sites_of(3)
    round_id = sites.open(invited=tuple(chain.address for chain in sites.chains))
    stranger = chain_for()
    with pytest.raises(RevertedError, match="not among those whom round"):
        seat(sites, stranger, round_id, publish(stranger))
    for node in sites.nodes:
        node.step()
    assert rounds.read(sites.owner, round_id).enrolled == 3


def test_06_a_site_whose_visa_was_revoked(sites_of: SitesOf, chain_for: Callable[..., Any]) -> None:
    """An issuer's visas stand for accounts that nobody listed, as long as they hold."""
    sites = sites_of(3)
    sites.open()
    issuer, forger = chain_for(), chain_for()
    until = issuer.now() + 3_600

    def held(by: Any) -> Seats:
        kind = VisaType.AFFILIATION_AND_ROLE
        visas = [visa.issue(by, chain.address, kind, bytes(32), until) for chain in sites.chains]
        return Seats(frozenset(), frozenset({rounds.raw(issuer.address)}), tuple(visas))

    vouched = held(issuer)
    careful = sites.node(0, vouched)
    for node in (careful, *sites.nodes[1:]):
        node.step()
    others = [rounds.raw(chain.address) for chain in sites.chains[1:]]
    vouched.require(sites.chains[0], others)
    with pytest.raises(AccessDeniedError, match="does not know"):
        held(forger).require(sites.chains[0], others)
    visa.revoke(issuer, vouched.visas[2])
    vouched.require(sites.chains[0], others[:1])
    with pytest.raises(AccessDeniedError, match="does not know"):
        vouched.require(sites.chains[0], others)


def test_06_a_contract_wallet_vouches_as_visa_registry_counts_it(sites_of: SitesOf, localnet: Any) -> None:
    """An issuer with code (here by EIP-7702) answers for its visas itself; its key alone signs none."""
    sites = sites_of(2)
    issuer, signer = localnet.account(), localnet.account()
    delegated(localnet, issuer, signer.address)
    other = sites.chains[1]

    def seats(by: Any) -> Seats:
        claim = Visa(
            subject=other.address,
            type=VisaType.AFFILIATION_AND_ROLE,
            value=bytes(32),
            issuer=issuer.address,
            asserted=other.now(),
            expires=other.now() + 3_600,
        )
        document = typed_data.visa(other.chain_id, str(other.visas.address), claim)
        signature = bytes(by.sign_message(encode_typed_data(full_message=document)).signature)
        signed = SignedVisa(
            chain_id=other.chain_id, registry=str(other.visas.address), visa=claim, signature=signature
        )
        return Seats(frozenset(), frozenset({rounds.raw(issuer.address)}), (signed,))

    seats(signer).require(sites.chains[0], [rounds.raw(other.address)])
    with pytest.raises(AccessDeniedError, match="does not know"):
        seats(issuer).require(sites.chains[0], [rounds.raw(other.address)])
