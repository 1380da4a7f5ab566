"""DatasetNFT.withdraw

├── given a dataset that does not exist: reverts ERC721NonexistentToken
├── given another sender than the owner: reverts DatasetNFT_NotOwner
├── given a version that does not exist: reverts DatasetNFT_UnknownVersion
├── given a withdrawn version: reverts DatasetNFT_AlreadyWithdrawn
├── given the latest version: it is withdrawn, and nothing is for sale
└── given an earlier version: it is withdrawn, others are not
"""

from reverting import reverts


def test_needs_a_dataset(datasets, hospital):
    with reverts(datasets.ERC721NonexistentToken, tokenId=7):
        datasets.withdraw(7, 1, sender=hospital)


def test_needs_the_owner(datasets, dataset, stranger, custodian):
    for sender in (stranger, custodian):
        with reverts(datasets.DatasetNFT_NotOwner, datasetId=dataset, got=sender):
            datasets.withdraw(dataset, 1, sender=sender)


def test_needs_a_version(datasets, dataset, hospital):
    for version in (0, 2, 2**32 - 1):
        with reverts(datasets.DatasetNFT_UnknownVersion, datasetId=dataset, version=version):
            datasets.withdraw(dataset, version, sender=hospital)


def test_the_latest_version(datasets, dataset, hospital, custodian):
    tx = datasets.withdraw(dataset, 1, sender=hospital)
    assert tx.events == [datasets.VersionWithdrawn(datasetId=dataset, version=1)]
    assert datasets.isWithdrawn(dataset, 1)
    assert datasets.versionOf(dataset, 1).withdrawnAt == tx.timestamp
    assert datasets.saleOf(dataset).withdrawn
    assert datasets.releaseOf(dataset, 1, custodian) == (True, True)
    with reverts(datasets.DatasetNFT_AlreadyWithdrawn, datasetId=dataset, version=1):
        datasets.withdraw(dataset, 1, sender=hospital)


def test_an_earlier_version(datasets, dataset, publication, hospital):
    datasets.publishVersion(dataset, publication("revised"), sender=hospital)
    tx = datasets.withdraw(dataset, 1, sender=hospital)
    assert tx.events == [datasets.VersionWithdrawn(datasetId=dataset, version=1)]
    assert datasets.isWithdrawn(dataset, 1)
    assert not datasets.isWithdrawn(dataset, 2)
    assert not datasets.saleOf(dataset).withdrawn
    assert datasets.versionOf(dataset, 1).withdrawnAt == tx.timestamp
    with reverts(datasets.DatasetNFT_AlreadyWithdrawn, datasetId=dataset, version=1):
        datasets.withdraw(dataset, 1, sender=hospital)
