"""AccessLicense.approve

├── given a licence that does not exist: reverts AccessLicense_UnknownLicense
├── given another sender than the dataset's owner: reverts AccessLicense_NotDatasetOwner
├── given a licence that is not in review: reverts AccessLicense_WrongState
├── given the deadline has passed: reverts AccessLicense_TooLate
└── otherwise: Purchased, and the time for delivery starts anew
"""

import pytest
from reverting import reverts
from vocabulary import DAY, License, word


def test_needs_a_licence(licenses, hospital):
    with reverts(licenses.AccessLicense_UnknownLicense, licenseId=9):
        licenses.approve(9, sender=hospital)


@pytest.mark.parametrize("by", ["stranger", "custodian", "researcher"])
def test_needs_the_owner(licenses, in_review, actors, by):
    sender, dataset = getattr(actors, by), licenses.licenseOf(in_review).datasetId
    with reverts(licenses.AccessLicense_NotDatasetOwner, datasetId=dataset, got=sender):
        licenses.approve(in_review, sender=sender)


def test_needs_a_review(licenses, purchased, hospital):
    with reverts(licenses.AccessLicense_WrongState, licenseId=purchased, got=License.PURCHASED):
        licenses.approve(purchased, sender=hospital)


def test_in_time(licenses, in_review, hospital, wait):
    deadline = licenses.licenseOf(in_review).deadline
    wait(2 * DAY + 1)
    with reverts(licenses.AccessLicense_TooLate, licenseId=in_review, since=deadline):
        licenses.approve(in_review, sender=hospital)


def test_no_delivery_before(licenses, in_review, hospital):
    with reverts(licenses.AccessLicense_WrongState, licenseId=in_review, got=License.IN_REVIEW):
        licenses.deliver(in_review, word("envelope"), sender=hospital)


def test_approve(licenses, in_review, hospital, wait):
    wait(DAY)
    tx = licenses.approve(in_review, sender=hospital)
    assert tx.events == [licenses.LicenseApproved(licenseId=in_review, by=hospital)]
    got = licenses.licenseOf(in_review)
    assert (got.state, got.deadline) == (License.PURCHASED, tx.timestamp + 2 * DAY)
    with reverts(licenses.AccessLicense_WrongState, licenseId=in_review, got=License.PURCHASED):
        licenses.approve(in_review, sender=hospital)
    licenses.deliver(in_review, word("envelope"), sender=hospital)
    assert licenses.isActive(in_review)
