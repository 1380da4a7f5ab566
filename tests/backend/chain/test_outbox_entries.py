"""What is sent is noted first: where that is not possible, or the note is damaged, nothing is sent."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from web3 import Web3

from biodesci.chain.client import Chain
from biodesci.chain.outbox import Sending
from biodesci.core import files
from biodesci.core.errors import BioDeSciError, ConfigurationError, UnavailableError
from tests.backend.chain.dying import Order, publish


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


def test_where_nothing_can_be_noted_nothing_is_sent(owner, tmp_path):
    (tmp_path / "outbox").write_text("a file is where the folder should be")
    with pytest.raises(ConfigurationError, match="cannot be written: File exists") as caught:
        publish(owner)
    assert "Make it writable" in caught.value.hint
    assert sent(owner) == 0


@pytest.mark.parametrize(
    ("room", "was_sent"), [(0, 0), (800, 0)], ids=["for nothing", "for the intent alone"]
)
def test_where_the_disk_is_full_nothing_is_sent(owner, localnet, tmp_path, room, was_sent):
    """The process may write files up to `room` bytes: the signed transaction has more."""
    key = owner.signer().key.hex()
    order = Order(localnet.rpc_url, str(localnet.deployment_file), str(tmp_path), key, room=room)
    status, printed = order.start().end()
    assert status == 1
    assert "cannot be written: File too large" in printed
    assert sent(owner) == was_sent
    assert not list((tmp_path / "outbox").iterdir())
    publish(owner)
    assert sent(owner) == 1


def test_where_only_the_sending_cannot_be_noted_it_is_gone_on_with(owner, monkeypatch):
    real, calls = files.write_private, []

    def full(path: Path, data: bytes) -> None:
        calls.append(path)
        if len(calls) == 3:
            raise OSError(28, os.strerror(28))
        real(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_private", full)
        with pytest.raises(ConfigurationError, match="No space left on device"):
            publish(owner)
    assert sent(owner) == 1
    publish(owner)
    assert sent(owner) == 1


@pytest.fixture
def noted_entry(owner, tmp_path, lost) -> Path:
    """The entry of a publication that was signed, and did not reach the node."""
    with lost(owner.datasets), pytest.raises(UnavailableError):
        publish(owner)
    (path,) = (tmp_path / "outbox").glob("*.json")
    return path


def changed(entry: bytes, **fields: object) -> bytes:
    return json.dumps(json.loads(entry) | fields).encode()


def with_attempt(entry: bytes, **fields: object) -> bytes:
    document = json.loads(entry)
    (attempt,) = document["attempts"]
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
        lambda entry: changed(entry, format="biodesci-outbox/2"),
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
    whole = noted_entry.read_bytes()
    noted_entry.write_bytes(damage(whole))
    with pytest.raises(ConfigurationError, match="is damaged") as caught:
        publish(owner)
    assert str(noted_entry) in caught.value.message
    assert "look at what the account sent last" in caught.value.hint
    assert sent(owner) == 0
    noted_entry.write_bytes(whole)
    publish(owner)
    assert sent(owner) == 1


def test_the_entry_of_one_network_account_and_intent_is_no_others(owner, chain_for, noted_entry):
    other = chain_for()
    other.home = owner.home
    publish(other)
    publish(owner, "another")
    assert noted_entry.exists()
    assert (sent(other), sent(owner)) == (1, 1)


def test_no_message_shows_what_was_signed(owner, noted_entry):
    (attempt,) = json.loads(noted_entry.read_bytes())["attempts"]
    noted_entry.write_bytes(with_attempt(noted_entry.read_bytes(), txHash="0x" + "11" * 32))
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
    assert not list((owner.home / "outbox").iterdir())


def test_an_intent_that_was_refused_leaves_nothing(owner):
    owner.sending = Sending(highest_fee=1)
    with pytest.raises(BioDeSciError, match="gwei"):
        publish(owner)
    assert not list((owner.home / "outbox").iterdir())
    assert sent(owner) == 0
