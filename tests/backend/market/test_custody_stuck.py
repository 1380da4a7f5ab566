"""A custodian whose transactions no block takes sends for all, waits for none, and ends when it is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from biodesci.chain import accounts
from biodesci.chain.sending import Sending
from biodesci.core.envelope import generate_seed, public_key
from biodesci.core.onchain import LicenseState
from biodesci.market import license
from biodesci.market.custody import Custodian
from biodesci.market.purchase import purchase
from tests.backend.acting import PASSPHRASE, acting
from tests.backend.conftest import ROOT, entries_of
from tests.waiting import LATE_S, in_time, wait_for

HMB = 1 << 2


@pytest.fixture
def held(localnet) -> Iterator[None]:
    """Call it: from then on no block is made."""
    yield lambda: localnet.rpc("evm_setAutomine", False)
    localnet.rpc("evm_setAutomine", True)
    localnet.rpc("evm_mine")


def buy(sale, chain_for) -> int:
    """A licence for a buyer of its own."""
    buyer = chain_for()
    buyer.send(buyer.keys.functions.register(public_key(generate_seed())))
    return purchase(buyer, sale.offer, HMB).license_id


def pool(localnet, chain) -> dict[str, object]:
    return localnet.rpc("txpool_content")["pending"].get(chain.address.lower(), {})


def custodian_of(sale, chain_for, **sending) -> Custodian:
    chain = chain_for(sale.owner.account, sending=Sending(**sending))
    return Custodian(acting(chain, sale.ipfs, sale.home))


def test_several_are_on_their_way_and_no_call_waits(sale, chain_for, localnet, held):
    licences = [sale.buy().license_id, buy(sale, chain_for), buy(sale, chain_for)]
    custodian = custodian_of(sale, chain_for)
    held()
    with in_time():  # before, one took 120 s
        assert custodian.poll() == []
        assert custodian.poll() == []
    assert len(pool(localnet, sale.owner)) == 3, "each licence's delivery is there once"
    assert all("in no block yet" in why for why in custodian.waiting.values())
    localnet.rpc("evm_mine")
    assert sorted(custodian.poll()) == licences
    assert entries_of(sale.owner) == []
    assert all(license.get(sale.buyer, one).state is LicenseState.DELIVERED for one in licences)
    for one in licences:
        assert sale.ipfs.size(license.envelope_of(sale.buyer, one)) > 0


def test_a_held_delivery_is_replaced_and_nothing_queues_behind_it(sale, chain_for, localnet, held):
    first, second = sale.buy().license_id, buy(sale, chain_for)
    custodian = custodian_of(sale, chain_for, stuck_after=0.2)
    held()
    custodian.poll()
    before = dict(pool(localnet, sale.owner))
    lowest = min(before, key=int)

    def offered(waiting) -> int:
        return int(waiting[lowest]["maxFeePerGas"], 16)

    def is_replaced() -> bool:
        custodian.poll()
        return offered(pool(localnet, sale.owner)) > offered(before)

    wait_for(is_replaced)
    assert sorted(pool(localnet, sale.owner)) == sorted(before)
    localnet.rpc("evm_mine")
    wait_for(lambda: set(custodian.poll()) >= {first, second} or not entries_of(sale.owner))
    assert license.get(sale.buyer, second).state is LicenseState.DELIVERED


def test_a_licence_that_was_refunded_meanwhile_is_cancelled(sale_of, chain_for, localnet, held):
    sale = sale_of(delivery_window=3_600)
    refunded, other = sale.buy().license_id, buy(sale, chain_for)
    custodian = custodian_of(sale, chain_for, stuck_after=0.3)
    held()
    custodian.poll()
    nonces = sorted(pool(localnet, sale.owner), key=int)
    hashes = [pool(localnet, sale.owner)[nonce]["hash"] for nonce in nonces]
    for tx_hash in hashes:  # held where we don't see it: the chain goes on without it
        localnet.rpc("anvil_dropTransaction", tx_hash)
    localnet.pass_time(3_601)
    localnet.rpc("evm_setAutomine", True)
    assert license.refund(sale.buyer, refunded) is not None
    wait_for(lambda: custodian.poll() or not entries_of(sale.owner))
    assert license.get(sale.buyer, refunded).state is LicenseState.REFUNDED
    assert license.get(sale.buyer, other).state is LicenseState.PURCHASED, "its deadline passed, too"
    assert entries_of(sale.owner) == []
    head = localnet.web3.eth.get_transaction_count(sale.owner.address)
    assert head == int(nonces[-1]) + 1, "both nonces are used"
    assert not list(sale.home.rglob("*.unpublished"))


def test_a_worker_that_is_told_to_stop_waits_for_no_block(
    sale, chain_for, localnet, held, tmp_path, record_property
):
    """With a delivery in the mempool that no block takes; the next start goes on with it.

    It has ten seconds, and a busy machine may take longer: `record_property` says how many it were.
    """
    license_id = sale.buy().license_id
    (sale.home / "account.json").unlink(missing_ok=True)
    accounts.create(sale.home / "account.json", PASSPHRASE, private_key=bytes(sale.owner.signer().key))
    environment = os.environ | {
        "BIODESCI_HOME": str(sale.home),
        "BIODESCI_RPC_URL": localnet.rpc_url,
        "BIODESCI_DEPLOYMENT": str(localnet.deployment_file),
        "BIODESCI_IPFS_API": sale.ipfs.api,
        "BIODESCI_PASSPHRASE": PASSPHRASE,
    }

    held()
    worker = subprocess.Popen(
        [sys.executable, "-m", "biodesci.workers.custodian"], cwd=ROOT, env=environment,
        stderr=(tmp_path / "log").open("ab"),
    )  # fmt: skip
    try:
        wait_for(lambda: pool(localnet, sale.owner), 2 * LATE_S)
        begun = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(LATE_S) == 0, (tmp_path / "log").read_text()
        record_property("custodian.stop_s", round(time.monotonic() - begun, 2))
    finally:
        worker.kill()
        worker.wait()
    (nonce,) = pool(localnet, sale.owner)
    # Knows nothing but what is in the home.
    custodian = custodian_of(sale, chain_for, work=sale.home / "work.sqlite")
    assert custodian.poll() == []
    localnet.rpc("evm_setAutomine", True)
    localnet.rpc("evm_mine")
    wait_for(lambda: license_id in custodian.poll())
    assert license.get(sale.buyer, license_id).state is LicenseState.DELIVERED
    assert not list(sale.home.rglob("*.unpublished"))
    assert localnet.web3.eth.get_transaction_count(sale.owner.address) == int(nonce) + 1
