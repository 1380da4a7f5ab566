"""Lists stay small whatever stands in the cards; the dataset's own page has the whole card."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from biodesci.api.app import create
from biodesci.config import Settings
from biodesci.core import cid
from biodesci.index import queries
from biodesci.index.database import Block, Event, Store

OWNER = "0x" + "a1" * 20
WORD = "0x" + "02" * 32
FILE = {
    "name": "c.csv", "contentUrl": "ipfs://" + cid.from_digest(b"\2" * 32), "contentSize": "99 B",
    "encodingFormat": "text/csv", "sha256": "ab" * 32, "biodesci:plaintextSize": 42,
    "biodesci:segmentSize": 65536,
}  # fmt: skip
CARD = {
    "name": "Cohort", "description": "long " * 100_000, "keywords": ["k" * 400] * 5_000,
    "biodesci:records": 303, "distribution": [FILE],
}  # fmt: skip
PUBLISHED = {
    "datasetId": 1, "owner": OWNER, "card": WORD, "contentRoot": WORD, "keyCommitment": WORD, "terms": 2,
    "diseases": "0x" + "0" * 64, "parents": [],
}  # fmt: skip


@pytest.fixture
def world(tmp_path):
    """A dataset with a huge card, a licence of it, and a model with the same card."""
    settings = Settings(home=tmp_path / "home", deployment=tmp_path / "none.json")
    offer = {
        "right": 1, "price": 7, "currency": "0x" + "0" * 40, "duration": 0, "uses": 0, "deliveryWindow": 60,
        "disputeWindow": 60, "visas": 0, "proRata": False, "arbiter": OWNER,
    }  # fmt: skip
    log = (
        ("DatasetNFT", "DatasetPublished", PUBLISHED),
        ("AccessLicense", "OfferCreated", {
            "offerId": 1, "datasetId": 1, "offer": offer, "symbol": "ETH", "decimals": 18,
        }),
        ("AccessLicense", "LicensePurchased", {
            "licenseId": 1, "offerId": 1, "datasetId": 1, "version": 1, "licensee": OWNER, "purpose": 2,
            "needsReview": False,
        }),
        ("ModelRegistry", "ModelRegistered", {
            "modelId": 1, "owner": OWNER, "architecture": WORD, "card": WORD, "weightsRoot": WORD,
            "weights": WORD,
        }),
    )  # fmt: skip
    block = Block(1, WORD, 1_000)
    events = [Event(block, at, WORD, contract, name, args) for at, (contract, name, args) in enumerate(log)]
    with Store(settings.index_location) as store, TestClient(create(settings)) as client:
        store.apply(events, block)
        store.put_document(WORD, "card", CARD)
        store.put_document(WORD, "model", CARD)
        yield store, client


def test_a_list_of_datasets_shows_the_first_of_a_long_card(world):
    _, client = world
    answer = client.get("/v1/datasets")
    (one,) = answer.json()["items"]
    assert (one["name"], one["records"], one["size"]) == ("Cohort", 303, 99)
    assert one["description"] == CARD["description"][:2_000]
    assert one["keywords"] == ["k" * 100] * 32
    assert len(answer.content) < 20_000


def test_a_datasets_own_page_has_the_whole_card(world):
    _, client = world
    body = client.get("/v1/datasets/1").json()
    assert body["card"] == CARD
    assert body["description"] == CARD["description"][:20_000]
    assert body["keywords"] == ["k" * 100] * 256
    container = body["versions"][0]["container"]
    assert (container["size"], container["plaintextSize"], container["segmentSize"]) == (99, 42, 65536)
    assert (container["fileName"], container["sha256"]) == ("c.csv", "ab" * 32)


@pytest.mark.parametrize(
    ("named", "said"),
    [("https://data.hospital.example", "https://data.hospital.example"), ("file:///etc", None), ({}, None)],
    ids=str,
)
def test_a_private_file_is_at_its_owners_server_and_at_no_gateway(world, named, said):
    store, client = world
    (public,) = client.get("/v1/datasets/1").json()["versions"]
    assert public["container"]["url"].endswith(f"/ipfs/{public['container']['content']['cid']}")
    assert public["container"]["servedAt"] is None
    card = CARD | {"distribution": [FILE | {"biodesci:servedAt": named}]}
    store.put_document(WORD, "card", card)
    for path in ("/v1/datasets/1", "/v1/licenses/1"):
        body = client.get(path).json()
        container = body["container"] if "container" in body else body["versions"][0]["container"]
        assert (container["url"], container["servedAt"]) == (None, said), path
        assert container["content"] == public["container"]["content"]


def test_models_and_licences_are_listed_without_their_cards(world):
    store, client = world
    (model,) = client.get("/v1/models").json()["items"]
    assert (model["name"], model["description"]) == ("Cohort", CARD["description"][:2_000])
    body = client.get("/v1/models/1").json()
    assert (body["cardDocument"], body["description"]) == (CARD, CARD["description"][:20_000])
    (license_,) = client.get("/v1/licenses").json()["items"]
    assert license_["datasetName"] == "Cohort"
    assert client.get("/v1/licenses/1").json()["container"]["plaintextSize"] == 42
    rows = (
        queries.datasets(store, before=9, limit=9, text="", owner=""),
        queries.licenses(store, queries.Whose(), before=9, limit=9),
        queries.models(store, before=9, limit=9),
        queries.versions(store, 1),
    )
    assert all(len(str([dict(row) for row in found])) < 20_000 for found in rows)
