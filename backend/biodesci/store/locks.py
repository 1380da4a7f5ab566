"""Locks that end with their process: whoever shares the work database is inside one after the other.

Of one machine (SQLite) they are on files beside the database (flock). On PostgreSQL they are advisory locks
of a session apart: the server gives one back when its connection ends, and `Lock.check` asks the server
whether that has happened, in the transaction that writes what the lock is for. A pooler that parts sessions
from connections (PgBouncer's transaction pooling) must not stand between.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, text

from biodesci.core import files
from biodesci.core.errors import BioDeSciError, ConfigurationError, UnavailableError
from biodesci.store import engine, postgresql
from biodesci.store.engine import Location

_LONGEST_PAUSE_S: Final = 0.5
_HELD: Final = text(
    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid = :pid "
    "AND (classid::bigint << 32) | objid::bigint = :number "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class Lock:
    """Held until its `with` is left."""

    def check(self, connection: Connection) -> None:
        """Raises UnavailableError where it is lost; asked in the transaction that writes.

        A lock on a file is never lost.
        """


class _ServerLock(Lock):
    def __init__(self, session: Any, number: int) -> None:
        self._pid, self._number = session.info.backend_pid, number

    def check(self, connection: Connection) -> None:
        if connection.scalar(_HELD, {"pid": self._pid, "number": self._number}) is None:
            raise UnavailableError(
                "The database ended the session that kept other processes away.", "Repeat this."
            )


@contextmanager
def held(
    location: Location, name: str, stop: threading.Event | None = None, *, wait: bool = True
) -> Iterator[Lock | None]:
    """Waits until no other thread or process is inside for this name; None at once where it is not to `wait`.

    Raises UnavailableError once `stop` is set while it waits, or where the database does not answer or the
    disk is full, and ConfigurationError where the file may not be made.
    """
    inside = _on_file(location, name) if isinstance(location, Path) else _at_server(location, name)
    stop, pause = stop or threading.Event(), 0.01
    with inside as attempts:
        for lock in attempts:
            if lock is not None or not wait:
                yield lock
                return
            if stop.wait(pause):
                raise UnavailableError(
                    "This process is stopping, and another one is inside.", "Repeat this later."
                )
            pause = min(1.5 * pause, _LONGEST_PAUSE_S)


@contextmanager
def _at_server(url: str, name: str) -> Iterator[Iterator[Lock | None]]:
    import psycopg  # noqa: PLC0415 - it takes a while to load, and who has SQLite doesn't need it

    number = int.from_bytes(hashlib.sha256(f"biodesci:lock:{name}".encode()).digest()[:8]) >> 1

    def attempts(session: Any) -> Iterator[Lock | None]:
        while True:
            (is_ours,) = session.execute("SELECT pg_try_advisory_lock(%s)", (number,)).fetchone()
            yield _ServerLock(session, number) if is_ours else None

    try:
        session = postgresql.open_connection(url, {})
        session.autocommit = True
    except psycopg.Error as exc:
        raise _unavailable() from exc
    try:
        yield _translated(attempts(session))
    finally:
        session.close()


def _translated(attempts: Iterator[Lock | None]) -> Iterator[Lock | None]:
    import psycopg  # noqa: PLC0415 - as above

    try:
        yield from attempts
    except psycopg.Error as exc:
        raise _unavailable() from exc


def _unavailable() -> UnavailableError:
    return UnavailableError(
        "The work database does not answer, so nobody can be kept away.",
        "Check DATABASE_URL, and that the server runs; then try again.",
    )


@contextmanager
def _on_file(database: Path, name: str) -> Iterator[Iterator[Lock | None]]:
    path = database.parent / "locks" / f"{hashlib.sha256(name.encode()).hexdigest()[:40]}.lock"
    taken: list[int] = []

    def attempts() -> Iterator[Lock | None]:
        while True:
            descriptor = _opened(path)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                yield None
                continue
            except OSError as exc:
                os.close(descriptor)
                raise _refused(path, exc) from exc
            if _is_still_at(path, descriptor):
                taken.append(descriptor)
                yield Lock()
            os.close(descriptor)  # whoever was inside before has removed this file

    try:
        yield attempts()
    finally:
        for descriptor in taken:
            path.unlink(missing_ok=True)
            os.close(descriptor)


def _opened(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(path, os.O_RDWR | os.O_CREAT, files.PRIVATE)
    except OSError as exc:
        raise _refused(path, exc) from exc


def _refused(path: Path, exc: OSError) -> BioDeSciError:
    says = f"The lock {path} cannot be taken: {exc.strerror}."
    if exc.errno in (errno.EMFILE, errno.ENFILE):
        return UnavailableError(
            says,
            "Raise the limit of open files (ulimit -n, or LimitNOFILE of a unit), or try again later.",
        )
    if engine.may_pass(exc):
        return UnavailableError(says, "Free some space there; then try again.")
    return ConfigurationError(says, "Check who may write the folder; then repeat this.")


def _is_still_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
