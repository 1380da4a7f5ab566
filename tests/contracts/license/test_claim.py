"""AccessLicense.claim

├── given a licence that does not exist: reverts AccessLicense_UnknownLicense
├── given a licence that is not Delivered: reverts AccessLicense_WrongState
├── given the dispute window is open: reverts AccessLicense_TooEarly
├── given a training licence whose version was withdrawn: reverts AccessLicense_Withdrawn
└── otherwise, by anyone: Settled, the owner is credited, once
"""

from reverting import reverts
from vocabulary import DAY, PRICE, ZERO, License, Right


def test_needs_a_licence(licenses, hospital):
    with reverts(licenses.AccessLicense_UnknownLicense, licenseId=9):
        licenses.claim(9, sender=hospital)


def test_needs_a_delivery(licenses, purchased, hospital, wait):
    wait(10 * DAY)
    with reverts(licenses.AccessLicense_WrongState, licenseId=purchased, got=License.PURCHASED):
        licenses.claim(purchased, sender=hospital)


def test_not_while_disputed(licenses, disputed, hospital, wait):
    wait(10 * DAY)
    with reverts(licenses.AccessLicense_WrongState, licenseId=disputed, got=License.DISPUTED):
        licenses.claim(disputed, sender=hospital)


def test_after_the_dispute_window(licenses, delivered, hospital, stranger, wait):
    until = licenses.licenseOf(delivered).deadline
    with reverts(licenses.AccessLicense_TooEarly, licenseId=delivered, until=until):
        licenses.claim(delivered, sender=hospital)
    wait(3 * DAY + 1)
    tx = licenses.claim(delivered, sender=stranger)
    assert tx.events == [licenses.LicenseSettled(licenseId=delivered, paid=PRICE)]
    assert licenses.owed(hospital, ZERO) == PRICE
    assert licenses.licenseOf(delivered).state == License.SETTLED
    with reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.SETTLED):
        licenses.claim(delivered, sender=hospital)
    assert licenses.owed(hospital, ZERO) == PRICE


def test_not_for_training_that_was_withdrawn(
    licenses, datasets, dataset, make_offer, buy, deliver, hospital, wait
):
    license_id = deliver(buy(make_offer(right=Right.TRAIN)))
    datasets.withdraw(dataset, 1, sender=hospital)
    wait(3 * DAY + 1)
    with reverts(licenses.AccessLicense_Withdrawn, datasetId=dataset, version=1):
        licenses.claim(license_id, sender=hospital)


def test_a_download_that_was_withdrawn(licenses, datasets, dataset, delivered, hospital, wait):
    datasets.withdraw(dataset, 1, sender=hospital)
    wait(3 * DAY + 1)
    licenses.claim(delivered, sender=hospital)
    assert licenses.owed(hospital, ZERO) == PRICE


def test_after_the_licence_has_ended(licenses, make_offer, buy, deliver, hospital, wait):
    license_id = deliver(buy(make_offer(duration=1)))
    wait(3 * DAY + 1)
    licenses.claim(license_id, sender=hospital)
    assert licenses.owed(hospital, ZERO) == PRICE
    assert not licenses.isActive(license_id)
