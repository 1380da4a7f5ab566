"""Purchases that a buyer signs and somebody else submits."""

from __future__ import annotations

import json

import pytest

from biodesci.chain import currency
from biodesci.core import visa
from biodesci.core.documents.order import Evidence, Method, SignedOrder
from biodesci.core.errors import AccessDeniedError, InputError, RevertedError, StateError
from biodesci.core.visa import VisaType
from biodesci.market import license, orders, payment
from biodesci.market import visa as visas
from biodesci.market.purchase import deal

HMB = 1 << 2
PRICE = 25_000_000  # 25 dollars of 6 decimals
HOUR = 3_600


def signed_by(shop, evidence=None, *, seconds=HOUR):
    return orders.order(shop.buyer, deal(shop.buyer, shop.offer, HMB, evidence), seconds=seconds)


def test_an_order_costs_its_buyer_no_ether(shop, chain_for, localnet, tmp_path):
    relayer = chain_for()
    localnet.rpc("anvil_setBalance", shop.buyer.address, "0x0")
    signed = signed_by(shop)
    assert signed.payment.method is Method.AUTHORIZATION
    raw = signed.to_bytes()
    assert b'"warning": "Private' in raw
    loaded = SignedOrder.parse(raw)
    assert loaded == signed
    done = orders.relay(relayer, loaded)
    held = license.get(relayer, done.license_id)
    assert (held.licensee, held.price, held.currency) == (shop.buyer.address, PRICE, shop.token.address)
    assert shop.balance(shop.buyer.address) == 39 * PRICE
    with pytest.raises(StateError, match="carried out or cancelled"):
        orders.relay(relayer, loaded)


def test_an_order_that_was_changed_is_refused(shop, chain_for):
    relayer = chain_for()
    signed = signed_by(shop)
    document = json.loads(signed.to_bytes())
    document["order"]["purpose"]["duo"] = str(HMB | 1 << 34)
    with pytest.raises(RevertedError) as caught:
        orders.relay(relayer, SignedOrder.parse(json.dumps(document).encode()))
    assert (caught.value.name, caught.value.args_) == (
        "AccessLicense_BadSignature", (shop.buyer.address,),
    )  # fmt: skip
    document["chainId"] = 1
    with pytest.raises(InputError, match="another network"):
        orders.relay(relayer, SignedOrder.parse(json.dumps(document).encode()))
    for spoil in ("order", "payment", "signature"):
        with pytest.raises(InputError, match="no order"):
            SignedOrder.parse(json.dumps({**document, spoil: None}).encode())
    with pytest.raises(InputError, match="no order"):
        SignedOrder.parse(b"\xff")


def test_a_cancelled_order_is_void(shop, chain_for):
    relayer = chain_for()
    cancelled = signed_by(shop)
    orders.cancel(shop.buyer)
    with pytest.raises(StateError, match="carried out or cancelled"):
        orders.relay(relayer, cancelled)


def test_an_order_in_ether_is_paid_by_whoever_submits_it(shop_of, dollar, chain_for):
    shop = shop_of(dollar, currency=currency.ETHER, price=10**15)
    relayer = chain_for()
    before = relayer.balance(relayer.address)
    signed = signed_by(shop)
    assert signed.payment.method is Method.DIRECT
    orders.relay(relayer, signed)
    assert before - relayer.balance(relayer.address) >= 10**15


def test_an_order_in_a_token_without_signatures_needs_an_allowance(silent, chain_for):
    with pytest.raises(InputError, match="neither permits nor authorizations"):
        signed_by(silent)
    payment.approve(silent.buyer, silent.paid_in, PRICE)
    signed = signed_by(silent)
    assert orders.relay(chain_for(), signed).bought


