"""AccessLicense.createOffer

├── given a dataset that does not exist: reverts ERC721NonexistentToken
├── given another sender than the dataset's owner: reverts AccessLicense_NotDatasetOwner
├── given no right, a window of zero or too long, the owner as arbiter, visas that do not exist, as
│   many uses as stand for "not counted", a refund of part of what has no end, or a currency without
│   code: reverts AccessLicense_BadOffer
└── otherwise: the offer is open and reads back, in ETH or in an ERC-20
"""

import pytest
from reverting import reverts
from vocabulary import DAY, DOLLARS, PRICE, Right


def test_needs_a_dataset(licenses, terms_of_sale, hospital):
    with reverts(licenses.ERC721NonexistentToken, tokenId=9):
        licenses.createOffer(terms_of_sale(9), sender=hospital)


@pytest.mark.parametrize("by", ["stranger", "custodian"])
def test_needs_the_owner(licenses, dataset, terms_of_sale, actors, by):
    sender = getattr(actors, by)
    with reverts(licenses.AccessLicense_NotDatasetOwner, datasetId=dataset, got=sender):
        licenses.createOffer(terms_of_sale(dataset), sender=sender)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("right", Right.NONE),
        ("deliveryWindow", 0),
        ("deliveryWindow", 365 * DAY + 1),
        ("disputeWindow", 0),
        ("disputeWindow", 90 * DAY + 1),
        ("uses", 2**32 - 1),
        ("visas", 16),
        ("visas", 255),
        ("currency", "0x" + "11" * 20),
    ],
)
def test_checks_fields(licenses, dataset, terms_of_sale, hospital, field, value):
    with reverts(licenses.AccessLicense_BadOffer, field=field):
        licenses.createOffer(terms_of_sale(dataset, **{field: value}), sender=hospital)


def test_refuses_the_owner_as_arbiter(licenses, dataset, terms_of_sale, hospital):
    with reverts(licenses.AccessLicense_BadOffer, field="arbiter"):
        licenses.createOffer(terms_of_sale(dataset, arbiter=hospital.address), sender=hospital)


def test_no_part_of_what_has_no_end(licenses, dataset, terms_of_sale, hospital):
    with reverts(licenses.AccessLicense_BadOffer, field="proRata"):
        licenses.createOffer(terms_of_sale(dataset, proRata=True, duration=0), sender=hospital)
    licenses.createOffer(terms_of_sale(dataset, proRata=True, duration=0, uses=1), sender=hospital)


def test_in_eth(licenses, dataset, terms_of_sale, hospital):
    terms = terms_of_sale(
        dataset,
        uses=5,
        deliveryWindow=365 * DAY,
        disputeWindow=90 * DAY,
        right=Right.INFER,
        visas=15,
        proRata=True,
    )
    (event,) = licenses.createOffer(terms, sender=hospital).events
    assert (event.event_name, event.offerId, event.datasetId) == ("OfferCreated", 1, dataset)
    assert [str(field).lower() for field in event.offer] == [str(field).lower() for field in terms.values()]
    offer, is_open = licenses.offerOf(1)
    assert is_open
    assert tuple(offer) == tuple(terms.values())
    assert licenses.offerCount() == 1


def test_in_an_erc20(licenses, dataset, terms_of_sale, hospital, dollar):
    terms = terms_of_sale(dataset, price=DOLLARS, currency=dollar.address)
    (event,) = licenses.createOffer(terms, sender=hospital).events
    assert (event.offer[1], event.offer[2].lower()) == (DOLLARS, dollar.address.lower())
    assert tuple(licenses.offerOf(1)[0]) == tuple(terms.values())


def test_as_many_as_the_owner_likes(licenses, make_offer):
    first, second = make_offer(), make_offer(right=Right.TRAIN, price=2**128 - 1)
    assert (first, second, licenses.offerCount()) == (1, 2, 2)
    offers = [licenses.offerOf(i)[0] for i in (first, second)]
    assert [(offer[1], offer[7]) for offer in offers] == [(PRICE, Right.DOWNLOAD), (2**128 - 1, Right.TRAIN)]
