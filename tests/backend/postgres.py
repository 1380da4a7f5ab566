"""A real PostgreSQL server of Debian's, once for a test session, and a fresh database for each test.

Its language is English (ICU), so that what we sort by bytes is not sorted so by chance.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from biodesci.index.database import Store
from biodesci.localnet.processes import free_port
from biodesci.store.engine import Location
from biodesci.store.work import Work

PASSWORD = "Pa55-w0rd/of%the server"  # what no log may hold
_PREPARED = "prepared"
_QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "autovacuum": "off",
}


class Server:
    """One cluster, on a Unix socket without a password and on a port of 127.0.0.1 with one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._numbers = itertools.count()
        self.programs = _binaries()  # pg_dump and psql are there too
        self._free: list[str] = []
        self._shape = ""
        self._rows: dict[str, bytes] = {}
        self._process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root.
        name = "postgres" if any(one.pw_name == "postgres" for one in pwd.getpwall()) else "nobody"
        account = pwd.getpwnam(name)
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            os.chown(folder, account.pw_uid, account.pw_gid)
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._run(
            "initdb", "--username=postgres", "--auth-local=trust", "--auth-host=scram-sha-256",
            f"--pwfile={secret}", "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu",
            "--icu-locale=en", "--no-sync", "--no-instructions", "-D", str(folder / "data"),
        )  # fmt: skip

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.programs / program), *arguments],
            check=False, capture_output=True, cwd=self.folder, **self._as,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()

    def start(self) -> None:
        """Waits until it answers."""
        options = [part for name, value in _QUICK.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(self.programs / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port),
                    "-k", str(self.folder), "-c", "listen_addresses=127.0.0.1", *options,
                ],
                stdout=log, stderr=log, cwd=self.folder, start_new_session=True, **self._as,
            )  # fmt: skip
        give_up = time.monotonic() + 60
        while True:
            try:
                self.admin("SELECT 1")
                return
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < give_up, "PostgreSQL did not answer in 60 s"
                time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT breaks all connections off and ends in order; SIGQUIT ends as a crash does."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        self.stop(how)
        self.start()

    def is_running(self) -> bool:
        """It ends by itself where its disk has no space for its own log."""
        return self._process is not None and self._process.poll() is None

    def url(self, name: str, *, user: str = "postgres", password: str = "") -> str:
        """Of a database: by the socket, or with a password by TCP."""
        if password:
            who = f"{user}:{quote(password, safe='')}"
            return f"postgresql://{who}@127.0.0.1:{self.port}/{name}"
        return f"postgresql://{user}@/{name}?host={quote(str(self.folder), safe='')}&port={self.port}"

    def _connect(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url(database), autocommit=True, connect_timeout=5)

    def admin(self, *statements: str, database: str = "postgres") -> None:
        with self._connect(database) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]

    def prepare(self) -> None:
        """A template that has the tables of index and work, which each test's database is copied from."""
        self.admin(f"CREATE DATABASE {_PREPARED}")
        Store(self.url(_PREPARED)).close()
        Work(self.url(_PREPARED)).close()
        with self._connect(_PREPARED) as connection:
            self._shape = _shape(connection)
            self._rows = {table: _rows(connection, table) for table in _filled(connection)}

    def database(self, *, empty: bool = False) -> str:
        """The name of a fresh one."""
        name = f"test_{next(self._numbers)}"
        self.admin(f"CREATE DATABASE {name} TEMPLATE {'template0' if empty else _PREPARED}")
        return name

    def lend(self) -> str:
        """The name of one as fresh as `database` makes it, which takes a fifth of a second: to give back."""
        return self._free.pop() if self._free else self.database()

    def take_back(self, name: str) -> None:
        """Everybody's connections end. What has its tables still is emptied and lent again."""
        with self._connect(name) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            is_as_made = _shape(connection) == self._shape
            if is_as_made:
                self._empty(connection)
        self._free.append(name) if is_as_made else self.drop(name)

    def _empty(self, connection: psycopg.Connection[Any]) -> None:
        """Only what was made with the tables is in them."""
        filled = set(_filled(connection))
        other = {
            table for table in filled | self._rows.keys() if self._rows.get(table) != _rows(connection, table)
        }
        if other:
            connection.execute(f"TRUNCATE {', '.join(sorted(other))} RESTART IDENTITY")  # type: ignore[arg-type]
        for table in other & self._rows.keys():
            with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:  # type: ignore[arg-type]
                copy.write(self._rows[table])

    def drop(self, name: str) -> None:
        self.admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _shape(connection: psycopg.Connection[Any]) -> str:
    """Tells tables, columns, indices, functions and triggers of ours from others."""
    (shape,) = connection.execute("""
        SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
            SELECT concat_ws(' ', c.relkind, c.oid::regclass, a.attname, a.attnotnull,
                format_type(a.atttypid, a.atttypmod))
                FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                WHERE a.attnum > 0 AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
            UNION ALL SELECT oid::regprocedure::text FROM pg_proc
                WHERE pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
            UNION ALL SELECT concat_ws(' ', tgrelid::regclass, tgname) FROM pg_trigger
        ) AS parts (part)""").fetchone() or ("",)
    return str(shape)


def _filled(connection: psycopg.Connection[Any]) -> list[str]:
    """Tables of ours that take space."""
    found = connection.execute("""
        SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND pg_relation_size(oid) > 0
            AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'""")
    return [str(table) for (table,) in found]


def _rows(connection: psycopg.Connection[Any], table: str) -> bytes:
    with connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:  # type: ignore[arg-type]
        return b"".join(bytes(piece) for piece in copy)


def _binaries() -> Path:
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    if found is None:
        pytest.fail("There is no PostgreSQL server: apt-get install postgresql (scripts/setup.sh tests).")
    return Path(found).parent


@contextmanager
def running(at: Path | None = None) -> Iterator[Server]:
    """A server, until the block is left; its files are in the folder `at`, or in one of its own."""
    # Not pytest's folder, which its owner alone may enter; a socket's path has 107 characters at most.
    folder = at or Path(tempfile.mkdtemp(prefix="biodesci-postgres-"))
    server = Server(folder)
    try:
        server.start()
        server.prepare()
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        if at is None:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server that tests share; whoever stops it starts it again."""
    with running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    """Where a database may be: a file that does not exist yet, or a database of PostgreSQL's."""
    if request.param == "sqlite":
        yield tmp_path / "database" / "b.sqlite"
        return
    server: Server = request.getfixturevalue("postgres")
    name = server.lend()
    yield server.url(name)
    server.take_back(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    """As `location`, but that PostgreSQL's has no tables either."""
    if request.param == "sqlite":
        yield tmp_path / "database" / "b.sqlite"
        return
    server: Server = request.getfixturevalue("postgres")
    name = server.database(empty=True)
    yield server.url(name)
    server.drop(name)
