"""AccessLicense.collect

├── given nothing owed, or nothing in this currency: reverts AccessLicense_NothingOwed
├── given an account that takes no ETH: reverts AccessLicense_TransferFailed, and it stays owed
└── otherwise, by anyone: pays the account out, once, in this currency alone
"""

import pytest
from reverting import reverts
from vocabulary import DOLLARS, PRICE, ZERO


def test_needs_a_debt(licenses, settled, dollar, stranger, hospital):
    for account, currency in ((stranger, ZERO), (hospital, dollar), (hospital, stranger), (ZERO, ZERO)):
        with reverts(licenses.AccessLicense_NothingOwed, account=account, currency=currency):
            licenses.collect(account, currency, sender=stranger)


@pytest.mark.parametrize("by", ["hospital", "stranger"])
def test_collect(licenses, settled, hospital, actors, chain, by):
    before = hospital.balance
    tx = licenses.collect(hospital, ZERO, sender=getattr(actors, by))
    assert tx.events == [licenses.Collected(account=hospital, currency=ZERO, amount=PRICE, to=hospital)]
    fees = tx.total_fees_paid if by == "hospital" else 0
    assert hospital.balance == before + PRICE - fees
    assert licenses.owed(hospital, ZERO) == licenses.balance == 0
    with reverts(licenses.AccessLicense_NothingOwed, account=hospital, currency=ZERO):
        licenses.collect(hospital, ZERO, sender=hospital)


def test_dollars(licenses, settled, dollar, paid_in_dollars, settle, hospital, stranger):
    settle(paid_in_dollars)
    before = dollar.balanceOf(hospital)
    tx = licenses.collect(hospital, dollar, sender=stranger)
    assert tx.events == [
        licenses.Collected(account=hospital, currency=dollar, amount=DOLLARS, to=hospital),
        dollar.Transfer(**{"from": licenses, "to": hospital, "value": DOLLARS}),
    ]
    assert dollar.balanceOf(hospital) == before + DOLLARS
    assert dollar.balanceOf(licenses) == licenses.owed(hospital, dollar) == 0
    assert licenses.owed(hospital, ZERO) == licenses.balance == PRICE


def test_stays_owed_when_the_transfer_fails(
    licenses, datasets, delivered, keys, dataset, hospital, researcher
):
    datasets.transferFrom(hospital, keys.address, dataset, sender=hospital)
    licenses.confirm(delivered, sender=researcher)
    owed = PRICE - PRICE * 5 // 100
    with reverts(licenses.AccessLicense_TransferFailed, to=keys, amount=owed):
        licenses.collect(keys, ZERO, sender=researcher)
    assert licenses.owed(keys, ZERO) == owed
    licenses.collect(hospital, ZERO, sender=hospital)  # nobody else is held up


def test_a_token_that_charges_the_contract(
    licenses, forge_contract, make_offer, buy, settle, actors, researcher, hospital, stranger, dataset
):
    """What it charges on top belongs to others, so it is not paid out."""
    token = actors.deployer.deploy(forge_contract("FeeToken"))
    token.setFee(0, sender=stranger)
    offer = make_offer(price=1000, currency=token.address)
    for _ in range(2):
        token.mint(researcher, 1000, sender=stranger)
        token.approve(licenses, 1000, sender=researcher)
        bought = buy(offer, value=0)
    settle(bought)
    token.setOnTop(True, sender=stranger)
    token.setFee(100, sender=stranger)
    with reverts(licenses.AccessLicense_TransferFailed, to=hospital, amount=1000):
        licenses.collect(hospital, token, sender=hospital)
    assert (token.balanceOf(licenses), licenses.owed(hospital, token)) == (2000, 1000)
    token.setFee(0, sender=stranger)
    licenses.collect(hospital, token, sender=hospital)
    assert (token.balanceOf(licenses), token.balanceOf(hospital)) == (1000, 1000)


def test_a_contract_that_takes_it(licenses, datasets, delivered, wallet, dataset, hospital, researcher):
    datasets.transferFrom(hospital, wallet, dataset, sender=hospital)
    licenses.confirm(delivered, sender=researcher)
    before = wallet.balance
    licenses.collect(wallet, ZERO, sender=researcher)
    assert wallet.balance == before + PRICE - PRICE * 5 // 100
