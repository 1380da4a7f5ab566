"""Summaries of documents: what a search looks at, how little that is, and how they come to be."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from biodesci.index import queries, summary
from biodesci.index.database import Block, Event, Store
from biodesci.index.tables import summaries
from tests.backend.sql import steps

OWNER = "0x" + "a1" * 20


def card_of(dataset: int) -> str:
    return f"0x{dataset:064x}"


def publish(store: Store, *datasets: int) -> None:
    events = []
    for id_ in datasets:
        args = {
            "datasetId": id_, "owner": OWNER, "card": card_of(id_), "contentRoot": "0x" + "02" * 32,
            "keyCommitment": "0x" + "03" * 32, "terms": 1, "diseases": "0x" + "0" * 64, "parents": [],
        }  # fmt: skip
        block = Block(id_, card_of(id_), 1_000 + id_)
        events.append(Event(block, 0, card_of(id_), "DatasetNFT", "DatasetPublished", args))
    store.apply(events, events[-1].block)


def found(store: Store, text: str) -> list[int]:
    rows = queries.datasets(store, before=2**62, limit=9, text=text, owner="")
    return [row["id"] for row in rows]


@pytest.fixture
def store(location):
    with Store(location) as opened:
        yield opened


def test_a_search_costs_the_same_however_many_keywords_there_are(tmp_path):
    with Store(tmp_path / "i.sqlite") as store:
        search_of_many_keywords(store)


def search_of_many_keywords(store: Store) -> None:
    def search() -> None:
        assert found(store, "zzz") == []

    publish(store, 1, 2, 3)
    for id_ in (1, 2, 3):
        store.put_document(card_of(id_), "card", {"name": "x", "keywords": ["heart"]})
    few = steps(store, search)
    for id_ in (1, 2, 3):
        store.put_document(card_of(id_), "card", {"name": "x", "keywords": ["heart"] * 20_000})
    assert steps(store, search) <= 2 * few  # of each text that is replaced, its grams stay


def test_a_search_looks_at_the_first_of_a_long_card(store):
    publish(store, 1)
    words = [f"word{n:03}" for n in range(100)]
    card = {
        "name": "A\0b 100%",
        "description": "x" * 1_990 + " heart " + "y" * 50 + " lung",
        "keywords": words,
    }
    store.put_document(card_of(1), "card", card)
    hits = ("a", "B 100%", "HEART", "word063")
    assert [found(store, text) for text in hits] == [[1]] * len(hits)
    for text in ("lung", "word064", "a_b", "100_"):
        assert found(store, text) == [], text


def test_a_card_that_is_read_again_replaces_its_summary(store):
    publish(store, 1)
    store.put_document(card_of(1), "card", {"name": "before"})
    store.put_document(card_of(1), "card", {"name": "after"})
    assert (found(store, "before"), found(store, "after")) == ([], [1])
    store.clear()
    assert store.rows(select(summaries)) == []


@pytest.mark.parametrize(
    "document",
    [
        {"name": "n" * 10**6, "description": "d" * 10**6, "keywords": ["k" * 10**5] * 100},
        {"name": {"de": "x" * 10**6}, "description": ["x" * 10**6], "keywords": [["x" * 10**6]] * 100},
        {"name": "x", "keywords": "a," * 10**6, "biodesci:records": "9" * 10**6},
        {"name": "x", "keywords": {"a": "x" * 10**6}, "distribution": [{"name": "x" * 10**6, "more": "x"}]},
        {"name": "\0" * 9, "keywords": ["a\0b"], "description": "\0"},
        {"name": "x", "distribution": "x" * 10**6, "biodesci:diseases": "x" * 10**6},
        {"biodesci:diseases": {"named": [{"id": "x" * 10**6, "name": "x" * 10**4}] * 1_000, "ontology": 1}},
        {"biodesci:diseases": {"named": ["x" * 10**6, None]}, "distribution": [None, "x" * 10**6]},
    ],
)  # fmt: skip
def test_a_summary_is_small_whatever_the_card_holds(document):
    made = summary.summarise(document)
    row = made.row()
    assert len(row["name"] or "") <= 300
    assert len(row["body"]) < 100_000
    assert len(made.searched) < 10_000
    assert "\0" not in "".join(text or "" for text in (*row.values(), made.searched))


def test_a_summary_holds_what_lists_show():
    file = {"name": "c.csv", "contentUrl": "ipfs://x", "contentSize": "9 B", "biodesci:segmentSize": 7}
    diseases = {"named": [{"id": "MONDO:1", "name": None}], "ontology": "2026-05-05"}
    card = {
        "name": "Cohort", "description": "Hearts", "keywords": "a, b,,c ", "biodesci:records": 303,
        "distribution": [file, file], "biodesci:diseases": diseases, "recordSet": ["long"],
    }  # fmt: skip
    found = summary.summarise(card)
    assert found.name == "Cohort"
    assert found.body == {
        "name": "Cohort", "description": "Hearts", "keywords": ["a", "b", "c"], "biodesci:records": "303",
        "distribution": [{**file, "biodesci:segmentSize": "7"}], "biodesci:diseases": diseases,
    }  # fmt: skip
    assert found.searched == "cohort\nhearts\na\nb\nc"
