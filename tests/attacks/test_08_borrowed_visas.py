"""Visas that are somebody else's, for something else, or asked for by nobody open no licence.

The attacker's own program leaves out what ours would refuse before sending: the contract has to.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from eth_account.messages import encode_typed_data

from biodesci.chain.client import Chain
from biodesci.core import typed_data
from biodesci.core.documents.order import Evidence, Purpose
from biodesci.core.documents.visa import SignedVisa
from biodesci.core.errors import AccessDeniedError, RevertedError
from biodesci.core.visa import VisaType
from biodesci.market import offers, visa
from biodesci.market import purchase as buying
from biodesci.market.offers import OfferTerms
from biodesci.passports.client import request
from tests.backend.passports.conftest import Broker, broker, keys, second, trust
from tests.backend.passports.test_issuer import Desk as Issuing

__all__ = ["broker", "keys", "second", "trust"]

HMB = 1 << 2
DAY = 86_400
GRANT, STATUS = VisaType.CONTROLLED_ACCESS_GRANTS, VisaType.RESEARCHER_STATUS


class Stranger:
    """A hospital with two datasets, an issuer, and an attacker with a key of its own."""

    def __init__(self, chain_for: Callable[..., Chain], keyed: Callable[..., Chain]) -> None:
        self.hospital, self.issuer, self.attacker = chain_for(), chain_for(), keyed()
        self.dataset, self.other = (self.publish() for _ in range(2))

    def publish(self) -> int:
        receipt = self.hospital.send(
            self.hospital.datasets.functions.publish((b"\1" * 32, b"\2" * 32, b"\3" * 32, HMB, bytes(32)), [])
        )
        return int(self.hospital.event(receipt, self.hospital.datasets, "DatasetPublished")["datasetId"])

    def asks_for(self, kind: VisaType) -> int:
        terms = OfferTerms(duration=30 * DAY, visas=1 << kind)
        return int(offers.create(self.hospital, self.dataset, terms))

    def visa(self, kind: VisaType, value: bytes = bytes(32), subject: str = "") -> SignedVisa:
        expires = self.issuer.now() + DAY
        return visa.issue(self.issuer, subject or self.attacker.address, kind, value, expires)

    def buy(self, offer: int, *shown: SignedVisa) -> None:
        buying.purchase(self.attacker, offer, Purpose(duo=HMB), Evidence(visas=shown), again=True)

    def is_refused(self, error: str, offer: int, *shown: SignedVisa) -> None:
        before = self.attacker.call(self.attacker.lens.functions.licenseCount())
        with pytest.raises(RevertedError) as caught:
            self.buy(offer, *shown)
        assert caught.value.name == error
        assert self.attacker.call(self.attacker.lens.functions.licenseCount()) == before


@pytest.fixture
def scene(chain_for: Any, keyed: Any, monkeypatch: pytest.MonkeyPatch) -> Stranger:
    monkeypatch.setattr(buying, "check_visas", lambda *_: None)
    return Stranger(chain_for, keyed)


def test_a_visa_that_nobody_asks_for_stands_for_none_that_is(scene: Stranger) -> None:
    visa.trust(scene.hospital, scene.issuer.address, 15)
    offer = scene.asks_for(STATUS)
    idle = scene.visa(VisaType.AFFILIATION_AND_ROLE)
    scene.is_refused("VisaRegistry_Missing", offer, idle)
    scene.is_refused("VisaRegistry_Missing", offer, idle, idle)


def test_a_second_visa_of_a_type_does_not_mend_the_first(scene: Stranger, keyed: Any) -> None:
    """Nor does a victim's, beside the attacker's own."""
    visa.trust(scene.hospital, scene.issuer.address, 15)
    offer = scene.asks_for(STATUS)
    theirs = scene.visa(STATUS, subject=keyed().address)
    scene.is_refused("VisaRegistry_WrongSubject", offer, theirs, scene.visa(STATUS))


def test_a_grant_for_another_dataset_of_the_same_owner_opens_none(scene: Stranger) -> None:
    visa.trust(scene.hospital, scene.issuer.address, 15)
    offer = scene.asks_for(GRANT)
    elsewhere = scene.visa(GRANT, visa.grant_value(scene.issuer, scene.other))
    scene.is_refused("VisaRegistry_WrongValue", offer, elsewhere)
    scene.buy(offer, scene.visa(GRANT, visa.grant_value(scene.issuer, scene.dataset)))


def test_an_issuer_trusted_for_another_dataset_says_nothing_of_this_one(scene: Stranger) -> None:
    visa.trust(scene.hospital, scene.issuer.address, 15, scene.other)
    offer = scene.asks_for(STATUS)
    scene.is_refused("VisaRegistry_UntrustedIssuer", offer, scene.visa(STATUS))


def test_the_attacker_trusts_itself_for_the_victims_dataset(scene: Stranger) -> None:
    """Anybody may call `trustFor`: it is stored under who calls, who is not the owner."""
    functions = scene.attacker.visas.functions
    scene.attacker.send(functions.trustFor(scene.dataset, scene.attacker.address, 15))
    scene.attacker.send(functions.trust(scene.attacker.address, 15))
    expires = scene.attacker.now() + DAY
    own = visa.issue(scene.attacker, scene.attacker.address, STATUS, bytes(32), expires)
    scene.is_refused("VisaRegistry_UntrustedIssuer", scene.asks_for(STATUS), own)


def test_an_owner_of_before_lets_nobody_in(scene: Stranger, chain_for: Any) -> None:
    visa.trust(scene.hospital, scene.issuer.address, 15, scene.dataset)
    offer, shown = scene.asks_for(STATUS), scene.visa(STATUS)
    scene.buy(offer, shown)
    functions = scene.hospital.datasets.functions
    scene.hospital.send(functions.transferFrom(scene.hospital.address, chain_for().address, scene.dataset))
    scene.is_refused("VisaRegistry_UntrustedIssuer", offer, shown)


def test_a_visa_of_another_network_is_replayed_here(scene: Stranger) -> None:
    """The issuer signed it for a test network, or another registry; the attacker rewrites the file."""
    visa.trust(scene.hospital, scene.issuer.address, 15)
    offer, genuine = scene.asks_for(STATUS), scene.visa(STATUS)
    for chain_id, registry in (
        (genuine.chain_id + 1, genuine.registry),
        (genuine.chain_id, scene.issuer.datasets.address),
    ):
        document = typed_data.visa(chain_id, registry, genuine.visa)
        message = encode_typed_data(full_message=document)
        signature = bytes(scene.issuer.signer().sign_message(message).signature)
        scene.is_refused(
            "VisaRegistry_BadSignature", offer, genuine.model_copy(update={"signature": signature})
        )
    scene.buy(offer, genuine)


def test_a_visa_that_is_over_or_taken_back_is_shown_once_more(scene: Stranger, localnet: Any) -> None:
    visa.trust(scene.hospital, scene.issuer.address, 15)
    offer = scene.asks_for(STATUS)
    revoked, short = scene.visa(STATUS), scene.visa(STATUS, b"\1" * 32)
    visa.revoke(scene.issuer, revoked)
    scene.is_refused("VisaRegistry_Revoked", offer, revoked)
    scene.buy(offer, short)
    localnet.pass_time(DAY + 1)
    scene.is_refused("VisaRegistry_Expired", offer, short)


def test_an_issuer_signs_in_anothers_name_or_revokes_anothers_visa(scene: Stranger, chain_for: Any) -> None:
    """Both are trusted, the other one for a grant alone."""
    other = chain_for()
    visa.trust(scene.hospital, scene.issuer.address, 1 << STATUS)
    visa.trust(scene.hospital, other.address, 1 << GRANT)
    offer, genuine = scene.asks_for(STATUS), scene.visa(STATUS)
    own = visa.issue(other, scene.attacker.address, STATUS, bytes(32), genuine.visa.expires)
    scene.is_refused("VisaRegistry_UntrustedIssuer", offer, own)
    renamed = own.visa.model_copy(update={"issuer": scene.issuer.address})
    scene.is_refused("VisaRegistry_BadSignature", offer, own.model_copy(update={"visa": renamed}))
    other.send(other.visas.functions.revoke(visa.hash_of(other, genuine)))
    scene.buy(offer, genuine)


def test_what_a_researcher_signs_for_a_phishing_site_is_worth_nothing_elsewhere(
    chain_for: Any, keyed: Any, trust: Any, keys: Any, broker: Broker
) -> None:
    """The site passes on the real issuer's nonce, and then the signed message and the passport."""
    site = Issuing(chain_for, keyed, trust, keys)
    passport = broker.visa()
    with pytest.raises(AccessDeniedError, match="for another site"):
        request(site.asker, "https://visas.example.org.evil.example", passport, site.transport())


def test_a_recorded_request_makes_no_second_visa_and_none_for_another_account(
    chain_for: Any, keyed: Any, trust: Any, keys: Any, broker: Broker
) -> None:
    """Whoever reads along has passport, message and signature."""
    site = Issuing(chain_for, keyed, trust, keys)
    passport = broker.visa(claims={"exp": int(time.time()) + 3600})
    message = site.message(passport)
    signature = bytes(site.asker.signer().sign_message(message.signable()).signature)
    assert site.send(passport, message, signature).visas
    with pytest.raises(AccessDeniedError, match="used already"):
        site.send(passport, message, signature)
    thief = keyed()
    for changed in (
        {"address": thief.address},
        {"address": thief.address, "nonce": site.issuer.terms().nonce},
    ):
        with pytest.raises(AccessDeniedError, match="not signed by"):
            site.send(passport, site.message(passport, **changed), signature)
