"""KeyRegistry

register
├── given a key of another length: reverts KeyRegistry_BadLength
├── given an account without a key: stores the hash, index 1; emits the key
└── given an account with a key: rotates to it; the index counts on
revoke
├── given no key, or a revoked one: reverts KeyRegistry_NoKey
└── given a key: there is none any more; a new one continues the index
"""

import ape
import pytest
from eth_utils import keccak

KEY = bytes(range(256)) * 4 + bytes(192)
OTHER = bytes(1216)


@pytest.mark.parametrize("length", [0, 32, 1215, 1217])
def test_register_refuses_another_length(keys, researcher, length):
    with ape.reverts(keys.KeyRegistry_BadLength, got=length, required=1216):
        keys.register(bytes(length), sender=researcher)


def test_register(keys, researcher, stranger):
    tx = keys.register(KEY, sender=researcher)
    assert tx.events == [keys.KeyRegistered(account=researcher, index=1, keyHash=keccak(KEY), publicKey=KEY)]
    key = keys.keyOf(researcher)
    assert (key.keyHash, key.index, key.since) == (keccak(KEY), 1, tx.timestamp)
    assert keys.hasKey(researcher)
    assert not keys.hasKey(stranger)


def test_rotate(keys, researcher):
    keys.register(KEY, sender=researcher)
    tx = keys.register(OTHER, sender=researcher)
    assert tx.events == [
        keys.KeyRegistered(account=researcher, index=2, keyHash=keccak(OTHER), publicKey=OTHER)
    ]
    assert keys.keyOf(researcher).keyHash == keccak(OTHER)


def test_revoke_needs_a_key(keys, researcher):
    with ape.reverts(keys.KeyRegistry_NoKey, account=researcher):
        keys.revoke(sender=researcher)


def test_revoke(keys, researcher):
    keys.register(KEY, sender=researcher)
    tx = keys.revoke(sender=researcher)
    assert tx.events == [keys.KeyRevoked(account=researcher, index=1)]
    assert not keys.hasKey(researcher)
    with ape.reverts(keys.KeyRegistry_NoKey, account=researcher):
        keys.revoke(sender=researcher)
    keys.register(OTHER, sender=researcher)
    assert keys.keyOf(researcher).index == 2
