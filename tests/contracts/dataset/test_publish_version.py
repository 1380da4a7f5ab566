"""DatasetNFT.publishVersion

├── given a dataset that does not exist: reverts ERC721NonexistentToken
├── given another sender than the owner: reverts DatasetNFT_NotOwner
├── given fields or terms that `publish` refuses: reverts as it does
└── otherwise: adds a version; the URI follows
    ├── old versions stay as they are, withdrawn ones too
    └── what is for sale, and its terms, are the new version's
"""

from reverting import reverts
from vocabulary import EMPTY, Duo, word


def test_needs_a_dataset(datasets, publication, hospital):
    with reverts(datasets.ERC721NonexistentToken, tokenId=7):
        datasets.publishVersion(7, publication(), sender=hospital)


def test_needs_the_owner(datasets, publication, dataset, stranger, custodian):
    for sender in (stranger, custodian):
        with reverts(datasets.DatasetNFT_NotOwner, datasetId=dataset, got=sender):
            datasets.publishVersion(dataset, publication(), sender=sender)


def test_checks_what_publish_checks(datasets, publication, dataset, hospital):
    with reverts(datasets.DatasetNFT_EmptyField, field="card"):
        datasets.publishVersion(dataset, publication(card=EMPTY), sender=hospital)
    with reverts(datasets.DatasetNFT_BadTerms, terms=Duo.NCU):
        datasets.publishVersion(dataset, publication(terms=Duo.NCU), sender=hospital)
    with reverts(datasets.DatasetNFT_DiseasesWithoutDS, terms=Duo.GRU):
        datasets.publishVersion(dataset, publication(terms=Duo.GRU, diseases=word("root")), sender=hospital)
    assert datasets.latestVersion(dataset) == 1


def test_publish_version(datasets, publication, dataset, hospital):
    p = publication("revised", Duo.GRU | Duo.DS, diseases=word("root"))
    tx = datasets.publishVersion(dataset, p, sender=hospital)
    assert tx.events == [
        datasets.VersionPublished(datasetId=dataset, version=2, **p),
        datasets.MetadataUpdate(_tokenId=dataset),
    ]
    assert datasets.latestVersion(dataset) == 2
    assert datasets.tokenURI(dataset).endswith(word("revised card").hex())
    first, second = datasets.versionOf(dataset, 1), datasets.versionOf(dataset, 2)
    assert (first.card, first.terms, first.diseases) == (word("cohort card"), Duo.HMB | Duo.NCU, EMPTY)
    assert (second.terms, second.diseases) == (Duo.GRU | Duo.DS, word("root"))
    assert datasets.saleOf(dataset) == (2, Duo.GRU | Duo.DS, False)


def test_a_withdrawn_version_stays_withdrawn(datasets, publication, dataset, hospital):
    withdrawn_at = datasets.withdraw(dataset, 1, sender=hospital).timestamp
    assert datasets.saleOf(dataset).withdrawn
    datasets.publishVersion(dataset, publication("revised"), sender=hospital)
    assert datasets.versionOf(dataset, 1).withdrawnAt == withdrawn_at
    assert datasets.versionOf(dataset, 2).withdrawnAt == 0
    assert not datasets.saleOf(dataset).withdrawn
