"""Which account each person has visas for, in the issuer's home (SQLite): one account a person, and one
person an account.

A person is known by identities (`sub`, `iss`) of passports, and by those that counted as linked to them.
The register names nobody: an identity is in it as its HMAC-SHA256, whose key is sealed by the issuer's
passphrase. Accounts, and the hashes of visas that have still to end, are in clear, as they go on chain.
"""

from __future__ import annotations

import hmac
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from biodesci.chain.client import Chain
from biodesci.core import files, keyfile
from biodesci.core.errors import (
    AccessDeniedError,
    BioDeSciError,
    ConfigurationError,
    NotFoundError,
    UnavailableError,
)
from biodesci.passports.links import Identity

_PURPOSE: Final = "visa-register"
_VERSION: Final = 1
_TABLES: Final = (
    "CREATE TABLE mark (hash BLOB NOT NULL)",  # of the key, so that no other one is used by mistake
    "CREATE TABLE identity (tag BLOB PRIMARY KEY, account TEXT NOT NULL)",
    "CREATE INDEX identity_account ON identity (account)",
    "CREATE TABLE visa (hash BLOB PRIMARY KEY, account TEXT NOT NULL, issuer TEXT NOT NULL, expires INTEGER"
    " NOT NULL)",
    "CREATE INDEX visa_account ON visa (account)",
    "CREATE TABLE released (account TEXT PRIMARY KEY)",  # whose release has begun and not ended
)
_PATIENCE: Final = 10.0  # seconds that one request waits for another
_KEPT: Final = 86_400  # seconds that an expired visa is kept: the chain's clock may be behind


@dataclass(frozen=True)
class Issued:
    """A visa by the hash under which its issuer revokes it; `expires` in Unix seconds."""

    hash: bytes
    issuer: str
    expires: int


class Register:
    """Threads and processes may share one folder: whoever writes has it alone."""

    def __init__(self, file: Path, key: bytes) -> None:
        """`key` (32 bytes) makes the identities' tags; `open` finds it."""
        self._file = file
        self._key = key

    @classmethod
    def open(cls, home: Path, passphrase: str, chain: Chain) -> Register:
        """The register of this home and network; makes an empty one where there was none.

        Raises ConfigurationError where a part of it is missing, damaged or another one's: without it, every
        passport would be good for one more account. Raises WrongKeyError for another passphrase.
        """
        folder = home / "visas" / f"{chain.chain_id}-{str(chain.visas.address).lower()}"
        for each in (home, folder.parent, folder):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)
        file, key_file = folder / "register.sqlite", folder / "register.key"
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, files.PRIVATE))
        with _writing(file) as db:
            _create(db, file, key_file)
        with _writing(file) as db:
            return cls(file, _key(db, key_file, passphrase))

    def enter(self, identities: Iterable[Identity], account: str, visas: Iterable[Issued], now: int) -> None:
        """Notes that these visas are about to leave, for this account of whoever has these identities.

        It is on disk when this returns. Raises AccessDeniedError where the person has another account, or
        the account another person; UnavailableError while the account is released. `now` in Unix seconds.
        """
        tags = {self._tag(identity) for identity in identities}
        with _writing(self._file) as db:
            if db.execute("SELECT 1 FROM released WHERE account = ?", (account,)).fetchone():
                raise UnavailableError(
                    "This account's visas are being revoked.",
                    "Try again in a minute; if it stays so, ask the issuer's operator to finish the release.",
                )
            accounts = {one for tag in tags for one in _account(db, tag)}
            if accounts - {account}:
                raise AccessDeniedError(
                    "The holder of this passport has visas for another account.",
                    "Ask with that account. If it is lost, have the issuer's operator release it, which "
                    "revokes its visas (biodesci visa issuer release).",
                )
            is_known = db.execute("SELECT 1 FROM identity WHERE account = ?", (account,)).fetchone()
            if is_known and not accounts:
                raise AccessDeniedError(
                    "This account has visas of another identity.",
                    "Use an account for each person. If both identities are yours, give a passport that "
                    "links them (LinkedIdentities), by a broker that this issuer lets do so.",
                )
            db.executemany("INSERT OR IGNORE INTO identity VALUES (?, ?)", ((tag, account) for tag in tags))
            rows = ((one.hash, account, one.issuer, one.expires) for one in visas)
            db.executemany("INSERT OR IGNORE INTO visa VALUES (?, ?, ?, ?)", rows)
            db.execute("DELETE FROM visa WHERE expires < ?", (now - _KEPT,))

    def account_of(self, identity: Identity) -> str:
        """The account that an identity has visas for. Raises NotFoundError where it has none."""
        with _writing(self._file) as db:
            accounts = _account(db, self._tag(identity))
        if not accounts:
            raise NotFoundError(
                "This identity has no account here.", "Compare `iss` and `sub` with the passport's."
            )
        return accounts[0]

    def begin_release(self, account: str) -> list[Issued]:
        """From now on no visas are signed for this account; returns those that were, to be revoked.

        Raises NotFoundError for an account that has none here.
        """
        with _writing(self._file) as db:
            if not db.execute("SELECT 1 FROM identity WHERE account = ?", (account,)).fetchone():
                raise NotFoundError(
                    "This account has no visas by a passport from here.", "Check its address."
                )
            db.execute("INSERT OR IGNORE INTO released VALUES (?)", (account,))
            rows = db.execute("SELECT hash, issuer, expires FROM visa WHERE account = ?", (account,))
            return [Issued(*row) for row in rows]

    def end_release(self, account: str) -> None:
        """Forgets the account, whose visas are revoked: its identities may have another one."""
        with _writing(self._file) as db:
            for table in ("identity", "visa", "released"):
                db.execute(f"DELETE FROM {table} WHERE account = ?", (account,))  # noqa: S608 - names of ours

    def _tag(self, identity: Identity) -> bytes:
        # As JSON, so that no two identities are written alike, and every text that JSON holds can be.
        return hmac.digest(self._key, json.dumps(identity).encode("ascii"), "sha256")


