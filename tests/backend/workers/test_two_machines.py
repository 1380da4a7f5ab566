"""docs/operations.md: a custodian goes from SQLite to PostgreSQL, and then stands on two machines."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from biodesci.party import keys
from tests.backend.acting import PASSPHRASE
from tests.backend.postgres import Server
from tests.backend.workers.test_processes import deliveries, is_delivered


@pytest.mark.deep  # a quarter of a minute, of which it mostly waits for leases
def test_a_custodian_moves_to_postgresql_and_another_home_follows_it_there(
    start: Any, hospital: Any, chain_for: Any, postgres: Server, tmp_path: Path
) -> None:
    first, other = hospital.home, tmp_path / "machine-2"
    alone = start("custodian", BIODESCI_HOME=first)
    bought = [hospital.buy().license_id]
    alone.wait(lambda: f"licence {bought[0]}: delivered" in alone.log())
    assert alone.terminate() == 0
    # Nothing is open: that is when the page says that it may be done.
    assert hospital.owner.pending(hospital.owner.address) == []
    (first / "work.sqlite").rename(tmp_path / "work.sqlite")

    shared = {"DATABASE_URL": postgres.url(postgres.database(empty=True))}
    here = start("custodian", BIODESCI_HOME=first, **shared)
    here.wait(lambda: here.why_not_ready() == "")
    other.mkdir(mode=0o700)
    shutil.copy(first / "account.json", other)
    shutil.copytree(first / "datasets", other / "datasets")
    there = start("custodian", BIODESCI_HOME=other, **shared)
    there.wait(lambda: "stands by" in (there.why_not_ready() or ""))
    here.kill()
    hospital.buyer = chain_for()
    keys.register(hospital.buyer, tmp_path / "another", PASSPHRASE)
    bought.append(hospital.buy().license_id)
    there.wait(lambda: f"licence {bought[1]}: delivered" in there.log())
    assert all(is_delivered(hospital, one) for one in bought)
    assert [deliveries(hospital, one) for one in bought] == [1, 1]
