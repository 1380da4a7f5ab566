"""The index follows the chain: once per event, through reorganisations, past documents it cannot read."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date

import pytest

from biodesci.chain.records import License, Listing
from biodesci.core import croissant
from biodesci.core.container import ContainerInfo
from biodesci.core.documents.dataset_card import IdentifierCheck
from biodesci.core.envelope import generate_seed, public_key
from biodesci.core.onchain import Role
from biodesci.index import activity, elsewhere, queries
from biodesci.index.database import Store
from biodesci.index.sync import sync
from biodesci.ipfs.client import Ipfs
from biodesci.market import arbitration, license, roles
from biodesci.market.offers import OfferTerms
from tests.backend import calls
from tests.backend.sql import derived as rows_of

GRU = 1 << 1
OFFER = OfferTerms(price=1000, duration=3600, uses=2, delivery_window=600, dispute_window=600)


@pytest.fixture
def ipfs(ipfs_node):
    return Ipfs(ipfs_node.api, timeout=1.0)


@pytest.fixture
def store(location):
    with Store(location) as opened:
        yield opened
        assert opened.condition().aside_count == 0, opened.condition().aside


def card(name: str) -> bytes:
    info = ContainerInfo(os.urandom(32), 42, 10, 1 << 16, os.urandom(32))
    return croissant.build(
        croissant.About(name, "", GRU),
        croissant.StoredFile(os.urandom(32), info, "text/csv"),
        IdentifierCheck(findings=()),
        croissant.Edition(1, date(2026, 11, 30)),
    ).to_bytes()


def publish(chain, digest: bytes, *, offer: OfferTerms = OFFER) -> tuple[int, int]:
    publication = (digest, os.urandom(32), os.urandom(32), GRU, bytes(32))
    receipt = chain.send(chain.datasets.functions.publishWithOffer(publication, [], offer.tuple()))
    dataset = chain.event(receipt, chain.datasets, "DatasetPublished")["datasetId"]
    return dataset, chain.event(receipt, chain.licenses, "OfferCreated")["offerId"]


def test_dataset_offer_and_card_are_indexed_once(chain_for, ipfs, store):
    chain = chain_for()
    digest = ipfs.add(card("Cohort of Cleveland"))
    dataset, offer = publish(chain, digest)
    first = sync(chain, ipfs, store)
    assert first.block == chain.block_number()
    assert first.events > 0
    row = queries.dataset(store, dataset)
    assert row is not None
    assert row["owner"] == chain.address
    assert json.loads(row["body"])["name"] == "Cohort of Cleveland"
    (offered,) = queries.offers(store, dataset)
    assert (offered["id"], offered["price"], offered["open"]) == (offer, 1000, 1)
    again = sync(chain, ipfs, store)
    assert (again.events, again.rolled_back) == (0, 0)


def test_the_end_of_an_offer_is_told_of_its_dataset(chain_for, ipfs, store):
    chain = chain_for()
    dataset, offer = publish(chain, ipfs.add(card("x")))
    chain.send(chain.licenses.functions.closeOffer(offer))
    sync(chain, ipfs, store)
    assert activity.of_one(store, "dataset", dataset)[0]["name"] == "OfferClosed"
    assert [offered["open"] for offered in queries.offers(store, dataset)] == [0]


def test_license_states_equal_the_contracts(chain_for, ipfs, store, localnet):
    owner, buyer = chain_for(), chain_for()
    arbiter = chain_for()
    arbitration.accept(arbiter, accepted=True)
    dataset, offer = publish(owner, ipfs.add(card("x")), offer=replace(OFFER, arbiter=arbiter.address))
    buyer.send(buyer.keys.functions.register(public_key(generate_seed())))
    functions = buyer.licenses.functions

    def buy() -> int:
        sold = buyer.read(Listing, offer).offer.hash
        receipt = buyer.send(functions.purchase(offer, sold, 1, GRU, False), 1000)
        return buyer.event(receipt, buyer.licenses, "LicensePurchased")["licenseId"]

    def same(license_id: int) -> dict:
        sync(owner, ipfs, store)
        row = queries.license(store, license_id)
        on_chain = owner.read(License, license_id)
        assert row is not None
        assert row["state"] == on_chain.state
        assert row["licensee"] == on_chain.licensee == buyer.address
        assert row["version"] == on_chain.version
        assert row["uses_left"] == on_chain.uses_left
        if row["state"] in {1, 2, 3, 5}:
            assert row["deadline"] == on_chain.deadline
        if row["delivered_at"]:
            assert (row["expires_at"] or 0) == on_chain.expires_at
            assert row["envelope"] == "0x" + license.envelope_of(owner, license_id).hex()
        return row

    settled, refunded, disputed, rejected, revoked = (buy() for _ in range(5))
    assert same(settled)["state"] == 2
    for license_id in (settled, disputed, revoked):
        owner.send(calls.deliver(owner, license_id, b"\x05" * 32))
    assert same(settled)["state"] == 3
    buyer.send(functions.confirm(settled))
    buyer.send(functions.consume(settled))
    owner.send(functions.reject(rejected, b"\x01" * 32))
    owner.send(calls.revoke(owner, revoked, b"\x01" * 32))
    buyer.send(functions.dispute(disputed, b"\x01" * 32))
    assert same(disputed)["state"] == 5
    arbiter.send(calls.resolve(arbiter, disputed, pay_owner=False))
    localnet.pass_time(601)
    buyer.send(functions.refund(refunded))
    states = [same(i)["state"] for i in (settled, refunded, disputed, rejected, revoked)]
    assert states == [4, 6, 6, 7, 8]
    assert queries.related(store, dataset).licenses == 5


def held(store, dataset: int) -> list[tuple[int, str, int]]:
    return [(row["role"], row["account"], row["state"]) for row in queries.roles(store, dataset)]


def test_transfer_hands_over_offers_and_ends_the_custodian(chain_for, ipfs, store):
    owner, other = chain_for(), chain_for()
    dataset, _ = publish(owner, ipfs.add(card("x")))
    roles.grant(owner, dataset, Role.CUSTODIAN, other.address)
    sync(owner, ipfs, store)
    assert held(store, dataset) == [(Role.CUSTODIAN, other.address, 1)]
    roles.accept(other, dataset, Role.CUSTODIAN)
    roles.grant(owner, dataset, Role.OPERATOR, other.address)
    sync(owner, ipfs, store)
    custodian = (Role.CUSTODIAN, other.address, 2)
    assert held(store, dataset) == [custodian, (Role.OPERATOR, other.address, 1)]
    roles.revoke(other, dataset, Role.OPERATOR, other.address)
    sync(owner, ipfs, store)
    assert held(store, dataset) == [custodian]
    assert roles.holders(owner, dataset) == (roles.Holder(Role.CUSTODIAN, other.address, True),)
    owner.send(owner.datasets.functions.transferFrom(owner.address, other.address, dataset))
    sync(owner, ipfs, store)
    assert queries.dataset(store, dataset)["owner"] == other.address
    assert held(store, dataset) == []
    assert roles.holders(owner, dataset) == ()
    assert [o["open"] for o in queries.offers(store, dataset)] == [1]


def test_reorg_takes_back_what_is_gone_and_reads_what_came(chain_for, ipfs, store, localnet):
    chain = chain_for()
    kept, _ = publish(chain, ipfs.add(card("kept")))
    sync(chain, ipfs, store)
    snapshot = localnet.rpc("evm_snapshot")
    lost, _ = publish(chain, ipfs.add(card("lost")))
    chain.send(chain.datasets.functions.withdraw(kept, 1))
    assert sync(chain, ipfs, store).events > 0
    assert queries.versions(store, kept)[0]["withdrawn_at"] is not None

    localnet.rpc("evm_revert", snapshot)
    came, _ = publish(chain, ipfs.add(card("came")))
    assert came == lost  # the same number, another dataset
    result = sync(chain, ipfs, store)
    assert result.rolled_back > 0
    assert json.loads(queries.dataset(store, came)["body"])["name"] == "came"
    assert queries.versions(store, kept)[0]["withdrawn_at"] is None
    derived = rows_of(store)

    store.clear()
    sync(chain, ipfs, store)
    assert rows_of(store) == derived


def test_shorter_chain_is_a_reorg_too(chain_for, ipfs, store, localnet):
    chain = chain_for()
    sync(chain, ipfs, store)
    snapshot = localnet.rpc("evm_snapshot")
    lost, _ = publish(chain, ipfs.add(card("lost")))
    sync(chain, ipfs, store)
    localnet.rpc("evm_revert", snapshot)
    assert sync(chain, ipfs, store).rolled_back > 0
    assert queries.dataset(store, lost) is None
    assert queries.as_of(store) == chain.block_number()


def test_unreadable_cards_are_recorded_and_do_not_stop_the_index(chain_for, ipfs, store, monkeypatch):
    chain = chain_for()
    no_json, _ = publish(chain, ipfs.add(b"\xff\xfe"))
    no_name, _ = publish(chain, ipfs.add(b'{"name": "x"}'))
    later = card("late")
    missing, _ = publish(chain, _digest_of(ipfs, later))
    good, _ = publish(chain, ipfs.add(card("good")))
    for _ in range(4):
        sync(chain, ipfs, store)
    assert json.loads(queries.dataset(store, good)["body"])["name"] == "good"
    reasons = {i: queries.dataset(store, i)["reason"] for i in (no_json, no_name, missing)}
    assert reasons[no_json] == "It is not a JSON document."
    assert reasons[no_name] == "The card cannot be listed: the field conformsTo is missing."
    assert reasons[missing]

    ipfs.add(later)
    monkeypatch.setattr(elsewhere.time, "time", lambda: 2**33)
    for _ in range(4):
        sync(chain, ipfs, store)
    assert json.loads(queries.dataset(store, missing)["body"])["name"] == "late"
    assert queries.dataset(store, missing)["reason"] is None


@pytest.mark.parametrize(
    "value",
    [b'"\\ud800"', b"NaN", b"1e999", b"[" * 200 + b"]" * 200],
    ids=["half a surrogate pair", "NaN", "infinity", "depth"],
)
def test_a_card_that_would_break_every_answer_is_not_taken(chain_for, ipfs, store, value):
    chain = chain_for()
    text = card("CARDNAME").replace(b'"name":"CARDNAME"', b'"keywords":' + value + b',"name":"CARDNAME"', 1)
    assert value in text
    dataset, _ = publish(chain, ipfs.add(text))
    for _ in range(4):
        sync(chain, ipfs, store)
    assert queries.dataset(store, dataset)["reason"]
    assert queries.dataset(store, dataset)["body"] is None


def _digest_of(ipfs: Ipfs, data: bytes) -> bytes:
    """The digest of a small file, without adding it: dag-pb over UnixFS, as docs/protocol.md says."""
    import hashlib

    def field(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2]) + _varint(len(data)) + data

    unixfs = b"\x08\x02" + field(2, data) + b"\x18" + _varint(len(data))
    return hashlib.sha256(field(1, unixfs)).digest()


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def test_index_goes_on_while_ipfs_is_down(chain_for, store):
    chain = chain_for()
    dataset, _ = publish(chain, os.urandom(32))
    sync(chain, Ipfs("http://127.0.0.1:9"), store)
    assert queries.dataset(store, dataset)["owner"] == chain.address
    assert store.unreadable()


def test_another_chain_starts_the_index_anew(chain_for, ipfs, store):
    chain = chain_for()
    dataset, _ = publish(chain, ipfs.add(card("x")))
    sync(chain, ipfs, store)
    chain.genesis = "0x" + "ab" * 32
    store_events = queries.counts(store)["events"]
    assert sync(chain, ipfs, store).events == store_events
    assert queries.dataset(store, dataset) is not None
