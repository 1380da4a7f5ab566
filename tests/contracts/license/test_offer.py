"""AccessLicense.createOffer, createOfferFor, closeOffer

createOffer
├── given another sender than the dataset's owner: reverts AccessLicense_NotDatasetOwner
├── given no right, a window of zero or too long, or the owner as arbiter: reverts AccessLicense_BadOffer
└── otherwise: the offer is open and reads back
createOfferFor
└── given another sender than DatasetNFT: reverts AccessLicense_NotDatasetContract
closeOffer
├── given an offer that does not exist: reverts AccessLicense_UnknownOffer
├── given another sender than the owner: reverts AccessLicense_NotDatasetOwner
├── given a closed offer: reverts AccessLicense_OfferClosed
└── otherwise: it is closed
transfer of the dataset
└── closes every offer of the former owner
"""

import ape
import pytest
from vocabulary import DAY, PRICE, ZERO, Duo, Right


def test_create_needs_the_owner(licenses, dataset, terms_of_sale, stranger, custodian):
    for sender in (stranger, custodian):
        with ape.reverts(licenses.AccessLicense_NotDatasetOwner, datasetId=dataset, got=sender):
            licenses.createOffer(terms_of_sale(dataset), sender=sender)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("right", Right.NONE),
        ("deliveryWindow", 0),
        ("deliveryWindow", 365 * DAY + 1),
        ("disputeWindow", 0),
        ("disputeWindow", 90 * DAY + 1),
    ],
)
def test_create_checks_fields(licenses, dataset, terms_of_sale, hospital, field, value):
    with ape.reverts(licenses.AccessLicense_BadOffer, field=field):
        licenses.createOffer(terms_of_sale(dataset, **{field: value}), sender=hospital)


def test_create_refuses_the_owner_as_arbiter(licenses, dataset, terms_of_sale, hospital):
    with ape.reverts(licenses.AccessLicense_BadOffer, field="arbiter"):
        licenses.createOffer(terms_of_sale(dataset, arbiter=hospital.address), sender=hospital)


def test_create(licenses, dataset, terms_of_sale, hospital, arbiter):
    terms = terms_of_sale(
        dataset, uses=5, deliveryWindow=365 * DAY, disputeWindow=90 * DAY, right=Right.INFER
    )
    tx = licenses.createOffer(terms, sender=hospital)
    (event,) = tx.events
    assert event.event_name == "OfferCreated"
    assert (event.offerId, event.datasetId) == (1, dataset)
    offer, is_open = licenses.offerOf(1)
    assert is_open
    assert tuple(offer) == (
        dataset, PRICE, 30 * DAY, 5, 365 * DAY, 90 * DAY, Right.INFER, arbiter
    )  # fmt: skip
    assert licenses.offerCount() == 1


def test_create_for_is_for_the_dataset_contract(licenses, dataset, terms_of_sale, hospital):
    with ape.reverts(licenses.AccessLicense_NotDatasetContract, got=hospital):
        licenses.createOfferFor(hospital, terms_of_sale(dataset), sender=hospital)


def test_close_needs_an_offer(licenses, hospital, dataset):
    with ape.reverts(licenses.AccessLicense_UnknownOffer, offerId=1):
        licenses.closeOffer(1, sender=hospital)
    with ape.reverts(licenses.AccessLicense_UnknownOffer, offerId=1):
        licenses.offerOf(1)


def test_close_needs_the_owner(licenses, offer, dataset, stranger):
    with ape.reverts(licenses.AccessLicense_NotDatasetOwner, datasetId=dataset, got=stranger):
        licenses.closeOffer(offer, sender=stranger)


def test_close(licenses, offer, hospital):
    tx = licenses.closeOffer(offer, sender=hospital)
    assert tx.events == [licenses.OfferClosed(offerId=offer)]
    assert licenses.offerOf(offer)[1] is False
    with ape.reverts(licenses.AccessLicense_OfferClosed, offerId=offer):
        licenses.closeOffer(offer, sender=hospital)


def test_a_transfer_ends_offers(
    licenses, datasets, offer, dataset, hospital, stranger, researcher, register_key
):
    register_key(researcher)
    datasets.transferFrom(hospital, stranger, dataset, sender=hospital)
    assert licenses.offerOf(offer)[1] is False
    with ape.reverts(licenses.AccessLicense_OfferClosed, offerId=offer):
        licenses.purchase(offer, Duo.HMB, value=PRICE, sender=researcher)


def test_assess(licenses, offer):
    assert licenses.assess(offer, Duo.HMB) == 1
    assert licenses.assess(offer, Duo.HMB | Duo.COMMERCIAL) == 0
    with ape.reverts(licenses.AccessLicense_UnknownOffer, offerId=9):
        licenses.assess(9, Duo.HMB)
    assert licenses.owed(ZERO) == 0
