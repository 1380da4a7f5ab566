"""What a licensee is told to do about a delivery that does not open."""

from __future__ import annotations

import os

import pytest

from biodesci.core.errors import IntegrityError, NotFoundError, RevertedError
from biodesci.market import license
from tests.backend.market.deliveries import deliver_by_hand, right_content
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
    for command in ("license redeliver", "dataset release-share"):
        assert f"biodesci {command} {license_id}" in advice(sale, license_id)
    owner = sale.owner
    owner.send(owner.datasets.functions.withdraw(license.get(owner, license_id).dataset_id, 1))
    assert "no key is delivered any more" in advice(sale, license_id)


def test_after_a_withdrawal_it_is_said_first_and_nobody_is_told_to_try_later(sale):
    license_id = sale.buy().license_id
    deliver_by_hand(sale, license_id, right_content(sale), withheld=True)
    with pytest.raises(NotFoundError, match="Nobody reachable has") as caught:
        downloaded(sale.buyer, sale.ipfs, sale.seed, license_id)
    assert "try again later" in caught.value.hint
    owner, dataset = sale.owner, license.get(sale.owner, license_id).dataset_id
    owner.send(owner.datasets.functions.withdraw(dataset, 1))
    with pytest.raises(NotFoundError) as caught:
        downloaded(sale.buyer, sale.ipfs, sale.seed, license_id)
    assert caught.value.message.startswith(f"Consent to dataset {dataset}, version 1 was withdrawn on chain")
    assert "Nobody reachable has" in caught.value.message
    assert "try again later" not in caught.value.hint
    assert "no key is delivered any more" in caught.value.hint
