"""The database: one transaction for events and cursor, once per event, clear errors."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from biodesci.core.errors import ConfigurationError, UnavailableError
from biodesci.index import derive, queries, undo
from biodesci.index.database import Block, Event, Store
from biodesci.index.tables import datasets

OWNER = "0x" + "a1" * 20


def published(number: int, dataset: int, log_index: int = 0) -> Event:
    block = Block(number, f"0x{number:064x}", 1_000 + number)
    args = {
        "datasetId": dataset, "owner": OWNER, "card": "0x" + "01" * 32, "contentRoot": "0x" + "02" * 32,
        "keyCommitment": "0x" + "03" * 32, "terms": 1, "diseases": "0x" + "0" * 64,
        "parents": [],
    }  # fmt: skip
    return Event(block, log_index, "0x" + "04" * 32, "DatasetNFT", "DatasetPublished", args)


def test_opening_twice_keeps_rows(tmp_path):
    with Store(tmp_path / "i.sqlite") as store:
        store.apply([published(5, 1)], Block(6, "0x6", 1_006))
    with Store(tmp_path / "i.sqlite") as store:
        assert store.cursor() == Block(6, "0x6", 1_006)
        assert queries.dataset(store, 1)["owner"] == OWNER


def test_a_path_may_have_any_name(tmp_path):
    path = tmp_path / "a b?mode=memory#%41" / "ü.sqlite"
    with Store(path) as store, Store(path, read_only=True) as reader:
        store.apply([published(5, 1)], Block(6, "0x6", 1_006))
        assert queries.as_of(reader) == 6
    assert path.stat().st_size


def test_failure_in_the_middle_leaves_neither_rows_nor_cursor(location, monkeypatch):
    with Store(location) as store:
        with monkeypatch.context() as patch:
            patch.setattr(undo, "keep", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                store.apply([published(5, 1), published(6, 2)], Block(6, "0x6", 1_006))
        assert store.cursor() is None
        assert queries.counts(store)["events"] == 0
        assert store.apply([published(5, 1)], Block(6, "0x6", 1_006)) == 1


def test_events_are_told_apart_by_block_and_log_index(location):
    with Store(location) as store:
        events = [published(5, 1), published(5, 2, log_index=1)]
        assert store.apply([*events, events[0]], events[0].block) == 2
        assert store.apply(events, events[0].block) == 0
        store.apply([], Block(6, "0x6", 6))
        assert store.apply([*events, published(7, 3)], Block(7, "0x7", 7)) == 1


def test_a_block_of_another_fork_is_not_mixed_in(location):
    with Store(location) as store:
        store.apply([published(5, 1)], Block(6, "0x6", 6))
        other = published(5, 2)._replace(block=Block(5, "0x" + "ff" * 32, 5))
        with pytest.raises(UnavailableError, match="changed while"):
            store.apply([other], Block(6, "0x6", 6))
        assert queries.dataset(store, 2) is None


def test_roll_back_takes_back_what_came_later(location):
    with Store(location) as store:
        store.apply([published(n, n) for n in (1, 2, 3)], Block(4, "0x4", 1_004))
        assert store.roll_back(2) == 1
        assert [r["id"] for r in store.rows(select(datasets.c.id).order_by(datasets.c.id))] == [1, 2]
        assert store.cursor().number == 2
        assert store.roll_back(0) == 2
        assert store.cursor() is None


def test_reader_sees_rows_and_cannot_write(tmp_path):
    with Store(tmp_path / "i.sqlite") as writer, Store(tmp_path / "i.sqlite", read_only=True) as reader:
        writer.apply([published(5, 1)], Block(5, "0x5", 1_005))
        assert queries.as_of(reader) == 5
        with pytest.raises(UnavailableError, match="readonly"):
            reader.clear()
        assert queries.as_of(reader) == 5


def test_file_that_is_no_database(tmp_path):
    (tmp_path / "i.sqlite").write_bytes(b"nothing like a database" * 100)
    with pytest.raises(ConfigurationError, match="cannot be opened") as caught:
        Store(tmp_path / "i.sqlite")
    assert "may be deleted" in caught.value.hint
    with Store(tmp_path / "i.sqlite", read_only=True) as reader, pytest.raises(UnavailableError):
        queries.as_of(reader)


def test_retries_are_spaced_out(location):
    with Store(location) as store:
        store.apply([published(5, 1)], Block(5, "0x5", 1_005))
        (wanted,) = store.wanted_documents(100)
        pauses, now = [], 100
        for attempt in range(1, 15):
            store.put_unreadable(*wanted, "gone", now)
            (failure,) = store.unreadable()
            assert (failure.reason, failure.attempts) == ("gone", attempt)
            pauses.append(failure.retry_at - now)
            assert store.wanted_documents(now) == []
            now += pauses[-1]
            assert store.wanted_documents(now) == [wanted]
        assert pauses == sorted(pauses)
        assert pauses[0] == 2
        assert pauses[-1] == 3600
        store.put_document(*wanted, {"name": "x"})
        assert store.unreadable() == []


def test_subject_of_a_model_version_is_the_model():
    published = derive.subject("ModelRegistry", "ModelVersionPublished", {"modelId": 3, "roundId": 9})
    assert published == ("model", "3")
    assert derive.subject("ModelRegistry", "RoundFinalized", {"roundId": 9}) == ("round", "9")
    assert derive.subject("AccessLicense", "LicenseDelivered", {"licenseId": 4}) == ("license", "4")
