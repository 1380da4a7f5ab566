"""The owner's side of what was sold: what time earns, and the end by revocation."""

from __future__ import annotations

import pytest

from biodesci.chain import currency
from biodesci.chain.records import Shares
from biodesci.core.errors import AccessDeniedError, InputError, RevertedError, StateError
from biodesci.core.onchain import LicenseState
from biodesci.market import license, money, settlement

PRICE = 25_000_000  # 25 dollars of 6 decimals
HOUR = 3_600


def owed(chain, account, paid_in) -> int:
    return money.holdings(chain, account.address, paid_in)["owed_for_licences"]


def test_a_price_is_earned_over_time_and_the_rest_comes_back(shop_of, dollar, localnet):
    shop = shop_of(dollar, pro_rata=True)
    license_id = shop.buy().license_id
    shop.deliver(license_id)
    assert settlement.back_if_revoked(shop.owner, license_id)[0] == PRICE, "not settled: all of it"
    license.confirm(shop.buyer, license_id)
    assert owed(shop.owner, shop.owner, shop.paid_in) < PRICE // 100
    localnet.pass_time(HOUR // 2)
    done = settlement.claim_earned(shop.owner, license_id)
    assert done.currency == shop.paid_in
    assert PRICE * 0.49 < done.to_owner < PRICE * 0.51
    assert done.royalty == 0
    back, paid_in = settlement.back_if_revoked(shop.owner, license_id)
    assert PRICE * 0.49 < back < PRICE * 0.51
    revoked = settlement.revoke(shop.owner, license_id, "moved away")
    assert (revoked.sent, revoked.currency) == (True, paid_in)
    assert back - PRICE // 100 < revoked.paid_back <= back
    owner, buyer = owed(shop.owner, shop.owner, paid_in), owed(shop.owner, shop.buyer, paid_in)
    assert (owner + buyer, buyer) == (PRICE, revoked.paid_back)
    assert not settlement.revoke(shop.owner, license_id, "moved away").sent


def test_a_price_in_ether_that_is_earned_costs_the_owner_nothing_to_give_back(shop_of, dollar):
    shop = shop_of(dollar, currency=currency.ETHER, price=10**15, pro_rata=True)
    license_id = shop.buy().license_id
    shop.settle(license_id)
    shares = shop.owner.read(Shares, license_id)
    assert shares.to_licensee > 9 * 10**14
    done = settlement.revoke(shop.owner, license_id, "moved away")
    paid_in = shop.paid_in
    assert done.paid_back == owed(shop.owner, shop.buyer, paid_in)
    assert done.paid_back + owed(shop.owner, shop.owner, paid_in) == 10**15
    assert not license.is_active(shop.buyer, license_id)


def test_a_price_that_is_paid_at_once_does_not_come_back(shop):
    license_id = shop.buy().license_id
    shop.settle(license_id)
    with pytest.raises(StateError, match="not earned over time"):
        settlement.claim_earned(shop.owner, license_id)
    assert settlement.back_if_revoked(shop.owner, license_id)[0] == 0
    assert settlement.revoke(shop.owner, license_id, "moved away").paid_back == 0
    assert owed(shop.owner, shop.owner, shop.paid_in) == PRICE


def test_nothing_is_claimed_before_it_is_settled(shop_of, dollar):
    shop = shop_of(dollar, pro_rata=True)
    license_id = shop.buy().license_id
    shop.deliver(license_id)
    with pytest.raises(RevertedError) as caught:
        settlement.claim_earned(shop.owner, license_id)
    assert caught.value.name == "AccessLicense_WrongState"


def test_a_stranger_revokes_nothing(shop_of, dollar, chain_for):
    shop = shop_of(dollar, pro_rata=True)
    license_id = shop.buy().license_id
    shop.settle(license_id)
    stranger = chain_for()
    with pytest.raises(AccessDeniedError, match="is owned by"):
        settlement.revoke(stranger, license_id, "moved away")
    with pytest.raises(InputError, match="1 to 32 bytes"):
        settlement.revoke(shop.owner, license_id, "a reason that is longer than a word of the chain")
    assert shop.sent(stranger) == 0
    assert license.get(shop.buyer, license_id).state is LicenseState.SETTLED
