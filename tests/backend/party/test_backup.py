"""A home is lost, and made again from one file on another machine: nothing is missing, nothing done twice."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import sqlite3
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from biodesci.chain import accounts
from biodesci.cli import main, session
from biodesci.core.errors import (
    ConfigurationError,
    InputError,
    IntegrityError,
    StateError,
    WrongKeyError,
)
from biodesci.index.database import Store
from biodesci.party import backup, keys
from biodesci.store import jobs
from biodesci.store.jobs import Jobs
from biodesci.store.work import Work
from tests.backend.acting import PASSPHRASE
from tests.backend.postgres import Server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / "datasets").mkdir(parents=True)
    accounts.create(home / "account.json", PASSPHRASE, work_factor=2)
    keys.create(home, PASSPHRASE, n=1 << 10)
    (home / "datasets" / "1-0x11-1.key").write_bytes(bytes(3 << 20))
    (home / "index.sqlite").write_bytes(b"made anew")
    (home / "index.sqlite-wal").write_bytes(b"made anew")
    (home / "outbox.lock").write_bytes(b"")
    return home


def made(home: Path, tmp_path: Path, work: Path | str | None = None) -> tuple[Path, backup.Summary]:
    file = tmp_path / "home.backup"
    return file, backup.create(home, home / "account.json", work or home / "work.sqlite", file, PASSPHRASE)


def test_what_was_in_the_home_is_in_the_new_one(home: Path, tmp_path: Path) -> None:
    file, summary = made(home, tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (summary.files, summary.manifest.work) == (3, "none")
    assert backup.check(file, PASSPHRASE) == summary
    for name in ("account.json", "key.bin"):
        assert (home / name).read_bytes() not in file.read_bytes()
    assert b"1-0x11-1" not in file.read_bytes()
    again = tmp_path / "other machine" / "home"
    assert backup.restore(file, again, PASSPHRASE) == summary
    files = {path.relative_to(again).as_posix() for path in again.rglob("*") if path.is_file()}
    assert files == {"account.json", "key.bin", "datasets/1-0x11-1.key"}
    for name in files:
        assert (again / name).read_bytes() == (home / name).read_bytes()
        assert stat.S_IMODE((again / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(again.stat().st_mode) == stat.S_IMODE((again / "datasets").stat().st_mode) == 0o700
    assert list(again.parent.iterdir()) == [again]


def test_of_private_containers_the_notes_alone_are_in_it(home: Path, tmp_path: Path) -> None:
    """They are as large as the data, on whichever disk, and encrypted already."""
    disk = tmp_path / "large disk"
    disk.mkdir()
    (disk / f"{'11' * 32}.container").write_bytes(os.urandom(5 << 20))
    (disk / f"{'11' * 32}.json").write_text("{}")
    (home / "containers").symlink_to(disk)
    file, summary = made(home, tmp_path)
    assert summary.files == 4
    assert file.stat().st_size < 4 << 20
    backup.restore(file, tmp_path / "new", PASSPHRASE)
    assert [path.name for path in (tmp_path / "new" / "containers").iterdir()] == [f"{'11' * 32}.json"]


def test_what_links_lead_to_comes_along(home: Path, tmp_path: Path) -> None:
    """Keys on another disk, behind a link, are a part of the home."""
    (home / "datasets").rename(tmp_path / "disk")
    (home / "datasets").symlink_to(tmp_path / "disk")
    (home / "datasets" / "itself").symlink_to(home)
    (home / "key.bin").rename(tmp_path / "key")
    (home / "key.bin").symlink_to(tmp_path / "key")
    file, summary = made(home, tmp_path)
    assert summary.files == 3
    backup.restore(file, tmp_path / "new", PASSPHRASE)
    assert (tmp_path / "new" / "key.bin").read_bytes() == (tmp_path / "key").read_bytes()
    assert (tmp_path / "new" / "datasets" / "1-0x11-1.key").stat().st_size == 3 << 20
    assert not any(path.is_symlink() for path in (tmp_path / "new").rglob("*"))
    (tmp_path / "disk").rename(tmp_path / "away")
    file.unlink()
    with pytest.raises(StateError, match="not there"):
        made(home, tmp_path)
    assert not file.exists()


def test_a_keystore_from_elsewhere_comes_along(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "keystore"
    (home / "account.json").rename(elsewhere)
    file = tmp_path / "home.backup"
    backup.create(home, elsewhere, home / "work.sqlite", file, PASSPHRASE)
    backup.restore(file, tmp_path / "new", PASSPHRASE)
    assert (tmp_path / "new" / "account.json").read_text() == elsewhere.read_text()


def test_the_work_is_copied_while_it_is_written(home: Path, tmp_path: Path) -> None:
    with Work(home / "work.sqlite") as work:
        work.put_checkpoint("custodian", b"block 7")
        with work.transaction() as connection:
            connection.exec_driver_sql("UPDATE checkpoints SET data = x'00'")
            file, summary = made(home, tmp_path)  # what is not done yet is not in it
        assert summary.manifest.work == "file"
    backup.restore(file, tmp_path / "new", PASSPHRASE)
    assert not list((tmp_path / "new").glob("work.sqlite-*"))
    with Work(tmp_path / "new" / "work.sqlite") as work:
        assert work.checkpoint("custodian") == b"block 7"
    with sqlite3.connect(tmp_path / "new" / "work.sqlite") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_work_on_a_server_is_said_to_be_there(home: Path, tmp_path: Path) -> None:
    file, summary = made(home, tmp_path, "postgresql://user:secret@host/work")
    assert summary.manifest.work == "server"
    assert b"secret" not in file.read_bytes()


def test_work_on_a_server_is_dumped_and_restored_as_the_documents_say(postgres: Server) -> None:
    before, after = (postgres.url(postgres.database(empty=True)) for _ in range(2))
    with Work(before) as work:
        work.put_checkpoint("custodian", b"block 7")
        Jobs(work, "custodian of 0xA").failed("licence", 7, "its visas lapsed")
    Store(before).close()  # the index beside it is left out
    dump = subprocess.run(
        [postgres.programs / "pg_dump", "--schema=biodesci_work", before], capture_output=True, check=True
    ).stdout
    subprocess.run(
        [postgres.programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", after],
        input=dump, capture_output=True, check=True,
    )  # fmt: skip
    with Work(after) as work:
        assert work.checkpoint("custodian") == b"block 7"
        assert [job.id for job in jobs.listed(work)] == ["licence-7"]
        assert jobs.retry(work, jobs.listed(work)) == 1
        with work.lease("custodian of 0xA", seconds=5):
            work.put_checkpoint("custodian", b"block 8")
    with Store(after) as store:
        assert store.cursor() is None


def test_work_that_lies_in_the_home_besides_is_in_the_file(home: Path, tmp_path: Path) -> None:
    """Of before it went to a server, say: it may note what was sent."""
    with Work(home / "work.sqlite") as work:
        work.put_checkpoint("custodian", b"block 7")
    file, summary = made(home, tmp_path, "postgresql://user:secret@host/work")
    assert (summary.files, summary.manifest.work, summary.has_file_besides) == (4, "server", True)
    assert backup.check(file, PASSPHRASE) == backup.restore(file, tmp_path / "new", PASSPHRASE) == summary
    with Work(tmp_path / "new" / "work.sqlite") as work:
        assert work.checkpoint("custodian") == b"block 7"


@pytest.mark.parametrize("url", ["postgres:/host/work", "postgresql://host:what/work", "work.sqlite"])
def test_a_database_that_is_none_is_refused(home: Path, tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        made(home, tmp_path, url)
    assert list(tmp_path.iterdir()) == [home]


@pytest.mark.parametrize("lost", ["key.bin", "account.json", None])
def test_a_passphrase_that_does_not_open_the_home_makes_no_backup(
    home: Path, tmp_path: Path, lost: str | None
) -> None:
    """Nobody would open the file on the day it is needed."""
    if lost is not None:
        (home / lost).unlink()
    with pytest.raises(WrongKeyError, match="does not open"):
        backup.create(home, home / "account.json", home / "work.sqlite", tmp_path / "b", PASSPHRASE + "s")
    assert list(tmp_path.iterdir()) == [home]


def test_a_work_database_that_cannot_be_copied_is_named(home: Path, tmp_path: Path) -> None:
    (home / "work.sqlite").write_bytes(b"no database at all, but as long as the head of one" * 20)
    with pytest.raises(StateError, match=r"work\.sqlite cannot be copied"):
        made(home, tmp_path)
    assert list(tmp_path.iterdir()) == [home]


@pytest.mark.parametrize(
    "place", ["head", "sealed key", "container", "last byte", "cut", "cut short", "longer"]
)
def test_a_damaged_backup_writes_nothing(home: Path, tmp_path: Path, place: str) -> None:
    file, _ = made(home, tmp_path)
    data = bytearray(file.read_bytes())
    where = {"head": 2, "sealed key": 60, "container": len(data) // 2, "last byte": len(data) - 1}.get(place)
    if where is not None:
        data[where] ^= 1
    elif place == "longer":
        data += b"x"
    else:
        del data[{"cut": 1 << 20, "cut short": 3}[place] :]
    file.write_bytes(data)
    for act in (backup.check, lambda *_: backup.restore(file, tmp_path / "new", PASSPHRASE)):
        with pytest.raises((IntegrityError, WrongKeyError)) as caught:
            act(file, PASSPHRASE)
        assert "backup" in caught.value.message
        assert "copy" in caught.value.hint
    assert sorted(tmp_path.iterdir()) == [home, file]


def test_an_account_of_the_system_restores_the_home_that_it_was_given(home: Path, tmp_path: Path) -> None:
    """An empty folder in one that is root's, as /var/lib/biodesci is."""
    file, _ = made(home, tmp_path)
    backup.check(file, PASSPHRASE)  # loads what the child could not
    with tempfile.TemporaryDirectory() as folder, file.open("rb") as source:
        lib, new = Path(folder) / "lib", Path(folder) / "lib" / "custodian"
        new.mkdir(parents=True, mode=0o700)
        copy = Path(folder) / "home.backup"
        copy.write_bytes(source.read())
        uid = 65_534 if os.geteuid() == 0 else os.geteuid()
        for path, owner, mode in ((Path(folder), -1, 0o755), (copy, uid, 0o600), (new, uid, 0o700)):
            os.chown(path, owner, -1)
            path.chmod(mode)
        lib.chmod(0o555)

        def restore() -> None:
            os.setresuid(uid, uid, uid)
            backup.restore(copy, new, PASSPHRASE)

        child = multiprocessing.get_context("fork").Process(target=restore)
        child.start()
        child.join(60)
        there = {path.name for path in new.iterdir()}
        lib.chmod(0o755)
    assert child.exitcode == 0
    assert there == {"account.json", "key.bin", "datasets"}


