"""A key is asked for again and again: each delivery costs gas, and may come too late to be of use."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from biodesci.chain.outbox import Intent
from biodesci.chain.sending import Sending
from biodesci.core.envelope import generate_seed, public_key
from biodesci.core.errors import BioDeSciError, StateError, UnavailableError
from biodesci.ipfs.client import Ipfs
from biodesci.market import license
from biodesci.market.redelivery import redeliver
from tests.backend.acting import acting
from tests.backend.conftest import entries_of
from tests.backend.market.downloads import downloaded
from tests.children import die, killed
from tests.waiting import wait_for


def sent(chain: Any) -> int:
    return int(chain.web3.eth.get_transaction_count(chain.address))


def test_a_licensee_says_again_and_again_that_its_envelope_is_lost(sale):
    license_id = sale.buy().license_id
    sale.release()
    owner, before = acting(sale.owner, sale.ipfs, sale.home), sent(sale.owner)
    for _ in range(2):
        with pytest.raises(StateError, match="nothing is lost"):
            redeliver(owner, license_id)
    assert sent(sale.owner) == before
    # What it cannot open any more it gets once for each key that it pays for registering.
    seed = generate_seed()
    sale.buyer.send(sale.buyer.keys.functions.register(public_key(seed)))
    redeliver(owner, license_id)
    with pytest.raises(StateError, match="nothing is lost"):
        redeliver(owner, license_id)
    assert sent(sale.owner) == before + 1
    assert downloaded(sale.buyer, sale.ipfs, seed, license_id) == sale.file.read_bytes()


@pytest.mark.parametrize("left", [299, 60])
def test_a_key_is_asked_for_again_right_before_access_ends(sale_of, localnet, left):
    sale = sale_of(duration=3_600)
    license_id = sale.buy().license_id
    sale.release()
    sale.buyer.send(sale.buyer.keys.functions.register(public_key(generate_seed())))
    localnet.pass_time(license.get(sale.buyer, license_id).expires_at - sale.buyer.now() - left)
    before = sent(sale.owner)
    with pytest.raises(StateError, match=r"ends in \d+ seconds"):
        redeliver(acting(sale.owner, sale.ipfs, sale.home), license_id)
    assert sent(sale.owner) == before


def test_a_second_delivery_that_was_killed_is_gone_on_with_and_not_paid_again(sale, chain_for):
    license_id, account, real = sale.buy().license_id, sale.owner.account, Intent.send
    sale.release()
    seed = generate_seed()
    sale.buyer.send(sale.buyer.keys.functions.register(public_key(seed)))
    before = sent(sale.owner)

    def send_and_die(self: Intent, function: Any, value: int = 0) -> None:
        real(self, function, value)
        die()

    def run() -> None:
        Intent.send = send_and_die  # type: ignore[method-assign, assignment]
        redeliver(acting(chain_for(account), Ipfs(sale.ipfs.api), sale.home), license_id)

    killed(run)
    made = license.envelope_of(sale.buyer, license_id)
    assert redeliver(acting(chain_for(account), sale.ipfs, sale.home), license_id) == made
    assert sent(sale.owner) == before + 1
    assert downloaded(sale.buyer, sale.ipfs, seed, license_id) == sale.file.read_bytes()


def test_two_who_deliver_the_same_key_again_at_once_pay_for_one_delivery(sale, chain_for, localnet):
    license_id = sale.buy().license_id
    sale.release()
    seed = generate_seed()
    sale.buyer.send(sale.buyer.keys.functions.register(public_key(seed)))
    before, ends = sent(sale.owner), []

    def run() -> None:
        try:
            ends.append(redeliver(acting(chain_for(sale.owner.account), sale.ipfs, sale.home), license_id))
        except BioDeSciError as exc:
            ends.append(exc)

    localnet.rpc("evm_setAutomine", False)
    both = [threading.Thread(target=run) for _ in range(2)]
    try:
        for each in both:
            each.start()
        wait_for(lambda: localnet.rpc("txpool_status")["pending"] != "0x0", 60)
    finally:
        localnet.rpc("evm_setAutomine", True)
        localnet.rpc("evm_mine")
        for each in both:
            each.join()
    assert sent(sale.owner) == before + 1
    made = license.envelope_of(sale.buyer, license_id)
    (other,) = [end for end in ends if end != made]
    assert "nothing is lost" in str(other)
    assert downloaded(sale.buyer, sale.ipfs, seed, license_id) == sale.file.read_bytes()


def test_a_second_delivery_on_its_way_is_the_only_one_though_another_key_is_registered(
    sale, chain_for, localnet
):
    """It is brought to its end; what the licensee can open then, it gets by one more."""
    license_id, account = sale.buy().license_id, sale.owner.account
    sale.release()
    sale.buyer.send(sale.buyer.keys.functions.register(public_key(generate_seed())))
    before = sent(sale.owner)
    impatient = chain_for(account, sending=Sending(block_timeout=0.5))
    localnet.rpc("evm_setAutomine", False)
    try:
        with pytest.raises(UnavailableError, match="not in a block"):
            redeliver(acting(impatient, sale.ipfs, sale.home), license_id)
    finally:
        localnet.rpc("evm_setAutomine", True)
    seed = generate_seed()
    sale.buyer.send(sale.buyer.keys.functions.register(public_key(seed)))
    assert sent(sale.owner) == before + 1
    redeliver(acting(chain_for(account), sale.ipfs, sale.home), license_id)
    assert sent(sale.owner) == before + 2
    assert entries_of(sale.owner) == [], "the first is not left in the outbox"
    assert not list(sale.home.rglob("*.unpublished"))
    assert downloaded(sale.buyer, sale.ipfs, seed, license_id) == sale.file.read_bytes()
