"""The index on both engines: migrations up and down, whose tables they are, time limits, a restart."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, select, text

from biodesci.core.errors import ConfigurationError, UnavailableError
from biodesci.index import queries, schema, search
from biodesci.index.database import Block, Store
from biodesci.index.tables import REVISION, blocks, meta, metadata
from biodesci.store import engine, postgresql
from tests.backend.postgres import PASSWORD
from tests.waiting import wait_for


def differences(connection: Connection) -> list[Any]:
    """Between the tables there are and those of the program; FTS5's own are no other's business."""
    options = {
        "compare_type": True,
        "version_table": schema.VERSION_TABLE,
        "include_name": lambda name, kind, _: kind != "table" or not str(name).startswith("grams"),
    }
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def tables_of(connection: Connection) -> set[str]:
    return {name for name in inspect(connection).get_table_names() if not name.startswith("sqlite_")}


def test_migrations_go_up_down_and_up_and_make_the_tables_of_the_program(empty_location):
    with Store(empty_location) as store, store.transaction() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", "biodesci.index:migrations")
        assert ScriptDirectory.from_config(config).get_current_head() == REVISION
        made = tables_of(connection)
        connection.execute(insert(meta), {"key": "identity", "value": "x"})
        search.put(connection, "0x01", "heart")
        for revision in ("-1", "base"):
            command.downgrade(config, revision)
            command.upgrade(config, "head")
            assert differences(connection) == []
            assert tables_of(connection) == made
        command.downgrade(config, "base")
        assert tables_of(connection) == {schema.VERSION_TABLE}
        command.upgrade(config, "head")


def test_an_index_of_another_version_is_made_anew(location):
    with Store(location) as store:
        store.apply([], Block(6, "0x6", 6))
        with store.transaction() as connection:
            connection.execute(text("UPDATE index_version SET version_num = '9999'"))
            connection.execute(text("ALTER TABLE datasets ADD COLUMN more TEXT"))
    with Store(location, read_only=True) as reader, pytest.raises(UnavailableError, match="another version"):
        queries.as_of(reader)
    with Store(location) as store:
        assert queries.as_of(store) == 0
        with store.snapshot() as connection:
            assert differences(connection) == []


def test_tables_of_others_are_left_alone(postgres):
    name = postgres.database(empty=True)
    postgres.admin(
        "CREATE TABLE patients (id INTEGER)",
        "CREATE TABLE meta (id INTEGER)",
        "CREATE TABLE index_version (version_num TEXT)",
        "INSERT INTO index_version VALUES ('9999')",
        database=name,
    )
    with Store(postgres.url(name)) as store:  # in a schema of its own
        store.begin("x")
        store.clear()
    postgres.admin("SELECT id FROM public.meta", "SELECT id FROM patients", database=name)
    postgres.admin("DROP SCHEMA biodesci_index CASCADE", "CREATE SCHEMA biodesci_index", database=name)
    postgres.admin("CREATE TABLE biodesci_index.patients (id INTEGER)", database=name)
    with pytest.raises(ConfigurationError, match="not of an index") as caught:
        Store(postgres.url(name))
    assert "DATABASE_URL" in caught.value.hint
    postgres.admin("SELECT id FROM biodesci_index.patients", database=name)
    postgres.drop(name)


def test_text_is_in_the_order_of_its_bytes_and_holds_no_nul(location):
    words = ["b", "A", "a", "B", "Z", "ä", "z", "é", "_", "-"]
    with Store(location) as store:
        with store.transaction() as connection:
            connection.execute(insert(meta), [{"key": word, "value": "x\0y"} for word in words])
        rows = store.rows(select(meta).where(meta.c.key.in_(words)).order_by(meta.c.key))
        assert [row["key"] for row in rows] == sorted(words, key=str.encode)
        assert {row["value"] for row in rows} == {"x\N{REPLACEMENT CHARACTER}y"}
        assert store.rows(select(meta).where(meta.c.key == "\0")) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["in order", "as a crash"])
def test_a_restart_in_the_middle_of_reads_and_writes_loses_nothing(postgres, how):
    name = postgres.database()
    ended, errors, written, looks = threading.Event(), [], [], []
    url = postgres.url(name)

    def go_on(act) -> None:
        with Store(url, read_only=act is read) as store:
            while not ended.is_set():
                try:
                    act(store)
                except UnavailableError as exc:
                    errors.append(str(exc))
                    time.sleep(0.02)

    def write(store: Store) -> None:
        number = len(written) + 1
        if queries.as_of(store) < number:  # what an answer that was lost has written is there
            store.apply([], Block(number, f"0x{number:x}", number))
        written.append(number)

    def read(store: Store) -> None:
        with store.snapshot():
            numbers = [row["number"] for row in store.rows(select(blocks).order_by(blocks.c.number))]
            assert numbers == list(range(1, len(numbers) + 1))
            assert queries.as_of(store) == len(numbers)
            looks.append(len(numbers))

    threads = [threading.Thread(target=go_on, args=(act,)) for act in (write, read, read)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(2):
            before = len(written), len(looks)
            wait_for(lambda before=before: len(written) > before[0] + 5 and len(looks) > before[1] + 5)
            postgres.restart(how)
        before = len(written), len(looks)
        wait_for(lambda before=before: len(written) > before[0] + 5 and len(looks) > before[1] + 5)
    finally:
        ended.set()
        for thread in threads:
            thread.join(60)
    with Store(url) as store:
        assert queries.as_of(store) == len(written)
        assert len(store.rows(select(blocks))) == len(written)
    assert not any(str(postgres.folder) in error or "postgres" in error.lower() for error in errors)
    postgres.drop(name)


def test_no_password_is_in_an_error_a_log_or_a_repr(postgres, caplog):
    name = postgres.database()
    url = postgres.url(name, password=PASSWORD)
    with Store(url) as store:
        shown = [repr(store), repr(vars(store)["_writing"]), repr(store._reading), engine.shown(url)]
    wrong = [
        postgres.url(name, password=PASSWORD + "-not"),
        postgres.url("absent", password=PASSWORD),
        url.replace(f":{postgres.port}", ":1"),
        url + "?sslmode=verify-full",
        url.replace("postgresql://", "mysql://"),
        url + "?no_such=option",
    ]
    for one in wrong:
        with pytest.raises((ConfigurationError, UnavailableError)) as caught:
            Store(one)
        chain: BaseException | None = caught.value
        while chain is not None:
            shown.append(repr(chain) + str(chain))
            chain = chain.__cause__
    shown.append(caplog.text)
    secret = url.split(":")[2].split("@")[0]
    assert not [one for one in shown if PASSWORD in one or secret in one or PASSWORD[:8] in one]
    assert "127.0.0.1" in engine.shown(url)
    postgres.drop(name)


def test_a_statement_that_takes_too_long_is_ended(postgres, monkeypatch):
    monkeypatch.setitem(engine.postgresql._READING, "statement_timeout", "2s")
    name = postgres.database()
    with Store(postgres.url(name)) as store:
        with pytest.raises(UnavailableError, match="took too long"), store.snapshot() as connection:
            connection.execute(text("SELECT pg_sleep(20)"))
        assert queries.as_of(store) == 0
    postgres.drop(name)


def test_who_waits_for_a_writer_waits_no_longer_than_is_said(postgres, monkeypatch):
    monkeypatch.setitem(engine.postgresql._WRITING, "lock_timeout", "1s")
    name = postgres.database()
    with Store(postgres.url(name)) as store, Store(postgres.url(name)) as other, store.transaction():
        with pytest.raises(UnavailableError, match="lock timeout"):
            other.begin("x")
        assert other.identity() is None
    postgres.drop(name)


def test_when_all_connections_are_in_use_it_is_said(postgres, monkeypatch):
    monkeypatch.setattr(postgresql, "_IDLE", 1)
    monkeypatch.setattr(postgresql, "_READERS", 1)
    monkeypatch.setattr(postgresql, "_PATIENCE_S", 0.2)
    is_reading, may_end = threading.Event(), threading.Event()

    def read(store: Store) -> None:
        with store.snapshot():
            is_reading.set()
            may_end.wait(30)

    with Store(postgres.url(postgres.database())) as store:
        thread = threading.Thread(target=read, args=(store,))
        thread.start()
        try:
            assert is_reading.wait(30)
            with pytest.raises(UnavailableError, match="connections to it are in use"):
                store.cursor()
        finally:
            may_end.set()
            thread.join()
        assert store.cursor() is None
