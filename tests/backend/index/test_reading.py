"""Reading while another process writes; failures of the disk; searching; and what a page costs."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time

import pytest

from biodesci.core.errors import UnavailableError
from biodesci.index import derive, queries
from biodesci.index.database import Block, Event, Store

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
def store(tmp_path):
    with Store(tmp_path / "i.sqlite") as opened:
        yield opened


def test_a_snapshot_is_of_one_moment(store):
    store.apply(1, [published(5, 1)], Block(5, "0x5", 5))
    with Store(store.path, read_only=True) as reader:
        with reader.snapshot():
            assert queries.as_of(reader) == 5
            store.apply(1, [published(6, 2)], Block(6, "0x6", 6))
            assert (queries.as_of(reader), found(reader, "")) == (5, [1])
        assert (queries.as_of(reader), found(reader, "")) == (6, [2, 1])


def test_a_snapshot_ends_with_an_error(store):
    with pytest.raises(ZeroDivisionError), store.snapshot():
        store.row("SELECT 1")
        raise ZeroDivisionError
    with store.snapshot():
        assert queries.as_of(store) == 0


def test_a_full_disk_leaves_the_index_as_it_was(store):
    store.apply(1, [published(5, 1)], Block(5, "0x5", 5))
    pages = store.db.execute("PRAGMA page_count").fetchone()[0]
    store.db.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        store.apply(1, [published(n, n) for n in range(6, 400)], Block(400, "0x", 400))
    store.db.execute("PRAGMA max_page_count = 1000000")
    assert queries.as_of(store) == 5
    assert store.apply(1, [published(6, 6)], Block(6, "0x6", 6)) == 1


def test_a_transaction_that_cannot_be_committed_does_not_stay_open(store):
    def put() -> None:
        with store.transaction():
            store.db.execute("INSERT INTO child VALUES (1)")

    store.db.executescript(
        """
        PRAGMA foreign_keys = ON;
        CREATE TABLE parent (id INTEGER PRIMARY KEY);
        CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)"""
    )
    with pytest.raises(sqlite3.IntegrityError):
        put()
    assert not store.db.in_transaction
    store.apply(1, [published(5, 1)], Block(5, "0x5", 5))


def test_what_cannot_be_read_is_unavailable(store):
    store.db.execute("ALTER TABLE models RENAME TO older")
    with pytest.raises(UnavailableError, match="index cannot be read"):
        queries.models(store, before=9, limit=9)


def test_the_newest_block_costs_the_same_however_many_there_are(store):
    def steps() -> int:
        counted = []
        store.db.set_progress_handler(lambda: counted.append(1) and None, 10)
        assert next(store.blocks_down()).number > 0
        store.db.set_progress_handler(None, 0)
        return len(counted)

    store.apply(1, [], Block(1, "0x1", 1))
    few = steps()
    for number in range(2, 2_000):
        store.db.execute("INSERT INTO blocks VALUES (?, '0x', 0)", (number,))
    assert steps() <= few + 2
    assert [b.number for b in store.blocks_down()] == list(range(1_999, 0, -1))


def test_search_knows_other_alphabets_and_looks_at_keywords_one_by_one(store):
    store.apply(1, [published(n, n) for n in (1, 2, 3)], Block(4, "0x4", 4))
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
    store.apply(1, [published(n, n) for n in (1, 2)], Block(4, "0x4", 4))
    for id_, dataset in ((1, 1), (2, 2), (3, 1)):
        store.db.execute(
            "INSERT INTO offers VALUES (?, ?, 1, '1', ?, 0, 0, 1, 1, 0, 0, ?, 1)",
            (id_, dataset, OWNER, OWNER),
        )
    store.db.execute("INSERT INTO currencies VALUES (?, 'ETH', 18)", (OWNER,))
    asked = []
    store.db.set_trace_callback(asked.append)
    assert [o["id"] for o in queries.offers(store, 1, 2)] == [1, 2, 3]
    assert len(asked) == 1
    assert [o["id"] for o in queries.offers(store, 2)] == [2]
    assert queries.offers(store) == []


@pytest.mark.parametrize(
    ("chosen", "index"),
    [({"licensee": BUYER}, "licenses_of_licensee"), ({"dataset_id": 7}, "licenses_of_dataset")],
)
def test_licences_are_found_by_an_index(store, chosen, index):
    asked: list[str] = []
    store.db.set_trace_callback(asked.append)
    queries.licenses(store, **{"before": 9, "limit": 9, "licensee": "", "dataset_id": 0, **chosen})
    store.db.set_trace_callback(None)
    plan = str([row["detail"] for row in store.rows("EXPLAIN QUERY PLAN " + asked[0])])
    assert f"USING INDEX {index}" in plan


@pytest.mark.parametrize(
    ("contract", "kind"), [("DatasetNFT", "dataset:7"), ("ModelRegistry", "model:7"), ("AccessLicense", "")]
)
def test_a_new_owner_is_the_datasets_or_models_matter_and_a_mint_nobodys(contract, kind):
    moved = {"from": OWNER, "to": BUYER, "tokenId": 7}
    assert derive.subject(contract, "Transfer", moved) == kind
    assert derive.subject(contract, "Transfer", {**moved, "from": "0x" + "0" * 40}) == ""


_OPEN = """
import sys, time
from pathlib import Path
from biodesci.index.database import Store
time.sleep(max(float(sys.argv[2]) - time.time(), 0))
Store(Path(sys.argv[1])).close()
"""


def test_processes_may_make_the_index_at_once(tmp_path):
    """As `biodesci up` starts API and indexer."""
    path = tmp_path / "i.sqlite"
    command = [sys.executable, "-c", _OPEN, str(path), str(time.time() + 2)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, said
    with Store(path) as store:
        assert store.cursor() is None
