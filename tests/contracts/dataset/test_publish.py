"""DatasetNFT.publish, publishWithOffer, publishVersion

publish
├── given an empty field: reverts DatasetNFT_EmptyField
├── given terms without a permission, or with a bit that is no term: reverts DatasetNFT_BadTerms
├── given a parent that does not exist (zero, itself, later): reverts DatasetNFT_UnknownParent
├── given more than 32 parents: reverts DatasetNFT_TooManyParents
└── otherwise: mints the next id to the sender, version 1, with card URI and parents
publishWithOffer
├── given an offer that AccessLicense refuses: reverts, and nothing is published
└── otherwise: publishes and offers in one transaction, whatever datasetId the offer names
publishVersion
├── given a dataset that does not exist: reverts ERC721NonexistentToken
├── given another sender than the owner: reverts DatasetNFT_NotOwner
└── given the owner: adds a version; the URI follows; old versions stay
"""

import ape
import pytest
from vocabulary import PRICE, ZERO, Duo, word


@pytest.mark.parametrize("field", ["card", "contentRoot", "keyCommitment"])
def test_publish_needs_every_field(datasets, publication, hospital, field):
    with ape.reverts(datasets.DatasetNFT_EmptyField, field=field):
        datasets.publish(publication(**{field: bytes(32)}), [], sender=hospital)


@pytest.mark.parametrize(
    "terms", [0, Duo.NCU, Duo.PUB | Duo.IRB, Duo.GRU | Duo.METHODS, Duo.GRU | 1 << 6, 1 << 63]
)
def test_publish_refuses_bad_terms(datasets, publication, hospital, terms):
    with ape.reverts(datasets.DatasetNFT_BadTerms, terms=terms):
        datasets.publish(publication(terms=terms), [], sender=hospital)


def test_publish_refuses_unknown_parents(datasets, publication, publish, hospital):
    publish(hospital)
    for parent in (0, 2, 3, 2**200):
        with ape.reverts(datasets.DatasetNFT_UnknownParent, parent=parent):
            datasets.publish(publication(), [1, parent], sender=hospital)


def test_publish_limits_parents(datasets, publication, publish, hospital):
    publish(hospital)
    with ape.reverts(datasets.DatasetNFT_TooManyParents, got=33, allowed=32):
        datasets.publish(publication(), [1] * 33, sender=hospital)


def test_publish(datasets, publication, hospital):
    p = publication()
    tx = datasets.publish(p, [], sender=hospital)
    assert tx.events == [
        datasets.Transfer(**{"from": ZERO, "to": hospital, "tokenId": 1}),
        datasets.DatasetPublished(datasetId=1, owner=hospital, parents=[], **p),
    ]
    assert datasets.ownerOf(1) == hospital
    assert datasets.datasetCount() == datasets.latestVersion(1) == 1
    v = datasets.versionOf(1, 1)
    assert (v.card, v.contentRoot, v.keyCommitment, v.terms) == tuple(p.values())
    assert (v.publishedAt, v.withdrawnAt) == (tx.timestamp, 0)
    assert datasets.tokenURI(1) == "ipfs://f01701220" + p["card"].hex()
    assert datasets.custodianOf(1) == ZERO


def test_parents(datasets, publish, hospital, stranger):
    first, second = publish(hospital, "a"), publish(stranger, "b")
    child = publish(stranger, "c", parents=[second, first])
    assert datasets.parentsOf(child) == [second, first]
    assert datasets.parentsOf(first) == []


def test_publish_with_offer(datasets, licenses, publication, terms_of_sale, hospital):
    tx = datasets.publishWithOffer(publication(), [], terms_of_sale(999), sender=hospital)
    offer, is_open = licenses.offerOf(1)
    assert is_open
    assert offer[:2] == (1, PRICE)
    assert [log.event_name for log in tx.events] == ["Transfer", "DatasetPublished", "OfferCreated"]


def test_publish_with_a_bad_offer_publishes_nothing(datasets, licenses, publication, terms_of_sale, hospital):
    with ape.reverts(licenses.AccessLicense_BadOffer, field="right"):
        datasets.publishWithOffer(publication(), [], terms_of_sale(right=0), sender=hospital)
    assert datasets.datasetCount() == 0


def test_publish_version_needs_the_owner(datasets, publication, dataset, stranger, hospital):
    with ape.reverts(datasets.DatasetNFT_NotOwner, datasetId=dataset, got=stranger):
        datasets.publishVersion(dataset, publication(), sender=stranger)
    with ape.reverts(datasets.ERC721NonexistentToken, tokenId=7):
        datasets.publishVersion(7, publication(), sender=hospital)


def test_publish_version_checks_fields(datasets, publication, dataset, hospital):
    with ape.reverts(datasets.DatasetNFT_EmptyField, field="card"):
        datasets.publishVersion(dataset, publication(card=bytes(32)), sender=hospital)
    assert datasets.latestVersion(dataset) == 1


def test_publish_version(datasets, publication, dataset, hospital):
    p = publication("revised", Duo.GRU)
    tx = datasets.publishVersion(dataset, p, sender=hospital)
    assert tx.events == [
        datasets.VersionPublished(datasetId=dataset, version=2, **p),
        datasets.MetadataUpdate(_tokenId=dataset),
    ]
    assert datasets.latestVersion(dataset) == 2
    assert datasets.tokenURI(dataset).endswith(word("revised card").hex())
    assert datasets.versionOf(dataset, 1).card == word("cohort card")
    assert datasets.versionOf(dataset, 2).terms == Duo.GRU
