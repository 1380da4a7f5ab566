"""Reading while another process writes; failures of the disk; searching; and what a page costs."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, literal, select, text
from sqlalchemy.exc import IntegrityError

from biodesci.core.errors import UnavailableError
from biodesci.index import derive, queries
from biodesci.index.database import Block, Event, Store
from biodesci.index.tables import blocks, offers
from tests.backend.sql import heard, steps

OWNER, BUYER = "0x" + "a1" * 20, "0x" + "b2" * 20


def published(number: int, dataset: int) -> Event:
    block = Block(number, f"0x{number:064x}", 1_000 + number)
    args = {
        "datasetId": dataset, "owner": OWNER, "card": f"0x{dataset:064x}", "contentRoot": "0x" + "02" * 32,
        "keyCommitment": "0x" + "03" * 32, "terms": 1, "diseases": "0x" + "0" * 64, "parents": [],
    }  # fmt: skip
    return Event(block, 0, "0x" + "04" * 32, "DatasetNFT", "DatasetPublished", args)


def found(store: Store, text: str) -> list[int]:
    rows = queries.datasets(store, before=2**62, limit=9, text=text, owner="")
    return [row["id"] for row in rows]


@pytest.fixture
def store(location):
    with Store(location) as opened:
        yield opened


@pytest.fixture
def of_file(tmp_path):
    """In SQLite, for what its own statements show, or its file: a plan, steps, a full disk."""
    with Store(tmp_path / "i.sqlite") as opened:
        yield opened


def test_a_snapshot_is_of_one_moment(store):
    store.apply([published(5, 1)], Block(5, "0x5", 5))
    with Store(store.location, read_only=True) as reader:
        with reader.snapshot():
            assert queries.as_of(reader) == 5
            store.apply([published(6, 2)], Block(6, "0x6", 6))
            assert (queries.as_of(reader), found(reader, "")) == (5, [1])
        assert (queries.as_of(reader), found(reader, "")) == (6, [2, 1])


def test_a_snapshot_ends_with_an_error(store):
    with pytest.raises(ZeroDivisionError), store.snapshot():
        store.row(select(literal(1)))
        raise ZeroDivisionError
    with store.snapshot():
        assert queries.as_of(store) == 0


def test_a_full_disk_leaves_the_index_as_it_was(of_file):
    of_file.apply([published(5, 1)], Block(5, "0x5", 5))
    with of_file.transaction() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.execute(text(f"PRAGMA max_page_count = {pages + 1}"))
    with pytest.raises(UnavailableError, match="full"):
        of_file.apply([published(n, n) for n in range(6, 400)], Block(400, "0x", 400))
    with of_file.transaction() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
    assert queries.as_of(of_file) == 5
    assert of_file.apply([published(6, 6)], Block(6, "0x6", 6)) == 1


def test_a_transaction_that_cannot_be_committed_does_not_stay_open(of_file):
    def put() -> None:
        with of_file.transaction() as connection:
            connection.execute(text("INSERT INTO child VALUES (1)"))

    with of_file.transaction() as connection:
        connection.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
        parent = "INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED"
        connection.execute(text(f"CREATE TABLE child (id {parent})"))
        database = connection.connection.driver_connection
    database.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(IntegrityError):
        put()
    assert not database.in_transaction
    of_file.apply([published(5, 1)], Block(5, "0x5", 5))


def test_what_cannot_be_read_is_unavailable(store):
    with store.transaction() as connection:
        connection.execute(text("ALTER TABLE models RENAME TO older"))
    with pytest.raises(UnavailableError, match="index cannot be read") as caught:
        queries.models(store, before=9, limit=9)
    assert "SELECT" not in str(caught.value), "the database's words are enough"


def test_the_newest_block_costs_the_same_however_many_there_are(of_file):
    of_file.apply([], Block(1, "0x1", 1))
    few = steps(of_file, of_file.cursor)
    with of_file.transaction() as connection:
        rows = [{"number": number, "hash": "0x", "time": 0} for number in range(2, 2_000)]
        connection.execute(insert(blocks), rows)
    assert steps(of_file, of_file.cursor) <= few + 2
    assert [b.number for b in of_file.known_below(2_000, 3)] == [1_999, 1_998, 1_997]


def test_search_knows_other_alphabets_and_looks_at_keywords_one_by_one(store):
    store.apply([published(n, n) for n in (1, 2, 3)], Block(4, "0x4", 4))
    store.put_document(f"0x{1:064x}", "card", {"name": "Hörtest", "keywords": ["Gehör", "audio"]})
    store.put_document(
        f"0x{2:064x}", "card", {"name": "x", "description": "ΚΑΡΔΙΆ", "keywords": "lung, Élan"}
    )
    store.put_document(f"0x{3:064x}", "card", {"name": {"de": 1}, "keywords": [1, None, "Gehör"]})
    assert found(store, "HÖRTEST") == [1]
    assert found(store, "gehÖr") == [3, 1]
    assert found(store, "καρδιά") == [2]
    assert found(store, "élan") == [2]
    assert found(store, '","') == []
    assert found(store, "audio") == [1]


def test_offers_of_many_datasets_are_one_question(store):
    store.apply([published(n, n) for n in (1, 2)], Block(4, "0x4", 4))
    other = {column.name: 1 for column in offers.columns} | {"currency": OWNER, "arbiter": OWNER}
    with store.transaction() as connection:
        made = [{**other, "id": id_, "dataset_id": of} for id_, of in ((1, 1), (2, 2), (3, 1))]
        connection.execute(insert(offers), made)
    assert queries.offers(store) == []
    with heard() as asked:
        assert [o["id"] for o in queries.offers(store, 1, 2)] == [1, 2, 3]
    assert len(asked) == 1
    assert [o["id"] for o in queries.offers(store, 2)] == [2]


@pytest.mark.parametrize(
    ("chosen", "index"),
    [
        ({"licensee": BUYER}, "licenses_of_licensee"),
        ({"dataset": 7}, "licenses_of_dataset"),
        ({"arbiter": BUYER}, "licenses_of_arbiter"),
    ],
)
def test_licences_are_found_by_an_index(of_file, chosen, index):
    queries.counts(of_file)  # the connection is open
    with heard() as asked:
        queries.licenses(of_file, queries.Whose(**chosen), before=9, limit=9)
    with of_file.snapshot() as connection:
        values = (None,) * asked[0].count("?")
        plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + asked[0], values).mappings().all()
    assert f"USING INDEX {index}" in str([row["detail"] for row in plan])


@pytest.mark.parametrize(
    ("contract", "kind"), [("DatasetNFT", "dataset"), ("ModelRegistry", "model"), ("AccessLicense", "")]
)
def test_a_new_owner_is_the_datasets_or_models_matter_and_a_mint_nobodys(contract, kind):
    moved = {"from": OWNER, "to": BUYER, "tokenId": 7}
    assert derive.subject(contract, "Transfer", moved) == (kind, "7" if kind else "")
    assert derive.subject(contract, "Transfer", {**moved, "from": "0x" + "0" * 40}) == ("", "")