@contextmanager
def _writing(file: Path) -> Iterator[sqlite3.Connection]:
    """A transaction that nobody else is in: whole, or not at all where an error leaves it."""
    try:
        db = sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", _PATIENCE, isolation_level=None, uri=True)
    except sqlite3.Error as exc:
        raise _failed(exc, file) from exc
    try:
        db.execute("PRAGMA synchronous = EXTRA")  # a commit is on disk, its folder too
        db.execute("BEGIN IMMEDIATE")
        yield db
        db.execute("COMMIT")
    except sqlite3.Error as exc:
        raise _failed(exc, file) from exc
    finally:
        db.close()  # rolls back what is not committed


def _failed(exc: sqlite3.Error, file: Path) -> BioDeSciError:
    if isinstance(exc, sqlite3.OperationalError) and file.exists():
        return UnavailableError("The issuer's register cannot be written now.", "Try again in a minute.")
    return _unusable(f"The register {file} is missing or damaged")


def _unusable(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{why}.",
        "Restore the folder from a copy, register.sqlite and register.key together. To begin anew, move both "
        "away: then each passport is good for one more account.",
    )


def _create(db: sqlite3.Connection, file: Path, key_file: Path) -> None:
    """The tables, before the key: a key without them is what is left of a register that was lost."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version not in {0, _VERSION}:
        raise ConfigurationError(f"The register {file} is of another version.", "Update BioDeSci.")
    if version == 0:
        if key_file.exists():
            raise _unusable(f"The register {file} is missing, though its key is there")
        for table in _TABLES:
            db.execute(table)
        db.execute(f"PRAGMA user_version = {_VERSION}")


def _key(db: sqlite3.Connection, key_file: Path, passphrase: str) -> bytes:
    """Made where the register has none yet: one that a process left, which was killed here, tagged nobody."""
    mark = db.execute("SELECT hash FROM mark").fetchone()
    if mark is None:
        key = os.urandom(32)
        files.write_private(key_file, keyfile.seal(key, passphrase, _PURPOSE))
        db.execute("INSERT INTO mark VALUES (?)", (_mark(key),))
        return key
    if not key_file.exists():
        raise _unusable(f"The register's key {key_file} is missing")
    key = keyfile.open_(key_file.read_bytes(), passphrase, _PURPOSE)
    if not hmac.compare_digest(mark[0], _mark(key)):
        raise _unusable(f"The key {key_file} is another register's")
    return key


def _mark(key: bytes) -> bytes:
    return hmac.digest(key, b"biodesci/visa-register/v1", "sha256")


def _account(db: sqlite3.Connection, tag: bytes) -> list[str]:
    return [row[0] for row in db.execute("SELECT account FROM identity WHERE tag = ?", (tag,))]