def test_an_order_carries_visas(shop_of, dollar, chain_for, tmp_path):
    shop = shop_of(dollar, visas=1 << VisaType.RESEARCHER_STATUS)
    issuer, relayer = chain_for(), chain_for()
    visas.trust(shop.owner, issuer.address, 1 << VisaType.RESEARCHER_STATUS)
    later = issuer.now() + HOUR
    shown = visas.issue(issuer, shop.buyer.address, VisaType.RESEARCHER_STATUS, bytes(32), later)
    with pytest.raises(AccessDeniedError, match="ResearcherStatus"):
        signed_by(shop, seconds=600)
    signed = signed_by(shop, Evidence(visas=(shown,)), seconds=600)
    assert shop.buyer.address not in repr(signed.evidence)
    assert issuer.address not in repr(signed)
    license_id = orders.relay(relayer, SignedOrder.parse(signed.to_bytes())).license_id
    shop.settle(license_id)
    assert license.get(relayer, license_id).expires_at == later
    assert visa.missing(4, (shown.visa.type,)) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"order": {"price": str(2**256)}},
        {"order": {"deadline": float("inf")}},
        {"order": {"visasUntil": 2**40}},
        {"order": {"mayReview": "false"}},
        {"order": {"offerId": "-1"}},
        {"order": {"buyer": "0x12"}},
        {"order": {"purpose": {"duo": str(2**64), "disease": 0, "statement": "0x" + "00" * 32}}},
        {"order": {"purpose": {"duo": "4", "disease": 2**32, "statement": "0x" + "00" * 32}}},
        {"order": {"purpose": {"duo": "4", "disease": 0, "statement": "0x12"}}},
        {"payment": {"v": 256}},
        {"payment": {"r": "0x12"}},
        {"payment": {"method": "barter"}},
        {"payment": {"method": 1}},
        {"evidence": {"diseaseProof": ["0x12"]}},
        {"signature": "12"},
        {"chainId": 1.5},
    ],
    ids=str,
)
def test_a_field_that_the_contract_does_not_take_is_refused_when_the_file_is_read(shop, changes):
    signed = signed_by(shop)
    document = json.loads(signed.to_bytes())
    for name, value in changes.items():
        document[name] = {**document[name], **value} if isinstance(value, dict) else value
    with pytest.raises(InputError, match="no order: the field"):
        SignedOrder.parse(json.dumps(document).encode())


def test_what_is_void_is_not_sent(shop, chain_for, localnet):
    relayer = chain_for()
    late = signed_by(shop, seconds=600)
    localnet.pass_time(601)
    with pytest.raises(StateError, match="has expired"):
        orders.relay(relayer, late)
    assert shop.sent(relayer) == 0


def test_no_order_is_signed_for_what_was_withdrawn(shop):
    shop.owner.send(shop.owner.datasets.functions.withdraw(shop.dataset, 1))
    with pytest.raises(AccessDeniedError, match="was withdrawn"):
        signed_by(shop)


def test_an_order_is_for_the_version_that_its_buyer_saw(shop, chain_for):
    """An owner who publishes another version meanwhile sells nothing by it."""
    relayer = chain_for()
    signed = signed_by(shop)
    shop.publish_version()
    with pytest.raises(StateError, match="for version 1, and version 2 is sold now"):
        orders.relay(relayer, signed)
    wanted = signed.order
    function = relayer.licenses.functions.purchaseFor(
        wanted.struct(), signed.signature, signed.evidence.struct(), signed.payment.struct()
    )
    with pytest.raises(RevertedError) as caught:
        relayer.send(function)
    assert (caught.value.name, caught.value.args_) == ("AccessLicense_WrongVersion", (1, 2))


def test_a_purchase_of_ones_own_uses_up_the_number_that_an_order_carries(shop, chain_for):
    """With a permit the buyer's own purchase takes the nonce, so that nobody buys by the order as well."""
    signed = signed_by(shop)
    assert shop.buy().bought
    with pytest.raises(StateError, match="carried out or cancelled"):
        orders.relay(chain_for(), signed)
    assert shop.buy(again=True).bought
    assert signed_by(shop).order.nonce == 2
