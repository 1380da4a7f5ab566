"""AccessLicense.purchaseFor: the payment, where the price is in an ERC-20

├── given ETH as well: reverts AccessLicense_WrongPrice
├── direct: from an allowance of the buyer's, whoever calls; without one, reverts as the token does
├── by permit (ERC-2612)
│   ├── given one that is wrong, expired, or for less: reverts as the token does, for want of an allowance
│   ├── given one that somebody else submitted before: the allowance that it gave is taken
│   └── otherwise: exactly the price is taken, in one transaction, for which anyone may pay the gas
├── by authorization (ERC-3009)
│   ├── given one that is wrong, used, or for another payee: reverts as the token does
│   └── otherwise: exactly the price is taken
├── given a token that takes a fee: reverts AccessLicense_WrongAmountReceived
└── given a free offer: the token is not called
"""

import ape
import pytest
from reverting import reverts
from typed import authorization, permit, sign_order
from vocabulary import DIRECT, DOLLARS, PRICE, License, Method, word

NONCE = word("a random nonce")


@pytest.fixture
def dollar_order(order, dollar_offer, dollar, researcher, register_key):
    register_key(researcher)
    return order(dollar_offer, price=DOLLARS, currency=dollar.address)


@pytest.fixture
def signature(licenses, dollar_order, researcher):
    return sign_order(researcher, licenses, dollar_order)


@pytest.fixture
def paid(licenses, dollar, researcher):
    """The price, and no more, is in escrow."""

    def check(allowance: int = 0) -> None:
        assert dollar.balanceOf(licenses) == DOLLARS
        assert dollar.balanceOf(researcher) == 3 * DOLLARS
        assert dollar.allowance(researcher, licenses) == allowance
        got = licenses.licenseOf(licenses.licenseCount())
        assert (got.state, got.price, got.currency) == (License.PURCHASED, DOLLARS, dollar)
        assert licenses.ownerOf(licenses.licenseCount()) == researcher

    return check


def test_no_eth(licenses, dollar, dollar_order, submit, researcher):
    dollar.approve(licenses, DOLLARS, sender=researcher)
    with reverts(licenses.AccessLicense_WrongPrice, got=PRICE, required=0):
        submit(dollar_order, value=PRICE)


def test_direct_needs_an_allowance(licenses, dollar, dollar_order, submit):
    with reverts(dollar.ERC20InsufficientAllowance, spender=licenses, allowance=0, needed=DOLLARS):
        submit(dollar_order)


def test_direct(licenses, dollar, dollar_order, submit, researcher, paid):
    dollar.approve(licenses, DOLLARS + 1, sender=researcher)
    submit(dollar_order)
    paid(allowance=1)


def test_direct_by_a_relayer(licenses, dollar, dollar_order, signature, submit, researcher, stranger, paid):
    dollar.approve(licenses, DOLLARS, sender=researcher)
    with reverts(licenses.AccessLicense_BadSignature, buyer=researcher):
        submit(dollar_order, sender=stranger)  # an allowance is no order
    submit(dollar_order, sender=stranger, signature=signature)
    paid()


@pytest.mark.parametrize("by", ["researcher", "stranger"])
def test_by_permit(licenses, dollar, dollar_order, signature, submit, researcher, actors, paid, by):
    payment = permit(researcher, dollar, licenses.address, DOLLARS)
    tx = submit(dollar_order, sender=getattr(actors, by), signature=signature, payment=payment)
    assert dollar.Approval(owner=researcher, spender=licenses, value=DOLLARS) in tx.events
    assert dollar.Transfer(**{"from": researcher, "to": licenses, "value": DOLLARS}) in tx.events
    paid()


def test_a_permit_that_somebody_submitted(
    licenses, dollar, dollar_order, signature, submit, researcher, second, stranger, paid
):
    p = permit(researcher, dollar, licenses.address, DOLLARS)
    dollar.permit(researcher, licenses, DOLLARS, p["deadline"], p["v"], p["r"], p["s"], sender=second)
    submit(dollar_order, sender=stranger, signature=signature, payment=p)
    paid()


