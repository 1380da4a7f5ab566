"""The number of an offer binds nothing: the chain may take blocks back, and give it to another offer."""

from __future__ import annotations

import pytest

from biodesci.core.errors import RevertedError, StateError
from biodesci.market import license, offers, orders
from biodesci.market.offers import OfferTerms
from biodesci.market.purchase import carry_out, deal

HMB = 1 << 2
PRICE = 25_000_000


def another_instead(shop, chain_for, localnet):
    """Of an offer that is read, what a buyer agrees to; its number is a dearer one's afterwards."""
    token = shop.token.address
    before = localnet.rpc("evm_snapshot")
    number = offers.create(shop.owner, shop.dataset, OfferTerms(price=PRICE, currency=token))
    agreed = deal(shop.buyer, number, HMB)
    assert localnet.rpc("evm_revert", before)
    thief = chain_for()
    receipt = thief.send(
        thief.datasets.functions.publish((b"\6" * 32, b"\7" * 32, b"\x08" * 32, HMB, bytes(32)), [])
    )
    theirs = thief.event(receipt, thief.datasets, "DatasetPublished")["datasetId"]
    assert offers.create(thief, theirs, OfferTerms(price=40 * PRICE, currency=token)) == number
    return agreed


def test_an_allowance_pays_for_another_offer_of_the_same_number(silent, chain_for, localnet):
    """It was given for many purchases, by a buyer whose token knows no permits."""
    agreed = another_instead(silent, chain_for, localnet)
    spender = silent.buyer.licenses.address
    silent.buyer.send(silent.token.contract.functions.approve(spender, 40 * PRICE))
    with pytest.raises(RevertedError) as caught:
        carry_out(silent.buyer, agreed)
    assert caught.value.name == "AccessLicense_WrongOffer"
    assert silent.balance(silent.buyer.address) == 40 * PRICE
    assert license.held_by(silent.buyer, silent.buyer.address) == []


def test_an_order_is_not_for_another_offer_of_the_same_number(shop, chain_for, localnet):
    """Nor is it submitted: the relayer would pay for the refusal."""
    agreed = another_instead(shop, chain_for, localnet)
    signed = orders.order(shop.buyer, agreed, seconds=600)
    relayer = chain_for()
    with pytest.raises(StateError, match="not the one that the buyer signed for"):
        orders.relay(relayer, signed)
    function = relayer.licenses.functions.purchaseFor(
        signed.order.struct(), signed.signature, signed.evidence.struct(), signed.payment.struct()
    )
    with pytest.raises(RevertedError) as caught:
        relayer.send(function)
    assert caught.value.name == "AccessLicense_WrongOffer"
    assert shop.balance(shop.buyer.address) == 40 * PRICE
