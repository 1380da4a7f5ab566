"""Visas from the issuer's desk to the contract: who says what of whom, whose word counts, and until when."""

from __future__ import annotations

import json

import pytest

from biodesci.chain.client import Chain
from biodesci.core import visa as passport
from biodesci.core.documents.order import Evidence, Purpose
from biodesci.core.documents.visa import SignedVisa
from biodesci.core.errors import AccessDeniedError, InputError, NotFoundError, RevertedError
from biodesci.core.visa import VisaType
from biodesci.market import license, licensed_copy, offers, visa
from biodesci.market.offers import OfferTerms
from biodesci.market.purchase import purchase
from tests.backend import calls

HMB = 1 << 2
DAY = 86_400
TYPES = (VisaType.ACCEPTED_TERMS_AND_POLICIES, VisaType.RESEARCHER_STATUS)


class Desk:
    """An owner whose dataset asks for registered access, an issuer whom it trusts, and a buyer with a key."""

    def __init__(self, chain_for, keyed) -> None:
        self.owner, self.issuer = chain_for(), chain_for()
        self.buyer: Chain = keyed()
        self.dataset = self.publish()
        terms = OfferTerms(duration=100 * DAY, visas=passport.REGISTERED_ACCESS)
        self.offer = offers.create(self.owner, self.dataset, terms)
        assert visa.trust(self.owner, self.issuer.address, passport.REGISTERED_ACCESS)

    def publish(self) -> int:
        receipt = self.owner.send(
            self.owner.datasets.functions.publish((b"\1" * 32, b"\2" * 32, b"\3" * 32, HMB, bytes(32)), [])
        )
        return self.owner.event(receipt, self.owner.datasets, "DatasetPublished")["datasetId"]

    def issue(self, kind: VisaType = TYPES[1], days: int = 30, value: bytes = bytes(32)):
        expires = self.issuer.now() + days * DAY
        return visa.issue(self.issuer, self.buyer.address, kind, value, expires)

    def buy(self, *visas) -> int:
        evidence = Evidence(visas=visas)
        return purchase(self.buyer, self.offer, Purpose(duo=HMB), evidence, again=True).license_id


@pytest.fixture
def desk(chain_for, keyed) -> Desk:
    return Desk(chain_for, keyed)


def test_a_file_holds_the_visa_and_says_that_it_is_personal(desk):
    signed = desk.issue()
    raw = signed.to_bytes()
    assert b'"warning": "Personal' in raw
    assert SignedVisa.parse(raw) == signed
    assert desk.issuer.address not in repr(signed)
    assert desk.buyer.address not in repr(signed.visa)
    assert visa.hash_of(desk.buyer, signed) == desk.buyer.call(
        desk.buyer.visas.functions.hashOf(signed.visa.struct())
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d["visa"].pop("value"),
        lambda d: d["visa"].update(visaType="Doctor"),
        lambda d: d["visa"].update(subject="0x12"),
        lambda d: d["visa"].update(expires=-1),
        lambda d: d["visa"].update(expires=True),
        lambda d: d["visa"].update(value="0x12"),
        lambda d: d.update(format="biodesci-visa/2"),
        lambda d: d.update(signature="none"),
    ],
)
def test_a_spoiled_file_is_refused(desk, spoil):
    document = json.loads(desk.issue().to_bytes())
    spoil(document)
    with pytest.raises(InputError):
        SignedVisa.parse(json.dumps(document).encode())


def test_registered_access_takes_both_visas(desk, tmp_path):
    terms, status = (desk.issue(kind) for kind in TYPES)
    with pytest.raises(AccessDeniedError, match="ResearcherStatus"):
        desk.buy(terms)
    with pytest.raises(AccessDeniedError, match="AcceptedTermsAndPolicies, ResearcherStatus"):
        desk.buy()
    license_id = desk.buy(terms, status)
    desk.owner.send(calls.deliver(desk.owner, license_id, b"\5" * 32))
    held = license.get(desk.buyer, license_id)
    assert license.is_active(desk.buyer, license_id)
    assert held.expires_at == min(terms.visa.expires, status.visa.expires), "no licence outlives its visas"


def test_a_visa_counts_until_its_issuer_takes_it_back(desk, tmp_path):
    shown = [desk.issue(kind) for kind in TYPES]
    assert visa.check(desk.buyer, shown[0], desk.dataset) == shown[0].visa.expires
    license_id = desk.buy(*shown)
    desk.owner.send(calls.deliver(desk.owner, license_id, b"\5" * 32))
    with pytest.raises(AccessDeniedError, match="issued by"):
        visa.revoke(desk.owner, shown[1])
    assert visa.revoke(desk.issuer, shown[1])
    assert not visa.revoke(desk.issuer, shown[1]), "once is enough"
    assert visa.is_revoked(desk.buyer, shown[1])
    assert not license.is_active(desk.buyer, license_id)
    with pytest.raises(AccessDeniedError, match="revoked a visa"):
        licensed_copy.require_access(desk.buyer, license.get(desk.buyer, license_id))
    with pytest.raises(RevertedError) as caught:
        visa.check(desk.buyer, shown[1], desk.dataset)
    assert caught.value.name == "VisaRegistry_Revoked"
    assert caught.value.args_[0] == desk.issuer.address


def test_the_custodian_keeps_the_key_when_a_visa_lapsed_before_delivery(desk, tmp_path):
    shown = [desk.issue(kind) for kind in TYPES]
    license_id = desk.buy(*shown)
    visa.revoke(desk.issuer, shown[0])
    with pytest.raises(RevertedError) as caught:
        desk.owner.send(calls.deliver(desk.owner, license_id, b"\5" * 32))
    assert (caught.value.name, caught.value.args_) == ("AccessLicense_VisaLapsed", (license_id,))
    assert license.refund(desk.buyer, license_id) is not None


