"""AccessLicense.renew

├── given a licence that does not exist: reverts AccessLicense_UnknownLicense
├── given another sender than the licensee: reverts AccessLicense_NotLicensee
├── given a licence that is not settled: reverts AccessLicense_WrongState
├── given a closed offer: reverts AccessLicense_OfferClosed
├── given a withdrawn version: reverts AccessLicense_Withdrawn
├── given an offer without duration or uses: reverts AccessLicense_NotRenewable
├── given more uses together than are counted: reverts AccessLicense_NotRenewable
├── given another amount than the price: reverts AccessLicense_WrongPrice
├── before the end: the duration is added at the end; after it: it starts now
├── with counted uses: as many more, even after all were used
├── with visas: they are shown anew, and what the old ones ended goes on
└── the owner is credited at once, less the royalty of a resold dataset; in ETH, or an ERC-20 with permit
"""

import pytest
from reverting import reverts
from typed import authorization, permit
from vocabulary import DAY, DIRECT, DOLLARS, PRICE, UNCOUNTED, ZERO, License, Right, Visa, word


@pytest.fixture
def renew(licenses, researcher):
    def go(license_id: int, value: int = PRICE, visas=(), payment=DIRECT, sender=researcher):
        return licenses.renew(license_id, list(visas), payment, value=value, sender=sender)

    return go


def test_needs_a_licence(licenses, renew):
    with reverts(licenses.AccessLicense_UnknownLicense, licenseId=9):
        renew(9)


def test_needs_the_licensee(licenses, settled, renew, stranger, hospital):
    for sender in (stranger, hospital):
        with reverts(licenses.AccessLicense_NotLicensee, licenseId=settled, got=sender):
            renew(settled, sender=sender)


def test_needs_the_settlement(licenses, delivered, renew):
    with reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.DELIVERED):
        renew(delivered)


def test_not_what_was_revoked(licenses, settled, renew, hospital):
    licenses.revoke(settled, word("misuse"), sender=hospital)
    with reverts(licenses.AccessLicense_WrongState, licenseId=settled, got=License.REVOKED):
        renew(settled)


def test_needs_an_open_offer(licenses, settled, offer, renew, hospital):
    licenses.closeOffer(offer, sender=hospital)
    with reverts(licenses.AccessLicense_OfferClosed, offerId=offer):
        renew(settled)


def test_needs_consent(licenses, datasets, settled, dataset, publication, renew, hospital):
    datasets.publishVersion(dataset, publication("revised"), sender=hospital)
    datasets.withdraw(dataset, 1, sender=hospital)
    with reverts(licenses.AccessLicense_Withdrawn, datasetId=dataset, version=1):
        renew(settled)


def test_nothing_to_renew(licenses, make_offer, buy, settle, renew):
    license_id = settle(buy(make_offer(duration=0)))
    with reverts(licenses.AccessLicense_NotRenewable, licenseId=license_id):
        renew(license_id)


@pytest.mark.parametrize("uses", [2**31, (2**32 - 1) // 3])
def test_no_more_uses_than_are_counted(licenses, make_offer, buy, settle, renew, uses):
    # The second sum would be 2**32 - 1, which stands for "not counted", or not fit at all.
    license_id = settle(buy(make_offer(uses=uses)))
    while licenses.licenseOf(license_id).usesLeft + uses < UNCOUNTED:
        renew(license_id)
    left = licenses.licenseOf(license_id).usesLeft
    with reverts(licenses.AccessLicense_NotRenewable, licenseId=license_id):
        renew(license_id)
    assert licenses.licenseOf(license_id).usesLeft == left


@pytest.mark.parametrize("value", [0, PRICE - 1, PRICE + 1])
def test_needs_the_exact_price(licenses, settled, renew, value):
    with reverts(licenses.AccessLicense_WrongPrice, got=value, required=PRICE):
        renew(settled, value=value)


def test_before_the_end(licenses, settled, renew, dataset, researcher, hospital, wait):
    end = licenses.expiresAt(settled)
    wait(10 * DAY)
    tx = renew(settled)
    assert tx.events == [
        licenses.LicenseRenewed(licenseId=settled, expiresAt=end + 30 * DAY, usesLeft=UNCOUNTED, paid=PRICE)
    ]
    assert licenses.expiresAt(settled) == end + 30 * DAY
    assert licenses.owed(hospital, ZERO) == licenses.balance == 2 * PRICE
    got = licenses.licenseOf(settled)
    assert (got.state, got.deadline) == (License.SETTLED, 0)
    wait(40 * DAY)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)


def test_twice(licenses, settled, renew):
    end = licenses.expiresAt(settled)
    renew(settled)
    renew(settled)
    assert licenses.expiresAt(settled) == end + 60 * DAY


def test_after_the_end(licenses, settled, renew, dataset, researcher, wait):
    wait(100 * DAY)
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    tx = renew(settled)
    assert tx.events[0].expiresAt == tx.timestamp + 30 * DAY
    assert licenses.expiresAt(settled) == tx.timestamp + 30 * DAY
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)


