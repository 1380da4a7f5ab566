"""Buying in tokens: by permit, by approval, once."""

from __future__ import annotations

import pytest

from biodesci.chain import currency, transactions
from biodesci.chain.sending import Sending
from biodesci.core.documents.order import Purpose
from biodesci.core.errors import (
    AccessDeniedError,
    FundsError,
    InputError,
    RevertedError,
    StateError,
    UnavailableError,
)
from biodesci.market import arbitration, license, money, offers, payment
from biodesci.market.offers import OfferTerms
from biodesci.market.purchase import carry_out, deal, purchase

HMB = 1 << 2
IRB = 1 << 21
HOUR = 3_600
PRICE = 25_000_000  # 25 dollars of 6 decimals


def test_a_token_is_paid_by_permit_in_one_transaction(shop, tmp_path):
    before = shop.buyer.web3.eth.get_transaction_count(shop.buyer.address)
    said: list[str] = []
    bought = shop.buy(note=said.append)
    assert shop.buyer.web3.eth.get_transaction_count(shop.buyer.address) == before + 1
    assert said == []
    assert shop.balance(shop.buyer.address) == 39 * PRICE
    assert shop.allowance() == 0
    shop.settle(bought.license_id)
    assert money.holdings(shop.owner, shop.owner.address, shop.paid_in)["owed_for_licences"] == PRICE
    assert money.collect(shop.owner, shop.paid_in) == PRICE
    assert shop.balance(shop.owner.address) == PRICE
    assert money.collect(shop.owner, shop.paid_in) == 0


def test_what_a_token_says_of_itself_is_shown(shop, silent):
    assert shop.paid_in == currency.Currency(shop.token.address, "TUSD", 6)
    assert shop.paid_in.show(PRICE) == "25 TUSD"
    assert shop.paid_in.parse("0.000001") == 1
    with pytest.raises(InputError, match="not an amount of TUSD"):
        shop.paid_in.parse("0.0000001")
    assert "25 TUSD" in str(offers.get(shop.buyer, shop.offer))
    assert silent.paid_in == currency.Currency(silent.token.address, None, 6)
    assert silent.paid_in.show(7) == f"0.000007 {silent.token.address}"
    assert silent.paid_in.parse("7") == 7_000_000


def test_a_token_without_permits_is_approved_first_and_that_is_said(silent, tmp_path):
    said: list[str] = []
    bought = silent.buy(note=said.append)
    assert bought.bought
    assert len(said) == 1
    assert "approving the price" in said[0]
    assert silent.allowance() == 0
    assert silent.balance(silent.buyer.address) == 39 * PRICE


def test_an_allowance_given_before_is_used(silent, tmp_path):
    payment.approve(silent.buyer, silent.paid_in, 1)
    payment.approve(silent.buyer, silent.paid_in, PRICE)
    said: list[str] = []
    assert silent.buy(note=said.append).bought
    assert said == []


def test_too_little_of_the_token_is_said_before_anything_is_sent(shop, keyed, tmp_path):
    poor = keyed()
    before = poor.web3.eth.get_transaction_count(poor.address)
    with pytest.raises(FundsError, match="holds 0 TUSD and needs 25 TUSD"):
        purchase(poor, shop.offer, HMB)
    assert poor.web3.eth.get_transaction_count(poor.address) == before


@pytest.mark.parametrize("terms", [{"arbiter": True}, {"token": "FeeToken"}], ids=["arbiter", "fee"])
def test_an_approval_is_taken_back_when_the_purchase_is_refused(shop_of, token_of, keyed, tmp_path, terms):
    """Of what only the contract knows; the rest is refused before anything is approved."""
    shop = shop_of(token_of(terms.get("token", "SilentToken")))
    buyer, offer = shop.buyer, shop.offer
    if "arbiter" in terms:
        arbitration.accept(buyer, accepted=True)
        shop = shop_of(shop.token, arbiter=buyer.address)
        shop.token.mint(buyer.address, PRICE)
        offer = shop.offer
    with pytest.raises(RevertedError) as caught:
        purchase(buyer, offer, HMB)
    refused = "AccessLicense_BuyerIsArbiter" if "arbiter" in terms else "AccessLicense_WrongAmountReceived"
    assert caught.value.name == refused
    steps = 3 + ("arbiter" in terms)
    assert shop.sent(buyer) == steps, "key, its word as an arbiter, approval, and the approval's end"
    functions = currency.erc20(buyer, shop.token.address).functions
    assert buyer.call(functions.allowance(buyer.address, buyer.licenses.address)) == 0


def test_an_approval_stays_while_the_purchase_may_yet_take_effect(silent, lost):
    with lost(silent.buyer.licenses), pytest.raises(UnavailableError):
        silent.buy()
    assert silent.allowance() == PRICE
    assert silent.buy().bought
    assert silent.allowance() == 0


def test_what_was_withdrawn_is_refused_before_anything_is_sent(silent, tmp_path):
    silent.owner.send(silent.owner.datasets.functions.withdraw(silent.dataset, 1))
    before = silent.sent(silent.buyer)
    with pytest.raises(AccessDeniedError, match="version 1, was withdrawn"):
        silent.buy()
    assert silent.sent(silent.buyer) == before


