"""Search finds what stands in a card, the same on both engines, and costs little where it finds nothing."""

from __future__ import annotations

import random

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from biodesci.index import queries, search
from biodesci.index.database import Block, Event, Store
from biodesci.index.search import searched
from tests.backend.sql import steps

OWNER, OTHER = (to_checksum_address("0x" + byte * 20) for byte in ("a1", "b2"))


def card_of(number: int) -> str:
    return f"0x{number:064x}"


def published(dataset: int, card: str, owner: str = OWNER) -> Event:
    args = {
        "datasetId": dataset, "owner": owner, "card": card, "contentRoot": "0x" + "02" * 32,
        "keyCommitment": "0x" + "03" * 32, "terms": 1, "diseases": "0x" + "0" * 64, "parents": [],
    }  # fmt: skip
    block = Block(dataset, card_of(dataset), 1_000 + dataset)
    return Event(block, 0, card_of(dataset), "DatasetNFT", "DatasetPublished", args)


def publish(store: Store, texts: list[str], owner: str = OWNER) -> None:
    events = [published(number, card_of(number), owner) for number in range(1, len(texts) + 1)]
    store.apply(events, events[-1].block)
    for number, text in enumerate(texts, 1):
        store.put_document(card_of(number), "card", {"name": "a card", "description": text})


def found(store: Store, text: str, owner: str = "", before: int = 2**62, limit: int = 50) -> list[int]:
    rows = queries.datasets(store, before=before, limit=limit, text=text, owner=owner)
    return [row["id"] for row in rows]


@pytest.fixture
def store(location):
    with Store(location) as opened:
        yield opened


LETTERS = "ab%_\\'\"* ÄßéΩж中🧬-.:()[]{}|&!?\n"
TEXTS = ["".join(random.Random(seed).choices(LETTERS, k=12 * seed)) for seed in range(1, 25)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_it_finds_what_a_reader_would(store, data):
    if not found(store, ""):
        publish(store, TEXTS)
    text = data.draw(st.sampled_from(TEXTS))
    begin = data.draw(st.integers(0, len(text) - 1))
    part = text[begin : begin + data.draw(st.integers(1, 40))]
    words = part + data.draw(st.text(LETTERS, max_size=2))
    kept = {row["digest"]: row["text"] for row in store.rows(select(searched))}
    expected = [n for n in range(len(TEXTS), 0, -1) if words.casefold() in kept[card_of(n)]]
    assert found(store, words) == expected


@pytest.mark.parametrize(
    "words",
    [
        "HEART",
        "ss",
        "ß",
        "h",
        "he",
        "100%",
        "%",
        "_",
        "a_b",
        "\\",
        "'",
        '"',
        '"heart"',
        "heart* OR lung",
        "NEAR(",
    ],
)
def test_nothing_is_a_wildcard_or_an_operator(store, words):
    publish(
        store,
        ['The heart: 100% "a_b" \\ it\'s Straße', "The lung, 100 of a-b", "%_%", "heart* OR NEAR(lung)"],
    )
    texts = {row["digest"]: row["text"] for row in store.rows(select(searched))}
    assert found(store, words) == [n for n in (4, 3, 2, 1) if words.casefold() in texts[card_of(n)]]


def test_few_and_many_are_the_same_pages(store, monkeypatch):
    publish(store, ["even" if number % 2 else "odd" for number in range(1, 41)])
    pages = {}
    for many in (5, 250):
        monkeypatch.setattr(search, "MANY", many)
        first = found(store, "even", limit=7)
        pages[many] = (
            first,
            found(store, "even", before=first[-1], limit=7),
            found(store, "even", OWNER.lower()),
        )
    assert pages[5] == pages[250]
    assert pages[5][0] == list(range(39, 25, -2))
    assert len(pages[5][2]) == 20


def test_the_owner_is_found_in_any_case_and_beside_words(store):
    publish(store, ["heart"] * 3)
    store.apply([published(4, card_of(4), OTHER)], Block(4, card_of(4), 4))
    store.put_document(card_of(4), "card", {"name": "heart"})
    assert found(store, "heart") == [4, 3, 2, 1]
    assert found(store, "heart", OWNER) == found(store, "", OWNER) == [3, 2, 1]
    assert found(store, "heart", OTHER.lower()) == found(store, "", OTHER.upper().replace("X", "x")) == [4]
    assert found(store, "", "0x") == []


def test_what_is_read_again_a_new_version_and_a_card_of_two_datasets(store):
    publish(store, ["heart", "lung"])
    store.put_document(card_of(1), "card", {"name": "kidney"})
    assert (found(store, "heart"), found(store, "kidney")) == ([], [1])
    store.apply([published(3, card_of(1))], Block(3, card_of(3), 3))
    assert found(store, "kidney") == [3, 1]
    update = {
        "datasetId": 1,
        "version": 2,
        **{k: v for k, v in published(1, card_of(9)).args.items() if k != "datasetId"},
    }
    store.apply(
        [Event(Block(4, card_of(4), 4), 0, "0x", "DatasetNFT", "VersionPublished", update)],
        Block(4, card_of(4), 4),
    )
    assert found(store, "kidney") == [3]
    store.put_document(card_of(9), "card", {"name": "spleen"})
    assert found(store, "spleen") == [1]
    store.clear()
    assert found(store, "spleen") == []
    publish(store, ["heart"])
    assert (found(store, "heart"), found(store, "lung")) == ([1], [])


def test_cards_that_do_not_hold_the_words_cost_nothing(tmp_path):
    taken = {}
    for number in (20, 2_000):
        with Store(tmp_path / f"{number}.sqlite") as store:
            with store.transaction():
                pass
            publish_at_once(store, number)
            taken[number] = {
                words: steps(store, lambda words=words, store=store: found(store, words))
                for words in ("xylophone", "x", "qz", "heart" + "x" * 195, "%", f"cohort-{number} ")
            }
    for words, few in taken[20].items():
        many = taken[2_000].get(words, taken[2_000]["cohort-2000 "])
        assert many <= 2 * few + 20, words


def publish_at_once(store: Store, number: int) -> None:
    events = [published(n, card_of(n)) for n in range(1, number + 1)]
    store.apply(events, events[-1].block)
    with store.transaction() as connection:
        for n in range(1, number + 1):
            search.put(connection, card_of(n), f"cohort-{n} of the heart and the lung, with blood pressure")
