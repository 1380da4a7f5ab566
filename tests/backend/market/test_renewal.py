"""What happens to a licence that was settled: renewed, or revoked with what is unused paid back."""

from __future__ import annotations

import os
import signal

import pytest

from biodesci.chain import currency, transactions
from biodesci.core.errors import AccessDeniedError, InputError, StateError
from biodesci.core.onchain import LicenseState
from biodesci.market import license, money, payment, renewal

PRICE = 25_000_000  # 25 dollars of 6 decimals
HOUR = 3_600


def test_renewal_adds_time_and_pays_the_owner_at_once(shop, tmp_path):
    license_id = shop.buy().license_id
    shop.deliver(license_id)
    with pytest.raises(StateError, match="delivered; a settled one"):
        renewal.renew(shop.buyer, license_id)
    license.confirm(shop.buyer, license_id)
    end = license.get(shop.buyer, license_id).expires_at
    with pytest.raises(AccessDeniedError, match="not held by"):
        renewal.renew(shop.owner, license_id)
    done = renewal.renew(shop.buyer, license_id)
    assert (done.expires_at, done.paid) == (end + HOUR, PRICE)
    assert license.get(shop.buyer, license_id).expires_at == end + HOUR
    assert money.holdings(shop.owner, shop.owner.address, shop.paid_in)["owed_for_licences"] == 2 * PRICE


def test_revoking_pro_rata_pays_the_unused_part_back(shop_of, dollar, localnet, tmp_path):
    shop = shop_of(dollar, pro_rata=True)
    license_id = shop.buy().license_id
    assert renewal.refund_due(shop.owner, license_id)[0] == 0, "in escrow: it goes back whole"
    shop.settle(license_id)
    money.collect(shop.owner, shop.paid_in)
    localnet.pass_time(HOUR // 2)
    due, paid_in = renewal.refund_due(shop.owner, license_id)
    assert PRICE * 0.49 < due <= PRICE // 2
    assert paid_in == shop.paid_in
    done = renewal.revoke(shop.owner, license_id, "moved away")
    assert PRICE * 0.49 < done.paid_back <= due
    assert money.holdings(shop.buyer, shop.buyer.address, paid_in)["owed_for_licences"] == done.paid_back
    assert not renewal.revoke(shop.owner, license_id, "moved away").sent


def test_revoking_pro_rata_in_ether_gives_back_what_was_too_much(shop_of, dollar, tmp_path):
    shop = shop_of(dollar, currency=currency.ETHER, price=10**15, pro_rata=True)
    license_id = shop.buy().license_id
    shop.settle(license_id)
    before = money.holdings(shop.owner, shop.owner.address, shop.paid_in)["owed_for_licences"]
    due, _ = renewal.refund_due(shop.owner, license_id)
    done = renewal.revoke(shop.owner, license_id, "moved away")
    after = money.holdings(shop.owner, shop.owner.address, shop.paid_in)["owed_for_licences"]
    assert done.paid_back + after - before == due + 1, "it sends a wei more than is due"
    assert not license.is_active(shop.buyer, license_id)


@pytest.mark.parametrize("after", [False, True], ids=["before sending", "after sending"])
def test_killed_renewal_pays_once(shop, chain_for, tmp_path, after):
    license_id = shop.buy().license_id
    shop.settle(license_id)
    end = license.get(shop.buyer, license_id).expires_at
    real, account = transactions.send, shop.buyer.account

    def die(web3, raw):
        if after:
            real(web3, raw)
        os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        transactions.send = die
        renewal.renew(chain_for(account), license_id)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    said: list[str] = []
    done = renewal.renew(shop.buyer, license_id, note=said.append)
    assert "carried out now" in said[0]
    assert done.expires_at == license.get(shop.buyer, license_id).expires_at == end + HOUR
    assert shop.balance(shop.buyer.address) == 38 * PRICE
    assert renewal.renew(shop.buyer, license_id).expires_at == end + 2 * HOUR


def test_what_cannot_be_renewed_is_refused_before_anything_is_sent(shop_of, token_of, tmp_path):
    token = token_of("SilentToken")
    endless, short = shop_of(token, duration=0), shop_of(token)
    for shop in (endless, short):
        shop.settle(shop.buy().license_id)
    short.owner.send(short.owner.datasets.functions.withdraw(short.dataset, 1))
    for shop, error, reason in (
        (endless, StateError, "nothing to renew"), (short, AccessDeniedError, "was withdrawn"),
    ):  # fmt: skip
        (held,) = license.held_by(shop.buyer, shop.buyer.address)
        before = shop.sent(shop.buyer)
        with pytest.raises(error, match=reason):
            renewal.renew(shop.buyer, held.id)
        assert shop.sent(shop.buyer) == before
        assert shop.allowance() == 0


def test_revoking_leaves_no_approval_behind(shop_of, dollar, tmp_path, localnet, monkeypatch):
    shop = shop_of(dollar, pro_rata=True)
    license_id = shop.buy().license_id
    shop.settle(license_id)
    money.collect(shop.owner, shop.paid_in)
    due, _ = renewal.refund_due(shop.owner, license_id)
    real = payment.approve

    def approve(*arguments):
        real(*arguments)
        localnet.pass_time(60)

    monkeypatch.setattr(payment, "approve", approve)
    done = renewal.revoke(shop.owner, license_id, "moved away")
    assert 0 < done.paid_back < due, "a minute later less is due than was approved"
    functions = currency.erc20(shop.owner, shop.token.address).functions
    assert shop.owner.call(functions.allowance(shop.owner.address, shop.owner.licenses.address)) == 0


def test_a_stranger_who_revokes_approves_nothing(shop_of, dollar, chain_for, tmp_path):
    shop = shop_of(dollar, pro_rata=True)
    license_id = shop.buy().license_id
    shop.settle(license_id)
    stranger = chain_for()
    dollar.mint(stranger.address, PRICE)
    with pytest.raises(AccessDeniedError, match="is owned by"):
        renewal.revoke(stranger, license_id, "moved away")
    with pytest.raises(InputError, match="1 to 32 bytes"):
        renewal.revoke(shop.owner, license_id, "a reason that is longer than a word of the chain")
    assert shop.sent(stranger) == 0
    assert license.get(shop.buyer, license_id).state is LicenseState.SETTLED
