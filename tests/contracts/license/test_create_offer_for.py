"""AccessLicense.createOfferFor

├── given another sender than DatasetNFT: reverts AccessLicense_NotDatasetContract
└── from DatasetNFT: an offer of the account that publishes, by the rules of createOffer
"""

import pytest
from reverting import reverts


@pytest.mark.parametrize("by", ["hospital", "deployer"])
def test_is_for_the_dataset_contract(licenses, dataset, terms_of_sale, actors, by):
    sender = getattr(actors, by)
    with reverts(licenses.AccessLicense_NotDatasetContract, got=sender):
        licenses.createOfferFor(sender, terms_of_sale(dataset), sender=sender)


def test_by_the_rules_of_create_offer(datasets, licenses, publication, terms_of_sale, hospital, stranger):
    for field, value in (("arbiter", hospital.address), ("visas", 16), ("currency", stranger.address)):
        with reverts(licenses.AccessLicense_BadOffer, field=field):
            datasets.publishWithOffer(publication(), [], terms_of_sale(**{field: value}), sender=hospital)


def test_create_offer_for(datasets, licenses, publication, terms_of_sale, hospital, stranger):
    datasets.publishWithOffer(publication(), [], terms_of_sale(), sender=hospital)
    dataset, offer_id = datasets.datasetCount(), licenses.offerCount()
    offer, is_open = licenses.offerOf(offer_id)
    assert is_open
    assert tuple(offer) == tuple(terms_of_sale(dataset).values())
    with reverts(licenses.AccessLicense_NotDatasetOwner, datasetId=dataset, got=stranger):
        licenses.closeOffer(offer_id, sender=stranger)
    licenses.closeOffer(offer_id, sender=hospital)
