"""What the outbox has on disk: a private file for each intent, and locks for threads and processes.

An entry is written before each step begins (`outbox.py` says which), so that a process that was killed has
left behind every transaction that might still take effect.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Literal

from web3 import Web3

from biodesci.chain import transactions
from biodesci.core import files
from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import Address, Bytes32, Count, HexBytes
from biodesci.core.errors import ConfigurationError, InputError


class Attempt(Part):
    """One signed transaction of an intent. All attempts of an entry have the same nonce and the same call."""

    tx_hash: Bytes32
    raw: HexBytes
    sent: Count | None = None  # Unix seconds; None until the chain node has answered, whatever it said

    @classmethod
    def of(cls, raw: bytes) -> Attempt:
        """The attempt of these signed bytes, not sent yet."""
        return cls(tx_hash=bytes(Web3.keccak(raw)), raw=raw)


class Entry(Document):
    """One intent of one account on one network, and how far it has come."""

    title: ClassVar = "outbox entry"
    remedy: ClassVar = (
        "It noted a transaction that may have been sent: look at what the account sent last, and move the "
        "file away only if that is something else."
    )
    limit: ClassVar = 4 << 20
    readable: ClassVar = True

    format: Literal["biodesci-outbox/1"] = "biodesci-outbox/1"
    network: str
    account: Address
    kind: str
    about: str
    nonce: Count | None = None  # None until something is signed
    attempts: tuple[Attempt, ...] = ()  # the first, then those with higher fees
    confirmed: Bytes32 | None = None  # hash of the attempt that is in the chain

    @property
    def name(self) -> str:
        """The name of its file: the same for the same intent, another one for any other."""
        what = "\0".join((self.network, self.account, self.kind, self.about))
        return f"{self.kind}-{hashlib.sha256(what.encode()).hexdigest()[:40]}.json"


def read(folder: Path, blank: Entry) -> Entry | None:
    """The entry of the intent that `blank` names; None where there is none.

    Raises ConfigurationError for a file that is damaged: what it noted may have been paid already.
    """
    path = folder / blank.name
    if not path.exists():
        return None
    try:
        entry = Entry.parse(path.read_bytes())
    except InputError as exc:
        raise ConfigurationError(f"{path} is damaged. {exc.message}", Entry.remedy) from exc
    if entry.name != blank.name or bool(entry.attempts) != (entry.nonce is not None):
        raise ConfigurationError(f"{path} is damaged: it does not say what its name says.", Entry.remedy)
    if not all(_is_whole(entry, attempt) for attempt in entry.attempts):
        raise ConfigurationError(
            f"{path} is damaged: a transaction in it is not what was signed.", Entry.remedy
        )
    return entry


def _is_whole(entry: Entry, attempt: Attempt) -> bool:
    # With a wrong hash, the transaction would be taken for somebody else's, and signed and paid once more.
    try:
        sender, nonce = transactions.sender_of(attempt.raw), transactions.nonce_of(attempt.raw)
    except Exception:  # noqa: BLE001 - what a parser of RLP raises for bytes that are none is not documented
        return False
    return (sender, nonce, bytes(Web3.keccak(attempt.raw))) == (entry.account, entry.nonce, attempt.tx_hash)


def write(folder: Path, entry: Entry) -> None:
    """Replaces the entry's file in one step; it is on disk when this returns.

    Raises ConfigurationError where it cannot be written.
    """
    with _writable(folder):
        files.write_private(folder / entry.name, entry.to_bytes())


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise ConfigurationError(
            f"What is sent is noted in {folder} first, which cannot be written: {exc.strerror}.",
            "Make it writable, and repeat this. Keep what is in it: it may note what was sent before.",
        ) from exc


def remove(folder: Path, entry: Entry) -> None:
    """Forgets the intent."""
    with _writable(folder):
        (folder / entry.name).unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Waits until no other thread or process is inside for this path. The lock ends with its process."""
    while True:
        with _writable(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, files.PRIVATE)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if _is_still_at(path, descriptor):
            break
        os.close(descriptor)  # whoever was inside before has removed this file
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _is_still_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
