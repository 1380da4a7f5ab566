"""A reorganization gives a licence's number to another purchase while a delivery is on its way."""

from __future__ import annotations

from typing import Any

import pytest
from hexbytes import HexBytes

from biodesci.core.errors import RevertedError
from biodesci.core.onchain import LicenseState
from biodesci.market import license, licensed_copy
from biodesci.market.custody import Custodian
from biodesci.market.purchase import purchase
from biodesci.party import keys
from tests.backend import calls
from tests.backend.acting import PASSPHRASE, acting
from tests.backend.conftest import entries_of

HMB = 1 << 2


def test_a_delivery_to_a_buyer_who_is_gone_delivers_nothing_to_the_next_one(
    sale: Any, chain_for: Any, localnet: Any, tmp_path: Any
) -> None:
    other, home = chain_for(), sale.buyer_home.with_name("other")
    keys.register(other, home, PASSPHRASE)
    before = localnet.rpc("evm_snapshot")
    license_id = sale.buy().license_id
    custodian = Custodian(acting(sale.owner, sale.ipfs, sale.home))
    added: list[bytes] = []
    real = sale.ipfs.add
    sale.ipfs.add = lambda data, *named: added.append(data) or real(data, *named)
    localnet.rpc("evm_setAutomine", False)
    assert custodian.poll() == []
    ((sent,),) = [entry.attempts for entry in entries_of(sale.owner)]
    localnet.rpc("evm_revert", before)
    localnet.rpc("anvil_dropAllTransactions")
    localnet.rpc("evm_setAutomine", True)
    assert purchase(other, sale.offer, HMB).license_id == license_id
    again = localnet.rpc("eth_sendRawTransaction", "0x" + bytes(sent.raw).hex())
    receipt = localnet.web3.eth.wait_for_transaction_receipt(HexBytes(again), poll_latency=0.02)
    assert receipt["status"] == 0
    assert license.get(sale.owner, license_id).state is LicenseState.PURCHASED
    # The custodian takes note, and delivers to who holds the licence now, by the normal way.
    delivered = custodian.poll() + custodian.poll()
    assert delivered == [license_id]
    assert len(added) == 1
    assert entries_of(sale.owner) == []
    assert custodian.poll() == []
    target = tmp_path / "copy.csv"
    licensed_copy.download(other, sale.ipfs, keys.load_seed(home, PASSPHRASE), license_id, target)
    assert target.exists()


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
