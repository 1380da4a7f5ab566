"""DatasetNFT.withdraw and the views on versions

withdraw
├── given another sender than the owner: reverts DatasetNFT_NotOwner
├── given a version that does not exist: reverts DatasetNFT_UnknownVersion
├── given a withdrawn version: reverts DatasetNFT_AlreadyWithdrawn
└── otherwise: the version is withdrawn, others are not
"""

import ape


def test_withdraw_needs_the_owner(datasets, dataset, stranger):
    with ape.reverts(datasets.DatasetNFT_NotOwner, datasetId=dataset, got=stranger):
        datasets.withdraw(dataset, 1, sender=stranger)


def test_withdraw_needs_a_version(datasets, dataset, hospital):
    for version in (0, 2):
        with ape.reverts(datasets.DatasetNFT_UnknownVersion, datasetId=dataset, version=version):
            datasets.withdraw(dataset, version, sender=hospital)


def test_withdraw(datasets, dataset, publication, hospital):
    datasets.publishVersion(dataset, publication("revised"), sender=hospital)
    tx = datasets.withdraw(dataset, 1, sender=hospital)
    assert tx.events == [datasets.VersionWithdrawn(datasetId=dataset, version=1)]
    assert datasets.isWithdrawn(dataset, 1)
    assert not datasets.isWithdrawn(dataset, 2)
    assert datasets.versionOf(dataset, 1).withdrawnAt == tx.timestamp
    with ape.reverts(datasets.DatasetNFT_AlreadyWithdrawn, datasetId=dataset, version=1):
        datasets.withdraw(dataset, 1, sender=hospital)


def test_views_refuse_what_does_not_exist(datasets, dataset):
    with ape.reverts(datasets.DatasetNFT_UnknownVersion, datasetId=dataset, version=2):
        datasets.versionOf(dataset, 2)
    with ape.reverts(datasets.DatasetNFT_UnknownVersion, datasetId=9, version=1):
        datasets.isWithdrawn(9, 1)
    for view in (datasets.latestVersion, datasets.parentsOf, datasets.custodianOf, datasets.tokenURI):
        with ape.reverts(datasets.ERC721NonexistentToken, tokenId=9):
            view(9)
