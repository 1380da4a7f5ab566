"""AccessLicense.revoke, refundDue

├── given a licence that does not exist: reverts AccessLicense_UnknownLicense
├── given another sender than the dataset's owner: reverts AccessLicense_NotDatasetOwner
├── given an undelivered, refunded or revoked licence: reverts AccessLicense_WrongState
├── given ETH where nothing is paid back: reverts AccessLicense_WrongPrice
├── delivered or disputed: the escrow goes back, whole
├── settled, without proRata: access ends, no money moves
└── settled, with proRata: the owner pays the unused share back, rounded up
    ├── in ETH: given too little, reverts AccessLicense_WrongPrice; what is too much is owed to the owner
    ├── in an ERC-20: from the owner's allowance; without one, reverts as the token does
    ├── by time, by uses, or by the smaller share of both
    └── after the end: nothing
"""

import pytest
from reverting import reverts
from vocabulary import DAY, DOLLARS, PRICE, ZERO, License, Right, word

REASON = word("misuse")


def test_needs_a_licence(licenses, hospital):
    with reverts(licenses.AccessLicense_UnknownLicense, licenseId=9):
        licenses.revoke(9, REASON, sender=hospital)


@pytest.mark.parametrize("by", ["custodian", "researcher", "stranger"])
def test_needs_the_owner(licenses, settled, dataset, actors, by):
    sender = getattr(actors, by)
    with reverts(licenses.AccessLicense_NotDatasetOwner, datasetId=dataset, got=sender):
        licenses.revoke(settled, REASON, sender=sender)


def test_needs_a_delivery(licenses, purchased, hospital, researcher, wait):
    with reverts(licenses.AccessLicense_WrongState, licenseId=purchased, got=License.PURCHASED):
        licenses.revoke(purchased, REASON, sender=hospital)
    wait(2 * DAY + 1)
    licenses.refund(purchased, sender=researcher)
    with reverts(licenses.AccessLicense_WrongState, licenseId=purchased, got=License.REFUNDED):
        licenses.revoke(purchased, REASON, sender=hospital)


def test_what_is_in_escrow_goes_back(licenses, delivered, dataset, hospital, researcher):
    with reverts(licenses.AccessLicense_WrongPrice, got=1, required=0):
        licenses.revoke(delivered, REASON, value=1, sender=hospital)
    tx = licenses.revoke(delivered, REASON, sender=hospital)
    assert tx.events == [
        licenses.LicenseRevoked(licenseId=delivered, reason=REASON),
        licenses.LicenseRefunded(licenseId=delivered, amount=PRICE),
    ]
    assert licenses.licenseOf(delivered).state == License.REVOKED
    assert licenses.owed(researcher, ZERO) == PRICE
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)


def test_while_disputed(licenses, disputed, hospital, researcher):
    licenses.revoke(disputed, REASON, sender=hospital)
    assert (licenses.owed(researcher, ZERO), licenses.owed(hospital, ZERO)) == (PRICE, 0)


def test_escrow_is_whole_with_pro_rata_too(licenses, make_offer, buy, deliver, hospital, researcher, wait):
    license_id = deliver(buy(make_offer(proRata=True)))
    wait(DAY)
    assert licenses.refundDue(license_id) == 0  # of the owner's: it has got nothing yet
    licenses.revoke(license_id, REASON, sender=hospital)
    assert licenses.owed(researcher, ZERO) == PRICE


def test_settled(licenses, settled, dataset, hospital, researcher):
    assert licenses.refundDue(settled) == 0
    with reverts(licenses.AccessLicense_WrongPrice, got=1, required=0):
        licenses.revoke(settled, REASON, value=1, sender=hospital)
    tx = licenses.revoke(settled, REASON, sender=hospital)
    assert tx.events == [licenses.LicenseRevoked(licenseId=settled, reason=REASON)]
    assert (licenses.owed(hospital, ZERO), licenses.owed(researcher, ZERO)) == (PRICE, 0)
    assert not licenses.isActive(settled)
    with reverts(licenses.AccessLicense_WrongState, licenseId=settled, got=License.REVOKED):
        licenses.revoke(settled, REASON, sender=hospital)


