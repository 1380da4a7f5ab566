"""AccessLicense.closeOffer

├── given an offer that does not exist: reverts AccessLicense_UnknownOffer
├── given another sender than the dataset's owner: reverts AccessLicense_NotDatasetOwner
├── given a closed offer: reverts AccessLicense_OfferClosed
└── otherwise: it is closed, for good; what was bought on it stays
"""

from reverting import reverts
from vocabulary import License


def test_needs_an_offer(licenses, hospital, dataset):
    for offer in (0, 1, 2**100):
        with reverts(licenses.AccessLicense_UnknownOffer, offerId=offer):
            licenses.closeOffer(offer, sender=hospital)


def test_needs_the_owner(licenses, offer, dataset, stranger, custodian):
    for sender in (stranger, custodian):
        with reverts(licenses.AccessLicense_NotDatasetOwner, datasetId=dataset, got=sender):
            licenses.closeOffer(offer, sender=sender)


def test_close(licenses, offer, hospital):
    before = licenses.offerOf(offer)[0]
    tx = licenses.closeOffer(offer, sender=hospital)
    assert tx.events == [licenses.OfferClosed(offerId=offer)]
    assert licenses.offerOf(offer) == (before, False)
    with reverts(licenses.AccessLicense_OfferClosed, offerId=offer):
        licenses.closeOffer(offer, sender=hospital)


def test_what_was_bought_stays(licenses, purchased, offer, hospital, deliver):
    licenses.closeOffer(offer, sender=hospital)
    deliver(purchased)
    assert licenses.isActive(purchased)
    assert licenses.licenseOf(purchased).state == License.DELIVERED
