"""VisaRegistry.check

├── given a visa of a type that is not asked for, or two of one type: reverts VisaRegistry_NotNeeded
├── given fewer than are asked for: reverts VisaRegistry_Missing
├── given another subject: reverts VisaRegistry_WrongSubject
├── given an issuer whom the owner does not trust for the type: reverts VisaRegistry_UntrustedIssuer
├── given another value than the owner requires: reverts VisaRegistry_WrongValue
├── given a grant for another dataset: reverts VisaRegistry_WrongValue
├── given a visa asserted in the future: reverts VisaRegistry_NotYetValid
├── given an expired one: reverts VisaRegistry_Expired
├── given a revoked one: reverts VisaRegistry_Revoked
├── given another's signature, or another visa than was signed: reverts VisaRegistry_BadSignature
└── otherwise: the ids, in order, and the first expiry
    ├── registered access: ResearcherStatus and AcceptedTermsAndPolicies, from two issuers
    └── an issuer that is a contract (ERC-1271)
"""

import pytest
from reverting import reverts
from typed import sign_visa
from vocabulary import DAY, EMPTY, FOREVER, Visa, word

RESEARCHER = Visa.bits(Visa.RESEARCHER)
GRANT = word("a dataset")


@pytest.fixture
def trusted(visas, hospital, issuer):
    visas.trust(issuer, 15, sender=hospital)


@pytest.fixture
def check(visas, hospital, researcher):
    """As the view answers."""

    def go(types: int, *shown, resource: bytes = GRANT):
        return visas.check(hospital, researcher, resource, types, list(shown))

    return go


@pytest.fixture
def refused(visas, hospital, researcher):
    """As a transaction, whose revert can be decoded."""

    def go(types: int, *shown, resource: bytes = GRANT):
        visas.check.transact(hospital, researcher, resource, types, list(shown), sender=researcher)

    return go


def test_nothing_asked_nothing_shown(visas, check):
    assert check(0) == ([], FOREVER)


def test_refuses_what_is_not_needed(visas, trusted, refused, signed_visa):
    with reverts(visas.VisaRegistry_NotNeeded, got=Visa.TERMS):
        refused(RESEARCHER, signed_visa(Visa.RESEARCHER), signed_visa(Visa.TERMS))
    with reverts(visas.VisaRegistry_NotNeeded, got=Visa.RESEARCHER):
        refused(0, signed_visa(Visa.RESEARCHER))


def test_one_visa_does_not_count_twice(visas, trusted, refused, signed_visa):
    twice = (signed_visa(Visa.RESEARCHER),) * 2
    with reverts(visas.VisaRegistry_NotNeeded, got=Visa.RESEARCHER):
        refused(visas.REGISTERED_ACCESS(), *twice)


def test_misses_what_is_not_shown(visas, trusted, refused, signed_visa):
    with reverts(visas.VisaRegistry_Missing, types=RESEARCHER):
        refused(RESEARCHER)
    with reverts(visas.VisaRegistry_Missing, types=Visa.bits(Visa.AFFILIATION, Visa.GRANT)):
        refused(Visa.bits(Visa.AFFILIATION, Visa.RESEARCHER, Visa.GRANT), signed_visa(Visa.RESEARCHER))


def test_needs_the_subject(visas, trusted, refused, signed_visa, stranger, researcher):
    other = signed_visa(Visa.RESEARCHER, subject=stranger.address)
    with reverts(visas.VisaRegistry_WrongSubject, got=stranger, required=researcher):
        refused(RESEARCHER, other)


def test_needs_trust_for_the_type(visas, refused, signed_visa, hospital, second, issuer):
    visa = signed_visa(Visa.RESEARCHER)
    visas.trust(issuer, 15, sender=second)  # of another owner: it says nothing here
    with reverts(visas.VisaRegistry_UntrustedIssuer, issuer=issuer, visaType=Visa.RESEARCHER):
        refused(RESEARCHER, visa)
    visas.trust(issuer, 15 ^ RESEARCHER, sender=hospital)
    with reverts(visas.VisaRegistry_UntrustedIssuer, issuer=issuer, visaType=Visa.RESEARCHER):
        refused(RESEARCHER, visa)


def test_needs_the_value(visas, trusted, check, refused, signed_visa, hospital):
    terms, required = Visa.bits(Visa.TERMS), word("terms of use, 2nd edition")
    any_terms = signed_visa(Visa.TERMS)
    check(terms, any_terms)
    visas.requireValue(Visa.TERMS, required, sender=hospital)
    with reverts(visas.VisaRegistry_WrongValue, visaType=Visa.TERMS, got=EMPTY, required=required):
        refused(terms, any_terms)
    check(terms, signed_visa(Visa.TERMS, value=required))


