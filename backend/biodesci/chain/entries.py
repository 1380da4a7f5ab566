"""What the outbox keeps in the work database: a row for each intent of which something is signed, and locks
for threads and processes.

A row is written before each step begins (`outbox.py` says which), so that a process that was killed has left
behind every transaction that might still take effect, and no row of anything else. All who share the database
share the entries: whoever has an account's turn sends again what is stuck, whichever process it is of.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from sqlalchemy import ColumnElement, Row, delete, insert, select, update

from biodesci.chain import transactions
from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import Address, Bytes32, Count, HexBytes
from biodesci.core.errors import ConfigurationError, InputError, UnavailableError
from biodesci.store import engine, locks
from biodesci.store.engine import Location, now_ms
from biodesci.store.locks import Lock
from biodesci.store.tables import outbox
from biodesci.store.work import opened

_log = logging.getLogger(__name__)
_logged: dict[tuple[str, str], bytes] = {}  # damaged entries, as they were when that was logged


class Attempt(Part):
    """One signed transaction of an intent. All attempts of an entry have the same nonce; one that `cancels`
    has no call, the others have the same."""

    tx_hash: Bytes32
    raw: HexBytes
    sent: Count | None = None  # Unix milliseconds; None until the chain node has answered, whatever it said
    cancels: bool = False

    @classmethod
    def of(cls, raw: bytes, *, cancels: bool = False) -> Attempt:
        """The attempt of these signed bytes, not sent yet."""
        return cls(tx_hash=transactions.hash_of(raw), raw=raw, cancels=cancels)

    @property
    def named(self) -> str:
        """Its hash as people and explorers write it."""
        return f"0x{self.tx_hash.hex()}"


class Entry(Document):
    """One intent of one account on one network, and how far it has come."""

    title: ClassVar = "outbox entry"
    remedy: ClassVar = (
        "It noted a transaction that may have been sent: look at what the account sent last, and delete the "
        "row only if that is something else."
    )
    limit: ClassVar = 4 << 20
    readable: ClassVar = True

    format: Literal["biodesci-outbox/2"] = "biodesci-outbox/2"
    network: str
    account: Address
    kind: str
    about: str
    nonce: Count | None = None  # None until something is signed, of which no row is there
    since: Count = 0  # the latest block when it was signed: the nonce was free there
    attempts: tuple[Attempt, ...] = ()  # the first, then those with higher fees
    landed: Count | None = None  # Unix milliseconds: since when a block is known to have its nonce
    confirmed: Bytes32 | None = None  # hash of the attempt that is in the chain

    @property
    def name(self) -> str:
        """The key of its row: the same for the same intent, another one for any other."""
        what = "\0".join((self.network, self.account, self.kind, self.about))
        return f"{self.kind}-{hashlib.sha256(what.encode()).hexdigest()[:40]}"

    @property
    def takes(self) -> int:
        """The nonce of what is signed."""
        assert self.nonce is not None
        return self.nonce

    @property
    def hashes(self) -> list[bytes]:
        """Of all attempts, any of which may be the one that a block has."""
        return [attempt.tx_hash for attempt in self.attempts]

    @property
    def sent(self) -> int | None:
        """When something of it was sent last, in Unix milliseconds; None where nothing certainly was."""
        return max((attempt.sent for attempt in self.attempts if attempt.sent is not None), default=None)

    @property
    def is_waiting(self) -> bool:
        """Whether it was sent, and is not known to have taken effect, as deep in the chain as asked."""
        return self.sent is not None and self.confirmed is None

    @property
    def waits_for_a_block(self) -> bool:
        """Whether it was sent, and no block is known to have its nonce."""
        return self.is_waiting and self.landed is None


@dataclass(frozen=True)
class Damaged:
    """An entry that cannot be read: whose it is and what it is about, as its row says, and what is wrong."""

    name: str
    account: str
    kind: str
    about: str
    reason: str


class Book:
    """The entries in one work database."""

    def __init__(self, location: Location) -> None:
        self.location = location
        self._work = opened(location)

    def read(self, blank: Entry) -> Entry | None:
        """The entry of the intent that `blank` names; None where there is none.

        Raises ConfigurationError for one that is damaged: what it noted may have been paid already.
        """
        with self._work.snapshot() as connection:
            document = connection.scalar(select(outbox.c.document).where(outbox.c.name == blank.name))
        return None if document is None else self._whole(blank.name, document)

    def of_account(self, chain: str, account: str) -> list[Entry]:
        """The entries of an account on a chain by their nonces.

        What is damaged stops its own intent (`read`), and is left out here; `damaged` has it.
        """
        here = outbox.c.network.startswith(f"{chain}:", autoescape=True)
        entries = []
        for row, read in self._rows(outbox.c.account == account, here):
            if isinstance(read, Entry):
                entries.append(read)
            elif _is_news(self.location, row.name, row.document):
                _log.error("%s", read)
        return sorted(entries, key=lambda entry: entry.takes)

    def damaged(self) -> list[Damaged]:
        """What a person has to look at: no worker goes on with it."""
        return [
            Damaged(row.name, row.account, row.kind, row.about, str(read))
            for row, read in self._rows()
            if isinstance(read, ConfigurationError)
        ]

    def _rows(
        self, *conditions: ColumnElement[bool]
    ) -> Iterator[tuple[Row[Any], Entry | ConfigurationError]]:
        """Each row with its entry, or with what is wrong with it."""
        with self._work.snapshot() as connection:
            rows = connection.execute(select(outbox).where(*conditions).order_by(outbox.c.changed_at)).all()
        for row in rows:
            try:
                yield row, self._whole(row.name, row.document)
            except ConfigurationError as exc:
                yield row, exc

    def begin(self, blank: Entry, attempt: Attempt, since: int, *held: Lock) -> Entry:
        """Notes an intent with what was signed first, before anybody else sees it.

        Raises UnavailableError where one of the locks `held` is lost.
        """
        nonce = transactions.signed(attempt.raw).nonce
        entry = blank.model_copy(update={"nonce": nonce, "attempts": (attempt,), "since": since})
        with self._work.transaction() as connection:
            for lock in held:
                lock.check(connection)
            connection.execute(delete(outbox).where(outbox.c.name == entry.name))
            columns = {name: getattr(entry, name) for name in ("name", "network", "account", "kind", "about")}
            connection.execute(
                insert(outbox).values(**columns, document=entry.to_bytes().decode(), changed_at=now_ms())
            )
        return entry

    def add(self, entry: Entry, attempt: Attempt, *held: Lock) -> Entry:
        """Notes what was signed in place of it, as `begin` does.

        Raises UnavailableError where one of the locks `held` is lost, or the entry is not there any more.
        """

        changed = self._change(
            entry, lambda was: was.model_copy(update={"attempts": (*was.attempts, attempt)}), *held
        )
        if changed is None:
            raise UnavailableError(
                "The outbox forgot what was about to be sent: another process has ended it.", "Repeat this."
            )
        return changed

    def note_sent(self, entry: Entry, tx_hash: bytes) -> Entry | None:
        """The chain node has answered to this attempt, for which a block is waited now."""
        sent = {"sent": _now()}
        return self._change(
            entry,
            lambda was: was.model_copy(
                update={
                    "attempts": tuple(
                        one.model_copy(update=sent) if one.tx_hash == tx_hash else one for one in was.attempts
                    ),
                    "landed": None,
                }
            ),
        )

    def note_landed(self, entry: Entry) -> Entry | None:
        """A block has its nonce; so it is until it is sent once more, as a reorganization took the block."""
        if entry.landed is not None:
            return entry
        return self._change(entry, lambda was: was.model_copy(update={"landed": _now()}))

    def confirm(self, entry: Entry, tx_hash: bytes) -> Entry | None:
        """This attempt took effect."""
        return self._change(entry, lambda was: was.model_copy(update={"confirmed": tx_hash}))

    def remove(self, entry: Entry) -> None:
        """Forgets the intent: it is done, or what was signed can have no effect any more."""
        with self._work.transaction() as connection:
            connection.execute(delete(outbox).where(outbox.c.name == entry.name))

    def lock(
        self, name: str, stop: threading.Event | None, *, wait: bool = True
    ) -> AbstractContextManager[Lock | None]:
        """Inside, nobody else of all processes has the lock of this name; it ends with its process.

        None at once where another has it and this is not to `wait`. Raises UnavailableError once `stop` is
        set.
        """
        return locks.held(self.location, name, stop, wait=wait)

    def _change(self, entry: Entry, change: Callable[[Entry], Entry], *held: Lock) -> Entry | None:
        """In one transaction: what another process added meanwhile stays. None where there is no entry."""
        with self._work.transaction() as connection:
            for lock in held:
                lock.check(connection)
            where = outbox.c.name == entry.name
            document = connection.scalar(select(outbox.c.document).where(where))
            if document is None:
                return None
            changed = change(self._whole(entry.name, document))
            connection.execute(
                update(outbox).where(where).values(document=changed.to_bytes().decode(), changed_at=now_ms())
            )
        return changed

    def _whole(self, name: str, document: str) -> Entry:
        where = f"The entry {name} of the outbox in {engine.shown(self.location)}"
        try:
            entry = Entry.parse(document.encode())
        except InputError as exc:
            raise ConfigurationError(f"{where} is damaged. {exc.message}", Entry.remedy) from exc
        if entry.name != name or not entry.attempts or entry.nonce is None:
            raise ConfigurationError(f"{where} is damaged: it does not say what its name says.", Entry.remedy)
        if not all(_is_whole(entry, attempt) for attempt in entry.attempts):
            raise ConfigurationError(
                f"{where} is damaged: a transaction in it is not what was signed.", Entry.remedy
            )
        return entry


def _now() -> int:
    return int(time.time() * 1000)


def _is_news(location: Location, name: str, document: str) -> bool:
    """Whether this process has not logged yet what is wrong with an entry as it is."""
    key, digest = (str(location), name), hashlib.sha256(document.encode()).digest()
    is_news = _logged.get(key) != digest
    _logged[key] = digest
    return is_news


def _is_whole(entry: Entry, attempt: Attempt) -> bool:
    # With a wrong hash, the transaction would be taken for somebody else's, and signed and paid once more.
    try:
        sender, nonce = transactions.signed(attempt.raw)
    except Exception:  # noqa: BLE001 - what a parser of RLP raises for bytes that are none is not documented
        return False
    return (sender, nonce, transactions.hash_of(attempt.raw)) == (entry.account, entry.nonce, attempt.tx_hash)
