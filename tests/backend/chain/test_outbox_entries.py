"""What is sent is noted first: where that is not possible, or the note is damaged, nothing is sent."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError
from web3 import Web3

from biodesci.chain.client import Chain
from biodesci.chain.sending import Sending
from biodesci.core.errors import BioDeSciError, ConfigurationError, UnavailableError
from biodesci.store.tables import outbox
from tests.backend.chain.dying import Order, publish
from tests.backend.conftest import entries_of


def sent(chain: Chain) -> int:
    """What the chain's node has of this account, in blocks or not."""
    return int(chain.web3.eth.get_transaction_count(chain.address, "pending"))


@pytest.fixture
def owner(chain_for, tmp_path) -> Chain:
    """An account whose home is its own."""
    chain = chain_for()
    chain.home = tmp_path
    return chain


def test_a_client_without_a_home_sends_nothing(owner):
    owner.home = None
    with pytest.raises(ConfigurationError, match="no home folder") as caught:
        publish(owner)
    assert "BIODESCI_HOME" in caught.value.hint
    assert sent(owner) == 0


def test_where_the_database_cannot_be_made_nothing_is_sent(owner, tmp_path):
    (tmp_path / "work.sqlite").mkdir()
    with pytest.raises(ConfigurationError, match=r"work database .* cannot be opened") as caught:
        publish(owner)
    assert "may note what was sent" in caught.value.hint
    assert sent(owner) == 0


def test_where_the_database_cannot_be_written_nothing_is_sent(owner):
    with writing_fails(owner, after=0), pytest.raises(UnavailableError, match="cannot be written: disk I/O"):
        publish(owner)
    assert sent(owner) == 0
    assert entries_of(owner) == []


@pytest.mark.parametrize("after", range(4))
def test_whenever_the_database_breaks_only_what_was_signed_is_left_in_it(owner, after):
    """Nobody may ever ask for the same again, so that nobody would take away what came to nothing."""
    owner.sending = Sending(block_timeout=1.0)
    with writing_fails(owner, after=after), pytest.raises(UnavailableError, match="cannot be written"):
        publish(owner)
    assert all(entry.attempts for entry in entries_of(owner))
    owner.sending = Sending()
    publish(owner)
    assert entries_of(owner) == []


@contextmanager
def writing_fails(chain: Chain, *, after: int) -> Iterator[None]:
    """The database takes so many transactions, and no more; SQLite says so, as on a disk that broke."""
    engine, begun = chain.outbox().book._work._writing, []

    def fail(_connection: object) -> None:
        begun.append(1)
        if len(begun) > after:
            raise OperationalError("BEGIN", {}, sqlite3.OperationalError("disk I/O error"))

    event.listen(engine, "begin", fail)
    try:
        yield
    finally:
        event.remove(engine, "begin", fail)


def test_a_disk_that_is_full_at_any_point_lets_one_transaction_take_effect(owner, localnet, tmp_path):
    """The process may write files up to `room` bytes: a little more each time, until all is written."""
    key = owner.signer().key.hex()
    assert list(entries_of(owner)) == []  # the database is there, with its tables
    (log,) = tmp_path.glob("work.sqlite-wal")
    begin, ended = log.stat().st_size, []
    for pages in (0, 2, 4, 6, 9, 20):
        room = begin + pages * 4_120
        order = Order(localnet.rpc_url, str(localnet.deployment_file), str(tmp_path), key, room=room)
        order.block_timeout = 3.0  # for so long it tries to note what a block has
        status, printed = order.start().end()
        ended.append(status)
        said = ("cannot be written", "cannot be opened", "not in a block yet")
        assert status == 0 or any(words in printed for words in said), printed
        assert all(entry.attempts for entry in entries_of(owner))
    assert ended[0] == 1
    publish(owner)
    assert sent(owner) == 1 + ended.count(0)


def test_where_only_the_sending_cannot_be_noted_it_is_gone_on_with(owner):
    assert entries_of(owner) == []
    with writing_fails(owner, after=1), pytest.raises(UnavailableError, match="cannot be written"):
        publish(owner)
    assert sent(owner) == 1
    publish(owner)
    assert sent(owner) == 1


@pytest.fixture
def noted_entry(owner, lost) -> bytes:
    """The row of a publication that was signed, and did not reach the node."""
    with lost(owner.datasets), pytest.raises(UnavailableError):
        publish(owner)
    return document(owner)


def document(chain: Chain) -> bytes:
    """What the one row of the account holds."""
    (entry,) = entries_of(chain)
    with chain.outbox().book._work.snapshot() as connection:
        return str(connection.scalar(select(outbox.c.document).where(outbox.c.name == entry.name))).encode()


