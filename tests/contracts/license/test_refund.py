"""AccessLicense.refund

├── given a licence that is delivered, settled or refunded: reverts AccessLicense_WrongState
├── given the deadline has not passed: reverts AccessLicense_TooEarly
├── given a withdrawn version before delivery: the buyer is credited at once
└── given the deadline has passed, by anyone: Refunded, the buyer is credited, never active
"""

import ape
from vocabulary import DAY, PRICE, License, Right, word


def test_not_after_delivery(licenses, delivered, researcher, wait):
    wait(60 * DAY)
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.DELIVERED):
        licenses.refund(delivered, sender=researcher)
    licenses.claim(delivered, sender=researcher)
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.SETTLED):
        licenses.refund(delivered, sender=researcher)


def test_not_before_the_deadline(licenses, purchased, researcher):
    until = licenses.licenseOf(purchased).deadline
    with ape.reverts(licenses.AccessLicense_TooEarly, licenseId=purchased, until=until):
        licenses.refund(purchased, sender=researcher)


def test_after_the_deadline(licenses, purchased, dataset, researcher, stranger, custodian, wait):
    wait(2 * DAY + 1)
    tx = licenses.refund(purchased, sender=stranger)
    assert tx.events == [licenses.LicenseRefunded(licenseId=purchased, amount=PRICE)]
    assert licenses.licenseOf(purchased).state == License.REFUNDED
    assert licenses.owed(researcher) == PRICE
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=purchased, got=License.REFUNDED):
        licenses.refund(purchased, sender=stranger)
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=purchased, got=License.REFUNDED):
        licenses.deliver(purchased, word("late"), sender=custodian)


def test_at_once_when_withdrawn(licenses, datasets, purchased, dataset, hospital, researcher):
    datasets.withdraw(dataset, 1, sender=hospital)
    licenses.refund(purchased, sender=researcher)
    assert licenses.owed(researcher) == PRICE


def test_withdrawal_does_not_refund_what_was_delivered(
    licenses, datasets, delivered, dataset, hospital, researcher
):
    datasets.withdraw(dataset, 1, sender=hospital)
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.DELIVERED):
        licenses.refund(delivered, sender=researcher)


def test_buying_again_after_a_refund(licenses, purchased, offer, dataset, researcher, wait, buy, deliver):
    wait(2 * DAY + 1)
    licenses.refund(purchased, sender=researcher)
    deliver(buy(offer))
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
