"""Workers as processes of their own: two do no job twice, one that was killed is followed, and a signal ends
each in time. Chain, IPFS node and databases are real."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from biodesci.core.onchain import LicenseState
from biodesci.market import license
from biodesci.party import keys
from tests.backend.acting import PASSPHRASE
from tests.faults.faults import Slow
from tests.faults.proxy import FaultProxy


def deliveries(sale: Any, license_id: int) -> int:
    licenses = sale.owner.licenses
    return len(sale.owner.events(licenses, "LicenseDelivered", 0, filters={"licenseId": license_id}))


def is_delivered(sale: Any, license_id: int) -> bool:
    return license.get(sale.owner, license_id).state is LicenseState.DELIVERED


def test_of_two_custodians_one_works_and_the_other_follows_a_killed_one(
    start: Any, hospital: Any, chain_for: Any, tmp_path: Path
) -> None:
    home = {"BIODESCI_HOME": hospital.home}
    first = start("custodian", **home)
    first.wait(lambda: first.why_not_ready() == "")
    second = start("custodian", **home)
    second.wait(lambda: "stands by" in (second.why_not_ready() or ""))
    bought = [hospital.buy().license_id]
    first.wait(lambda: is_delivered(hospital, bought[0]))
    first.kill()
    hospital.buyer = chain_for()
    keys.register(hospital.buyer, tmp_path / "another", PASSPHRASE)
    bought.append(hospital.buy().license_id)
    second.wait(
        lambda: is_delivered(hospital, bought[1]) and f"licence {bought[1]}: delivered" in second.log()
    )
    assert [deliveries(hospital, one) for one in bought] == [1, 1]
    assert "standing by" in second.log()
    figures = second.metrics()
    for name in (
        "biodesci_holds_lease 1.0",
        "biodesci_outbox_pending 0.0",
        'biodesci_queue{kind="licences"}',
    ):
        assert name in figures
    for counted in ("rpc_calls_total{method=", "ipfs_calls_total"):
        assert f"biodesci_{counted}" in figures
    assert second.terminate() == 0


def test_a_signal_ends_a_worker_in_the_middle_of_waiting(start: Any, hospital: Any, localnet: Any) -> None:
    with FaultProxy(localnet.rpc_url) as proxy:
        worker = start("custodian", BIODESCI_HOME=hospital.home, BIODESCI_RPC_URL=proxy.url)
        worker.wait(lambda: worker.why_not_ready() == "")
        with proxy.fault(Slow(100.0)):
            proxy.forget_counts()
            worker.wait(lambda: proxy.requests > 0)
            assert worker.terminate() == 0
    assert "the next start goes on with it" in worker.log()


def test_a_worker_whose_chain_is_away_waits_and_says_so(start: Any, hospital: Any) -> None:
    worker = start("custodian", BIODESCI_HOME=hospital.home, BIODESCI_RPC_URL="http://127.0.0.1:9")
    worker.wait(lambda: "UnavailableError" in (worker.why_not_ready() or ""))
    assert worker.terminate() == 0


def test_wrong_settings_end_a_worker_with_status_1(start: Any, tmp_path: Path) -> None:
    worker = start("custodian", BIODESCI_HOME=tmp_path / "nobody")
    assert worker._process.wait(60) == 1
    assert "Traceback" not in worker.log()
