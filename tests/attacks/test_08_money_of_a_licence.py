"""Ways around what was agreed about the money of a licence: by its owner, its buyer, its arbiter."""

from __future__ import annotations

import pytest

from biodesci.core.documents.order import Evidence, Purpose
from biodesci.core.errors import AccessDeniedError, BioDeSciError, RevertedError, UnavailableError
from biodesci.core.onchain import DAY, LicenseState
from biodesci.core.visa import VisaType
from biodesci.market import arbitration, license, settlement
from biodesci.market import visa as visas
from biodesci.market.purchase import carry_out, deal, purchase
from tests.backend import calls

HMB, IRB = 1 << 2, 1 << 21
PRICE = 25_000_000
HOUR = 3_600


def owed(shop, account) -> int:
    return int(shop.buyer.call(shop.buyer.licenses.functions.owed(account.address, shop.token.address)))


@pytest.fixture
def arbiter(chain_for):
    chain = chain_for()
    arbitration.accept(chain, accepted=True)
    return chain


def test_an_owner_publishes_junk_while_a_purchase_is_on_its_way(shop, lost):
    """The buyer signed for version 1; its transaction comes to the chain after version 2."""
    agreed = deal(shop.buyer, shop.offer, HMB)
    with lost(shop.buyer.licenses) as signed, pytest.raises(UnavailableError):
        carry_out(shop.buyer, agreed)
    assert len(signed) == 1
    shop.publish_version()
    with pytest.raises(BioDeSciError, match="version 2"):
        carry_out(shop.buyer, agreed)  # sends what was signed, which the contract refuses
    assert license.held_by(shop.buyer, shop.buyer.address) == []
    assert shop.balance(shop.buyer.address) == 40 * PRICE


def test_an_owner_changes_the_terms_so_that_money_waits_for_its_committee(shop, lost):
    """The buyer agreed to no review: a version whose terms need one takes no money."""
    agreed = deal(shop.buyer, shop.offer, HMB)
    assert not agreed.needs_review
    shop.publish_version(HMB | IRB)
    with pytest.raises(RevertedError) as caught:
        function = shop.buyer.licenses.functions.purchase(
            shop.offer, agreed.offer.terms.hash, 2, HMB | IRB, False
        )
        shop.buyer.send(function)
    assert caught.value.name == "AccessLicense_NeedsReview"


def test_a_committee_lets_a_buyer_wait_for_two_years(shop_of, dollar):
    """The buyer goes when it likes, long before the delivery window of a year is over."""
    shop = shop_of(dollar, delivery_window=365 * DAY)
    shop.publish_version(HMB | IRB)
    bought = shop.buy(HMB | IRB)
    assert bought.needs_review
    assert license.cancel(shop.buyer, bought.license_id) is not None
    assert owed(shop, shop.buyer) == PRICE
    with pytest.raises(RevertedError) as caught:
        shop.owner.send(calls.approve(shop.owner, bought.license_id))
    assert caught.value.name == "AccessLicense_WrongState"


def test_a_buyer_uses_all_of_a_licence_and_is_refunded(shop_of, dollar, arbiter):
    shop = shop_of(dollar, uses=1, arbiter=arbiter.address)
    license_id = shop.buy().license_id
    shop.deliver(license_id)
    shop.buyer.send(shop.buyer.licenses.functions.consume(license_id))
    assert owed(shop, shop.owner) == PRICE, "the first use settles"
    for attempt in (license.refund, lambda chain, id_: license.dispute(chain, id_, "not for me")):
        with pytest.raises(RevertedError) as caught:
            attempt(shop.buyer, license_id)
        assert caught.value.name == "AccessLicense_WrongState"


def test_a_buyer_has_access_to_the_end_and_is_refunded(shop_of, dollar, arbiter, localnet):
    """Access and the time to dispute end together here."""
    shop = shop_of(dollar, duration=HOUR, dispute_window=HOUR, arbiter=arbiter.address)
    license_id = shop.buy().license_id
    shop.deliver(license_id)
    localnet.pass_time(HOUR + 1)
    with pytest.raises(RevertedError) as caught:
        license.dispute(shop.buyer, license_id, "not for me")
    assert caught.value.name == "AccessLicense_TooLate"
    shop.owner.send(shop.owner.licenses.functions.claim(license_id))
    assert owed(shop, shop.owner) == PRICE