def test_another_passphrase_opens_nothing(home: Path, tmp_path: Path) -> None:
    file, _ = made(home, tmp_path)
    with pytest.raises(WrongKeyError, match="passphrase does not open this backup"):
        backup.restore(file, tmp_path / "new", "another passphrase")
    assert not (tmp_path / "new").exists()
    with pytest.raises(InputError, match="10 characters"):
        backup.create(home, home / "account.json", home / "work.sqlite", tmp_path / "b", "short")
    assert not (tmp_path / "b").exists()


def test_nothing_is_overwritten(home: Path, tmp_path: Path) -> None:
    file, _ = made(home, tmp_path)
    with pytest.raises(StateError, match="exists already"):
        made(home, tmp_path)
    before = sorted(home.rglob("*"))
    with pytest.raises(StateError, match="not empty"):
        backup.restore(file, home, PASSPHRASE)
    assert sorted(home.rglob("*")) == before
    empty = tmp_path / "empty"
    empty.mkdir()
    assert backup.restore(file, empty, PASSPHRASE).files == 3


@pytest.mark.parametrize("place", ["home", "home/datasets", "way", "disk", "home/../home"])
def test_a_file_that_the_next_backup_would_take_along_is_refused(
    home: Path, tmp_path: Path, place: str
) -> None:
    """In the home, in a folder that a link in it leads to, or by a link that leads to the home."""
    (tmp_path / "disk").mkdir()
    (home / "evidence").symlink_to(tmp_path / "disk")
    (tmp_path / "way").symlink_to(home)
    file = tmp_path / place / "nightly"
    with pytest.raises(StateError, match="would lie in the home"):
        backup.create(home, home / "account.json", home / "work.sqlite", file, PASSPHRASE)
    assert not list(file.parent.glob("*nightly*"))
    beside = tmp_path / "home, each night" / "nightly"
    beside.parent.mkdir()
    assert backup.create(home, home / "account.json", home / "work.sqlite", beside, PASSPHRASE).files == 3


