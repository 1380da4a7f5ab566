"""AccessLicense.resolve

├── given a licence that does not exist: reverts AccessLicense_UnknownLicense
├── given another sender than the offer's arbiter: reverts AccessLicense_NotArbiter
├── given an arbiter that has become the dataset's owner: reverts AccessLicense_NotArbiter
├── given no dispute: reverts AccessLicense_WrongState
├── for the owner: Settled, access is back
└── for the buyer: Refunded
"""

import pytest
from reverting import reverts
from vocabulary import DAY, PRICE, ZERO, License, Right, word


def test_needs_a_licence(licenses, arbiter):
    with reverts(licenses.AccessLicense_UnknownLicense, licenseId=9):
        licenses.resolve(9, True, sender=arbiter)


@pytest.mark.parametrize("by", ["hospital", "researcher", "stranger"])
def test_needs_the_arbiter(licenses, disputed, actors, by):
    sender = getattr(actors, by)
    with reverts(licenses.AccessLicense_NotArbiter, licenseId=disputed, got=sender):
        licenses.resolve(disputed, True, sender=sender)


def test_nobody_judges_its_own_case(
    licenses, datasets, disputed, dataset, hospital, arbiter, researcher, wait
):
    datasets.transferFrom(hospital, arbiter, dataset, sender=hospital)
    for pay_owner in (True, False):
        with reverts(licenses.AccessLicense_NotArbiter, licenseId=disputed, got=arbiter):
            licenses.resolve(disputed, pay_owner, sender=arbiter)
    wait(30 * DAY + 1)  # and there is a way out
    licenses.refund(disputed, sender=researcher)
    assert licenses.owed(researcher, ZERO) == PRICE


def test_needs_a_dispute(licenses, delivered, arbiter):
    with reverts(licenses.AccessLicense_WrongState, licenseId=delivered, got=License.DELIVERED):
        licenses.resolve(delivered, True, sender=arbiter)


def test_for_the_owner(licenses, disputed, dataset, arbiter, hospital, researcher):
    tx = licenses.resolve(disputed, True, sender=arbiter)
    assert tx.events == [
        licenses.DisputeResolved(licenseId=disputed, payOwner=True),
        licenses.LicenseSettled(licenseId=disputed, paid=PRICE),
    ]
    assert (licenses.owed(hospital, ZERO), licenses.owed(researcher, ZERO)) == (PRICE, 0)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    with reverts(licenses.AccessLicense_WrongState, licenseId=disputed, got=License.SETTLED):
        licenses.resolve(disputed, False, sender=arbiter)


def test_for_the_buyer(licenses, disputed, arbiter, hospital, researcher):
    tx = licenses.resolve(disputed, False, sender=arbiter)
    assert tx.events == [
        licenses.DisputeResolved(licenseId=disputed, payOwner=False),
        licenses.LicenseRefunded(licenseId=disputed, amount=PRICE),
    ]
    assert licenses.licenseOf(disputed).state == License.REFUNDED
    assert (licenses.owed(hospital, ZERO), licenses.owed(researcher, ZERO)) == (0, PRICE)
    assert not licenses.isActive(disputed)
    with reverts(licenses.AccessLicense_WrongState, licenseId=disputed, got=License.REFUNDED):
        licenses.resolve(disputed, True, sender=arbiter)


def test_late_but_before_anybody_refunded(licenses, disputed, arbiter, hospital, wait):
    wait(40 * DAY)
    licenses.resolve(disputed, True, sender=arbiter)
    assert licenses.owed(hospital, ZERO) == PRICE


def test_the_owner_may_concede(licenses, disputed, hospital, researcher):
    licenses.revoke(disputed, word("our mistake"), sender=hospital)
    assert licenses.licenseOf(disputed).state == License.REVOKED
    assert licenses.owed(researcher, ZERO) == PRICE
