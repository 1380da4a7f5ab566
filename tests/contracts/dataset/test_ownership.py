"""DatasetNFT: custodian, transfer, royalty, interfaces

setCustodian
├── given another sender than the owner: reverts DatasetNFT_NotOwner
└── given the owner: sets it, or takes it away by zero
transfer
├── clears the custodian and counts a tenure
└── makes the first owner the receiver of royalties, for good
"""

import ape
from vocabulary import ZERO


def test_set_custodian_needs_the_owner(datasets, dataset, stranger):
    with ape.reverts(datasets.DatasetNFT_NotOwner, datasetId=dataset, got=stranger):
        datasets.setCustodian(dataset, stranger, sender=stranger)


def test_set_custodian(datasets, dataset, hospital, stranger):
    tx = datasets.setCustodian(dataset, stranger, sender=hospital)
    assert tx.events == [datasets.CustodianSet(datasetId=dataset, custodian=stranger)]
    assert datasets.custodianOf(dataset) == stranger
    assert datasets.releaseOf(dataset, 1, stranger) == (True, False)
    datasets.setCustodian(dataset, ZERO, sender=hospital)
    assert datasets.releaseOf(dataset, 1, stranger) == (False, False)
    assert datasets.releaseOf(dataset, 1, hospital) == (True, False)


def test_nobody_is_custodian_by_default(datasets, publish, hospital):
    dataset = publish(hospital)
    assert datasets.releaseOf(dataset, 1, ZERO) == (False, False)
    assert datasets.custodianOf(dataset) == ZERO


def test_transfer_clears_the_custodian(datasets, dataset, hospital, custodian, stranger):
    tx = datasets.transferFrom(hospital, stranger, dataset, sender=hospital)
    assert datasets.CustodianSet(datasetId=dataset, custodian=ZERO) in tx.events
    assert datasets.custodianOf(dataset) == ZERO
    assert datasets.tenureOf(dataset) == 1
    assert datasets.releaseOf(dataset, 1, custodian) == (False, False)
    assert datasets.releaseOf(dataset, 1, hospital) == (False, False)
    assert datasets.releaseOf(dataset, 1, stranger) == (True, False)


def test_royalty(datasets, dataset, hospital, stranger, second):
    assert datasets.royaltyInfo(dataset, 1_000) == (hospital, 50)
    datasets.transferFrom(hospital, stranger, dataset, sender=hospital)
    datasets.transferFrom(stranger, second, dataset, sender=stranger)
    assert datasets.royaltyInfo(dataset, 1_000) == (hospital, 50)
    assert datasets.royaltyInfo(dataset, 19) == (hospital, 0)  # rounded down


def test_interfaces(datasets):
    for interface in ("01ffc9a7", "80ac58cd", "5b5e139f", "2a55205a", "49064906"):
        assert datasets.supportsInterface(bytes.fromhex(interface))
    assert not datasets.supportsInterface(b"\xff" * 4)
