"""AccessLicense.dispute

├── given a licence that does not exist: reverts AccessLicense_UnknownLicense
├── given another sender than the licensee: reverts AccessLicense_NotLicensee
├── given a licence that is not Delivered: reverts AccessLicense_WrongState
├── given the window is over: reverts AccessLicense_TooLate
├── given no arbiter: Refunded at once
└── otherwise: Disputed, access stops
"""

from reverting import reverts
from vocabulary import DAY, DOLLARS, PRICE, ZERO, License, Right, word

REASON = word("the key does not open it")


def test_needs_a_licence(licenses, researcher):
    with reverts(licenses.AccessLicense_UnknownLicense, licenseId=9):
        licenses.dispute(9, REASON, sender=researcher)


def test_needs_the_licensee(licenses, delivered, stranger, hospital):
    for sender in (stranger, hospital):
        with reverts(licenses.AccessLicense_NotLicensee, licenseId=delivered, got=sender):
            licenses.dispute(delivered, REASON, sender=sender)


def test_needs_a_delivery(licenses, purchased, researcher):
    with reverts(licenses.AccessLicense_WrongState, licenseId=purchased, got=License.PURCHASED):
        licenses.dispute(purchased, REASON, sender=researcher)


def test_not_after_the_settlement(licenses, settled, researcher):
    with reverts(licenses.AccessLicense_WrongState, licenseId=settled, got=License.SETTLED):
        licenses.dispute(settled, REASON, sender=researcher)


def test_in_time(licenses, delivered, researcher, wait):
    since = licenses.licenseOf(delivered).deadline
    wait(3 * DAY + 1)
    with reverts(licenses.AccessLicense_TooLate, licenseId=delivered, since=since):
        licenses.dispute(delivered, REASON, sender=researcher)


def test_dispute(licenses, delivered, dataset, researcher):
    tx = licenses.dispute(delivered, REASON, sender=researcher)
    assert tx.events == [licenses.LicenseDisputed(licenseId=delivered, reason=REASON)]
    got = licenses.licenseOf(delivered)
    assert (got.state, got.deadline) == (License.DISPUTED, tx.timestamp + 30 * DAY)
    assert not licenses.isActive(delivered)
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    with reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.DISPUTED):
        licenses.dispute(delivered, REASON, sender=researcher)


def test_without_arbiter(licenses, make_offer, buy, deliver, researcher):
    license_id = deliver(buy(make_offer(arbiter=ZERO)))
    tx = licenses.dispute(license_id, REASON, sender=researcher)
    assert tx.events == [
        licenses.LicenseDisputed(licenseId=license_id, reason=REASON),
        licenses.LicenseRefunded(licenseId=license_id, amount=PRICE),
    ]
    assert licenses.licenseOf(license_id).state == License.REFUNDED
    assert licenses.owed(researcher, ZERO) == PRICE
    assert not licenses.isActive(license_id)


def test_without_arbiter_in_dollars(licenses, dollar, make_offer, buy, deliver, researcher):
    dollar.approve(licenses, DOLLARS, sender=researcher)
    offer = make_offer(arbiter=ZERO, price=DOLLARS, currency=dollar.address)
    licenses.dispute(deliver(buy(offer, value=0)), REASON, sender=researcher)
    assert (licenses.owed(researcher, dollar), licenses.owed(researcher, ZERO)) == (DOLLARS, 0)
