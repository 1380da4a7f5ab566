"""The work database on both engines: its tables, whose it is, and what is kept of it."""

from __future__ import annotations

import errno
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import insert, inspect, select, text, update

from biodesci.core.errors import ConfigurationError, UnavailableError
from biodesci.store import engine, postgresql, sqlite
from biodesci.store.engine import WORK, now_ms
from biodesci.store.tables import VERSION_TABLE, checkpoints, metadata
from biodesci.store.work import Work


@pytest.fixture
def work(location):
    with Work(location) as opened:
        yield opened


def test_what_is_put_is_there_after_a_restart(empty_location):
    with Work(empty_location) as work:
        assert work.checkpoint("custodian") is None
        work.put_checkpoint("custodian", b"\0\1")
        work.put_checkpoint("custodian", b"block 7")
        work.put_checkpoint("indexer", b"")
    with Work(empty_location) as work:
        assert (work.checkpoint("custodian"), work.checkpoint("indexer")) == (b"block 7", b"")


def test_a_transaction_that_fails_leaves_nothing(work):
    with pytest.raises(ZeroDivisionError), work.transaction() as connection:
        connection.execute(insert(checkpoints).values(name="a", data=b"a", changed_at=now_ms()))
        raise ZeroDivisionError
    assert work.checkpoint("a") is None


def test_what_is_read_and_written_back_by_many_is_not_lost(work, location):
    work.put_checkpoint("count", b"0")
    row = select(checkpoints.c.data).where(checkpoints.c.name == "count")

    def add(other: Work) -> None:
        for _ in range(10):
            with other.transaction() as connection:
                count = int(connection.scalar(row)) + 1
                connection.execute(update(checkpoints).values(data=str(count).encode()))

    with Work(location) as second, ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(add, other) for other in (work, second, work, second)]:
            done.result(60)
    assert work.checkpoint("count") == b"40"


def test_a_reader_sees_one_moment_and_waits_for_nobody(work):
    work.put_checkpoint("a", b"before")
    query = select(checkpoints.c.data).where(checkpoints.c.name == "a")
    with work.snapshot() as reading:
        assert bytes(reading.scalar(query)) == b"before"
        with work.transaction() as writing:
            writing.execute(update(checkpoints).values(data=b"after"))
            assert bytes(reading.scalar(query)) == b"before"
        assert bytes(reading.scalar(query)) == b"before"
    assert work.checkpoint("a") == b"after"
    with pytest.raises(UnavailableError, match=r"read-?only"), work.snapshot() as reading:
        reading.execute(update(checkpoints).values(data=b"no"))


def test_a_transaction_inside_another_is_refused_at_once(work):
    with pytest.raises(RuntimeError, match="inside another"), work.transaction(), work.transaction():
        pass
    inside = threading.Event()
    with work.transaction():
        other = threading.Thread(target=lambda: [work.put_checkpoint("a", b"a"), inside.set()])
        other.start()  # another thread waits
        assert not inside.wait(0.2)
    assert inside.wait(30)
    other.join()


def _config(connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "biodesci.store:migrations")
    return config


def test_migrations_go_up_down_and_up_and_make_the_tables_of_the_program(empty_location):
    with Work(empty_location) as work:
        for _ in range(2):
            with work.transaction() as connection:
                options = {"compare_type": True, "version_table": VERSION_TABLE}
                assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
                command.downgrade(_config(connection), "base")
                assert set(inspect(connection).get_table_names()) == {VERSION_TABLE}
                command.upgrade(_config(connection), "head")


def test_a_newer_database_is_refused_and_kept(location):
    with Work(location) as work:
        work.put_checkpoint("a", b"kept")
        with work.transaction() as connection:
            connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="newer version") as caught:
        Work(location)
    assert "Keep it" in caught.value.hint
    made = engine.for_reading(location, WORK)
    with made.connect() as connection:
        assert bytes(connection.scalar(select(checkpoints.c.data))) == b"kept"
    made.dispose()


def test_a_database_of_other_tables_is_left_alone(empty_location):
    made = engine.for_writing(empty_location, WORK)
    engine.prepare(empty_location)
    with made.begin() as connection:
        engine.make_schema(connection, WORK)
        connection.execute(text("CREATE TABLE patients (id INTEGER)"))
    with pytest.raises(ConfigurationError, match="not of a work database"):
        Work(empty_location)
    with made.begin() as connection:
        assert inspect(connection).get_table_names() == ["patients"]
    made.dispose()


def test_what_is_committed_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_writer", sqlite._writer.__wrapped__)  # without the tests' `quick_disk`
    with Work(tmp_path / "work.sqlite") as work, work.transaction() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2, "FULL"


def test_a_file_is_its_owners_alone(tmp_path):
    path = tmp_path / "home" / "work.sqlite"
    with Work(path) as work:
        work.put_checkpoint("a", b"a")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert set(modes) == {"work.sqlite", "work.sqlite-wal", "work.sqlite-shm"}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_that_is_no_database_or_in_no_folder_is_said(tmp_path: Path):
    (tmp_path / "work.sqlite").write_bytes(b"nothing like a database" * 100)
    for path in (tmp_path / "work.sqlite", tmp_path / "work.sqlite" / "work.sqlite"):
        with pytest.raises(ConfigurationError, match="cannot be opened") as caught:
            Work(path)
        assert "Keep it" in caught.value.hint


def test_a_database_that_may_be_opened_later_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A worker waits for it; only what is wrong with the settings ends it."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(engine, "prepare", refuse)
        with pytest.raises(UnavailableError, match="takes no more") as caught:
            Work(tmp_path / "work.sqlite")
    assert "Free some space" in caught.value.hint


def test_a_server_that_is_away_is_unavailable(postgres):
    name = postgres.database()
    postgres.stop()
    try:
        with pytest.raises(UnavailableError, match="does not answer"):
            Work(postgres.url(name))
    finally:
        postgres.start()
    with Work(postgres.url(name)) as work:
        assert work.checkpoint("a") is None


def test_when_all_connections_are_in_use_it_is_said(postgres, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(postgresql, "_IDLE", 2)
    monkeypatch.setattr(postgresql, "_READERS", 2)
    monkeypatch.setattr(postgresql, "_PATIENCE_S", 0.2)
    with Work(postgres.url(postgres.database())) as work:
        with work.snapshot(), work.snapshot():
            with pytest.raises(UnavailableError, match="connections to it are in use") as caught:
                work.checkpoint("a")
            assert "try again" in caught.value.hint
        assert work.checkpoint("a") is None
