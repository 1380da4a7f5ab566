"""AccessLicense.refund

├── given a licence that does not exist: reverts AccessLicense_UnknownLicense
├── given a licence that is delivered, settled or refunded: reverts AccessLicense_WrongState
├── given the deadline of the delivery, or of the review, has not passed: reverts AccessLicense_TooEarly
├── given a dispute whose arbiter still has time: reverts AccessLicense_TooEarly, withdrawn or not
├── given a version withdrawn before delivery, or a visa that lapsed: the buyer is credited at once
├── given a delivered training licence whose version was withdrawn: the buyer is credited at once
└── given the deadline has passed, by anyone: Refunded, the buyer is credited, never active
"""

from reverting import reverts
from vocabulary import DAY, DOLLARS, PRICE, ZERO, License, Right, Visa, word


def test_needs_a_licence(licenses, researcher):
    with reverts(licenses.AccessLicense_UnknownLicense, licenseId=9):
        licenses.refund(9, sender=researcher)


def test_not_after_delivery(licenses, delivered, researcher, wait):
    wait(60 * DAY)
    with reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.DELIVERED):
        licenses.refund(delivered, sender=researcher)
    licenses.claim(delivered, sender=researcher)
    with reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.SETTLED):
        licenses.refund(delivered, sender=researcher)


def test_training_that_was_withdrawn(
    licenses, datasets, dataset, make_offer, buy, deliver, settle, hospital, researcher, stranger
):
    offer = make_offer(right=Right.TRAIN)
    settled, license_id = settle(buy(offer)), deliver(buy(offer))
    with reverts(licenses.AccessLicense_WrongState, licenseId=license_id, got=License.DELIVERED):
        licenses.refund(license_id, sender=stranger)
    datasets.withdraw(dataset, 1, sender=hospital)
    tx = licenses.refund(license_id, sender=stranger)
    assert tx.events == [licenses.LicenseRefunded(licenseId=license_id, amount=PRICE)]
    assert licenses.owed(researcher, ZERO) == PRICE
    with reverts(licenses.AccessLicense_WrongState, licenseId=settled, got=License.SETTLED):
        licenses.refund(settled, sender=stranger)


def test_not_before_the_deadline(licenses, purchased, researcher):
    until = licenses.licenseOf(purchased).deadline
    with reverts(licenses.AccessLicense_TooEarly, licenseId=purchased, until=until):
        licenses.refund(purchased, sender=researcher)


def test_after_the_deadline(licenses, purchased, dataset, researcher, stranger, custodian, wait):
    wait(2 * DAY + 1)
    tx = licenses.refund(purchased, sender=stranger)
    assert tx.events == [licenses.LicenseRefunded(licenseId=purchased, amount=PRICE)]
    got = licenses.licenseOf(purchased)
    assert (got.state, got.deadline, got.expiresAt) == (License.REFUNDED, 0, 0)
    assert licenses.owed(researcher, ZERO) == PRICE
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    with reverts(licenses.AccessLicense_WrongState, licenseId=purchased, got=License.REFUNDED):
        licenses.refund(purchased, sender=stranger)
    with reverts(licenses.AccessLicense_WrongState, licenseId=purchased, got=License.REFUNDED):
        licenses.deliver(purchased, word("late"), sender=custodian)


def test_a_review_left_alone(licenses, in_review, researcher, stranger, wait):
    until = licenses.licenseOf(in_review).deadline
    with reverts(licenses.AccessLicense_TooEarly, licenseId=in_review, until=until):
        licenses.refund(in_review, sender=stranger)
    wait(2 * DAY + 1)
    licenses.refund(in_review, sender=stranger)
    assert licenses.licenseOf(in_review).state == License.REFUNDED
    assert licenses.owed(researcher, ZERO) == PRICE


def test_at_once_when_withdrawn(licenses, datasets, purchased, dataset, hospital, researcher, stranger):
    datasets.withdraw(dataset, 1, sender=hospital)
    licenses.refund(purchased, sender=stranger)
    assert licenses.owed(researcher, ZERO) == PRICE


def test_at_once_when_a_visa_expired(licenses, buy_with_visa, signed_visa, now, wait, researcher, stranger):
    visa = signed_visa(Visa.RESEARCHER, expires=now() + DAY)
    license_id = buy_with_visa(visa)
    until = licenses.licenseOf(license_id).deadline
    with reverts(licenses.AccessLicense_TooEarly, licenseId=license_id, until=until):
        licenses.refund(license_id, sender=stranger)
    wait(DAY + 1)
    licenses.refund(license_id, sender=stranger)
    assert licenses.owed(researcher, ZERO) == PRICE


def test_withdrawal_does_not_refund_what_was_delivered(
    licenses, datasets, delivered, dataset, hospital, researcher
):
    datasets.withdraw(dataset, 1, sender=hospital)
    with reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.DELIVERED):
        licenses.refund(delivered, sender=researcher)


def test_withdrawal_does_not_cut_a_dispute_short(licenses, datasets, disputed, dataset, hospital, researcher):
    datasets.withdraw(dataset, 1, sender=hospital)
    until = licenses.licenseOf(disputed).deadline
    with reverts(licenses.AccessLicense_TooEarly, licenseId=disputed, until=until):
        licenses.refund(disputed, sender=researcher)


def test_a_silent_arbiter(licenses, disputed, researcher, stranger, hospital, arbiter, wait):
    until = licenses.licenseOf(disputed).deadline
    with reverts(licenses.AccessLicense_TooEarly, licenseId=disputed, until=until):
        licenses.refund(disputed, sender=researcher)
    wait(30 * DAY + 1)
    tx = licenses.refund(disputed, sender=stranger)
    assert tx.events == [licenses.LicenseRefunded(licenseId=disputed, amount=PRICE)]
    assert (licenses.owed(researcher, ZERO), licenses.owed(hospital, ZERO)) == (PRICE, 0)
    with reverts(licenses.AccessLicense_WrongState, licenseId=disputed, got=License.REFUNDED):
        licenses.resolve(disputed, True, sender=arbiter)


def test_what_was_paid_in_dollars(licenses, dollar, paid_in_dollars, researcher, wait):
    wait(2 * DAY + 1)
    licenses.refund(paid_in_dollars, sender=researcher)
    assert (licenses.owed(researcher, dollar), licenses.owed(researcher, ZERO)) == (DOLLARS, 0)


def test_buying_again_after_a_refund(licenses, purchased, offer, dataset, researcher, wait, buy, deliver):
    wait(2 * DAY + 1)
    licenses.refund(purchased, sender=researcher)
    deliver(buy(offer))
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
