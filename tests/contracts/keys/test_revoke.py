"""KeyRegistry.revoke

├── given no key, or a revoked one: reverts KeyRegistry_NoKey
└── given a key: there is none any more; a new one continues the index, and what was signed before is void
"""

from reverting import reverts
from vocabulary import EMPTY

KEY = bytes(range(256)) * 4 + bytes(192)


def test_needs_a_key(keys, researcher):
    with reverts(keys.KeyRegistry_NoKey, account=researcher):
        keys.revoke(sender=researcher)


def test_revoke(keys, researcher):
    keys.register(KEY, sender=researcher)
    tx = keys.revoke(sender=researcher)
    assert tx.events == [keys.KeyRevoked(account=researcher, index=1)]
    assert not keys.hasKey(researcher)
    key = keys.keyOf(researcher)
    assert (key.keyHash, key.index, key.since) == (EMPTY, 2, tx.timestamp)
    with reverts(keys.KeyRegistry_NoKey, account=researcher):
        keys.revoke(sender=researcher)


def test_a_key_after_a_revoked_one(keys, researcher):
    keys.register(KEY, sender=researcher)
    keys.revoke(sender=researcher)
    keys.register(KEY, sender=researcher)
    assert keys.keyOf(researcher).index == 3
    assert keys.hasKey(researcher)
