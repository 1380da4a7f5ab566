"""Migrations: whose tables an index has, which are made anew, and which are left alone."""

from __future__ import annotations

import logging
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from biodesci.core.errors import ConfigurationError, UnavailableError
from biodesci.index import database, queries
from biodesci.index.database import Block, Store
from biodesci.index.tables import blocks, metadata, offers

from .test_database import OWNER, published

# Of an index as it was made before its migrations were Alembic's.
OLD = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE blocks (number INTEGER PRIMARY KEY, hash TEXT NOT NULL, time INTEGER NOT NULL) STRICT;
CREATE TABLE events (chain_id INTEGER NOT NULL, block_hash TEXT NOT NULL, subject TEXT NOT NULL) STRICT;
CREATE INDEX events_of_subject ON events (subject);
CREATE TABLE datasets (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, more TEXT) STRICT;
CREATE TABLE lapsed (license_id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE documents (digest TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE unreadable (digest TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
INSERT INTO meta VALUES ('identity', 'x');
INSERT INTO blocks VALUES (7, '0x7', 7);
INSERT INTO datasets VALUES (1, '0x1', NULL);
PRAGMA user_version = 4;
"""


def made(path, script: str) -> None:
    with sqlite3.connect(path) as file:
        file.executescript(script)
    file.close()


def is_empty_and_usable(path, caplog) -> bool:
    with caplog.at_level(logging.WARNING), Store(path) as store:
        assert (store.identity(), store.cursor()) == (None, None)
        assert queries.counts(store) == dict.fromkeys(queries.counts(store), 0)
        store.apply([published(5, 1)], Block(6, "0x6", 1_006))
        assert queries.dataset(store, 1)["owner"] == OWNER
    return "read anew from the chain" in caplog.text


def test_an_index_of_the_migrations_before_is_made_anew(tmp_path, caplog):
    made(tmp_path / "i.sqlite", OLD)
    assert is_empty_and_usable(tmp_path / "i.sqlite", caplog)


def test_an_index_of_another_version_of_the_program_is_made_anew(tmp_path, caplog):
    path = tmp_path / "i.sqlite"
    with Store(path) as store:
        store.begin("x")
        store.apply([published(5, 1)], Block(6, "0x6", 1_006))
    made(path, "UPDATE index_version SET version_num = '9999'; ALTER TABLE datasets ADD COLUMN more TEXT")
    assert is_empty_and_usable(path, caplog)


def test_an_index_that_is_current_is_kept_without_a_word(tmp_path, caplog):
    with Store(tmp_path / "i.sqlite") as store:
        store.apply([published(5, 1)], Block(6, "0x6", 1_006))
    with caplog.at_level(logging.INFO), Store(tmp_path / "i.sqlite") as store:
        assert queries.as_of(store) == 6
    assert not caplog.records


def test_a_database_that_is_no_index_is_left_alone(tmp_path):
    path = tmp_path / "patients.sqlite"
    made(path, "CREATE TABLE patients (id INTEGER); INSERT INTO patients VALUES (1)")
    with pytest.raises(ConfigurationError, match="not of an index") as caught:
        Store(path)
    assert "BIODESCI_DATABASE" in caught.value.hint
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT name FROM sqlite_master").fetchall() == [("patients",)]
        assert file.execute("SELECT count(*) FROM patients").fetchone() == (1,)
    file.close()


def test_a_reader_makes_nothing_and_waits_for_the_one_who_writes(tmp_path):
    path = tmp_path / "i.sqlite"
    with Store(path, read_only=True) as reader:
        with pytest.raises(UnavailableError, match="no index yet") as caught:
            queries.as_of(reader)
        assert "index sync" in caught.value.hint
        assert not path.exists()
        made(path, OLD)
        with pytest.raises(UnavailableError, match="another version") as caught:
            reader.identity()
        assert "index sync" in caught.value.hint
        with Store(path) as store:
            store.apply([published(5, 1)], Block(6, "0x6", 1_006))
            assert queries.dataset(reader, 1)["owner"] == OWNER


def test_a_migration_that_fails_leaves_the_index_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "i.sqlite"
    made(path, OLD)
    monkeypatch.setattr("biodesci.index.tables.metadata", metadata)
    monkeypatch.setattr("alembic.op.create_index", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Store(path)
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT value FROM meta").fetchall() == [("x",)]
        assert file.execute("SELECT count(*) FROM sqlite_master WHERE name = 'offers'").fetchone() == (0,)
    file.close()


def test_the_index_does_not_know_which_database_it_is():
    folder = Path(database.__file__).parent
    known = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if re.search(r"import sqlite3|PRAGMA|dialects.sqlite|exec_driver_sql|\btext\(", path.read_text())
    }
    assert known == set()


def test_a_value_of_another_type_is_not_taken(tmp_path):
    with (
        Store(tmp_path / "i.sqlite") as store,
        pytest.raises(Exception, match="cannot store TEXT"),
        store.transaction() as connection,
    ):
        connection.execute(insert(blocks), {"number": 1, "hash": "0x", "time": "noon"})


def offer(id_: int, price: int) -> dict[str, int | str]:
    other = {column.name: 0 for column in offers.columns} | {"currency": OWNER, "arbiter": OWNER}
    return {**other, "id": id_, "price": price}


def test_amounts_are_exact_and_sorted_as_numbers(tmp_path):
    prices = [2**256 - 1, 0, 10, 9, 2**64, 2**63, 10**18, 2**256 - 2]
    with Store(tmp_path / "i.sqlite") as store:
        with store.transaction() as connection:
            connection.execute(insert(offers), [offer(id_, price) for id_, price in enumerate(prices)])
        price = offers.c.price
        assert [row["price"] for row in store.rows(select(price).order_by(price))] == sorted(prices)
        high = select(price).where(price > 10**18).order_by(price.desc())
        assert [row["price"] for row in store.rows(high)] == [2**256 - 1, 2**256 - 2, 2**64, 2**63]
        for wrong in (-1, 2**256):
            with pytest.raises(Exception, match="below"), store.transaction() as connection:
                connection.execute(insert(offers), offer(99, wrong))


_OPEN = """
import sys, time
from pathlib import Path
from biodesci.index.database import Store
time.sleep(max(float(sys.argv[2]) - time.time(), 0))
Store(Path(sys.argv[1])).close()
"""


@pytest.mark.parametrize("before", ["", OLD], ids=["new", "old"])
def test_processes_may_make_the_index_at_once(tmp_path, before):
    """As `biodesci up` starts API and indexer."""
    import time

    path = tmp_path / "i.sqlite"
    if before:
        made(path, before)
    command = [sys.executable, "-c", _OPEN, str(path), str(time.time() + 3)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, said
    assert "".join(said).count("read anew") == bool(before)
    with Store(path) as store:
        assert store.cursor() is None


def test_whoever_only_reads_loads_no_migrations():
    code = "import sys, biodesci.index.queries; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
