"""AccessLicense.deliver

├── given a licence that is not Purchased: reverts AccessLicense_WrongState
├── given the deadline has passed: reverts AccessLicense_TooLate
├── given an empty envelope: reverts AccessLicense_EmptyField
├── given neither owner nor custodian: reverts AccessLicense_NotCustodian
├── given the version was withdrawn: reverts AccessLicense_Withdrawn
└── otherwise: Delivered; access and expiry start, the dispute window opens
"""

import ape
import pytest
from vocabulary import DAY, License, Right, word

ENVELOPE = word("envelope")


def test_needs_a_purchase(licenses, delivered, custodian):
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.DELIVERED):
        licenses.deliver(delivered, ENVELOPE, sender=custodian)
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=99, got=License.NONE):
        licenses.deliver(99, ENVELOPE, sender=custodian)


def test_in_time(licenses, purchased, custodian, wait):
    deadline = licenses.licenseOf(purchased).deadline
    wait(2 * DAY + 1)
    with ape.reverts(licenses.AccessLicense_TooLate, licenseId=purchased, since=deadline):
        licenses.deliver(purchased, ENVELOPE, sender=custodian)


def test_needs_an_envelope(licenses, purchased, custodian):
    with ape.reverts(licenses.AccessLicense_EmptyField, field="envelope"):
        licenses.deliver(purchased, bytes(32), sender=custodian)


def test_needs_owner_or_custodian(licenses, purchased, dataset, researcher):
    with ape.reverts(licenses.AccessLicense_NotCustodian, datasetId=dataset, got=researcher):
        licenses.deliver(purchased, ENVELOPE, sender=researcher)


def test_needs_consent(licenses, datasets, purchased, dataset, hospital):
    datasets.withdraw(dataset, 1, sender=hospital)
    with ape.reverts(licenses.AccessLicense_Withdrawn, datasetId=dataset, version=1):
        licenses.deliver(purchased, ENVELOPE, sender=hospital)


@pytest.mark.parametrize("by", ["hospital", "custodian"])
def test_deliver(licenses, purchased, dataset, researcher, stranger, actors, by):
    tx = licenses.deliver(purchased, ENVELOPE, sender=getattr(actors, by))
    end = tx.timestamp + 30 * DAY
    assert tx.events == [licenses.KeyDelivered(licenseId=purchased, envelope=ENVELOPE, expiresAt=end)]
    got = licenses.licenseOf(purchased)
    assert (got.state, got.envelope) == (License.DELIVERED, ENVELOPE)
    assert (got.deadline, got.expiresAt) == (tx.timestamp + 3 * DAY, end)
    assert licenses.expiresAt(purchased) == end
    assert licenses.isActive(purchased)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    assert not licenses.hasAccess(dataset, researcher, Right.TRAIN)
    assert not licenses.hasAccess(dataset, researcher, Right.INFER)
    assert not licenses.hasAccess(dataset, stranger, Right.DOWNLOAD)
    assert not licenses.hasAccess(dataset + 1, researcher, Right.DOWNLOAD)


def test_without_end(licenses, make_offer, buy, deliver):
    license_id = deliver(buy(make_offer(duration=0)))
    assert licenses.expiresAt(license_id) == 2**40 - 1


def test_a_former_custodian_cannot_deliver(
    licenses, datasets, purchased, dataset, hospital, custodian, stranger
):
    datasets.transferFrom(hospital, stranger, dataset, sender=hospital)
    for former in (custodian, hospital):
        with ape.reverts(licenses.AccessLicense_NotCustodian, datasetId=dataset, got=former):
            licenses.deliver(purchased, ENVELOPE, sender=former)
    licenses.deliver(purchased, ENVELOPE, sender=stranger)
    assert licenses.isActive(purchased)


def test_the_licensed_version_is_fixed(
    licenses, datasets, purchased, dataset, publication, hospital, deliver
):
    datasets.publishVersion(dataset, publication("revised"), sender=hospital)
    deliver(purchased)
    assert licenses.licenseOf(purchased).version == 1
    assert licenses.tokenURI(purchased).endswith(word("cohort card").hex())
