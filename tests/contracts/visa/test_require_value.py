"""VisaRegistry.requireValue

├── given grants, whose value is the dataset's: reverts VisaRegistry_GrantIsFixed
├── given a value: the sender's datasets want visas of this type to carry it
└── given zero: any value will do
"""

import pytest
from reverting import reverts
from vocabulary import EMPTY, Visa, word


def test_a_grants_value_is_fixed(visas, hospital):
    with reverts(visas.VisaRegistry_GrantIsFixed):
        visas.requireValue(Visa.GRANT, word("mine"), sender=hospital)


@pytest.mark.parametrize("visa_type", [Visa.AFFILIATION, Visa.TERMS, Visa.RESEARCHER])
def test_require_value(visas, hospital, second, visa_type):
    for value in (word("terms of use"), EMPTY):
        tx = visas.requireValue(visa_type, value, sender=hospital)
        assert tx.events == [visas.ValueRequired(owner=hospital, visaType=visa_type, value=value)]
        assert visas.requiredValue(hospital, visa_type) == value
        assert visas.requiredValue(second, visa_type) == EMPTY
