"""KeyRegistry.registerFor

├── given a passed deadline: reverts KeyRegistry_SignatureExpired
├── given another signer, key, account, nonce or deadline than was signed: reverts KeyRegistry_BadSignature
├── given a signature that was used: reverts KeyRegistry_BadSignature
├── given that the account registered or revoked a key after it signed: reverts KeyRegistry_BadSignature
├── given a signed key of another length: reverts KeyRegistry_BadLength
├── given an account's signature, from anybody: registers, and uses the nonce up
└── given a contract: what it accepts as its signature counts (ERC-1271)
"""

import pytest
from eth_utils import keccak
from reverting import reverts
from typed import sign_registration

KEY = bytes(range(256)) * 4 + bytes(192)
OTHER = bytes(1216)


@pytest.fixture
def deadline(now):
    return now() + 3600


@pytest.fixture
def signature(keys, researcher, deadline):
    return sign_registration(researcher, keys, researcher.address, KEY, 0, deadline)


def test_in_time(keys, researcher, stranger, signature, deadline, wait):
    wait(3700)
    with reverts(keys.KeyRegistry_SignatureExpired, deadline=deadline):
        keys.registerFor(researcher, KEY, deadline, signature, sender=stranger)


def test_needs_the_accounts_signature(keys, researcher, stranger, deadline):
    forged = sign_registration(stranger, keys, researcher.address, KEY, 0, deadline)
    for signature in (forged, b"", bytes(65)):
        with reverts(keys.KeyRegistry_BadSignature, account=researcher):
            keys.registerFor(researcher, KEY, deadline, signature, sender=stranger)


def test_needs_what_was_signed(keys, researcher, stranger, signature, deadline):
    with reverts(keys.KeyRegistry_BadSignature, account=researcher):
        keys.registerFor(researcher, OTHER, deadline, signature, sender=stranger)
    with reverts(keys.KeyRegistry_BadSignature, account=researcher):
        keys.registerFor(researcher, KEY, deadline + 1, signature, sender=stranger)
    with reverts(keys.KeyRegistry_BadSignature, account=stranger):
        keys.registerFor(stranger, KEY, deadline, signature, sender=stranger)
    next_one = sign_registration(researcher, keys, researcher.address, KEY, 1, deadline)
    with reverts(keys.KeyRegistry_BadSignature, account=researcher):
        keys.registerFor(researcher, KEY, deadline, next_one, sender=stranger)


def test_void_after_a_rotation(keys, researcher, stranger, signature, deadline):
    keys.register(OTHER, sender=researcher)
    with reverts(keys.KeyRegistry_BadSignature, account=researcher):
        keys.registerFor(researcher, KEY, deadline, signature, sender=stranger)
    assert keys.keyOf(researcher).keyHash == keccak(OTHER)


def test_void_after_a_revocation(keys, researcher, stranger, deadline):
    keys.register(OTHER, sender=researcher)
    signature = sign_registration(
        researcher, keys, researcher.address, KEY, keys.nonces(researcher), deadline
    )
    keys.revoke(sender=researcher)
    with reverts(keys.KeyRegistry_BadSignature, account=researcher):
        keys.registerFor(researcher, KEY, deadline, signature, sender=stranger)
    assert not keys.hasKey(researcher)


def test_needs_the_length(keys, researcher, stranger, deadline):
    signature = sign_registration(researcher, keys, researcher.address, b"short", 0, deadline)
    with reverts(keys.KeyRegistry_BadLength, got=5, required=1216):
        keys.registerFor(researcher, b"short", deadline, signature, sender=stranger)


def test_register_for(keys, researcher, stranger, signature, deadline):
    tx = keys.registerFor(researcher, KEY, deadline, signature, sender=stranger)
    assert tx.events == [keys.KeyRegistered(account=researcher, index=1, keyHash=keccak(KEY), publicKey=KEY)]
    assert keys.keyOf(researcher).keyHash == keccak(KEY)
    assert not keys.hasKey(stranger)
    assert keys.nonces(researcher) == 1


def test_only_once(keys, researcher, stranger, signature, deadline):
    keys.registerFor(researcher, KEY, deadline, signature, sender=stranger)
    keys.register(OTHER, sender=researcher)
    with reverts(keys.KeyRegistry_BadSignature, account=researcher):
        keys.registerFor(researcher, KEY, deadline, signature, sender=stranger)
    assert keys.keyOf(researcher).keyHash == keccak(OTHER)


def test_a_contract(keys, wallet, researcher, stranger, deadline):
    refused = sign_registration(researcher, keys, wallet.address, KEY, 0, deadline)
    with reverts(keys.KeyRegistry_BadSignature, account=wallet):
        keys.registerFor(wallet, KEY, deadline, refused, sender=researcher)
    accepted = sign_registration(stranger, keys, wallet.address, KEY, 0, deadline)
    keys.registerFor(wallet, KEY, deadline, accepted, sender=researcher)
    assert keys.hasKey(wallet)