def test_by_time(licenses, make_offer, buy, settle, hospital, researcher, wait):
    license_id = settle(buy(make_offer(proRata=True)))
    assert licenses.licenseOf(license_id).proRata
    wait(10 * DAY)
    end = licenses.expiresAt(license_id)
    sent = licenses.refundDue(license_id) + 10**15
    tx = licenses.revoke(license_id, REASON, value=sent, sender=hospital)
    due = -(-PRICE * (end - tx.timestamp) // (30 * DAY))
    assert PRICE * 19 // 30 < due <= PRICE * 2 // 3 + 1
    assert tx.events == [
        licenses.LicenseRevoked(licenseId=license_id, reason=REASON),
        licenses.LicenseRefunded(licenseId=license_id, amount=due),
    ]
    assert licenses.owed(researcher, ZERO) == due
    assert licenses.owed(hospital, ZERO) == PRICE + sent - due  # the surplus is the owner's again
    assert licenses.balance == PRICE + sent
    assert licenses.refundDue(license_id) == 0
    assert not licenses.isActive(license_id)


@pytest.mark.parametrize(("price", "due"), [(PRICE, PRICE * 2 // 3 + 1), (10, 7), (9, 6), (1, 1), (0, 0)])
def test_by_uses(licenses, make_offer, buy, settle, hospital, researcher, price, due):
    offer = make_offer(price=price, duration=0, uses=3, proRata=True)
    license_id = settle(buy(offer, value=price))
    licenses.consume(license_id, sender=researcher)
    assert licenses.refundDue(license_id) == due
    tx = licenses.revoke(license_id, REASON, value=due, sender=hospital)
    refunded = [licenses.LicenseRefunded(licenseId=license_id, amount=due)] if due else []
    assert tx.events == [licenses.LicenseRevoked(licenseId=license_id, reason=REASON), *refunded]
    assert (licenses.owed(researcher, ZERO), licenses.owed(hospital, ZERO)) == (due, price)


def test_too_little(licenses, make_offer, buy, settle, hospital, researcher):
    license_id = settle(buy(make_offer(duration=0, uses=4, proRata=True)))
    licenses.consume(license_id, sender=researcher)
    due = PRICE * 3 // 4
    for value in (0, due - 1):
        with reverts(licenses.AccessLicense_WrongPrice, got=value, required=due):
            licenses.revoke(license_id, REASON, value=value, sender=hospital)
    assert licenses.isActive(license_id)


def test_by_the_smaller_share(licenses, make_offer, buy, settle, hospital, researcher, wait):
    license_id = settle(buy(make_offer(uses=10, proRata=True)))
    assert PRICE * 29 // 30 < licenses.refundDue(license_id) <= PRICE  # of time a little is gone
    for _ in range(5):
        licenses.consume(license_id, sender=researcher)
    assert licenses.refundDue(license_id) == PRICE // 2  # by uses
    wait(20 * DAY)
    assert PRICE * 9 // 30 < licenses.refundDue(license_id) <= PRICE // 3 + 1  # by time


def test_after_the_end(licenses, make_offer, buy, settle, hospital, researcher, wait):
    license_id = settle(buy(make_offer(proRata=True, uses=3)))
    wait(30 * DAY + 1)
    assert licenses.refundDue(license_id) == 0
    tx = licenses.revoke(license_id, REASON, sender=hospital)
    assert tx.events == [licenses.LicenseRevoked(licenseId=license_id, reason=REASON)]
    assert licenses.owed(researcher, ZERO) == 0


@pytest.fixture
def half_used(licenses, dollar, make_offer, buy, settle, researcher):
    """A settled licence for dollars, of which the owner would pay back half."""
    dollar.approve(licenses, DOLLARS, sender=researcher)
    offer = make_offer(price=DOLLARS, currency=dollar.address, duration=0, uses=2, proRata=True)
    license_id = settle(buy(offer, value=0))
    licenses.consume(license_id, sender=researcher)
    return license_id


def test_dollars(licenses, dollar, half_used, hospital, researcher):
    dollar.approve(licenses, DOLLARS, sender=hospital)
    before = dollar.balanceOf(hospital)
    tx = licenses.revoke(half_used, REASON, sender=hospital)
    assert tx.events == [
        licenses.LicenseRevoked(licenseId=half_used, reason=REASON),
        licenses.LicenseRefunded(licenseId=half_used, amount=DOLLARS // 2),
        dollar.Transfer(**{"from": hospital, "to": licenses, "value": DOLLARS // 2}),
    ]
    assert licenses.owed(researcher, dollar) == DOLLARS // 2
    assert licenses.owed(hospital, dollar) == DOLLARS
    assert dollar.balanceOf(hospital) == before - DOLLARS // 2
    assert dollar.balanceOf(licenses) == DOLLARS + DOLLARS // 2


def test_dollars_need_an_allowance(licenses, dollar, half_used, hospital):
    half = DOLLARS // 2
    with reverts(dollar.ERC20InsufficientAllowance, spender=licenses, allowance=0, needed=half):
        licenses.revoke(half_used, REASON, sender=hospital)
    assert licenses.isActive(half_used)


def test_no_eth_for_dollars(licenses, dollar, half_used, hospital):
    dollar.approve(licenses, DOLLARS, sender=hospital)
    with reverts(licenses.AccessLicense_WrongPrice, got=1, required=0):
        licenses.revoke(half_used, REASON, value=1, sender=hospital)
