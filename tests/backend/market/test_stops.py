"""How many functions the price of a purchase passes, from offer to chain; `make figures` reports it."""

from __future__ import annotations

from tests.backend.stops import counted, is_given

# Half of these are the outbox with its entries and transactions: one way for every sending.
MOST = 58
PRICE = 24_680_135


def test_a_purchase_passes_few_functions(shop_of, dollar, record_property):
    shop = shop_of(dollar, price=PRICE)
    shop.buy()  # what is read once and kept is not the way
    with counted(is_given(PRICE)) as stops:
        shop.buy(again=True)
    record_property("house.stops_buy", len(stops))
    assert any(name.endswith("payment.own") for name in stops)
    assert any(name.startswith("biodesci.chain.outbox.") for name in stops)
    assert len(stops) <= MOST, sorted(stops)
