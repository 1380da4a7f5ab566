"""A role is taken by signature, so that the account that takes it needs no ether; over a real chain."""

from __future__ import annotations

import pytest

from biodesci.chain.records import Mandate
from biodesci.core.documents.acceptance import SignedAcceptance
from biodesci.core.errors import InputError, RevertedError, StateError
from biodesci.core.onchain import DAY, Role
from biodesci.market import roles


@pytest.fixture
def proposed(sale, chain_for):
    """An account without ether, to which the owner of the sale's dataset proposed to be its custodian."""
    poor = chain_for(ether=0)
    roles.grant(sale.owner, sale.dataset, Role.CUSTODIAN, poor.address)
    return poor


def accepted(sale, account: str) -> int:
    return sale.owner.read(Mandate, sale.dataset, account).accepted


def test_an_account_without_ether_takes_a_role(sale, proposed):
    signed = roles.sign_acceptance(proposed, sale.dataset, Role.CUSTODIAN, seconds=DAY)
    assert SignedAcceptance.parse(signed.to_bytes()) == signed
    roles.relay_acceptance(sale.buyer, signed)
    assert accepted(sale, proposed.address) == 1 << Role.CUSTODIAN
    with pytest.raises(StateError, match="no open proposal"):
        roles.sign_acceptance(proposed, sale.dataset, Role.CUSTODIAN, seconds=DAY)
    with pytest.raises(StateError, match="no open proposal"):
        roles.sign_acceptance(proposed, sale.dataset, Role.OPERATOR, seconds=DAY)


def test_what_was_signed_for_an_earlier_proposal_is_refused(sale, proposed):
    signed = roles.sign_acceptance(proposed, sale.dataset, Role.CUSTODIAN, seconds=DAY)
    roles.revoke(sale.owner, sale.dataset, Role.CUSTODIAN, proposed.address)
    roles.grant(sale.owner, sale.dataset, Role.CUSTODIAN, proposed.address)
    with pytest.raises(RevertedError) as caught:
        roles.relay_acceptance(sale.buyer, signed)
    assert caught.value.name == "DatasetNFT_OtherProposal"
    assert accepted(sale, proposed.address) == 0


def test_what_was_changed_or_is_for_another_network_is_refused(sale, proposed, chain_for):
    signed = roles.sign_acceptance(proposed, sale.dataset, Role.CUSTODIAN, seconds=DAY)
    later = signed.acceptance.model_copy(update={"deadline": signed.acceptance.deadline + 1})
    with pytest.raises(RevertedError) as caught:
        roles.relay_acceptance(sale.buyer, signed.model_copy(update={"acceptance": later}))
    assert caught.value.name == "DatasetNFT_BadSignature"
    with pytest.raises(InputError, match="another network"):
        roles.relay_acceptance(sale.buyer, signed.model_copy(update={"chain_id": 1}))
    assert accepted(sale, proposed.address) == 0
