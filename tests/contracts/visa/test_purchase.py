"""Visas at a purchase: AccessLicense.purchaseFor of an offer that requires them

├── given none, or what `check` refuses: reverts as `check` does, and nothing is sold
├── given visas for an offer that requires none: reverts VisaRegistry_NotNeeded
├── given a grant for another dataset: reverts VisaRegistry_WrongValue
├── given visas that end before the order says: reverts AccessLicense_VisasTooShort
├── given all of them: the licence is sold; it ends with the first visa, if that is before its duration
├── given a visa that lapses before the delivery: it is not delivered, but refunded at once
└── given an issuer that is trusted no more: what was sold stays sold
"""

import pytest
from reverting import reverts
from vocabulary import DAY, FOREVER, PRICE, ZERO, License, Right, Visa, word

REGISTERED = Visa.bits(Visa.RESEARCHER, Visa.TERMS)


@pytest.fixture
def ready(visas, hospital, issuer, researcher, register_key):
    register_key(researcher)
    visas.trust(issuer, 15, sender=hospital)


@pytest.fixture
def show(licenses, ready, order, submit):
    """Buys `offer` with visas."""

    def go(offer: int, *visas) -> int:
        submit(order(offer), evidence={"diseaseProof": [], "visas": list(visas)})
        return licenses.licenseCount()

    return go


def test_needs_them(licenses, visas, make_offer, show, signed_visa):
    offer = make_offer(visas=REGISTERED)
    with reverts(visas.VisaRegistry_Missing, types=REGISTERED):
        show(offer)
    with reverts(visas.VisaRegistry_Missing, types=Visa.bits(Visa.TERMS)):
        show(offer, signed_visa(Visa.RESEARCHER))
    assert licenses.licenseCount() == licenses.balance == 0


def test_no_short_form(licenses, make_offer, ready, researcher):
    offer = make_offer(visas=REGISTERED)
    with reverts(licenses.AccessLicense_VisasRequired, offerId=offer, types=REGISTERED):
        licenses.purchase(offer, 4, value=PRICE, sender=researcher)


def test_not_without_need(visas, offer, show, signed_visa):
    with reverts(visas.VisaRegistry_NotNeeded, got=Visa.RESEARCHER):
        show(offer, signed_visa(Visa.RESEARCHER))


def test_a_grant_for_another_dataset(
    licenses, visas, make_offer, publish, hospital, dataset, show, signed_visa
):
    offer = make_offer(visas=Visa.bits(Visa.GRANT))
    here, there = licenses.grantOf(dataset), licenses.grantOf(publish(hospital, "other"))
    assert here != there
    with reverts(visas.VisaRegistry_WrongValue, visaType=Visa.GRANT, got=there, required=here):
        show(offer, signed_visa(Visa.GRANT, value=there))
    assert licenses.licenseOf(show(offer, signed_visa(Visa.GRANT, value=here))).state == License.PURCHASED


def test_no_shorter_than_the_order_says(licenses, make_offer, ready, order, submit, signed_visa, now):
    """A relayer could show an older visa of the buyer's."""
    offer = make_offer(visas=Visa.bits(Visa.RESEARCHER))
    until = now() + 30 * DAY
    wanted = order(offer, visasUntil=until)
    old = signed_visa(Visa.RESEARCHER, expires=until - 1)
    with reverts(licenses.AccessLicense_VisasTooShort, got=until - 1, required=until):
        submit(wanted, evidence={"diseaseProof": [], "visas": [old]})
    submit(wanted, evidence={"diseaseProof": [], "visas": [signed_visa(Visa.RESEARCHER, expires=until)]})
    assert licenses.licenseCount() == 1


def test_says_what_a_licence_rests_on(licenses, visas, make_offer, ready, order, submit, signed_visa, issuer):
    first, second = signed_visa(Visa.RESEARCHER), signed_visa(Visa.TERMS)
    tx = submit(order(make_offer(visas=REGISTERED)), evidence={"diseaseProof": [], "visas": [first, second]})
    (event,) = tx.decode_logs(licenses.VisasShown)
    ids = [visas.idOf(issuer, visas.hashOf(visa)) for visa, _ in (first, second)]
    assert [bytes(found) for found in event.visaIds] == [bytes(wanted) for wanted in ids]
    assert (event.licenseId, event.expire) == (1, min(first[0][5], second[0][5]))


def test_registered_access(licenses, make_offer, show, deliver, signed_visa, dataset, researcher):
    license_id = show(make_offer(visas=REGISTERED), signed_visa(Visa.RESEARCHER), signed_visa(Visa.TERMS))
    assert not licenses.isActive(license_id)
    deliver(license_id)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)


@pytest.mark.parametrize("duration", [0, 90 * DAY])
def test_ends_with_the_first_visa(licenses, make_offer, show, deliver, signed_visa, now, wait, duration):
    first = now() + 20 * DAY
    license_id = show(
        make_offer(visas=REGISTERED, duration=duration),
        signed_visa(Visa.TERMS),
        signed_visa(Visa.RESEARCHER, expires=first),
    )
    deliver(license_id)
    assert licenses.expiresAt(license_id) == first
    wait(20 * DAY - 60)
    assert licenses.isActive(license_id)
    wait(61)
    assert not licenses.isActive(license_id)


def test_ends_with_its_duration(licenses, make_offer, show, deliver, signed_visa, chain):
    license_id = show(make_offer(visas=REGISTERED), signed_visa(Visa.TERMS), signed_visa(Visa.RESEARCHER))
    deliver(license_id)
    assert licenses.expiresAt(license_id) == chain.blocks.head.timestamp + 30 * DAY


def test_a_visa_beyond_the_century(licenses, make_offer, show, deliver, signed_visa):
    offer = make_offer(visas=Visa.bits(Visa.TERMS), duration=0)
    license_id = deliver(show(offer, signed_visa(Visa.TERMS, expires=FOREVER)))
    assert licenses.expiresAt(license_id) == 2**32 - 1  # what is kept of a visa's end: 2106


def test_lapsed_before_the_delivery(
    licenses, make_offer, show, signed_visa, now, wait, custodian, researcher, stranger
):
    offer = make_offer(visas=Visa.bits(Visa.TERMS), deliveryWindow=10 * DAY)
    license_id = show(offer, signed_visa(Visa.TERMS, expires=now() + DAY))
    wait(DAY + 1)
    with reverts(licenses.AccessLicense_VisaLapsed, licenseId=license_id):
        licenses.deliver(license_id, word("envelope"), sender=custodian)
    licenses.refund(license_id, sender=stranger)
    assert licenses.owed(researcher, ZERO) == PRICE
    assert licenses.expiresAt(license_id) == 0


def test_trusted_no_more(licenses, visas, make_offer, show, deliver, signed_visa, hospital, issuer):
    offer = make_offer(visas=Visa.bits(Visa.TERMS))
    license_id = show(offer, signed_visa(Visa.TERMS))
    visas.trust(issuer, 0, sender=hospital)
    assert licenses.isActive(deliver(license_id))
    with reverts(visas.VisaRegistry_UntrustedIssuer, issuer=issuer, visaType=Visa.TERMS):
        show(offer, signed_visa(Visa.TERMS))
