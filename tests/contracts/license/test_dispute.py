"""AccessLicense.dispute, resolve

dispute
├── given another sender than the licensee: reverts AccessLicense_NotLicensee
├── given a licence that is not Delivered: reverts AccessLicense_WrongState
├── given the window is over: reverts AccessLicense_TooLate
├── given no arbiter: Refunded at once
└── otherwise: Disputed, access stops
resolve
├── given another sender than the arbiter: reverts AccessLicense_NotArbiter
├── given no dispute: reverts AccessLicense_WrongState
├── for the owner: Settled, access is back
└── for the buyer: Refunded
a silent arbiter
└── after 30 days anyone sends the money back to the buyer
"""

import ape
import pytest
from vocabulary import DAY, PRICE, ZERO, License, Right, word

REASON = word("the key does not open it")


@pytest.fixture
def disputed(licenses, delivered, researcher):
    licenses.dispute(delivered, REASON, sender=researcher)
    return delivered


def test_dispute_needs_the_licensee(licenses, delivered, stranger):
    with ape.reverts(licenses.AccessLicense_NotLicensee, licenseId=delivered, got=stranger):
        licenses.dispute(delivered, REASON, sender=stranger)


def test_dispute_needs_a_delivery(licenses, settled, researcher):
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=settled, got=License.SETTLED):
        licenses.dispute(settled, REASON, sender=researcher)


def test_dispute_in_time(licenses, delivered, researcher, wait):
    since = licenses.licenseOf(delivered).deadline
    wait(3 * DAY + 1)
    with ape.reverts(licenses.AccessLicense_TooLate, licenseId=delivered, since=since):
        licenses.dispute(delivered, REASON, sender=researcher)


def test_dispute(licenses, delivered, dataset, researcher, stranger):
    tx = licenses.dispute(delivered, REASON, sender=researcher)
    assert tx.events == [licenses.LicenseDisputed(licenseId=delivered, reason=REASON)]
    got = licenses.licenseOf(delivered)
    assert (got.state, got.deadline) == (License.DISPUTED, tx.timestamp + 30 * DAY)
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    for call in (licenses.claim, licenses.confirm):
        with ape.reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.DISPUTED):
            call(delivered, sender=researcher)


def test_dispute_without_arbiter(licenses, make_offer, buy, deliver, researcher):
    license_id = deliver(buy(make_offer(arbiter=ZERO)))
    licenses.dispute(license_id, REASON, sender=researcher)
    assert licenses.licenseOf(license_id).state == License.REFUNDED
    assert licenses.owed(researcher) == PRICE
    assert not licenses.isActive(license_id)


def test_resolve_needs_the_arbiter(licenses, disputed, hospital):
    with ape.reverts(licenses.AccessLicense_NotArbiter, licenseId=disputed, got=hospital):
        licenses.resolve(disputed, True, sender=hospital)


def test_resolve_needs_a_dispute(licenses, delivered, arbiter):
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.DELIVERED):
        licenses.resolve(delivered, True, sender=arbiter)


def test_resolve_for_the_owner(licenses, disputed, arbiter, hospital, researcher):
    tx = licenses.resolve(disputed, True, sender=arbiter)
    assert tx.events == [
        licenses.DisputeResolved(licenseId=disputed, payOwner=True),
        licenses.LicenseSettled(licenseId=disputed, paid=PRICE),
    ]
    assert licenses.owed(hospital) == PRICE
    assert licenses.isActive(disputed)
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=disputed, got=License.SETTLED):
        licenses.resolve(disputed, False, sender=arbiter)


def test_resolve_for_the_buyer(licenses, disputed, arbiter, researcher):
    tx = licenses.resolve(disputed, False, sender=arbiter)
    assert tx.events == [
        licenses.DisputeResolved(licenseId=disputed, payOwner=False),
        licenses.LicenseRefunded(licenseId=disputed, amount=PRICE),
    ]
    assert licenses.owed(researcher) == PRICE
    assert not licenses.isActive(disputed)


def test_a_silent_arbiter(licenses, disputed, researcher, stranger, hospital, wait):
    until = licenses.licenseOf(disputed).deadline
    with ape.reverts(licenses.AccessLicense_TooEarly, licenseId=disputed, until=until):
        licenses.refund(disputed, sender=researcher)
    wait(30 * DAY + 1)
    licenses.refund(disputed, sender=stranger)
    assert (licenses.owed(researcher), licenses.owed(hospital)) == (PRICE, 0)


def test_withdrawal_does_not_cut_a_dispute_short(licenses, datasets, disputed, dataset, hospital, researcher):
    datasets.withdraw(dataset, 1, sender=hospital)
    until = licenses.licenseOf(disputed).deadline
    with ape.reverts(licenses.AccessLicense_TooEarly, licenseId=disputed, until=until):
        licenses.refund(disputed, sender=researcher)


def test_the_owner_concedes(licenses, disputed, hospital, researcher):
    licenses.revoke(disputed, REASON, sender=hospital)
    assert licenses.licenseOf(disputed).state == License.REVOKED
    assert licenses.owed(researcher) == PRICE
