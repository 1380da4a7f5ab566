"""AccessLicense.consume

├── given a licence that does not exist: reverts AccessLicense_UnknownLicense
├── given neither licensee, owner nor custodian: reverts AccessLicense_NotLicensee
├── given a licence that is not delivered, disputed, ended, used up: reverts AccessLicense_NotActive
├── given a licence to train on a version that was withdrawn: reverts AccessLicense_NotActive
└── otherwise: one use less; uncounted uses stay uncounted
"""

import pytest
from reverting import reverts
from vocabulary import DAY, UNCOUNTED, Right


def test_needs_a_licence(licenses, researcher):
    with reverts(licenses.AccessLicense_UnknownLicense, licenseId=9):
        licenses.consume(9, sender=researcher)


@pytest.mark.parametrize("by", ["stranger", "arbiter"])
def test_needs_a_party(licenses, settled, actors, by):
    sender = getattr(actors, by)
    with reverts(licenses.AccessLicense_NotLicensee, licenseId=settled, got=sender):
        licenses.consume(settled, sender=sender)


def test_needs_a_delivery(licenses, purchased, researcher):
    with reverts(licenses.AccessLicense_NotActive, licenseId=purchased):
        licenses.consume(purchased, sender=researcher)


def test_not_while_disputed(licenses, disputed, researcher):
    with reverts(licenses.AccessLicense_NotActive, licenseId=disputed):
        licenses.consume(disputed, sender=researcher)


def test_counts_down(licenses, make_offer, buy, deliver, dataset, researcher, hospital, custodian):
    license_id = deliver(buy(make_offer(uses=3)))
    for left, sender in ((2, researcher), (1, hospital), (0, custodian)):
        tx = licenses.consume(license_id, sender=sender)
        assert tx.events == [licenses.LicenseConsumed(licenseId=license_id, usesLeft=left)]
        assert licenses.licenseOf(license_id).usesLeft == left
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    with reverts(licenses.AccessLicense_NotActive, licenseId=license_id):
        licenses.consume(license_id, sender=researcher)


def test_uncounted(licenses, settled, researcher):
    tx = licenses.consume(settled, sender=researcher)
    assert tx.events == [licenses.LicenseConsumed(licenseId=settled, usesLeft=UNCOUNTED)]
    assert licenses.licenseOf(settled).usesLeft == UNCOUNTED


def test_ends_with_the_licence(licenses, settled, researcher, wait):
    wait(30 * DAY)
    with reverts(licenses.AccessLicense_NotActive, licenseId=settled):
        licenses.consume(settled, sender=researcher)


def test_withdrawal_ends_training_alone(
    licenses, datasets, make_offer, buy, deliver, settled, dataset, hospital, researcher
):
    training = deliver(buy(make_offer(right=Right.TRAIN)))
    licenses.consume(training, sender=researcher)
    datasets.withdraw(dataset, 1, sender=hospital)
    for sender in (researcher, hospital):
        with reverts(licenses.AccessLicense_NotActive, licenseId=training):
            licenses.consume(training, sender=sender)
    licenses.consume(settled, sender=researcher)
