"""AccessLicense.confirm, claim, collect

confirm
├── given another sender than the licensee: reverts AccessLicense_NotLicensee
├── given a licence that is not Delivered: reverts AccessLicense_WrongState
└── otherwise: Settled, the owner is credited
claim
├── given a licence that is not Delivered: reverts AccessLicense_WrongState
├── given the dispute window is open: reverts AccessLicense_TooEarly
└── otherwise, by anyone: Settled, the owner is credited
a resold dataset
└── the new owner is credited less the royalty, the first publisher the royalty
collect
├── given nothing owed: reverts AccessLicense_NothingOwed
├── given an account that takes no money: reverts AccessLicense_TransferFailed, and still owes
└── otherwise, by anyone: pays out once
"""

import ape
from vocabulary import DAY, PRICE, License


def test_confirm_needs_the_licensee(licenses, delivered, hospital):
    with ape.reverts(licenses.AccessLicense_NotLicensee, licenseId=delivered, got=hospital):
        licenses.confirm(delivered, sender=hospital)


def test_confirm_needs_a_delivery(licenses, purchased, researcher):
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=purchased, got=License.PURCHASED):
        licenses.confirm(purchased, sender=researcher)


def test_confirm(licenses, delivered, researcher, hospital):
    tx = licenses.confirm(delivered, sender=researcher)
    assert tx.events == [licenses.LicenseSettled(licenseId=delivered, paid=PRICE)]
    assert licenses.licenseOf(delivered).state == License.SETTLED
    assert licenses.owed(hospital) == PRICE
    assert licenses.isActive(delivered)
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.SETTLED):
        licenses.confirm(delivered, sender=researcher)
    assert licenses.owed(hospital) == PRICE


def test_claim_needs_a_delivery(licenses, purchased, hospital):
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=purchased, got=License.PURCHASED):
        licenses.claim(purchased, sender=hospital)


def test_claim_after_the_dispute_window(licenses, delivered, hospital, stranger, wait):
    until = licenses.licenseOf(delivered).deadline
    with ape.reverts(licenses.AccessLicense_TooEarly, licenseId=delivered, until=until):
        licenses.claim(delivered, sender=hospital)
    wait(3 * DAY + 1)
    licenses.claim(delivered, sender=stranger)
    assert licenses.owed(hospital) == PRICE
    assert licenses.licenseOf(delivered).state == License.SETTLED


def test_royalty_of_a_resold_dataset(licenses, datasets, delivered, dataset, hospital, stranger, researcher):
    datasets.transferFrom(hospital, stranger, dataset, sender=hospital)
    licenses.confirm(delivered, sender=researcher)
    assert licenses.owed(hospital) == PRICE * 5 // 100
    assert licenses.owed(stranger) == PRICE - PRICE * 5 // 100
    assert licenses.balance == PRICE


def test_royalty_rounds_in_favour_of_the_owner(
    licenses, datasets, make_offer, buy, deliver, dataset, hospital, stranger, researcher
):
    license_id = deliver(buy(make_offer(price=21), value=21))
    datasets.transferFrom(hospital, stranger, dataset, sender=hospital)
    licenses.confirm(license_id, sender=researcher)
    assert (licenses.owed(hospital), licenses.owed(stranger)) == (1, 20)


def test_collect_needs_a_debt(licenses, stranger):
    with ape.reverts(licenses.AccessLicense_NothingOwed, account=stranger):
        licenses.collect(stranger, sender=stranger)


def test_collect(licenses, settled, hospital, stranger):
    before = hospital.balance
    tx = licenses.collect(hospital, sender=stranger)
    assert tx.events == [licenses.Collected(account=hospital, amount=PRICE)]
    assert hospital.balance == before + PRICE
    assert licenses.owed(hospital) == licenses.balance == 0
    with ape.reverts(licenses.AccessLicense_NothingOwed, account=hospital):
        licenses.collect(hospital, sender=hospital)


def test_money_stays_owed_when_the_transfer_fails(
    licenses, datasets, delivered, keys, dataset, hospital, researcher
):
    datasets.transferFrom(hospital, keys.address, dataset, sender=hospital)
    licenses.confirm(delivered, sender=researcher)
    owed = PRICE - PRICE * 5 // 100
    with ape.reverts(licenses.AccessLicense_TransferFailed, to=keys.address, amount=owed):
        licenses.collect(keys.address, sender=researcher)
    assert licenses.owed(keys.address) == owed
    licenses.collect(hospital, sender=hospital)  # nobody else is held up
