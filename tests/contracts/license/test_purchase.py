"""AccessLicense.purchase

├── given an offer that does not exist: reverts AccessLicense_UnknownOffer
├── given a closed offer: reverts AccessLicense_OfferClosed
├── given less or more than the price: reverts AccessLicense_WrongPrice
├── given a withdrawn latest version: reverts AccessLicense_Withdrawn
├── given a buyer without a key: reverts AccessLicense_NoKey
├── given a purpose that the terms deny: reverts AccessLicense_Denied
├── given a purpose that needs review: the licence is InReview
└── otherwise: the licence is Purchased, for the latest version, the price in escrow; no access yet
"""

import ape
import pytest
from vocabulary import DAY, PRICE, ZERO, Duo, License, Right


def test_needs_an_offer(licenses, researcher):
    for offer in (0, 1, 2**100):
        with ape.reverts(licenses.AccessLicense_UnknownOffer, offerId=offer):
            licenses.purchase(offer, Duo.HMB, value=PRICE, sender=researcher)


def test_needs_an_open_offer(licenses, offer, hospital, researcher, register_key):
    register_key(researcher)
    licenses.closeOffer(offer, sender=hospital)
    with ape.reverts(licenses.AccessLicense_OfferClosed, offerId=offer):
        licenses.purchase(offer, Duo.HMB, value=PRICE, sender=researcher)


@pytest.mark.parametrize("value", [0, PRICE - 1, PRICE + 1])
def test_needs_the_exact_price(licenses, offer, researcher, register_key, value):
    register_key(researcher)
    with ape.reverts(licenses.AccessLicense_WrongPrice, got=value, required=PRICE):
        licenses.purchase(offer, Duo.HMB, value=value, sender=researcher)


def test_needs_consent(
    licenses, datasets, dataset, offer, hospital, researcher, register_key, publication, buy
):
    register_key(researcher)
    datasets.withdraw(dataset, 1, sender=hospital)
    with ape.reverts(licenses.AccessLicense_Withdrawn, datasetId=dataset, version=1):
        licenses.purchase(offer, Duo.HMB, value=PRICE, sender=researcher)
    datasets.publishVersion(dataset, publication("revised"), sender=hospital)
    assert licenses.licenseOf(buy(offer)).version == 2


def test_needs_a_key(licenses, keys, offer, researcher, register_key):
    with ape.reverts(licenses.AccessLicense_NoKey, licensee=researcher):
        licenses.purchase(offer, Duo.HMB, value=PRICE, sender=researcher)
    register_key(researcher)
    keys.revoke(sender=researcher)
    with ape.reverts(licenses.AccessLicense_NoKey, licensee=researcher):
        licenses.purchase(offer, Duo.HMB, value=PRICE, sender=researcher)


@pytest.mark.parametrize(
    "purpose", [0, Duo.GRU, Duo.POA, Duo.CC, Duo.HMB | Duo.COMMERCIAL, Duo.HMB | 1 << 36, Duo.HMB | 1 << 63]
)
def test_denies_what_the_terms_do_not_permit(licenses, offer, researcher, register_key, purpose):
    register_key(researcher)
    with ape.reverts(licenses.AccessLicense_Denied, terms=Duo.HMB | Duo.NCU, purpose=purpose):
        licenses.purchase(offer, purpose, value=PRICE, sender=researcher)


def test_purchase(licenses, dataset, offer, researcher, register_key):
    register_key(researcher)
    purpose = Duo.HMB | Duo.FOR_PROFIT
    tx = licenses.purchase(offer, purpose, value=PRICE, sender=researcher)
    assert tx.events == [
        licenses.Transfer(**{"from": ZERO, "to": researcher, "tokenId": 1}),
        licenses.Locked(tokenId=1),
        licenses.LicensePurchased(
            licenseId=1,
            datasetId=dataset,
            licensee=researcher,
            offerId=offer,
            version=1,
            purpose=purpose,
            needsReview=False,
        ),
    ]
    assert licenses.balance == PRICE
    got = licenses.licenseOf(1)
    assert (got.offerId, got.datasetId, got.licensee, got.version) == (offer, dataset, researcher, 1)
    assert (got.state, got.right, got.usesLeft) == (License.PURCHASED, Right.DOWNLOAD, 2**32 - 1)
    assert (got.price, got.purpose, got.envelope) == (PRICE, purpose, bytes(32))
    assert (got.deadline, got.expiresAt) == (tx.timestamp + 2 * DAY, 0)
    assert licenses.licenseCount() == licenses.balanceOf(researcher) == 1
    assert licenses.ownerOf(1) == researcher
    assert not licenses.isActive(1)
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)


def test_a_purpose_that_needs_review(licenses, publish, terms_of_sale, hospital, buy):
    dataset = publish(hospital, terms=Duo.HMB | Duo.IRB | Duo.US)
    licenses.createOffer(terms_of_sale(dataset), sender=hospital)
    license_id = buy(licenses.offerCount(), Duo.HMB | Duo.IRB)
    assert licenses.licenseOf(license_id).state == License.IN_REVIEW


def test_a_free_offer(licenses, make_offer, buy, deliver, researcher, hospital):
    license_id = deliver(buy(make_offer(price=0), value=0))
    licenses.confirm(license_id, sender=researcher)
    assert licenses.isActive(license_id)
    assert licenses.owed(hospital) == 0


def test_unknown_licence(licenses, hospital):
    for call in (licenses.licenseOf, licenses.expiresAt, licenses.tokenURI):
        with ape.reverts(licenses.AccessLicense_UnknownLicense, licenseId=3):
            call(3)
    assert not licenses.isActive(3)
