"""KeyRegistry.register

├── given a key of another length: reverts KeyRegistry_BadLength
├── given an account without a key: stores the hash, index 1; emits the key
└── given an account with a key: rotates to it; the index counts on
"""

import pytest
from eth_utils import keccak
from reverting import reverts

KEY = bytes(range(256)) * 4 + bytes(192)
OTHER = bytes(1216)


@pytest.mark.parametrize("length", [0, 32, 1215, 1217])
def test_refuses_another_length(keys, researcher, length):
    with reverts(keys.KeyRegistry_BadLength, got=length, required=1216):
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
