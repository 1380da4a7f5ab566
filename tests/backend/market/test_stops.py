"""How many functions a purchase passes through; `make figures` reports the number."""

from __future__ import annotations

from tests.backend.stops import counted

# Some 45 of these are the outbox with its entries and transactions: one way for every sending.
MOST = 105


def test_a_purchase_passes_few_functions(shop, record_property):
    shop.buy()  # what is read once and kept is not the way
    with counted() as stops:
        shop.buy(again=True)
    record_property("house.stops_buy", len(stops))
    assert any(name.endswith("purchase.purchase") for name in stops)
    assert len(stops) <= MOST, sorted(stops)