def put(chain: Chain, row: bytes) -> None:
    with chain.outbox().book._work.transaction() as connection:
        connection.execute(
            update(outbox).where(outbox.c.account == chain.address).values(document=row.decode())
        )


def changed(entry: bytes, **fields: object) -> bytes:
    return json.dumps(json.loads(entry) | fields).encode()


def with_attempt(entry: bytes, **fields: object) -> bytes:
    row = json.loads(entry)
    (attempt,) = row["attempts"]
    return changed(entry, attempts=[attempt | fields])


def of_another_account(entry: bytes) -> bytes:
    """One bit of the signature: the same call, but another account's."""
    (attempt,) = json.loads(entry)["attempts"]
    raw = bytearray.fromhex(attempt["raw"][2:])
    raw[-1] ^= 1
    return with_attempt(entry, raw=Web3.to_hex(bytes(raw)), txHash=Web3.to_hex(Web3.keccak(bytes(raw))))


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: b"",
        lambda entry: entry[: len(entry) // 2],
        lambda entry: bytes(len(entry)),
        lambda entry: entry + b"{}",
        lambda entry: changed(entry, about="another"),
        lambda entry: changed(entry, network="another"),
        lambda entry: changed(entry, format="biodesci-outbox/3"),
        lambda entry: changed(entry, nonce=7),
        lambda entry: changed(entry, attempts=[]),
        lambda entry: with_attempt(entry, txHash="0x" + "11" * 32),
        lambda entry: with_attempt(entry, raw="0x"),
        lambda entry: with_attempt(entry, raw="0x02c0"),
        of_another_account,
    ],
    ids=[
        *("empty", "torn", "zeros", "more than one", "about another", "of another network", "newer"),
        *("another nonce", "no attempts", "another hash", "no bytes", "no transaction", "another account"),
    ],
)
def test_a_damaged_entry_stops_everything(owner, noted_entry, damage):
    """It noted what may be paid already: nothing is signed anew before somebody has looked."""
    put(owner, damage(noted_entry))
    with pytest.raises(ConfigurationError, match=r"The entry publication-[0-9a-f]+ .* is damaged") as caught:
        publish(owner)
    assert "work.sqlite" in caught.value.message
    assert "look at what the account sent last" in caught.value.hint
    assert sent(owner) == 0
    put(owner, noted_entry)
    publish(owner)
    assert sent(owner) == 1


def test_a_damaged_entry_stops_no_other_intent_and_is_logged_once(owner, noted_entry, caplog):
    put(owner, b"{}")
    for number in range(3):
        publish(owner, f"another {number}")
    assert sent(owner) == 3
    assert [record.levelname for record in caplog.records if "is damaged" in record.message] == ["ERROR"]
    caplog.clear()
    put(owner, b"[]")
    publish(owner, "one more")
    assert sum("is damaged" in record.message for record in caplog.records) == 1, "it is another damage"
    (damaged,) = owner.outbox().book.damaged()
    assert (damaged.kind, damaged.account) == ("publication", owner.address)
    assert "is damaged" in damaged.reason


def test_the_entry_of_one_network_account_and_intent_is_no_others(owner, chain_for, noted_entry):
    other = chain_for()
    other.home = owner.home
    publish(other)
    publish(owner, "another")
    assert document(owner) == noted_entry
    assert (sent(other), sent(owner)) == (1, 1)


def test_no_message_shows_what_was_signed(owner, noted_entry):
    (attempt,) = json.loads(noted_entry)["attempts"]
    put(owner, with_attempt(noted_entry, txHash="0x" + "11" * 32))
    with pytest.raises(BioDeSciError) as caught:
        publish(owner)
    assert attempt["raw"][2:] not in str(caught.value)
    assert attempt["raw"][2:] not in repr(caught.value)


def test_threads_are_inside_one_after_the_other(owner):
    inside, most = [], []

    def ask() -> None:
        with owner.intent("publication", "one") as intent:
            inside.append(1)
            most.append(len(inside))
            intent.send(owner.datasets.functions.publish((b"\x01" * 32,) * 3 + (1, bytes(32)), []))
            inside.pop()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1]
    assert sent(owner) == 3
    assert entries_of(owner) == []


def test_an_intent_that_was_refused_leaves_nothing(owner):
    owner.sending = Sending(highest_fee=1)
    with pytest.raises(BioDeSciError, match="gwei"):
        publish(owner)
    assert entries_of(owner) == []
    assert sent(owner) == 0
