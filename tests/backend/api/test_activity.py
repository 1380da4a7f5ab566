"""The timeline of all that happened: complete, in order, by pages, with the names of what it is about."""

from __future__ import annotations

from typing import get_args

import pytest
from fastapi.testclient import TestClient

from biodesci.api.app import create
from biodesci.cli.arguments import Thing
from biodesci.config import Settings
from biodesci.index import activity
from biodesci.index.database import Block, Event, Store
from tests.backend.sql import heard, steps

OWNER = "0x" + "a1" * 20
OFFER = {
    "right": 1, "price": 7, "currency": "0x" + "0" * 40, "duration": 0, "uses": 0, "deliveryWindow": 60,
    "disputeWindow": 60, "visas": 0, "proRata": False, "arbiter": OWNER,
}  # fmt: skip


def word(number: int) -> str:
    return f"0x{number:064x}"


def published(dataset: int) -> tuple[str, str, dict]:
    args = {
        "datasetId": dataset, "owner": OWNER, "card": word(dataset), "contentRoot": word(1),
        "keyCommitment": word(1), "terms": 2, "diseases": word(0), "parents": [],
    }  # fmt: skip
    return "DatasetNFT", "DatasetPublished", args


def attested(request: int) -> tuple[str, str, dict]:
    args = {"requestId": request, "auditor": OWNER, "standing": 2, "passed": True, "report": word(9)}
    return "InferenceCommitment", "AuditAttested", args


# Two events a block, so that a page may end inside one.
LOG = (
    published(1),
    ("AccessLicense", "OfferCreated",
     {"offerId": 5, "datasetId": 1, "offer": OFFER, "symbol": "ETH", "decimals": 18}),
    ("AccessLicense", "LicensePurchased",
     {"licenseId": 3, "offerId": 5, "datasetId": 1, "version": 1, "licensee": OWNER, "purpose": 2,
      "needsReview": False}),
    ("KeyRegistry", "KeyRegistered", {"account": OWNER, "version": 1}),
    ("ModelRegistry", "ModelRegistered",
     {"modelId": 1, "owner": OWNER, "architecture": word(1), "card": word(50), "weightsRoot": word(1),
      "weights": word(1)}),
    ("ModelRegistry", "RoundOpened",
     {"roundId": 4, "modelId": 1, "baseVersion": 1, "opening": {"kind": 1, "plan": word(1),
      "aggregator": OWNER, "minNodes": 2, "enrolBy": 1, "commitBy": 2, "finalizeBy": 3}}),
    ("InferenceCommitment", "InferenceRequested",
     {"requestId": 2, "modelId": 1, "version": 1, "requester": OWNER, "worker": OWNER, "arbiter": OWNER,
      "fee": 2**200, "challengeWindow": 60, "deadline": 99, "inputCommitment": word(1), "input": word(2)}),
    attested(2),
    published(2),
)  # fmt: skip


