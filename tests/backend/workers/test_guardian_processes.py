"""Guardians as processes, with homes of their own: a threshold of them delivers, fewer do not."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx

from biodesci.chain import accounts
from biodesci.core.onchain import LicenseState
from biodesci.ipfs.client import Ipfs
from biodesci.market import license
from biodesci.market.guardians import guard, take_share
from tests.backend.acting import PASSPHRASE
from tests.backend.conftest import free_port
from tests.backend.market.conftest import seller
from tests.backend.market.guarded import House

QUICK = 1 << 12


def state(house: House, license_id: int) -> LicenseState:
    return license.get(house.sale.buyer, license_id).state


def test_two_of_three_guardians_deliver_whichever_is_gone_and_one_does_not(
    start: Any, chain_for: Any, ipfs_node: Any, tmp_path: Path
) -> None:
    house = House(chain_for, Ipfs(ipfs_node.api, timeout=2.0), tmp_path)
    ports = [free_port() for _ in house.members]
    urls = {
        member.chain.address: f"http://127.0.0.1:{port}"
        for member, port in zip(house.members, ports, strict=True)
    }
    split = guard(seller(house.sale), house.sale.dataset, 1, list(urls), 2, urls)
    for member in house.members:
        take_share(member, split)
        private = bytes(member.chain.signer().key)
        accounts.create(member.home / "account.json", PASSPHRASE, private_key=private, work_factor=QUICK)
    (house.sale.home / "datasets").rename(tmp_path / "away")

    def begin(number: int) -> Any:
        settings = {"BIODESCI_HOME": house.members[number].home, "BIODESCI_GUARDIAN_PORT": ports[number]}
        return start("guardian", **settings)

    one, two = begin(0), begin(1)
    first = house.buy()
    two.wait(lambda: f"licence {first}: delivered in" in one.log() + two.log())
    assert state(house, first) is LicenseState.DELIVERED
    assert house.download(first) == house.sale.file.read_bytes()

    one.kill()
    second = house.buy()
    two.wait(lambda: f"licence {second}: a share is released" in two.log())
    time.sleep(2)
    assert state(house, second) is LicenseState.PURCHASED
    address = house.members[2].chain.address
    answer = httpx.get(f"http://127.0.0.1:{ports[1]}/shares/{second}/{address}")
    assert answer.status_code == 200
    for path in (f"{second}/{house.sale.buyer.address}", f"{second + 1}/{address}", f"0/{address}", "x/y"):
        refused = httpx.get(f"http://127.0.0.1:{ports[1]}/shares/{path}")
        assert refused.status_code in {404, 422}, path

    three = begin(2)
    three.wait(lambda: f"licence {second}: delivered in" in two.log() + three.log())
    assert house.download(second) == house.sale.file.read_bytes()
    status, seconds = two.terminate()
    assert (status, seconds < 10) == (0, True)
