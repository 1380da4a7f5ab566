"""AccessLicense.cancelOrders

├── orders that the sender signed with its present nonce are void
├── orders of others are not
└── a new order takes the next nonce
"""

import pytest
from reverting import reverts
from typed import sign_order
from vocabulary import License


@pytest.fixture
def signed(licenses, order, offer, researcher, register_key):
    register_key(researcher)

    def go(**changes):
        fields = order(offer, **changes)
        return fields, sign_order(researcher, licenses, fields)

    return go


def test_voids_what_was_signed(licenses, signed, submit, researcher, stranger):
    fields, signature = signed()
    tx = licenses.cancelOrders(sender=researcher)
    assert tx.events == [licenses.OrdersCancelled(buyer=researcher, nonce=0)]
    assert licenses.nonces(researcher) == 1
    with reverts(licenses.InvalidAccountNonce, account=researcher, currentNonce=1):
        submit(fields, sender=stranger, signature=signature)


def test_not_for_others(licenses, signed, submit, stranger):
    licenses.cancelOrders(sender=stranger)
    fields, signature = signed()
    submit(fields, sender=stranger, signature=signature)
    assert licenses.licenseOf(1).state == License.PURCHASED


def test_the_next_nonce(licenses, signed, submit, researcher, stranger):
    licenses.cancelOrders(sender=researcher)
    licenses.cancelOrders(sender=researcher)
    fields, signature = signed(nonce=2)
    submit(fields, sender=stranger, signature=signature)
    assert licenses.nonces(researcher) == 3
