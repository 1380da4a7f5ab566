"""Licences in the states, and on the offers, from which several of these trees start."""

from __future__ import annotations

import pytest
from vocabulary import DOLLARS, NO_EVIDENCE, Duo, Visa, word


@pytest.fixture(scope="module")
def dollar_offer(make_offer, dollar):
    return make_offer(price=DOLLARS, currency=dollar.address)


@pytest.fixture
def paid_in_dollars(licenses, dollar, dollar_offer, buy, researcher):
    dollar.approve(licenses, DOLLARS, sender=researcher)
    return buy(dollar_offer, value=0)


@pytest.fixture
def in_review(licenses, publish, terms_of_sale, hospital, buy):
    dataset = publish(hospital, terms=Duo.GRU | Duo.PS)
    licenses.createOffer(terms_of_sale(dataset), sender=hospital)
    return buy(licenses.offerCount(), Duo.GRU)


@pytest.fixture
def disputed(licenses, delivered, researcher):
    licenses.dispute(delivered, word("the key does not open it"), sender=researcher)
    return delivered


@pytest.fixture
def settle(licenses, deliver, researcher):
    def go(license_id: int) -> int:
        licenses.confirm(deliver(license_id), sender=researcher)
        return license_id

    return go


@pytest.fixture
def buy_with_visa(licenses, visas, make_offer, order, submit, register_key, researcher, hospital, issuer):
    """Buys on an offer that requires a ResearcherStatus visa, which is `visa`."""

    def go(visa, **changes) -> int:
        visas.trust(issuer, Visa.bits(Visa.RESEARCHER), sender=hospital)
        register_key(researcher)
        offer = make_offer(visas=Visa.bits(Visa.RESEARCHER), **changes)
        submit(order(offer), evidence={**NO_EVIDENCE, "visas": [visa]})
        return licenses.licenseCount()

    return go
