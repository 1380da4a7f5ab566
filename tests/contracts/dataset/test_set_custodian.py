"""DatasetNFT.setCustodian

├── given a dataset that does not exist: reverts ERC721NonexistentToken
├── given another sender than the owner: reverts DatasetNFT_NotOwner
├── given an account: it delivers keys besides the owner, and the former custodian does not
└── given zero: the owner alone does
"""

import pytest
from reverting import reverts
from vocabulary import ZERO


def test_needs_a_dataset(datasets, hospital):
    with reverts(datasets.ERC721NonexistentToken, tokenId=7):
        datasets.setCustodian(7, hospital, sender=hospital)


@pytest.mark.parametrize("by", ["stranger", "custodian"])
def test_needs_the_owner(datasets, dataset, actors, by):
    sender = getattr(actors, by)
    with reverts(datasets.DatasetNFT_NotOwner, datasetId=dataset, got=sender):
        datasets.setCustodian(dataset, sender, sender=sender)


def test_the_owner_at_first(datasets, publish, hospital):
    dataset = publish(hospital)
    assert datasets.custodianOf(dataset) == hospital
    assert datasets.releaseOf(dataset, 1, hospital) == (True, False)


def test_set_custodian(datasets, dataset, hospital, custodian, stranger):
    tx = datasets.setCustodian(dataset, stranger, sender=hospital)
    assert tx.events == [datasets.CustodianSet(datasetId=dataset, custodian=stranger)]
    assert datasets.custodianOf(dataset) == stranger
    assert datasets.releaseOf(dataset, 1, stranger) == (True, False)
    assert datasets.releaseOf(dataset, 1, hospital) == (True, False)
    assert datasets.releaseOf(dataset, 1, custodian) == (False, False)


def test_nobody(datasets, dataset, hospital, custodian):
    tx = datasets.setCustodian(dataset, ZERO, sender=hospital)
    assert tx.events == [datasets.CustodianSet(datasetId=dataset, custodian=ZERO)]
    assert datasets.custodianOf(dataset) == ZERO
    for account, entitled in ((custodian, False), (ZERO, False), (hospital, True)):
        assert datasets.releaseOf(dataset, 1, account) == (entitled, False)