def test_a_permit_that_is_wrong(licenses, dollar, dollar_order, submit, researcher, stranger, now, wait):
    expired = now() + 100
    wait(200)
    for payment in (
        permit(stranger, dollar, licenses.address, DOLLARS),
        permit(researcher, dollar, licenses.address, DOLLARS - 1),
        permit(researcher, dollar, licenses.address, DOLLARS, deadline=expired),
    ):
        with reverts(dollar.ERC20InsufficientAllowance, spender=licenses, allowance=0, needed=DOLLARS):
            submit(dollar_order, payment=payment)


def test_a_permit_that_nothing_covers(licenses, dollar, dollar_order, submit, researcher, stranger):
    dollar.transfer(stranger, 4 * DOLLARS, sender=researcher)
    payment = permit(researcher, dollar, licenses.address, DOLLARS)
    with reverts(dollar.ERC20InsufficientBalance, sender=researcher, balance=0, needed=DOLLARS):
        submit(dollar_order, payment=payment)


@pytest.mark.parametrize("by", ["researcher", "stranger"])
def test_by_authorization(licenses, dollar, dollar_order, signature, submit, researcher, actors, paid, by):
    payment = authorization(researcher, dollar, licenses.address, DOLLARS, NONCE)
    tx = submit(dollar_order, sender=getattr(actors, by), signature=signature, payment=payment)
    assert dollar.Transfer(**{"from": researcher, "to": licenses, "value": DOLLARS}) in tx.events
    assert dollar.authorizationState(researcher, NONCE)
    paid()


def test_an_authorization_that_is_wrong(licenses, dollar, dollar_order, submit, researcher, stranger):
    for payment in (
        authorization(stranger, dollar, licenses.address, DOLLARS, NONCE),
        authorization(researcher, dollar, licenses.address, DOLLARS - 1, NONCE),
        authorization(researcher, dollar, stranger.address, DOLLARS, NONCE),
    ):
        with ape.reverts("bad signature"):
            submit(dollar_order, payment=payment)
    with ape.reverts("not now"):
        submit(
            dollar_order,
            payment=authorization(researcher, dollar, licenses.address, DOLLARS, NONCE, deadline=1),
        )


def test_an_authorization_only_once(licenses, dollar, dollar_order, submit, researcher):
    payment = authorization(researcher, dollar, licenses.address, DOLLARS, NONCE)
    submit(dollar_order, payment=payment)
    with ape.reverts("used"):
        submit(dollar_order, payment=payment)
    assert licenses.licenseCount() == 1


def test_nobody_else_uses_an_authorization(licenses, dollar, researcher, stranger):
    p = authorization(researcher, dollar, licenses.address, DOLLARS, NONCE)
    with ape.reverts("not the payee"):
        dollar.receiveWithAuthorization(
            researcher, licenses, DOLLARS, 0, p["deadline"], NONCE, p["v"], p["r"], p["s"], sender=stranger
        )


def test_a_fee_on_transfer(licenses, forge_contract, make_offer, order, submit, dollar_order, actors):
    token = actors.deployer.deploy(forge_contract("FeeToken"))
    token.mint(actors.researcher, DOLLARS, sender=actors.researcher)
    token.approve(licenses, DOLLARS, sender=actors.researcher)
    offer = make_offer(price=DOLLARS, currency=token.address)
    kept = DOLLARS - DOLLARS // 100
    with reverts(licenses.AccessLicense_WrongAmountReceived, currency=token, got=kept, required=DOLLARS):
        submit(order(offer, price=DOLLARS, currency=token.address))
    token.setFee(0, sender=actors.deployer)
    submit(order(offer, price=DOLLARS, currency=token.address))
    assert token.balanceOf(licenses) == DOLLARS


@pytest.mark.parametrize("method", [Method.DIRECT, Method.PERMIT, Method.AUTHORIZATION])
def test_a_free_offer(licenses, dollar, make_offer, order, submit, dollar_order, method):
    offer = make_offer(price=0, currency=dollar.address)
    submit(order(offer, price=0, currency=dollar.address), payment={**DIRECT, "method": method})
    assert licenses.licenseOf(licenses.licenseCount()).state == License.PURCHASED
    assert dollar.balanceOf(licenses) == 0
