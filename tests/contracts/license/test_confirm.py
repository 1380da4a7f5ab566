"""AccessLicense.confirm

├── given a licence that does not exist: reverts AccessLicense_UnknownLicense
├── given another sender than the licensee: reverts AccessLicense_NotLicensee
├── given a licence that is not Delivered: reverts AccessLicense_WrongState
└── otherwise: Settled, the dataset's owner is credited in what was paid
    └── of a resold dataset: less the royalty, rounded down, which is the first publisher's
"""

import pytest
from reverting import reverts
from vocabulary import DAY, DOLLARS, PRICE, ZERO, License


def test_needs_a_licence(licenses, researcher):
    with reverts(licenses.AccessLicense_UnknownLicense, licenseId=9):
        licenses.confirm(9, sender=researcher)


@pytest.mark.parametrize("by", ["hospital", "stranger"])
def test_needs_the_licensee(licenses, delivered, actors, by):
    sender = getattr(actors, by)
    with reverts(licenses.AccessLicense_NotLicensee, licenseId=delivered, got=sender):
        licenses.confirm(delivered, sender=sender)


def test_needs_a_delivery(licenses, purchased, researcher):
    with reverts(licenses.AccessLicense_WrongState, licenseId=purchased, got=License.PURCHASED):
        licenses.confirm(purchased, sender=researcher)


def test_not_while_disputed(licenses, disputed, researcher):
    with reverts(licenses.AccessLicense_WrongState, licenseId=disputed, got=License.DISPUTED):
        licenses.confirm(disputed, sender=researcher)


def test_confirm(licenses, delivered, researcher, hospital, wait):
    wait(10 * DAY)  # the licensee may, after the dispute window too
    tx = licenses.confirm(delivered, sender=researcher)
    assert tx.events == [licenses.LicenseSettled(licenseId=delivered, paid=PRICE)]
    got = licenses.licenseOf(delivered)
    assert (got.state, got.deadline) == (License.SETTLED, 0)
    assert licenses.owed(hospital, ZERO) == PRICE
    assert licenses.isActive(delivered)
    with reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.SETTLED):
        licenses.confirm(delivered, sender=researcher)
    assert licenses.owed(hospital, ZERO) == PRICE


def test_what_was_paid_in_dollars(licenses, dollar, paid_in_dollars, settle, hospital):
    settle(paid_in_dollars)
    assert (licenses.owed(hospital, dollar), licenses.owed(hospital, ZERO)) == (DOLLARS, 0)


def test_royalty_of_a_resold_dataset(licenses, datasets, delivered, dataset, hospital, stranger, researcher):
    datasets.transferFrom(hospital, stranger, dataset, sender=hospital)
    licenses.confirm(delivered, sender=researcher)
    assert licenses.owed(hospital, ZERO) == PRICE * 5 // 100
    assert licenses.owed(stranger, ZERO) == PRICE - PRICE * 5 // 100
    assert licenses.balance == PRICE


@pytest.mark.parametrize(("price", "royalty"), [(19, 0), (21, 1)])
def test_royalty_rounds_in_favour_of_the_owner(
    licenses, datasets, make_offer, buy, deliver, dataset, hospital, stranger, researcher, price, royalty
):
    license_id = deliver(buy(make_offer(price=price), value=price))
    datasets.transferFrom(hospital, stranger, dataset, sender=hospital)
    licenses.confirm(license_id, sender=researcher)
    assert (licenses.owed(hospital, ZERO), licenses.owed(stranger, ZERO)) == (royalty, price - royalty)
