"""Which licences rest on which visas, held against what the contract says of the same licences."""

from __future__ import annotations

import os

import pytest

from biodesci.chain.records import License, Listing
from biodesci.core import visa
from biodesci.core.visa import VisaType
from biodesci.index import queries
from biodesci.index.database import Store
from biodesci.index.derive import subject
from biodesci.index.sync import sync
from biodesci.ipfs.client import Ipfs
from biodesci.market import visa as visas
from biodesci.market.offers import OfferTerms
from biodesci.market.purchase import next_nonce
from tests.backend import calls
from tests.backend.sql import derived as rows_of

GRU = 1 << 1
PRICE = 1_000
DAY = 86_400
EMPTY = bytes(32)
PLAIN = (0, 0, EMPTY, EMPTY, 0, 0, EMPTY)


class World:
    """An offer that requires two visas; two buyers. Every look at a licence asks index and contract."""

    def __init__(self, chain_for, keyed, store) -> None:
        self.owner, self.issuer, self.store = chain_for(), chain_for(), store
        self.first, self.second = keyed(), keyed()
        visas.trust(self.owner, self.issuer.address, visa.REGISTERED_ACCESS)
        publication = (os.urandom(32), os.urandom(32), os.urandom(32), GRU, EMPTY)
        terms = OfferTerms(price=PRICE, duration=10 * DAY, uses=5, visas=visa.REGISTERED_ACCESS).tuple()
        receipt = self.owner.send(self.owner.datasets.functions.publishWithOffer(publication, [], terms))
        self.offer = self.owner.event(receipt, self.owner.licenses, "OfferCreated")["offerId"]

    def shown(self, buyer, days: int = 20):
        """A ResearcherStatus and an AcceptedTermsAndPolicies."""
        later = self.issuer.now() + days * DAY
        return tuple(
            visas.issue(self.issuer, buyer.address, kind, os.urandom(32), later + kind)
            for kind in (VisaType.RESEARCHER_STATUS, VisaType.ACCEPTED_TERMS_AND_POLICIES)
        )

    def buy(self, buyer, shown) -> int:
        sold = buyer.read(Listing, self.offer).offer.hash
        order = (
            buyer.address, self.offer, sold, 1, (GRU, 0, EMPTY), "0x" + "0" * 40, PRICE, False, 0,
            next_nonce(buyer), 2**40 - 1,
        )  # fmt: skip
        evidence = ([], [one.struct() for one in shown])
        function = buyer.licenses.functions.purchaseFor(order, b"", evidence, PLAIN)
        receipt = buyer.send(function, PRICE)
        return buyer.event(receipt, buyer.licenses, "LicensePurchased")["licenseId"]

    def active(self, buyer, shown) -> int:
        """Bought, delivered and confirmed."""
        license_id = self.buy(buyer, shown)
        self.owner.send(calls.deliver(self.owner, license_id, os.urandom(32)))
        buyer.send(buyer.licenses.functions.confirm(license_id))
        return license_id

    def lapsed(self, *license_ids: int) -> list[bool]:
        sync(self.owner, Ipfs("http://127.0.0.1:9"), self.store)
        found = []
        for license_id in license_ids:
            row = queries.license(self.store, license_id)
            on_chain = self.owner.read(License, license_id)
            assert (row["expires_at"] or 0) == on_chain.expires_at
            is_active = self.owner.call(self.owner.licenses.functions.isActive(license_id))
            ended = row["expires_at"] is not None and row["expires_at"] <= self.owner.now()
            lapsed = row["visa_revoked_at"] is not None
            assert is_active is (row["state"] in {3, 4} and not ended and not lapsed)
            found.append(lapsed)
        return found


@pytest.fixture
def world(chain_for, keyed, tmp_path):
    """In SQLite; `on_each_engine` is in PostgreSQL, too, as the stories of test_log.py are."""
    with Store(tmp_path / "index.sqlite") as store:
        yield World(chain_for, keyed, store)


@pytest.fixture
def on_each_engine(chain_for, keyed, location):
    with Store(location) as store:
        yield World(chain_for, keyed, store)


