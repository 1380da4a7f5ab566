"""A stranger's token that carries a victim's key commitment brings no key out of the victim's house."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest

from biodesci.chain.commitments import commitments
from biodesci.chain.records import DatasetVersion
from biodesci.core.onchain import LicenseState, Role
from biodesci.ipfs.client import Ipfs
from biodesci.market import license, offers, roles
from biodesci.market.offers import OfferTerms
from biodesci.market.purchase import purchase
from tests.attacks.at_work import custodian_of, delivered

GRU, HMB = 1 << 1, 1 << 2


class House:
    """The victim: a hospital that has published a cohort, and whose custodian worker runs on its home."""

    def __init__(self, sale, localnet) -> None:
        self.sale, self.chain, self.localnet = sale, sale.owner, localnet

    def working(self) -> AbstractContextManager[None]:
        return custodian_of(self.sale, self.localnet)

    def sent(self) -> int:
        return int(self.chain.web3.eth.get_transaction_count(self.chain.address))

    def serves(self) -> None:
        """Returns once a licence that was bought now is delivered: what came before was looked at, too."""
        delivered(self.sale, self.sale.buy().license_id)


@pytest.fixture
def house(sale, localnet):
    return House(sale, localnet)


@pytest.fixture
def sealed(monkeypatch):
    """What anybody in this process put on IPFS: each envelope is."""
    added: list[bytes] = []
    real = Ipfs.add

    def add(self, data, why=""):
        added.append(data)
        return real(self, data, why)

    monkeypatch.setattr(Ipfs, "add", add)
    return added


def stolen(house) -> tuple:
    """A publication of the stranger's own, with open terms, but the victim's key commitment and content."""
    real = house.chain.read(DatasetVersion, house.sale.dataset, 1)
    copied = commitments(house.chain, real)
    return (real.card, copied.content_root, copied.key_commitment, GRU, bytes(32))


def clone(stranger, publication) -> int:
    receipt = stranger.send(stranger.datasets.functions.publish(publication, []))
    return int(stranger.event(receipt, stranger.datasets, "DatasetPublished")["datasetId"])


def buy_for_nothing(stranger, dataset: int) -> int:
    return purchase(stranger, offers.create(stranger, dataset, OfferTerms(price=0)), GRU).license_id


def test_a_clone_that_names_the_victim_as_custodian(house, keyed, sealed):
    stranger = keyed()
    dataset = clone(stranger, stolen(house))
    roles.grant(stranger, dataset, Role.CUSTODIAN, house.chain.address)
    license_id = buy_for_nothing(stranger, dataset)
    sealed.clear()
    before = house.sent()
    with house.working():
        house.serves()
    assert license.get(stranger, license_id).state is LicenseState.PURCHASED
    assert house.sent() == before + 1, "it paid for the delivery of its own dataset alone"
    assert len(sealed) == 1


def test_a_clone_as_a_new_version_of_a_token_whose_custody_the_victim_accepted(house, keyed, sealed):
    """As a custodian who works for several owners has done."""
    stranger = keyed()
    dataset = clone(stranger, (b"\1" * 32, b"\2" * 32, b"\3" * 32, GRU, bytes(32)))
    roles.grant(stranger, dataset, Role.CUSTODIAN, house.chain.address)
    roles.accept(house.chain, dataset, Role.CUSTODIAN)
    stranger.send(stranger.datasets.functions.publishVersion(dataset, stolen(house)))
    license_id = buy_for_nothing(stranger, dataset)
    sealed.clear()
    before = house.sent()
    with house.working():
        house.serves()
    assert license.get(stranger, license_id).state is LicenseState.PURCHASED
    assert house.sent() == before + 1
    assert len(sealed) == 1


def test_a_clone_that_is_handed_to_the_victim_as_a_present(house, keyed, sealed):
    """It owns the token then, with an offer and a purchase on it that it never made."""
    stranger = keyed()
    dataset = clone(stranger, stolen(house))
    license_id = buy_for_nothing(stranger, dataset)
    transfer = stranger.datasets.functions.transferFrom(stranger.address, house.chain.address, dataset)
    stranger.send(transfer)
    sealed.clear()
    before = house.sent()
    with house.working():
        house.serves()
    assert license.get(stranger, license_id).state is LicenseState.PURCHASED
    assert house.sent() == before + 1
    assert len(sealed) == 1
