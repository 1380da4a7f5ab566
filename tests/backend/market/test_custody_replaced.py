"""A reorganization gives a licence's number to another buyer while a delivery to the first is on its way."""

from __future__ import annotations

from typing import Any

import pytest

from biodesci.core.onchain import LicenseState
from biodesci.market import license
from biodesci.market.custody import Custodian
from biodesci.market.purchase import purchase
from biodesci.market.redelivery import redeliver
from biodesci.party import keys
from tests.backend.acting import PASSPHRASE, acting
from tests.backend.conftest import entries_of

HMB = 1 << 2


def test_what_was_sealed_for_a_buyer_who_is_gone_stays_here(
    sale: Any, chain_for: Any, localnet: Any, caplog: pytest.LogCaptureFixture
) -> None:
    other = chain_for()
    keys.register(other, sale.buyer_home.with_name("other"), PASSPHRASE)
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
    localnet.web3.eth.wait_for_transaction_receipt(
        again, poll_latency=0.02
    )  # its block comes after the answer
    assert custodian.poll() == [license_id]
    assert added == []
    assert license.get(sale.owner, license_id).state is LicenseState.DELIVERED
    assert "redeliver" in caplog.text
    redeliver(acting(sale.owner, sale.ipfs, sale.home), license_id)
    assert len(added) == 1
