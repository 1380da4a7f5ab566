"""DatasetNFT: tokenURI, royaltyInfo, the views on versions, interfaces

├── given a dataset or a version that does not exist: reverts
├── tokenURI is the latest version's card on IPFS, as a CIDv1 of dag-pb
├── royaltyInfo is 5 %, rounded down
└── it says that it is ERC-721 with metadata, ERC-2981 and ERC-4906
"""

import base64

import pytest
from reverting import reverts
from vocabulary import ZERO, word


@pytest.mark.parametrize("view", ["latestVersion", "custodianOf", "tokenURI"])
def test_needs_a_dataset(datasets, stranger, view):
    with reverts(datasets.ERC721NonexistentToken, tokenId=9):
        getattr(datasets, view).transact(9, sender=stranger)


def test_royalty_needs_a_dataset(datasets, stranger):
    with reverts(datasets.ERC721NonexistentToken, tokenId=9):
        datasets.royaltyInfo.transact(9, 100, sender=stranger)


def test_needs_a_version(datasets, dataset, stranger):
    for dataset_id, version in ((dataset, 0), (dataset, 2), (9, 1)):
        for view, rest in (
            (datasets.versionOf, ()),
            (datasets.isWithdrawn, ()),
            (datasets.diseasesOf, ()),
            (datasets.releaseOf, (ZERO,)),
        ):
            with reverts(datasets.DatasetNFT_UnknownVersion, datasetId=dataset_id, version=version):
                view.transact(dataset_id, version, *rest, sender=stranger)


def test_a_sale_needs_a_dataset(datasets, stranger):
    with reverts(datasets.DatasetNFT_UnknownVersion, datasetId=9, version=0):
        datasets.saleOf.transact(9, sender=stranger)


def test_uri(datasets, dataset):
    digest = word("cohort card")
    uri = datasets.tokenURI(dataset)
    assert uri == "ipfs://f01701220" + digest.hex()
    # The same CID in the base that IPFS prints: version 1, dag-pb, sha2-256, 32 bytes.
    cid = bytes.fromhex(uri.removeprefix("ipfs://f"))
    assert cid == bytes([0x01, 0x70, 0x12, 0x20]) + digest
    assert base64.b32encode(cid).decode().lower().startswith("afybei")


@pytest.mark.parametrize(("price", "royalty"), [(0, 0), (19, 0), (20, 1), (1_000, 50), (10**30, 5 * 10**28)])
def test_royalty(datasets, dataset, hospital, price, royalty):
    assert datasets.royaltyInfo(dataset, price) == (hospital, royalty)


def test_interfaces(datasets):
    for interface in ("01ffc9a7", "80ac58cd", "5b5e139f", "2a55205a", "49064906"):
        assert datasets.supportsInterface(bytes.fromhex(interface))
    assert not datasets.supportsInterface(b"\xff" * 4)
