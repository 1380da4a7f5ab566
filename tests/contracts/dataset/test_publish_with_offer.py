"""DatasetNFT.publishWithOffer

├── given a publication that `publish` refuses: reverts as it does
├── given an offer that AccessLicense refuses (the sender as arbiter, say): reverts, and nothing is published
└── otherwise: publishes and offers in one transaction, whatever datasetId the offer names
"""

from reverting import reverts
from vocabulary import EMPTY, ZERO


def test_needs_a_publication(datasets, publication, terms_of_sale, hospital):
    with reverts(datasets.DatasetNFT_EmptyField, field="card"):
        datasets.publishWithOffer(publication(card=EMPTY), [], terms_of_sale(), sender=hospital)


def test_with_a_bad_offer_publishes_nothing(datasets, licenses, publication, terms_of_sale, hospital):
    for field, value in (("right", 0), ("arbiter", hospital.address)):
        with reverts(licenses.AccessLicense_BadOffer, field=field):
            datasets.publishWithOffer(publication(), [], terms_of_sale(**{field: value}), sender=hospital)
    assert datasets.datasetCount() == licenses.offerCount() == 0


def test_publish_with_offer(datasets, licenses, publication, terms_of_sale, publish, hospital, stranger):
    publish(stranger)
    p = publication()
    tx = datasets.publishWithOffer(p, [1], terms_of_sale(1), sender=hospital)
    *published, offered = tx.events
    assert published == [
        datasets.Transfer(**{"from": ZERO, "to": hospital, "tokenId": 2}),
        datasets.DatasetPublished(datasetId=2, owner=hospital, parents=[1], **p),
    ]
    assert (offered.event_name, offered.offerId, offered.datasetId) == ("OfferCreated", 1, 2)
    assert [str(field).lower() for field in offered.offer] == [
        str(field).lower() for field in terms_of_sale(2).values()
    ]
    offer, is_open = licenses.offerOf(1)
    assert is_open
    assert tuple(offer) == tuple(terms_of_sale(2).values())