def test_counts_again(licenses, make_offer, buy, settle, renew, dataset, researcher, hospital):
    """Used up, another took its place; that one ended; renewed, it is looked at again."""
    license_id = settle(buy(make_offer(uses=1)))
    licenses.consume(license_id, sender=researcher)
    other = settle(buy(make_offer(duration=DAY)))
    licenses.revoke(other, word("misuse"), sender=hospital)
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    renew(license_id)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)


def test_uses(licenses, make_offer, buy, settle, renew, researcher):
    license_id = settle(buy(make_offer(duration=0, uses=2)))
    licenses.consume(license_id, sender=researcher)
    tx = renew(license_id)
    assert (tx.events[0].usesLeft, licenses.licenseOf(license_id).usesLeft) == (3, 3)
    for _ in range(3):
        licenses.consume(license_id, sender=researcher)
    with reverts(licenses.AccessLicense_NotActive, licenseId=license_id):
        licenses.consume(license_id, sender=researcher)
    renew(license_id)
    assert licenses.isActive(license_id)
    assert licenses.licenseOf(license_id).usesLeft == 2


def test_uses_and_time(licenses, make_offer, buy, settle, renew):
    license_id = settle(buy(make_offer(uses=2)))
    end = licenses.expiresAt(license_id)
    renew(license_id)
    assert (licenses.expiresAt(license_id), licenses.licenseOf(license_id).usesLeft) == (end + 30 * DAY, 4)


def test_at_the_old_version(licenses, datasets, settled, renew, dataset, publication, hospital):
    datasets.publishVersion(dataset, publication("revised"), sender=hospital)
    renew(settled)
    assert licenses.licenseOf(settled).version == 1


def test_needs_visas_anew(licenses, visas, buy_with_visa, settle, signed_visa, renew, issuer):
    first = signed_visa(Visa.RESEARCHER)
    license_id = settle(buy_with_visa(first))
    with reverts(visas.VisaRegistry_Missing, types=Visa.bits(Visa.RESEARCHER)):
        renew(license_id)
    visas.revoke(visas.hashOf(first[0]), sender=issuer)
    with reverts(visas.VisaRegistry_Revoked, issuer=issuer, visaHash=visas.hashOf(first[0])):
        renew(license_id, visas=[first])


def test_new_visas_take_the_place_of_the_old(
    licenses, visas, buy_with_visa, settle, signed_visa, renew, issuer, wait, now
):
    first = signed_visa(Visa.RESEARCHER, expires=now() + 20 * DAY)
    license_id = settle(buy_with_visa(first))
    assert licenses.expiresAt(license_id) == first[0][-1]
    visas.revoke(visas.hashOf(first[0]), sender=issuer)
    assert not licenses.isActive(license_id)
    second = signed_visa(Visa.RESEARCHER, expires=now() + 50 * DAY)
    renew(license_id, visas=[second])
    assert licenses.isActive(license_id)
    assert licenses.expiresAt(license_id) == second[0][-1]  # two months were bought
    visas.revoke(visas.hashOf(second[0]), sender=issuer)
    assert not licenses.isActive(license_id)


def test_no_visas_without_need(visas, settled, renew, signed_visa):
    with reverts(visas.VisaRegistry_NotNeeded, got=Visa.TERMS):
        renew(settled, visas=[signed_visa(Visa.TERMS)])


def test_of_a_resold_dataset(licenses, datasets, settled, dataset, renew, hospital, second):
    datasets.transferFrom(hospital, second, dataset, sender=hospital)
    renew(settled)
    royalty = PRICE * 5 // 100
    assert licenses.owed(hospital, ZERO) == PRICE + royalty
    assert licenses.owed(second, ZERO) == PRICE - royalty


def test_for_free(licenses, make_offer, buy, settle, renew, hospital):
    license_id = settle(buy(make_offer(price=0), value=0))
    tx = renew(license_id, value=0)
    assert tx.events[0].paid == licenses.owed(hospital, ZERO) == 0


def test_dollars(licenses, dollar, paid_in_dollars, settle, renew, researcher, hospital):
    settle(paid_in_dollars)
    with reverts(licenses.AccessLicense_WrongPrice, got=1, required=0):
        renew(paid_in_dollars, value=1)
    with reverts(dollar.ERC20InsufficientAllowance, spender=licenses, allowance=0, needed=DOLLARS):
        renew(paid_in_dollars, value=0)
    payments = (
        permit(researcher, dollar, licenses.address, DOLLARS),
        authorization(researcher, dollar, licenses.address, DOLLARS, word("nonce")),
    )
    for times, payment in enumerate(payments, 2):
        renew(paid_in_dollars, value=0, payment=payment)
        assert licenses.owed(hospital, dollar) == dollar.balanceOf(licenses) == times * DOLLARS


def test_a_renewed_licence_is_paid_back_for_all_of_it(
    licenses, make_offer, buy, settle, renew, hospital, researcher
):
    license_id = settle(buy(make_offer(duration=0, uses=2, proRata=True)))
    renew(license_id)
    licenses.consume(license_id, sender=researcher)
    due = PRICE * 3 // 2
    assert licenses.refundDue(license_id) == due
    licenses.revoke(license_id, word("closing down"), value=due, sender=hospital)
    assert (licenses.owed(researcher, ZERO), licenses.owed(hospital, ZERO)) == (due, 2 * PRICE)