def test_only_the_word_of_trusted_issuers_counts_and_with_the_value_asked_for(desk):
    signed = desk.issue(value=b"\7" * 32)
    assert visa.require_value(desk.owner, VisaType.RESEARCHER_STATUS, b"\x08" * 32)
    assert not visa.require_value(desk.owner, VisaType.RESEARCHER_STATUS, b"\x08" * 32)
    with pytest.raises(RevertedError) as caught:
        visa.check(desk.buyer, signed, desk.dataset)
    assert caught.value.name == "VisaRegistry_WrongValue"
    assert visa.required(desk.owner, desk.owner.address) == {"ResearcherStatus": "0x" + "08" * 32}
    visa.require_value(desk.owner, VisaType.RESEARCHER_STATUS, bytes(32))
    assert visa.check(desk.buyer, signed, desk.dataset)
    assert visa.trusted(desk.owner, desk.owner.address) == [
        visa.Trusted(desk.issuer.address, passport.REGISTERED_ACCESS)
    ]
    assert visa.trust(desk.owner, desk.issuer.address, 0)
    assert visa.trusted(desk.owner, desk.owner.address) == []
    with pytest.raises(RevertedError) as caught:
        visa.check(desk.buyer, signed, desk.dataset)
    assert caught.value.name == "VisaRegistry_UntrustedIssuer"


def test_an_issuer_may_be_trusted_for_one_dataset_alone(desk, chain_for):
    signed = desk.issue()
    visa.trust(desk.owner, desk.issuer.address, 0)
    other = desk.publish()
    assert visa.trust(desk.owner, desk.issuer.address, passport.REGISTERED_ACCESS, other)
    assert not visa.trust(desk.owner, desk.issuer.address, passport.REGISTERED_ACCESS, other)
    assert visa.check(desk.buyer, signed, other) == signed.visa.expires
    with pytest.raises(RevertedError) as caught:
        visa.check(desk.buyer, signed, desk.dataset)
    assert caught.value.name == "VisaRegistry_UntrustedIssuer"
    assert visa.require_value(desk.owner, VisaType.RESEARCHER_STATUS, b"\x09" * 32, other)
    with pytest.raises(RevertedError) as caught:
        visa.check(desk.buyer, signed, other)
    assert caught.value.name == "VisaRegistry_WrongValue"
    assert visa.trusted(desk.owner, desk.owner.address) == [
        visa.Trusted(desk.issuer.address, passport.REGISTERED_ACCESS, other)
    ]
    assert visa.spoken_of(desk.owner, desk.owner.address) == [other]
    assert visa.required(desk.owner, desk.owner.address) == {}
    assert visa.required(desk.owner, desk.owner.address, other) == {"ResearcherStatus": "0x" + "09" * 32}
    stranger = chain_for()
    with pytest.raises(AccessDeniedError, match="belongs to"):
        visa.trust(stranger, stranger.address, 15, other)


def test_what_was_said_of_a_dataset_ends_when_it_has_another_owner(desk, chain_for):
    signed, next_owner = desk.issue(), chain_for()
    visa.trust(desk.owner, desk.issuer.address, 0)
    visa.trust(desk.owner, desk.issuer.address, passport.REGISTERED_ACCESS, desk.dataset)
    assert visa.check(desk.buyer, signed, desk.dataset)
    functions = desk.owner.datasets.functions
    desk.owner.send(functions.transferFrom(desk.owner.address, next_owner.address, desk.dataset))
    with pytest.raises(RevertedError) as caught:
        visa.check(desk.buyer, signed, desk.dataset)
    assert caught.value.name == "VisaRegistry_UntrustedIssuer"


def test_a_visa_that_nobody_asks_for_stays_at_home(desk):
    shown = [desk.issue(kind) for kind in (*TYPES, VisaType.AFFILIATION_AND_ROLE)]
    with pytest.raises(AccessDeniedError, match="asks for no visa of the type AffiliationAndRole"):
        desk.buy(*shown)


def test_a_grant_is_for_one_dataset(desk):
    visa.trust(desk.owner, desk.issuer.address, 15)
    grant = desk.issue(VisaType.CONTROLLED_ACCESS_GRANTS, value=visa.grant_value(desk.issuer, desk.dataset))
    assert visa.check(desk.buyer, grant, desk.dataset) == grant.visa.expires
    other = desk.issue(VisaType.CONTROLLED_ACCESS_GRANTS, value=b"\1" * 32)
    with pytest.raises(RevertedError) as caught:
        visa.check(desk.buyer, other, desk.dataset)
    assert caught.value.name == "VisaRegistry_WrongValue"


def test_a_dataset_that_is_none_is_told_apart_from_a_visa_that_does_not_count(desk):
    with pytest.raises(NotFoundError, match="no dataset 999999"):
        visa.check(desk.buyer, desk.issue(), 999_999)


def test_a_visa_of_another_network_is_told_apart(desk):
    signed = desk.issue()
    foreign = signed.model_copy(update={"chain_id": signed.chain_id + 1})
    with pytest.raises(InputError, match="another network"):
        visa.hash_of(desk.buyer, foreign)
    with pytest.raises(InputError, match="expired already"):
        visa.issue(desk.issuer, desk.buyer.address, TYPES[0], bytes(32), desk.issuer.now())


def test_names_of_types():
    assert passport.mask(["registered-access"]) == passport.REGISTERED_ACCESS == 6
    assert passport.mask(["researcherstatus, ControlledAccessGrants"]) == 12
    assert passport.names(13) == ["AffiliationAndRole", "ResearcherStatus", "ControlledAccessGrants"]
    with pytest.raises(InputError, match="no type of visa"):
        passport.mask(["Doctor"])
