"""AccessLicense.reject

├── given a licence that does not exist: reverts AccessLicense_UnknownLicense
├── given another sender than the dataset's owner: reverts AccessLicense_NotDatasetOwner
├── given a delivered, refunded or rejected licence: reverts AccessLicense_WrongState
└── given one in review or purchased: Rejected, the buyer is credited in what it paid
"""

import pytest
from reverting import reverts
from vocabulary import DAY, DOLLARS, PRICE, ZERO, License, word

NO = word("no")


def test_needs_a_licence(licenses, hospital):
    with reverts(licenses.AccessLicense_UnknownLicense, licenseId=9):
        licenses.reject(9, NO, sender=hospital)


@pytest.mark.parametrize("by", ["stranger", "custodian", "researcher"])
def test_needs_the_owner(licenses, in_review, actors, by):
    sender, dataset = getattr(actors, by), licenses.licenseOf(in_review).datasetId
    with reverts(licenses.AccessLicense_NotDatasetOwner, datasetId=dataset, got=sender):
        licenses.reject(in_review, NO, sender=sender)


def test_not_after_the_delivery(licenses, delivered, hospital):
    with reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.DELIVERED):
        licenses.reject(delivered, NO, sender=hospital)


def test_not_after_a_refund(licenses, purchased, hospital, researcher, wait):
    wait(2 * DAY + 1)
    licenses.refund(purchased, sender=researcher)
    with reverts(licenses.AccessLicense_WrongState, licenseId=purchased, got=License.REFUNDED):
        licenses.reject(purchased, NO, sender=hospital)
    assert licenses.owed(researcher, ZERO) == PRICE


def test_in_review(licenses, in_review, hospital, researcher):
    tx = licenses.reject(in_review, NO, sender=hospital)
    assert tx.events == [
        licenses.LicenseRejected(licenseId=in_review, by=hospital, reason=NO),
        licenses.LicenseRefunded(licenseId=in_review, amount=PRICE),
    ]
    got = licenses.licenseOf(in_review)
    assert (got.state, got.deadline, got.expiresAt) == (License.REJECTED, 0, 0)
    assert licenses.owed(researcher, ZERO) == PRICE
    with reverts(licenses.AccessLicense_WrongState, licenseId=in_review, got=License.REJECTED):
        licenses.reject(in_review, NO, sender=hospital)


def test_a_purchase_after_its_deadline(licenses, purchased, hospital, researcher, wait):
    wait(2 * DAY + 1)
    licenses.reject(purchased, NO, sender=hospital)
    assert licenses.licenseOf(purchased).state == License.REJECTED
    assert licenses.owed(researcher, ZERO) == PRICE


def test_what_was_paid_in_dollars(licenses, dollar, paid_in_dollars, hospital, researcher):
    licenses.reject(paid_in_dollars, NO, sender=hospital)
    assert licenses.owed(researcher, dollar) == DOLLARS
    assert licenses.owed(researcher, ZERO) == 0
