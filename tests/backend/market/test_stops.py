"""How many functions a purchase passes through; `make figures` reports the number."""

from __future__ import annotations

from tests.backend.stops import counted

MOST = 45


def test_a_purchase_passes_few_functions(shop, tmp_path, record_property):
    shop.buy(tmp_path / "first")  # what is read once and kept is not the way
    with counted() as stops:
        shop.buy(tmp_path / "second")
    record_property("house.stops_buy", len(stops))
    assert any(name.endswith("purchase.purchase") for name in stops)
    assert len(stops) <= MOST, sorted(stops)
