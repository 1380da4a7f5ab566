"""VisaRegistry.trust

├── given a type that does not exist: reverts VisaRegistry_BadTypes
├── given types: the sender trusts the issuer for those, instead of the former ones, and for itself alone
└── given none: it trusts the issuer no more
"""

import pytest
from reverting import reverts
from vocabulary import Visa


@pytest.mark.parametrize("types", [16, 17, 255])
def test_needs_types_that_exist(visas, hospital, issuer, types):
    with reverts(visas.VisaRegistry_BadTypes, got=types, allowed=15):
        visas.trust(issuer, types, sender=hospital)


def test_trust(visas, hospital, second, issuer, stranger):
    types = Visa.bits(Visa.TERMS, Visa.GRANT)
    tx = visas.trust(issuer, types, sender=hospital)
    assert tx.events == [visas.IssuerTrusted(owner=hospital, issuer=issuer, types=types)]
    assert visas.trustedTypes(hospital, issuer) == types
    assert visas.trustedTypes(hospital, stranger) == 0
    assert visas.trustedTypes(second, issuer) == 0
    visas.trust(issuer, Visa.bits(Visa.RESEARCHER), sender=hospital)
    assert visas.trustedTypes(hospital, issuer) == Visa.bits(Visa.RESEARCHER)


def test_trust_no_more(visas, hospital, issuer):
    visas.trust(issuer, 15, sender=hospital)
    tx = visas.trust(issuer, 0, sender=hospital)
    assert tx.events == [visas.IssuerTrusted(owner=hospital, issuer=issuer, types=0)]
    assert visas.trustedTypes(hospital, issuer) == 0
