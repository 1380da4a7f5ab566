"""What a licensee is told to do about a delivery that does not open."""

from __future__ import annotations

import os

import pytest

from biodesci.core.errors import IntegrityError, RevertedError
from biodesci.market import license
from tests.backend.market.deliveries import deliver_by_hand
from tests.backend.market.downloads import downloaded


def advice(sale, license_id: int) -> str:
    with pytest.raises(IntegrityError) as caught:
        downloaded(sale.buyer, sale.ipfs, sale.seed, license_id)
    return caught.value.hint


def test_a_dispute_is_advised_only_where_one_can_be_opened(sale_of, arbiter, localnet):
    sale = sale_of(arbiter=arbiter.address)
    license_id = sale.buy().license_id
    deliver_by_hand(sale, license_id, os.urandom(64))
    assert f"biodesci license dispute {license_id}" in advice(sale, license_id)
    localnet.pass_time(license.get(sale.buyer, license_id).deadline - sale.buyer.now() + 1)
    late = advice(sale, license_id)
    assert late.startswith("Do not confirm it. It cannot be disputed any more. Ask the data owner")
    with pytest.raises(RevertedError, match="It is too late"):
        license.dispute(sale.buyer, license_id, "the key is wrong")
    sale.buyer.send(sale.buyer.licenses.functions.confirm(license_id))
    assert advice(sale, license_id).startswith("It cannot be disputed any more.")


def test_without_an_arbiter_no_dispute_is_advised(sale):
    license_id = sale.buy().license_id
    deliver_by_hand(sale, license_id, os.urandom(64))
    assert "the offer names no arbiter" in advice(sale, license_id)
    assert f"biodesci license redeliver {license_id}" in advice(sale, license_id)
    owner = sale.owner
    owner.send(owner.datasets.functions.withdraw(license.get(owner, license_id).dataset_id, 1))
    assert "no key is delivered any more" in advice(sale, license_id)
