"""A broker that is trusted for its own people takes nobody else's over by saying that they are one.

A visa is a token that its subject shows around: the attacker has the victim's, and a passport of its own from
a broker that links both (LinkedIdentities), out of malice, by a mistake, or for money.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from biodesci.core.documents.passport import IssuerTrust
from biodesci.core.errors import AccessDeniedError
from tests.backend.passports.conftest import Broker, broker, keys, second, trust
from tests.backend.passports.test_issuer import Desk, desk

__all__ = ["broker", "desk", "keys", "second", "trust"]

VICTIM = {"sub": "victim"}
UNLINKED = "nothing that counts links it"


def says(asserter: Broker, sub: str, *others: tuple[str, str], **claims: Any) -> str:
    """`asserter`'s visa that its `sub` and the others are one person."""
    value = ";".join(f"{quote(one, safe='')},{quote(iss, safe='')}" for one, iss in others)
    return asserter.visa("LinkedIdentities", {"sub": sub, **claims}, value=value)


def naming(trust: IssuerTrust, **links: list[str]) -> IssuerTrust:
    """The operator's file, with these `links` of the first broker and the second."""
    said = json.loads(trust.to_bytes())
    for entry, name in zip(said["brokers"], ("first", "second"), strict=True):
        if name in links:
            entry["links"] = links[name]
    return IssuerTrust.parse(json.dumps(said).encode())


def test_a_broker_claims_that_its_subject_is_anothers(desk: Desk, broker: Broker, second: Broker) -> None:
    claim = says(broker, "researcher", ("victim", second.issuer))
    stolen = second.visa(claims=VICTIM)
    with pytest.raises(AccessDeniedError, match=UNLINKED):
        desk.ask(broker.passport(stolen, claim))
    given = desk.ask(broker.passport(broker.visa("AcceptedTermsAndPolicies"), stolen, claim))
    assert [one.visa.type for one in given.visas] == [1], "what the attacker has itself, and nothing else"


def test_a_claim_meets_no_condition_and_takes_nobodys_place(
    desk: Desk, broker: Broker, second: Broker, keyed: Any
) -> None:
    """Nor does the victim's visa meet a condition of the attacker's, nor is the victim shut out later."""
    claim = says(broker, "researcher", ("victim", second.issuer))
    status = [[{"type": "ResearcherStatus", "source": f"const:{second.source}"}]]
    terms = broker.visa("AcceptedTermsAndPolicies", conditions=status)
    with pytest.raises(AccessDeniedError, match="conditions are not met"):
        desk.ask(broker.passport(terms, second.visa(claims=VICTIM), claim))
    assert desk.ask(broker.passport(broker.visa(), claim)).visas
    desk.asker = keyed()
    assert desk.ask(second.passport(second.visa(claims=VICTIM), **VICTIM)).visas


def test_two_brokers_meet_at_an_identity_of_neither(desk: Desk, broker: Broker, second: Broker) -> None:
    """The victim's broker says that the victim is also somebody elsewhere; so says the attacker's."""
    elsewhere = ("0000-0001", "https://orcid.example")
    honest = says(second, "victim", elsewhere)
    claim = says(broker, "researcher", elsewhere)
    token = broker.passport(second.visa(claims=VICTIM), honest, claim)
    with pytest.raises(AccessDeniedError, match=UNLINKED):
        desk.ask(token)
    desk.issuer.trust = naming(desk.issuer.trust, second=[elsewhere[1]])
    with pytest.raises(AccessDeniedError, match=UNLINKED):
        desk.ask(token)
    desk.issuer.trust = naming(desk.issuer.trust, first=[elsewhere[1]], second=[elsewhere[1]])
    assert desk.ask(token).visas


def test_a_link_counts_where_both_say_so(desk: Desk, broker: Broker, second: Broker) -> None:
    """And ends with the first of both."""
    theirs = second.visa(claims=VICTIM)
    there = says(second, "victim", ("researcher", broker.issuer), exp=desk.now + 500)
    here = says(broker, "researcher", ("victim", second.issuer), exp=desk.now + 700)
    for alone in (here, there, says(second, "victim", ("another", broker.issuer))):
        with pytest.raises(AccessDeniedError, match=UNLINKED):
            desk.ask(broker.passport(theirs, alone))
    (given,) = desk.ask(broker.passport(theirs, here, there)).visas
    assert given.visa.expires == desk.now + 500


def test_a_link_counts_by_a_broker_whom_the_operator_named_for_it(
    desk: Desk, broker: Broker, second: Broker
) -> None:
    """It may link the other's people to its own; the other may not do as much."""
    theirs = second.visa(claims=VICTIM)
    claim = says(broker, "researcher", ("victim", second.issuer))
    desk.issuer.trust = naming(desk.issuer.trust, second=[broker.issuer])
    with pytest.raises(AccessDeniedError, match=UNLINKED):
        desk.ask(broker.passport(theirs, claim))
    desk.issuer.trust = naming(desk.issuer.trust, first=[second.issuer], second=["https://x.example"])
    assert desk.ask(broker.passport(theirs, claim)).visas


def test_a_broker_links_its_own_people(desk: Desk, broker: Broker) -> None:
    token = broker.passport(
        broker.visa(claims={"sub": "7"}), says(broker, "7", ("researcher", broker.issuer))
    )
    assert desk.ask(token).visas