def test_a_purchase_that_failed_on_chain_is_signed_anew(shop, chain_for, lost, noted):
    buyer = shop.buyer
    with lost(buyer.licenses), pytest.raises(UnavailableError):
        shop.buy()
    key = buyer.key_of(buyer.address)
    other = chain_for(buyer.account)
    # Meanwhile nothing can be sold, so that what was signed reverts when it is sent at last.
    shop.owner.send(shop.owner.licenses.functions.closeOffer(shop.offer))
    with pytest.raises(StateError, match="is closed"):
        shop.buy()
    assert shop.sent(buyer) == 2, "the signed purchase was cancelled, as it could only fail"
    with pytest.raises(StateError, match="is closed"):
        purchase(other, shop.offer, HMB)
    assert shop.sent(buyer) == 2
    assert buyer.key_of(buyer.address) == key
    assert noted(buyer) == []


def test_a_purchase_that_waits_for_lower_fees_tells_the_way_out(shop, lost, noted, localnet):
    with lost(shop.buyer.licenses), pytest.raises(UnavailableError):
        shop.buy()
    usual = int(shop.buyer.web3.eth.get_block("latest")["baseFeePerGas"])
    localnet.rpc("anvil_setNextBlockBaseFeePerGas", hex(10**13))
    localnet.rpc("evm_mine")
    try:
        shop.buyer.sending = Sending(block_timeout=1.0)
        with pytest.raises(UnavailableError, match="at most 500 are paid") as caught:
            shop.buy()
        assert len(noted(shop.buyer)) == 1
        assert "biodesci account pending" in caught.value.hint
        assert "same transaction" in caught.value.hint
        assert "BIODESCI_HIGHEST_FEE_GWEI" in caught.value.hint
    finally:
        localnet.rpc("anvil_setNextBlockBaseFeePerGas", hex(usual))
        localnet.rpc("evm_mine")
    assert shop.buy().bought
    assert shop.sent(shop.buyer) == 2, "the key, and one purchase"


def test_what_one_account_signed_is_not_lost_when_another_buys(shop, keyed, lost, monkeypatch):
    with lost(shop.buyer.licenses) as first, pytest.raises(UnavailableError):
        shop.buy()
    other = keyed()
    assert other.home == shop.buyer.home
    shop.token.mint(other.address, PRICE)
    assert purchase(other, shop.offer, HMB).bought
    sent: list[bytes] = []
    real = transactions.send
    monkeypatch.setattr(transactions, "send", lambda web3, raw, *stop: sent.append(raw) or real(web3, raw))
    said: list[str] = []
    assert shop.buy(Purpose(duo=HMB), note=said.append).bought
    assert sent == first
    assert "carried out now" in said[0]


def test_nothing_is_paid_out_to_the_zero_address(shop):
    with pytest.raises(InputError, match="zero address"):
        money.collect(shop.owner, shop.paid_in, to=currency.ETHER)


def test_what_a_buyer_agrees_to_is_what_is_bought(shop):
    """The owner publishes another version, with terms of its own, after the buyer looked."""
    agreed = deal(shop.buyer, shop.offer, HMB)
    shop.publish_version()
    before = shop.sent(shop.buyer)
    with pytest.raises(StateError, match="version 2 now, and you agreed to version 1"):
        carry_out(shop.buyer, agreed)
    assert shop.sent(shop.buyer) == before
    assert shop.buy().bought


def test_what_is_bought_is_said_in_words_before(shop_of, dollar, arbiter):
    plain = shop_of(dollar)
    text = " ".join(deal(plain.buyer, plain.offer, HMB).in_words())
    assert "version 1 of dataset" in text
    assert "No arbiter is named: nothing can be disputed after delivery" in text
    assert "nothing comes back" in text
    judged = shop_of(dollar, arbiter=arbiter.address, dispute_window=HOUR, pro_rata=True)
    text = " ".join(deal(judged.buyer, judged.offer, HMB).in_words())
    assert (
        f"Disputes are decided by {arbiter.address}, whom the data owner named and who agreed to it" in text
    )
    assert "within 1 hour of delivery" in text
    assert "within 30 days the arbiter says who gets the whole price" in text
    assert "earned second by second over 1 hour" in text
    free = shop_of(dollar, price=0)
    text = " ".join(deal(free.buyer, free.offer, HMB).in_words())
    assert "Nothing is paid. The key is sealed to the buyer within" in text
    assert "a number of free licences a day" in text
    assert "escrow" not in text


def test_a_purpose_that_a_person_decides_on_can_be_left(shop):
    """A buyer in review is not locked in: it is told so, and goes when it likes."""
    shop.publish_version(HMB | IRB)
    agreed = deal(shop.buyer, shop.offer, HMB | IRB)
    assert agreed.needs_review
    assert "You may cancel as long as it has not" in " ".join(agreed.in_words())
    bought = carry_out(shop.buyer, agreed)
    assert bought.needs_review
    assert license.cancel(shop.buyer, bought.license_id) is not None
    assert license.cancel(shop.buyer, bought.license_id) is None
    assert money.collect(shop.buyer, shop.paid_in) == PRICE


def test_an_offer_names_an_arbiter_who_agreed(shop_of, dollar, chain_for, shop):
    stranger = chain_for()
    with pytest.raises(InputError, match="has not agreed to decide disputes"):
        shop_of(dollar, arbiter=stranger.address)
    with pytest.raises(InputError, match="you cannot decide its disputes"):
        offers.create(shop.owner, shop.dataset, OfferTerms(arbiter=shop.owner.address))
    assert arbitration.accept(stranger, accepted=True)
    assert not arbitration.accept(stranger, accepted=True)
    judged = shop_of(dollar, arbiter=stranger.address, dispute_window=HOUR)
    assert arbitration.accept(stranger, accepted=False)
    with pytest.raises(RevertedError) as caught:
        judged.buy()
    assert caught.value.name == "AccessLicense_ArbiterHasNotAccepted"
