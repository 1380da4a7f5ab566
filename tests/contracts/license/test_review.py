"""AccessLicense.approve, reject

approve
├── given another sender than the dataset's owner: reverts AccessLicense_NotDatasetOwner
├── given a licence that is not in review: reverts AccessLicense_WrongState
├── given the deadline has passed: reverts AccessLicense_TooLate
└── otherwise: Purchased, and the time for delivery starts anew
reject
├── given another sender than the owner: reverts AccessLicense_NotDatasetOwner
├── given a delivered licence: reverts AccessLicense_WrongState
└── given one in review or purchased: Rejected, the buyer is credited
"""

import ape
import pytest
from vocabulary import DAY, PRICE, Duo, License, word


@pytest.fixture
def in_review(licenses, publish, terms_of_sale, hospital, buy):
    dataset = publish(hospital, terms=Duo.GRU | Duo.PS)
    licenses.createOffer(terms_of_sale(dataset), sender=hospital)
    return buy(licenses.offerCount(), Duo.GRU)


def test_approve_needs_the_owner(licenses, in_review, stranger):
    dataset = licenses.licenseOf(in_review).datasetId
    with ape.reverts(licenses.AccessLicense_NotDatasetOwner, datasetId=dataset, got=stranger):
        licenses.approve(in_review, sender=stranger)


def test_approve_needs_a_review(licenses, purchased, hospital):
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=purchased, got=License.PURCHASED):
        licenses.approve(purchased, sender=hospital)


def test_approve_in_time(licenses, in_review, hospital, wait):
    deadline = licenses.licenseOf(in_review).deadline
    wait(2 * DAY + 1)
    with ape.reverts(licenses.AccessLicense_TooLate, licenseId=in_review, since=deadline):
        licenses.approve(in_review, sender=hospital)


def test_approve(licenses, in_review, hospital, wait):
    wait(DAY)
    tx = licenses.approve(in_review, sender=hospital)
    assert tx.events == [licenses.LicenseApproved(licenseId=in_review, by=hospital)]
    got = licenses.licenseOf(in_review)
    assert (got.state, got.deadline) == (License.PURCHASED, tx.timestamp + 2 * DAY)
    licenses.deliver(in_review, word("envelope"), sender=hospital)
    assert licenses.isActive(in_review)


def test_no_delivery_in_review(licenses, in_review, hospital):
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=in_review, got=License.IN_REVIEW):
        licenses.deliver(in_review, word("envelope"), sender=hospital)


def test_reject_needs_the_owner(licenses, in_review, custodian):
    dataset = licenses.licenseOf(in_review).datasetId
    with ape.reverts(licenses.AccessLicense_NotDatasetOwner, datasetId=dataset, got=custodian):
        licenses.reject(in_review, word("no"), sender=custodian)


def test_reject_needs_an_undelivered_licence(licenses, delivered, hospital):
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.DELIVERED):
        licenses.reject(delivered, word("no"), sender=hospital)


def test_reject_in_review(licenses, in_review, hospital, researcher):
    tx = licenses.reject(in_review, word("no"), sender=hospital)
    assert tx.events == [
        licenses.LicenseRejected(licenseId=in_review, by=hospital, reason=word("no")),
        licenses.LicenseRefunded(licenseId=in_review, amount=PRICE),
    ]
    assert licenses.licenseOf(in_review).state == License.REJECTED
    assert licenses.owed(researcher) == PRICE
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=in_review, got=License.REJECTED):
        licenses.reject(in_review, word("no"), sender=hospital)


def test_reject_a_purchase(licenses, purchased, hospital, researcher):
    licenses.reject(purchased, word("no"), sender=hospital)
    assert licenses.licenseOf(purchased).state == License.REJECTED
    assert licenses.owed(researcher) == PRICE


def test_review_left_alone_is_refunded(licenses, in_review, researcher, stranger, wait):
    wait(2 * DAY + 1)
    licenses.refund(in_review, sender=stranger)
    assert licenses.licenseOf(in_review).state == License.REFUNDED
    assert licenses.owed(researcher) == PRICE
