"""AccessLicense.collectTo

├── given nothing owed to the sender: reverts AccessLicense_NothingOwed, whatever is owed to others
├── given a receiver that takes no ETH, or this contract itself: reverts AccessLicense_TransferFailed
└── otherwise: pays what is owed to the sender to whom it says
"""

import pytest
from reverting import reverts
from vocabulary import DOLLARS, PRICE, ZERO


def test_is_for_the_sender_alone(licenses, settled, stranger):
    with reverts(licenses.AccessLicense_NothingOwed, account=stranger, currency=ZERO):
        licenses.collectTo(stranger, ZERO, sender=stranger)


@pytest.mark.parametrize("receiver", ["keys", "licenses"])
def test_stays_owed_when_the_transfer_fails(licenses, settled, hospital, request, receiver):
    to = request.getfixturevalue(receiver)
    with reverts(licenses.AccessLicense_TransferFailed, to=to, amount=PRICE):
        licenses.collectTo(to, ZERO, sender=hospital)
    assert licenses.owed(hospital, ZERO) == PRICE


def test_no_dollars_to_itself(licenses, dollar, paid_in_dollars, settle, hospital):
    settle(paid_in_dollars)
    with reverts(licenses.AccessLicense_TransferFailed, to=licenses, amount=DOLLARS):
        licenses.collectTo(licenses, dollar, sender=hospital)


def test_collect_to(licenses, settled, hospital, stranger):
    before = stranger.balance
    tx = licenses.collectTo(stranger, ZERO, sender=hospital)
    assert tx.events == [licenses.Collected(account=hospital, currency=ZERO, amount=PRICE, to=stranger)]
    assert stranger.balance == before + PRICE
    assert licenses.owed(hospital, ZERO) == licenses.balance == 0
    with reverts(licenses.AccessLicense_NothingOwed, account=hospital, currency=ZERO):
        licenses.collectTo(stranger, ZERO, sender=hospital)


def test_dollars(licenses, dollar, paid_in_dollars, settle, hospital, stranger):
    settle(paid_in_dollars)
    licenses.collectTo(stranger, dollar, sender=hospital)
    assert dollar.balanceOf(stranger) == DOLLARS
    assert licenses.owed(hospital, dollar) == dollar.balanceOf(licenses) == 0


def test_for_an_account_that_takes_no_eth(
    licenses, datasets, delivered, wallet, dataset, hospital, researcher, stranger, as_wallet
):
    """A contract whose income is stuck otherwise sends it elsewhere."""
    datasets.transferFrom(hospital, wallet, dataset, sender=hospital)
    licenses.confirm(delivered, sender=researcher)
    owed, before = licenses.owed(wallet, ZERO), researcher.balance
    assert owed == PRICE - PRICE * 5 // 100
    as_wallet(licenses.collectTo, researcher, ZERO)
    assert researcher.balance == before + owed