def test_a_full_disk_leaves_nothing(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, _ = made(home, tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.os, "fsync", full)
    with pytest.raises(ConfigurationError, match="No space left on device"):
        backup.restore(file, tmp_path / "new", PASSPHRASE)
    with pytest.raises(ConfigurationError, match="No space left on device"):
        backup.create(home, home / "account.json", home / "work.sqlite", tmp_path / "b", PASSPHRASE)
    assert sorted(tmp_path.iterdir()) == [home, file]


def test_a_disk_that_is_full_while_the_home_is_read_is_not_the_homes_fault(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.container, "encrypt", full)
    with pytest.raises(ConfigurationError, match="No space left on device"):
        made(home, tmp_path)
    assert list(tmp_path.iterdir()) == [home]


def test_a_target_that_only_reads_is_named(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is the file made there, nor what was begun taken away."""

    def read_only(path: object, *_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(backup.os, "open", read_only)
    monkeypatch.setattr(Path, "unlink", read_only)
    with pytest.raises(ConfigurationError, match="Read-only file system") as caught:
        made(home, tmp_path)
    assert str(tmp_path) in caught.value.message


def test_no_home_and_no_file_are_said(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="no home"):
        backup.create(tmp_path / "none", tmp_path / "a", tmp_path / "w", tmp_path / "b", PASSPHRASE)
    with pytest.raises(ConfigurationError, match="none cannot be read"):
        backup.check(tmp_path / "none", PASSPHRASE)
    with pytest.raises(ConfigurationError, match="cannot be read or written"):
        backup.create(tmp_path, tmp_path / "a", tmp_path / "w", tmp_path / "none" / "b", PASSPHRASE)
    shutil.copy(__file__, tmp_path / "text")
    with pytest.raises(IntegrityError, match="no backup"):
        backup.check(tmp_path / "text", PASSPHRASE)


def test_the_commands(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, again, notes = tmp_path / "medium", tmp_path / "again", ""

    def run(verb: str, folder: Path) -> dict[str, object]:
        nonlocal notes
        monkeypatch.setenv("BIODESCI_HOME", str(folder))
        session.settings.cache_clear()
        session.passphrase.cache_clear()
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["backup", verb, str(file), "--json"])
        printed = capsys.readouterr()
        assert ended.value.code in (0, None), printed.err
        assert PASSPHRASE not in printed.out + printed.err
        assert "secret-word" not in printed.out + printed.err
        notes = printed.err
        return dict(json.loads(printed.out))

    monkeypatch.setenv("BIODESCI_PASSPHRASE", PASSPHRASE)
    assert run("create", home) == run("check", home) == run("restore", again)
    file.unlink()
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone:secret-word@127.0.0.1:9/work")
    with Work(home / "work.sqlite"):
        said = run("create", home)
    assert (said["files"], said["work"]) == (4, "server")
    assert "biodesci_work is not in the file, and could not be looked at" in notes
    assert "the work.sqlite that lies in the home is in the file" in notes
    assert "keystore" not in notes
    file.unlink()
    elsewhere = tmp_path / "keystore"
    elsewhere.write_text((home / "account.json").read_text())
    monkeypatch.setenv("BIODESCI_ACCOUNT", str(elsewhere))
    run("create", home)
    assert f"The keystore {elsewhere} is not in the file" in notes
    assert (again / "key.bin").read_bytes() == (home / "key.bin").read_bytes()
    session.settings.cache_clear()
    session.passphrase.cache_clear()
