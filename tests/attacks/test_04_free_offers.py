"""Strangers let somebody else pay gas and storage: what costs them nothing is asked for again and again."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from biodesci.core.envelope import generate_seed, public_key
from biodesci.core.onchain import DAY, NOBODY, LicenseState, RequestState
from biodesci.inference.requests import read_request
from biodesci.market import license, offers
from biodesci.market.offers import OfferTerms
from biodesci.market.purchase import purchase
from biodesci.party.allowance import Bounds
from tests.attacks.at_work import custodian_of, delivered
from tests.backend.inference.conftest import world, x  # noqa: F401
from tests.waiting import LATE_S

HMB = 1 << 2


def strangers(chain_for: Any, offer: int, number: int) -> list[int]:
    """Licences of so many fresh accounts."""
    bought = []
    for _ in range(number):
        stranger = chain_for()
        stranger.send(stranger.keys.functions.register(public_key(generate_seed())))
        bought.append(purchase(stranger, offer, HMB).license_id)
    return bought


def served(sale: Any, licences: list[int]) -> list[int]:
    return [one for one in licences if license.get(sale.owner, one).state is LicenseState.DELIVERED]


def settled(sale: Any, licences: list[int], number: int) -> list[int]:
    """Those that were delivered, once they are `number`, or after a minute."""
    give_up = time.monotonic() + LATE_S
    while len(served(sale, licences)) < number and time.monotonic() < give_up:
        time.sleep(0.1)
    return served(sale, licences)


@pytest.mark.parametrize("price", [0, 1], ids=["free", "for one wei"])
def test_strangers_take_what_costs_nothing_at_the_custodians_expense(
    sale, chain_for, localnet, caplog, price
):
    free = offers.create(sale.owner, sale.dataset, OfferTerms(price=price, delivery_window=3 * DAY))
    licences = strangers(chain_for, free, 6)
    paid = sale.buy().license_id
    with custodian_of(sale, localnet, unpaid_a_day=3):
        delivered(sale, paid)  # the last in its order: it went through all the others
    first = served(sale, licences)
    assert first == licences[:3]
    with custodian_of(sale, localnet, unpaid_a_day=3):
        delivered(sale, sale.buy(again=True).license_id)
        assert served(sale, licences) == first, "a restart would start the day anew"
    assert "3 licences a day that do not pay for their delivery (BIODESCI_UNPAID_A_DAY)" in caplog.text
    localnet.pass_time(DAY)
    with custodian_of(sale, localnet, unpaid_a_day=3):
        assert settled(sale, licences, 6) == licences
    assert len(list((sale.home / "deliveries").rglob("*.evidence"))) == 8


def test_one_account_takes_no_more_than_its_share(sale, chain_for, localnet, caplog):
    free = offers.create(sale.owner, sale.dataset, OfferTerms(price=0, delivery_window=2 * DAY))
    own = [purchase(sale.buyer, free, HMB, again=True).license_id for _ in range(3)]
    other = strangers(chain_for, free, 1)
    with custodian_of(sale, localnet, unpaid_each=2):
        delivered(sale, other[0])
        assert served(sale, own) == own[:2]
    assert (
        f"2 of them a day to one account (BIODESCI_UNPAID_EACH), and {sale.buyer.address} had" in caplog.text
    )
    # What waited longer than the offer's window is the buyer's to cancel: the contract refunds it.
    localnet.pass_time(2 * DAY + 1)
    assert license.refund(sale.buyer, own[2]) is not None


def test_a_days_bound_holds_whatever_is_paid(sale, localnet, caplog):
    licences = [sale.buy(again=True).license_id for _ in range(3)]
    with custodian_of(sale, localnet, deliveries_a_day=2):
        assert settled(sale, licences, 2) == licences[:2]
        time.sleep(1)
        assert served(sale, licences) == licences[:2]
    assert "2 deliveries a day (BIODESCI_DELIVERIES_A_DAY)" in caplog.text


def test_a_stranger_makes_a_worker_answer_for_nothing(world: Any, x: Any, localnet: Any, caplog: Any) -> None:
    """It serves unpaid requests: of everybody a number a day, and of one account fewer."""
    world.serve()
    asked = [world.request(x, fee=0, arbiter=NOBODY, deadline_seconds=3 * DAY) for _ in range(3)]
    paid = world.request(x)
    for bounds in (Bounds(None, 2, 9), Bounds(None, 9, 2)):
        willing = replace(world.policy, bounds=bounds)
        done = world.serve(willing)
        assert not set(asked[2:]) & set(done)
    assert {one for one in asked if state(world, one) is RequestState.COMMITTED} == set(asked[:2])
    assert state(world, paid) is RequestState.COMMITTED
    assert "2 unpaid requests a day (BIODESCI_UNPAID_A_DAY)" in caplog.text
    assert "2 of them a day for one account (BIODESCI_UNPAID_EACH)" in caplog.text
    localnet.pass_time(DAY)
    assert world.serve(willing) == asked[2:]


def state(world: Any, request_id: int) -> RequestState:
    return read_request(world.client.chain, request_id).state
