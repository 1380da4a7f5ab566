"""A lost envelope keeps what was paid for, and a wallet that signs with nothing pays twice."""

from __future__ import annotations

import pytest

from biodesci.chain.records import Listing
from biodesci.core.documents.order import NEVER, Evidence, Order, Payment, Purpose
from biodesci.core.envelope import generate_seed, public_key
from biodesci.core.errors import NotFoundError, RevertedError
from biodesci.market import license
from biodesci.market.redelivery import redeliver
from tests.attacks.at_work import custodian_of, delivered
from tests.backend import calls
from tests.backend.acting import acting
from tests.backend.market.downloads import downloaded

HMB = 1 << 2
PRICE = 25_000_000
# A wallet that takes every signature, the empty one too (ERC-1271): it answers 0x1626ba7e to all questions.
# Wallets that keep approved hashes do so for the hash that their owners approved.
TAKES_ALL = "0x631626ba7e60e01b60005260206000f3"


def test_a_stranger_buys_again_with_a_wallets_order(shop, localnet, chain_for):
    """The wallet carried its order out by itself, without a signature; a stranger sends it again."""
    wallet, thief = chain_for().address, chain_for()
    localnet.rpc("anvil_setCode", wallet, TAKES_ALL)
    localnet.rpc("anvil_impersonateAccount", wallet)
    licenses, keys = shop.buyer.licenses.functions, shop.buyer.keys.functions
    web3 = localnet.web3

    def as_wallet(function) -> int:
        sent = function.transact({"from": wallet})
        return int(web3.eth.wait_for_transaction_receipt(sent)["status"])

    assert as_wallet(keys.register(public_key(generate_seed()))) == 1
    shop.token.mint(wallet, 5 * PRICE)
    assert as_wallet(shop.token.contract.functions.approve(shop.buyer.licenses.address, 5 * PRICE)) == 1
    sold = shop.buyer.read(Listing, shop.offer).offer.hash
    order = Order(
        buyer=wallet, offer_id=shop.offer, offer_hash=sold, version=1, purpose=Purpose(duo=HMB),
        currency=shop.token.address, price=PRICE, may_review=False, visas_until=0, nonce=0, deadline=NEVER,
    ).struct()  # fmt: skip
    call = licenses.purchaseFor(order, b"", Evidence().struct(), Payment().struct())
    assert as_wallet(call) == 1
    with pytest.raises(RevertedError) as caught:
        thief.send(call)
    assert caught.value.name == "InvalidAccountNonce"
    assert shop.balance(wallet) == 4 * PRICE
    localnet.rpc("anvil_stopImpersonatingAccount", wallet)
    localnet.rpc("anvil_setCode", wallet, "0x")


def test_an_owner_delivers_an_envelope_that_nobody_can_fetch(sale, localnet):
    """What was delivered is on no node. The owner seals the key once more, and the licence is what it was."""
    license_id = sale.buy().license_id
    sale.owner.send(calls.deliver(sale.owner, license_id, b"\7" * 32))
    with pytest.raises(NotFoundError, match="Nobody reachable has"):
        downloaded(sale.buyer, sale.ipfs, sale.seed, license_id)
    ends = license.get(sale.buyer, license_id).expires_at
    other = sale.buy(again=True).license_id
    with custodian_of(sale, localnet):
        delivered(sale, other)
    assert downloaded(sale.buyer, sale.ipfs, sale.seed, other) == sale.file.read_bytes()
    redeliver(acting(sale.owner, sale.ipfs, sale.home), license_id)
    assert downloaded(sale.buyer, sale.ipfs, sale.seed, license_id) == sale.file.read_bytes()
    assert license.get(sale.buyer, license_id).expires_at == ends


def test_a_stranger_delivers_a_second_envelope(sale, chain_for):
    license_id = sale.buy().license_id
    sale.release()
    assert downloaded(sale.buyer, sale.ipfs, sale.seed, license_id) == sale.file.read_bytes()
    for thief in (chain_for(), sale.buyer):
        with pytest.raises(RevertedError) as caught:
            thief.send(calls.redeliver(thief, license_id, b"\7" * 32))
        assert caught.value.name == "AccessLicense_NotCustodian"
    assert downloaded(sale.buyer, sale.ipfs, sale.seed, license_id) == sale.file.read_bytes()
