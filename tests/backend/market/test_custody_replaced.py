"""A reorganization gives a licence's number to another purchase while a delivery is on its way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hexbytes import HexBytes

from biodesci.chain.sending import Sending
from biodesci.core.errors import RevertedError
from biodesci.core.onchain import LicenseState
from biodesci.market import license, licensed_copy
from biodesci.market.custody import Custodian
from biodesci.market.purchase import purchase
from biodesci.party import keys
from tests.backend import calls
from tests.backend.acting import PASSPHRASE, acting
from tests.backend.conftest import entries_of
from tests.waiting import wait_for

HMB = 1 << 2


@pytest.fixture
def other(sale: Any, chain_for: Any) -> Any:
    """Another buyer, who gets the number of the first one's licence."""
    chain = chain_for()
    home = sale.buyer_home.with_name("other")
    keys.register(chain, home, PASSPHRASE)
    return acting(chain, sale.ipfs, home)


def replaced(sale: Any, other: Any, localnet: Any, custodian: Custodian) -> tuple[int, str]:
    """The licence's number, which is the other buyer's now, and the first one's delivery, which is in no
    block."""
    before = localnet.rpc("evm_snapshot")
    license_id = sale.buy().license_id
    localnet.rpc("evm_setAutomine", False)
    assert custodian.poll() == []
    (sent,) = entries_of(sale.owner)
    localnet.rpc("evm_revert", before)
    localnet.rpc("anvil_dropAllTransactions")
    localnet.rpc("evm_setAutomine", True)
    assert purchase(other.chain, sale.offer, HMB).license_id == license_id
    return license_id, "0x" + bytes(sent.attempts[-1].raw).hex()


def opens_for(other: Any, license_id: int, target: Path) -> bool:
    seed = keys.load_seed(other.home, PASSPHRASE)
    licensed_copy.download(other.chain, other.ipfs, seed, license_id, target)
    return target.exists()


def test_a_delivery_to_a_buyer_who_is_gone_delivers_nothing_to_the_next_one(
    sale: Any, other: Any, localnet: Any, tmp_path: Path
) -> None:
    custodian = Custodian(acting(sale.owner, sale.ipfs, sale.home))
    added: list[bytes] = []
    real = sale.ipfs.add
    sale.ipfs.add = lambda data, *named: added.append(data) or real(data, *named)
    license_id, raw = replaced(sale, other, localnet, custodian)
    again = localnet.rpc("eth_sendRawTransaction", raw)
    receipt = localnet.web3.eth.wait_for_transaction_receipt(HexBytes(again), poll_latency=0.02)
    assert receipt["status"] == 0
    assert license.get(sale.owner, license_id).state is LicenseState.PURCHASED
    # The custodian takes note, and delivers to who holds the licence now, by the normal way.
    done: list[int] = []
    wait_for(lambda: done.extend(custodian.poll()) or done)
    assert done == [license_id]
    assert len(added) == 1
    assert entries_of(sale.owner) == []
    assert opens_for(other, license_id, tmp_path / "copy.csv")


def test_it_is_cancelled_where_it_is_in_no_block_yet(
    sale: Any, other: Any, chain_for: Any, localnet: Any, tmp_path: Path
) -> None:
    chain = chain_for(sale.owner.account, sending=Sending(stuck_after=0.2))
    custodian = Custodian(acting(chain, sale.ipfs, sale.home))
    license_id, raw = replaced(sale, other, localnet, custodian)
    localnet.rpc("evm_setAutomine", False)
    localnet.rpc("eth_sendRawTransaction", raw)

    def is_cancelled() -> bool:
        custodian.poll()
        return any(attempt.cancels for entry in entries_of(chain) for attempt in entry.attempts)

    wait_for(is_cancelled)
    localnet.rpc("evm_setAutomine", True)
    localnet.rpc("evm_mine")
    done: list[int] = []
    wait_for(lambda: done.extend(custodian.poll()) or done)
    assert done == [license_id]
    assert opens_for(other, license_id, tmp_path / "copy.csv")


@pytest.mark.parametrize("call", [calls.deliver, calls.redeliver])
def test_a_key_is_not_delivered_to_somebody_else_or_of_other_data(sale: Any, call: Any) -> None:
    """As the contract has it; what is asked for is the same call with another licensee, or other data."""
    license_id = sale.buy().license_id
    if call is calls.redeliver:
        sale.owner.send(calls.deliver(sale.owner, license_id, b"\1" * 32))
    right = call(sale.owner, license_id, b"\2" * 32)
    number, envelope, data, licensee = right.args
    kind = sale.owner.licenses.functions[right.fn_name]
    for wrong in ((number, envelope, data, sale.owner.address), (number, envelope, b"\3" * 32, licensee)):
        with pytest.raises(RevertedError) as caught:
            sale.owner.send(kind(*wrong))
        assert caught.value.name == "AccessLicense_OtherLicense"
    sale.owner.send(right)
