"""A passport is lent, sold or stolen: it makes visas for one account, and an account has one person's visas.

The attacker has what a holder has: a genuine passport of a trusted broker, and any number of accounts.
"""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import quote

import pytest

from biodesci.chain.client import Chain
from biodesci.core.documents.passport import VisaAnswer
from biodesci.core.errors import AccessDeniedError
from tests.backend.passports.conftest import Broker, broker, keys, second, trust
from tests.backend.passports.test_issuer import Desk, desk

__all__ = ["broker", "desk", "keys", "second", "trust"]

SECOND_ACCOUNT = "visas for another account"


def ask_as(desk: Desk, account: Chain, passport: str) -> VisaAnswer:
    """As `account`, over HTTP, by what the program of a researcher does."""
    desk.asker = account
    return desk.ask(passport)


def link(sub: str, iss: str) -> str:
    return f"{quote(sub, safe='')},{quote(iss, safe='')}"


def test_a_passport_is_sold_to_many_accounts(desk: Desk, broker: Broker, keyed: Any) -> None:
    passport = broker.passport(broker.visa())
    assert ask_as(desk, keyed(), passport).visas
    for _ in range(3):
        with pytest.raises(AccessDeniedError, match=SECOND_ACCOUNT):
            ask_as(desk, keyed(), passport)


def test_a_newer_passport_of_the_same_person_is_sold(desk: Desk, broker: Broker, keyed: Any) -> None:
    """Nor does a single visa serve in the passport's place, nor one of another type."""
    mine = keyed()
    assert ask_as(desk, mine, broker.passport(broker.visa())).visas
    newer = {"iat": desk.now - 1, "exp": desk.now + 9999}
    for token in (
        broker.passport(broker.visa(claims=newer), **newer),
        broker.visa(),
        broker.visa("AcceptedTermsAndPolicies"),
    ):
        with pytest.raises(AccessDeniedError, match=SECOND_ACCOUNT):
            ask_as(desk, keyed(), token)
        assert ask_as(desk, mine, token).visas, "a renewal goes through"


def test_an_identity_that_was_linked_gives_no_second_account(
    desk: Desk, broker: Broker, second: Broker, keyed: Any
) -> None:
    """One person has passports of two brokers, who both say so: the other one makes no second account."""
    there = {"sub": "567"}
    here_link = broker.visa("LinkedIdentities", value=link("567", second.issuer))
    there_link = second.visa("LinkedIdentities", there, value=link("researcher", broker.issuer))
    both = broker.passport(broker.visa(), here_link, there_link)
    mine = keyed()
    assert ask_as(desk, mine, both).visas
    other = second.passport(second.visa(claims=there), **there)
    with pytest.raises(AccessDeniedError, match=SECOND_ACCOUNT):
        ask_as(desk, keyed(), other)
    assert ask_as(desk, mine, other).visas


def test_two_peoples_visas_are_not_pooled_in_one_account(desk: Desk, broker: Broker, keyed: Any) -> None:
    """A friend's status beside one's own grant: GA4GH wants a link before identities are combined."""
    pool = keyed()
    assert ask_as(desk, pool, broker.passport(broker.visa())).visas
    friend = {"sub": "a friend"}
    with pytest.raises(AccessDeniedError, match="visas of another identity"):
        ask_as(desk, pool, broker.passport(broker.visa(claims=friend), **friend))
    own = broker.visa("LinkedIdentities", value=link("a friend", broker.issuer))
    linked = broker.passport(broker.visa(), own, broker.visa(claims=friend))
    assert ask_as(desk, pool, linked).visas, "what the broker links is one person's"


def test_two_requests_at_the_same_moment_do_not_both_pass(desk: Desk, broker: Broker, keyed: Any) -> None:
    """Each from its own account, with a message of its own, in threads of one server."""
    for _ in range(5):
        claims = {"sub": keyed().address}
        passport = broker.passport(broker.visa(claims=claims), **claims)
        requests = []
        for _ in range(6):
            desk.asker = keyed()
            message = desk.message(passport)
            signature = bytes(desk.asker.signer().sign_message(message.signable()).signature)
            requests.append((message, signature))
        gate, passed = threading.Barrier(len(requests)), []

        def ask(
            message: Any, signature: bytes, gate: Any = gate, into: Any = passed, it: Any = passport
        ) -> None:
            gate.wait()
            try:
                into.append(desk.send(it, message, signature).visas[0].visa.subject)
            except AccessDeniedError as exc:
                assert SECOND_ACCOUNT in exc.message

        threads = [threading.Thread(target=ask, args=one) for one in requests]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(passed) == 1


def test_a_restart_forgets_nobody(desk: Desk, broker: Broker, keyed: Any, trust: Any, keys: Any) -> None:
    passport = broker.passport(broker.visa())
    assert ask_as(desk, keyed(), passport).visas
    desk.start(trust, keys)
    with pytest.raises(AccessDeniedError, match=SECOND_ACCOUNT):
        ask_as(desk, keyed(), passport)
