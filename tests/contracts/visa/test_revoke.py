"""VisaRegistry.revoke

├── given a hash that the sender revoked before: reverts VisaRegistry_AlreadyRevoked
├── given another sender than the issuer: revokes nothing of the issuer's
└── otherwise: the visa is revoked for ever
    ├── it buys nothing any more
    ├── a licence that rests on it ends in the same moment, settled or not
    └── what was not delivered yet is not delivered any more, and refunded at once
"""

import pytest
from reverting import reverts
from vocabulary import PRICE, ZERO, License, Right, Visa, word


@pytest.fixture
def visa(signed_visa):
    return signed_visa(Visa.RESEARCHER)


@pytest.fixture
def visa_hash(visas, visa):
    return visas.hashOf(visa[0])


@pytest.fixture
def sold(licenses, visas, visa, make_offer, order, submit, register_key, researcher, hospital, issuer):
    visas.trust(issuer, Visa.bits(Visa.RESEARCHER), sender=hospital)
    register_key(researcher)
    offer = make_offer(visas=Visa.bits(Visa.RESEARCHER))
    submit(order(offer), evidence={"diseaseProof": [], "visas": [visa]})
    return licenses.licenseCount()


def test_revoke(visas, visa_hash, issuer, stranger):
    tx = visas.revoke(visa_hash, sender=issuer)
    assert tx.events == [visas.VisaRevoked(issuer=issuer, visaHash=visa_hash)]
    assert visas.isRevoked(visas.idOf(issuer, visa_hash))
    assert not visas.isRevoked(visas.idOf(stranger, visa_hash))


def test_only_once(visas, visa_hash, issuer, stranger):
    visas.revoke(visa_hash, sender=stranger)
    visas.revoke(visa_hash, sender=issuer)
    for sender in (stranger, issuer):
        with reverts(visas.VisaRegistry_AlreadyRevoked, issuer=sender, visaHash=visa_hash):
            visas.revoke(visa_hash, sender=sender)


def test_nobody_revokes_for_another(visas, licenses, deliver, sold, visa_hash, stranger, hospital):
    deliver(sold)
    for sender in (stranger, hospital):
        visas.revoke(visa_hash, sender=sender)
    assert licenses.isActive(sold)


def test_buys_nothing_any_more(licenses, visas, sold, visa, visa_hash, order, submit, issuer):
    visas.revoke(visa_hash, sender=issuer)
    offer = licenses.licenseOf(sold).offerId
    with reverts(visas.VisaRegistry_Revoked, issuer=issuer, visaHash=visa_hash):
        submit(order(offer), evidence={"diseaseProof": [], "visas": [visa]})


@pytest.mark.parametrize("confirmed", [False, True])
def test_ends_a_licence_at_once(
    licenses, visas, deliver, sold, visa_hash, dataset, researcher, issuer, confirmed
):
    deliver(sold)
    if confirmed:
        licenses.confirm(sold, sender=researcher)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    visas.revoke(visa_hash, sender=issuer)
    assert not licenses.isActive(sold)
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    with reverts(licenses.AccessLicense_NotActive, licenseId=sold):
        licenses.consume(sold, sender=researcher)


def test_before_the_delivery_refunds(
    licenses, visas, sold, visa_hash, issuer, researcher, custodian, stranger
):
    until = licenses.licenseOf(sold).deadline
    with reverts(licenses.AccessLicense_TooEarly, licenseId=sold, until=until):
        licenses.refund(sold, sender=stranger)
    visas.revoke(visa_hash, sender=issuer)
    with reverts(licenses.AccessLicense_VisaLapsed, licenseId=sold):
        licenses.deliver(sold, word("envelope"), sender=custodian)
    tx = licenses.refund(sold, sender=stranger)
    assert tx.events == [licenses.LicenseRefunded(licenseId=sold, amount=PRICE)]
    assert licenses.licenseOf(sold).state == License.REFUNDED
    assert licenses.owed(researcher, ZERO) == PRICE


def test_a_dispute_outlives_the_visa(licenses, visas, deliver, sold, visa_hash, issuer, researcher, arbiter):
    deliver(sold)
    licenses.dispute(sold, word("no key"), sender=researcher)
    visas.revoke(visa_hash, sender=issuer)
    licenses.resolve(sold, True, sender=arbiter)
    assert licenses.licenseOf(sold).state == License.SETTLED
    assert not licenses.isActive(sold)