@pytest.mark.parametrize("which", [0, 1])
def test_a_revocation_ends_what_rests_on_the_visa_and_nothing_else(world, which):
    theirs, own = world.shown(world.first), world.shown(world.second)
    # One visa serves two purchases; the account's other licence rests on other visas.
    both = [world.active(world.first, theirs) for _ in range(2)]
    others = [world.active(world.second, own), world.active(world.first, world.shown(world.first))]
    assert world.lapsed(*both, *others) == [False] * 4
    visas.revoke(world.issuer, theirs[which])
    assert world.lapsed(*both, *others) == [True, True, False, False]


def test_trust_for_a_dataset_is_the_matter_of_who_says_so():
    """A stranger's word about a dataset does not stand in that dataset's history."""
    said = {"owner": "0x1", "datasetId": 3, "issuer": "0x2", "types": 15}
    assert subject("VisaRegistry", "IssuerTrusted", said) == ("account", "0x1")
    assert subject("VisaRegistry", "VisaRevoked", {"issuer": "0x2", "visaHash": "0x3"}) == ("account", "0x2")
    assert subject("AccessLicense", "OfferCreated", {"offerId": 1, "datasetId": 3}) == ("dataset", "3")


def test_what_another_issuer_revokes_is_another_visa(world, chain_for):
    shown = world.shown(world.first)
    license_id = world.active(world.first, shown)
    stranger = chain_for()
    stranger.send(stranger.visas.functions.revoke(visas.hash_of(stranger, shown[0])))
    assert world.lapsed(license_id) == [False]


def test_a_revocation_before_delivery_is_remembered(world):
    shown = world.shown(world.first)
    license_id = world.buy(world.first, shown)
    visas.revoke(world.issuer, shown[0])
    assert world.lapsed(license_id) == [True]


def test_a_licence_ends_with_the_first_of_its_visas(world):
    shorter, longer = world.shown(world.first, days=2), world.shown(world.first)
    first, second = world.active(world.first, shorter), world.active(world.first, longer)
    world.lapsed(first, second)
    ends = [queries.license(world.store, one)["expires_at"] for one in (first, second)]
    assert ends[0] == min(one.visa.expires for one in shorter)
    assert ends[1] == queries.license(world.store, second)["delivered_at"] + 10 * DAY


def test_a_reorg_takes_a_revocation_back(world, localnet):
    shown = world.shown(world.first)
    license_id = world.active(world.first, shown)
    assert world.lapsed(license_id) == [False]
    snapshot = localnet.rpc("evm_snapshot")
    visas.revoke(world.issuer, shown[0])
    assert world.lapsed(license_id) == [True]
    localnet.rpc("evm_revert", snapshot)
    world.owner.send(world.owner.visas.functions.trust(world.issuer.address, 0))
    assert world.lapsed(license_id) == [False]


def test_a_reorg_takes_a_purchase_back_and_with_it_its_visas(on_each_engine, localnet):
    world = on_each_engine
    old, new = world.shown(world.first), world.shown(world.first)
    snapshot = localnet.rpc("evm_snapshot")
    license_id = world.active(world.first, old)
    assert world.lapsed(license_id) == [False]
    localnet.rpc("evm_revert", snapshot)
    # The same number, on other visas.
    assert world.active(world.first, new) == license_id
    visas.revoke(world.issuer, old[0])
    assert world.lapsed(license_id) == [False]
    visas.revoke(world.issuer, new[1])
    assert world.lapsed(license_id) == [True]
    derived = rows_of(world.store)
    world.store.clear()
    world.lapsed(license_id)
    assert rows_of(world.store) == derived


def test_the_chain_is_asked_about_no_licence(world, monkeypatch):
    shown = world.shown(world.first)
    license_ids = [world.active(world.first, shown) for _ in range(3)]
    visas.revoke(world.issuer, shown[0])
    asked = []
    call = type(world.owner).call
    monkeypatch.setattr(
        type(world.owner), "call", lambda self, f, *a, **k: asked.append(f.fn_name) or call(self, f, *a, **k)
    )
    sync(world.owner, Ipfs("http://127.0.0.1:9"), world.store)
    monkeypatch.undo()
    assert not {"isActive", "expiresAt", "licenseOf"} & set(asked)
    assert world.lapsed(*license_ids) == [True] * 3