def test_a_grant_is_for_one_dataset(visas, trusted, check, refused, signed_visa):
    grant = signed_visa(Visa.GRANT, value=GRANT)
    check(Visa.bits(Visa.GRANT), grant)
    for other in (word("another dataset"), EMPTY):
        with reverts(visas.VisaRegistry_WrongValue, visaType=Visa.GRANT, got=GRANT, required=other):
            refused(Visa.bits(Visa.GRANT), grant, resource=other)


def test_not_from_the_future(visas, trusted, refused, signed_visa, now):
    asserted = now() + DAY
    with reverts(visas.VisaRegistry_NotYetValid, asserted=asserted):
        refused(RESEARCHER, signed_visa(Visa.RESEARCHER, asserted=asserted))


def test_not_expired(visas, trusted, check, refused, signed_visa, wait):
    visa = signed_visa(Visa.RESEARCHER)
    expires = visa[0][-1]
    wait(60 * DAY - 60)
    check(RESEARCHER, visa)
    wait(60)
    with reverts(visas.VisaRegistry_Expired, expires=expires):
        refused(RESEARCHER, visa)


def test_not_revoked(visas, trusted, refused, signed_visa, issuer):
    visa = signed_visa(Visa.RESEARCHER)
    visa_hash = visas.hashOf(visa[0])
    visas.revoke(visa_hash, sender=issuer)
    with reverts(visas.VisaRegistry_Revoked, issuer=issuer, visaHash=visa_hash):
        refused(RESEARCHER, visa)


def test_needs_the_issuers_signature(visas, trusted, refused, signed_visa, researcher, issuer):
    own = signed_visa(Visa.RESEARCHER, signer=researcher)
    visa, signature = signed_visa(Visa.RESEARCHER)
    prolonged = (*visa[:-1], visa[-1] + DAY)
    for shown in (own, (visa, b""), (visa, signature[:64]), (prolonged, signature)):
        with reverts(visas.VisaRegistry_BadSignature, issuer=issuer, visaHash=visas.hashOf(shown[0])):
            refused(RESEARCHER, shown)


def test_registered_access(visas, check, refused, signed_visa, hospital, issuer, aggregator):
    """A registration authority and the owner of the terms are two, and each is believed its own alone."""
    both = visas.REGISTERED_ACCESS()
    assert both == Visa.bits(Visa.RESEARCHER, Visa.TERMS)
    visas.trust(issuer, RESEARCHER, sender=hospital)
    visas.trust(aggregator, Visa.bits(Visa.TERMS), sender=hospital)
    status = signed_visa(Visa.RESEARCHER)
    terms = signed_visa(Visa.TERMS, signer=aggregator, issuer=aggregator.address, expires=status[0][-1] - DAY)
    for alone, missing in ((status, Visa.TERMS), (terms, Visa.RESEARCHER)):
        with reverts(visas.VisaRegistry_Missing, types=Visa.bits(missing)):
            refused(both, alone)
    with reverts(visas.VisaRegistry_UntrustedIssuer, issuer=issuer, visaType=Visa.TERMS):
        refused(both, status, signed_visa(Visa.TERMS))
    ids, expires = check(both, status, terms)
    assert ids == [
        visas.idOf(issuer, visas.hashOf(status[0])),
        visas.idOf(aggregator, visas.hashOf(terms[0])),
    ]
    assert expires == terms[0][-1]


def test_all_types(visas, trusted, check, signed_visa):
    shown = [signed_visa(kind, value=GRANT) for kind in range(4)]
    ids, _ = check(15, *shown)
    assert len(set(ids)) == 4


def test_a_contract_as_issuer(visas, check, refused, signed_visa, wallet, stranger, researcher, hospital):
    visas.trust(wallet, RESEARCHER, sender=hospital)
    refusing = signed_visa(Visa.RESEARCHER, signer=researcher, issuer=wallet.address)
    with reverts(visas.VisaRegistry_BadSignature, issuer=wallet, visaHash=visas.hashOf(refusing[0])):
        refused(RESEARCHER, refusing)
    visa = signed_visa(Visa.RESEARCHER, signer=stranger, issuer=wallet.address)
    ids, _ = check(RESEARCHER, visa)
    assert ids == [visas.idOf(wallet, visas.hashOf(visa[0]))]


def test_the_hash_is_of_every_field(visas, signed_visa, stranger, researcher):
    visa = signed_visa(Visa.TERMS)[0]
    changed = (stranger.address, Visa.RESEARCHER, word("v"), stranger.address, visa[4] + 1, visa[5] + 1)
    hashes = {visas.hashOf((*visa[:i], value, *visa[i + 1 :])) for i, value in enumerate(changed)}
    assert len(hashes | {visas.hashOf(visa)}) == 7
    fields = dict(zip(("subject", "visaType", "value", "issuer", "asserted", "expires"), visa, strict=True))
    assert sign_visa(researcher, visas, fields) == signed_visa(Visa.TERMS, signer=researcher, **fields)[1]
