"""DatasetNFT.publish

├── given an empty field: reverts DatasetNFT_EmptyField
├── given terms without a permission, or with a bit that is no term: reverts DatasetNFT_BadTerms
├── given diseases without the term DS: reverts DatasetNFT_DiseasesWithoutDS
├── given a parent that does not exist (zero, itself, later): reverts DatasetNFT_UnknownParent
├── given more than 32 parents: reverts DatasetNFT_TooManyParents
└── otherwise: mints the next id to the sender, who is its custodian; version 1, with card URI and parents
"""

import pytest
from reverting import reverts
from vocabulary import EMPTY, ZERO, Duo, word


@pytest.mark.parametrize("field", ["card", "contentRoot", "keyCommitment"])
def test_needs_every_field(datasets, publication, hospital, field):
    with reverts(datasets.DatasetNFT_EmptyField, field=field):
        datasets.publish(publication(**{field: EMPTY}), [], sender=hospital)


@pytest.mark.parametrize(
    "terms", [0, Duo.NCU, Duo.PUB | Duo.IRB, Duo.GRU | Duo.METHODS, Duo.GRU | 1 << 6, 1 << 63]
)
def test_refuses_bad_terms(datasets, publication, hospital, terms):
    with reverts(datasets.DatasetNFT_BadTerms, terms=terms):
        datasets.publish(publication(terms=terms), [], sender=hospital)


def test_refuses_diseases_that_no_term_speaks_of(datasets, publication, hospital):
    with reverts(datasets.DatasetNFT_DiseasesWithoutDS, terms=Duo.HMB):
        datasets.publish(publication(terms=Duo.HMB, diseases=word("root")), [], sender=hospital)


def test_refuses_unknown_parents(datasets, publication, publish, hospital):
    publish(hospital)
    for parent in (0, 2, 3, 2**200):
        with reverts(datasets.DatasetNFT_UnknownParent, parent=parent):
            datasets.publish(publication(), [1, parent], sender=hospital)


def test_limits_parents(datasets, publication, publish, hospital):
    publish(hospital)
    with reverts(datasets.DatasetNFT_TooManyParents, got=33, allowed=32):
        datasets.publish(publication(), [1] * 33, sender=hospital)


def test_publish(datasets, publication, hospital):
    p = publication(terms=Duo.DS | Duo.NPU, diseases=word("root"))
    tx = datasets.publish(p, [], sender=hospital)
    assert tx.events == [
        datasets.Transfer(**{"from": ZERO, "to": hospital, "tokenId": 1}),
        datasets.DatasetPublished(datasetId=1, owner=hospital, parents=[], **p),
    ]
    assert datasets.ownerOf(1) == datasets.custodianOf(1) == hospital
    assert datasets.datasetCount() == datasets.latestVersion(1) == 1
    v = datasets.versionOf(1, 1)
    assert (v.card, v.contentRoot, v.keyCommitment, v.terms, v.diseases) == tuple(p.values())
    assert v.withdrawnAt == 0
    assert datasets.diseasesOf(1, 1) == word("root")
    assert datasets.saleOf(1) == (1, p["terms"], False)


def test_as_many_parents_as_allowed(datasets, publication, publish, hospital, stranger):
    parents = [publish(hospital, f"cohort {i}") for i in range(2)] * 16
    tx = datasets.publish(publication("pooled"), parents, sender=stranger)
    assert tx.events[1].parents == parents
    assert datasets.parentsOf(3) == parents