def apply(store: Store, log, first: int = 1) -> None:
    events = []
    for at, (contract, name, args) in enumerate(log):
        block = Block(first + at // 2, word(first + at // 2), 1_000 + at // 2)
        events.append(Event(block, at % 2, word(at), contract, name, args))
    store.apply(events, events[-1].block)


@pytest.fixture
def world(tmp_path):
    settings = Settings(home=tmp_path / "home", deployment=tmp_path / "none.json")
    with Store(settings.index_location) as store, TestClient(create(settings)) as client:
        apply(store, LOG)
        store.put_document(word(1), "card", {"name": "Cohort of Cleveland"})
        store.put_document(word(50), "model", {"name": "Heart model"})
        yield store, client


def test_every_event_comes_with_what_it_is_about_newest_first(world):
    _, client = world
    page = client.get("/v1/activity?limit=100").json()
    cohort = {"kind": "dataset", "id": 1, "name": "Cohort of Cleveland"}
    model = {"kind": "model", "id": 1, "name": "Heart model"}
    assert [(one["name"], one["kind"], one["id"], one["asset"]) for one in page["items"]] == [
        ("DatasetPublished", "dataset", 2, {"kind": "dataset", "id": 2, "name": None}),
        ("AuditAttested", "inference", 2, model),
        ("InferenceRequested", "inference", 2, model),
        ("RoundOpened", "round", 4, model),
        ("ModelRegistered", "model", 1, model),
        ("LicensePurchased", "license", 3, cohort),
        ("OfferCreated", "dataset", 1, cohort),
        ("DatasetPublished", "dataset", 1, cohort),
    ]
    assert (page["nextCursor"], page["asOf"]) == (None, 5)
    assert page["items"][2]["details"]["fee"] == str(2**200)
    assert page["items"][1]["txHash"] == word(7)
    owner = {"part": "by", "address": OWNER, "role": "owner", "credit": None}
    assert page["items"][4]["accounts"] == [owner]


def test_who_is_credited_how_much_is_said_with_the_currency(world):
    store, client = world
    paid = {"requestId": 2, "worker": "0x" + "b2" * 20, "paid": 2**200, "by": OWNER}
    apply(store, [("InferenceCommitment", "InferenceFinalized", paid)], first=6)
    (first, *_) = client.get("/v1/activity").json()["items"]
    assert [(one["part"], one["role"]) for one in first["accounts"]] == [
        ("by", "requester"),
        ("credits", "worker"),
    ]
    ether = {"address": None, "symbol": "ETH", "decimals": 18}
    assert first["accounts"][1]["credit"] == {"amount": str(2**200), "currency": ether}


def test_the_histories_of_commands_are_those_of_the_index():
    assert get_args(Thing) == activity.KINDS


def test_a_timeline_says_the_same_as_the_page_of_the_thing(world):
    _, client = world
    (own,) = client.get("/v1/licenses/3").json()["activity"]
    (entry,) = client.get("/v1/activity?kind=license").json()["items"]
    assert {name: entry[name] for name in own} == own


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_join_without_a_gap_or_a_repetition(world, limit):
    _, client = world
    whole = client.get("/v1/activity?limit=100").json()["items"]
    read, cursor = [], ""
    while cursor is not None:
        page = client.get("/v1/activity", params={"limit": limit, "cursor": cursor}).json()
        assert len(page["items"]) <= limit
        read += page["items"]
        cursor = page["nextCursor"]
    assert read == whole


def test_what_happens_meanwhile_moves_no_page(world):
    store, client = world
    first = client.get("/v1/activity?limit=3").json()
    apply(store, [published(30), published(31)], first=6)
    second = client.get("/v1/activity", params={"limit": 3, "cursor": first["nextCursor"]}).json()
    assert [one["name"] for one in second["items"]] == ["RoundOpened", "ModelRegistered", "LicensePurchased"]


def test_kinds_are_chosen(world):
    _, client = world
    page = client.get("/v1/activity?kind=inference&kind=dataset").json()
    assert [one["kind"] for one in page["items"]] == [
        "dataset", "inference", "inference", "dataset", "dataset",
    ]  # fmt: skip
    assert client.get("/v1/activity?kind=account").json()["type"] == "/problems/bad-input"


@pytest.mark.parametrize("cursor", ["17", "1.", "-1.2", "1.2.3", "x", "9" * 19 + ".1", "١.١"])
def test_a_cursor_of_another_list_is_refused(world, cursor):
    _, client = world
    answer = client.get("/v1/activity", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-input")


def test_a_timeline_takes_as_long_however_much_happened(world):
    store, _ = world

    def read() -> None:
        assert len(activity.page(store, kinds=activity.KINDS, before=activity.END, limit=5)) == 5

    apply(store, [attested(2) for _ in range(100)], first=100)
    read()
    with heard() as asked:
        read()
    few = steps(store, read)
    apply(store, [attested(2) for _ in range(4_000)], first=200)
    with heard() as asked_later:
        read()
    assert len(asked) <= 6
    assert len(asked_later) <= len(asked)
    assert steps(store, read) <= few + 2