def test_an_owner_burns_the_uses_so_that_nothing_comes_back(shop_of, dollar, localnet):
    """A price is earned by time alone, and uses are the licensee's to count."""
    shop = shop_of(dollar, uses=4, pro_rata=True)
    license_id = shop.buy().license_id
    shop.settle(license_id)
    for _ in range(2):
        with pytest.raises(RevertedError) as caught:
            shop.owner.send(shop.owner.licenses.functions.consume(license_id))
        assert caught.value.name == "AccessLicense_NotLicensee"
    assert license.get(shop.buyer, license_id).uses_left == 4
    localnet.pass_time(HOUR // 2)
    back = settlement.revoke(shop.owner, license_id, "ended").paid_back
    assert PRICE * 0.48 < back < PRICE * 0.51


def test_an_owner_ends_a_licence_by_its_own_issuer_and_keeps_the_price(shop_of, dollar, chain_for, localnet):
    """The issuer is another account of the owner's; what is not earned is the licensee's all the same."""
    shop = shop_of(dollar, pro_rata=True, visas=1 << VisaType.RESEARCHER_STATUS)
    puppet = chain_for()
    visas.trust(shop.owner, puppet.address, 1 << VisaType.RESEARCHER_STATUS)
    later = puppet.now() + 10 * HOUR
    shown = visas.issue(puppet, shop.buyer.address, VisaType.RESEARCHER_STATUS, bytes(32), later)
    license_id = shop.buy(Purpose(duo=HMB), evidence=Evidence(visas=(shown,))).license_id
    shop.settle(license_id)
    localnet.pass_time(HOUR // 4)
    visas.revoke(puppet, shown)
    localnet.pass_time(HOUR)  # time after the end earns nothing
    assert license.refund(shop.buyer, license_id) is not None
    assert PRICE * 0.73 < owed(shop, shop.buyer) < PRICE * 0.76
    assert owed(shop, shop.buyer) + owed(shop, shop.owner) == PRICE


def test_an_owner_withdraws_consent_and_keeps_the_price_of_training(shop_of, dollar, localnet):
    shop = shop_of(dollar, right="train", pro_rata=True)
    license_id = shop.buy().license_id
    shop.settle(license_id)
    localnet.pass_time(HOUR // 2)
    shop.owner.send(shop.owner.datasets.functions.withdraw(shop.dataset, 1))
    assert license.refund(shop.buyer, license_id) is not None
    assert PRICE * 0.48 < owed(shop, shop.buyer) < PRICE * 0.51
    assert owed(shop, shop.buyer) + owed(shop, shop.owner) == PRICE


def test_an_arbiter_decides_when_its_time_is_over(shop_of, dollar, arbiter, localnet):
    """It waits to see what each side offers it; by then the price is the buyer's."""
    shop = shop_of(dollar, arbiter=arbiter.address)
    license_id = shop.buy().license_id
    shop.deliver(license_id)
    license.dispute(shop.buyer, license_id, "wrong key")
    localnet.pass_time(30 * DAY + 1)
    with pytest.raises(RevertedError) as caught:
        arbiter.send(calls.resolve(arbiter, license_id, pay_owner=True))
    assert caught.value.name == "AccessLicense_TooLate"
    license.refund(shop.buyer, license_id)
    assert owed(shop, shop.buyer) == PRICE


def test_an_arbiter_comes_to_own_the_dataset(shop_of, dollar, arbiter):
    shop = shop_of(dollar, arbiter=arbiter.address)
    license_id = shop.buy().license_id
    shop.deliver(license_id)
    license.dispute(shop.buyer, license_id, "wrong key")
    functions = shop.owner.datasets.functions
    shop.owner.send(functions.transferFrom(shop.owner.address, arbiter.address, shop.dataset))
    with pytest.raises(RevertedError) as caught:
        arbiter.send(calls.resolve(arbiter, license_id, pay_owner=True))
    assert caught.value.name == "AccessLicense_ArbiterTakesPart"


def test_an_owner_takes_a_token_of_art_for_money(shop):
    """An ERC-721 as a currency would come in and never go out: the datasets' own contract is one."""
    terms = shop.terms(currency=str(shop.owner.datasets.address), price=shop.dataset)
    with pytest.raises(RevertedError) as caught:
        shop.owner.send(shop.owner.licenses.functions.createOffer(terms))
    assert caught.value.name == "AccessLicense_BadOffer"
    assert "currency" in caught.value.message


def test_a_renewal_goes_past_the_committee(shop):
    """There is none any more: to have more is to buy again, and that is judged and held in escrow anew."""
    assert not hasattr(shop.buyer.licenses.functions, "renew")
    license_id = shop.buy().license_id
    shop.settle(license_id)
    shop.publish_version(HMB | IRB)
    with pytest.raises(AccessDeniedError, match="don't allow this purpose"):
        purchase(shop.buyer, shop.offer, HMB, again=True)
    again = shop.buy(HMB | IRB, again=True)
    assert again.needs_review
    assert license.get(shop.buyer, again.license_id).state is LicenseState.IN_REVIEW


def test_dead_licences_count_as_held(shop):
    """A wallet, or a contract that lets holders in, sees the living ones alone."""
    first, second = shop.buy().license_id, shop.buy(again=True).license_id
    held = shop.buyer.licenses.functions.balanceOf(shop.buyer.address)
    assert shop.buyer.call(held) == 2
    shop.owner.send(shop.owner.licenses.functions.reject(first, b"\1" * 32))
    assert shop.buyer.call(held) == 1
    with pytest.raises(RevertedError) as caught:
        shop.buyer.call(shop.buyer.licenses.functions.ownerOf(first))
    assert caught.value.name == "ERC721NonexistentToken"
    assert shop.buyer.call(shop.buyer.licenses.functions.ownerOf(second)) == shop.buyer.address
