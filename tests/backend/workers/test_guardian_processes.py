"""Guardians as processes, with homes of their own: a threshold of them delivers, fewer do not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from biodesci.chain import accounts
from biodesci.core.onchain import LicenseState
from biodesci.ipfs.client import Ipfs
from biodesci.localnet.processes import free_port
from biodesci.market import license
from biodesci.market.guardians import guard, take_share
from tests.backend.acting import PASSPHRASE
from tests.backend.market.conftest import seller
from tests.backend.market.guarded import House
from tests.backend.workers.processes import Process

QUICK = 1 << 12


@dataclass
class Guarded:
    """A house whose owner has no key any more, and its guardians, each of which is a process once begun."""

    house: House
    ports: list[int]
    begin: Callable[[int], Process]

    def state(self, license_id: int) -> LicenseState:
        return license.get(self.house.sale.buyer, license_id).state

    def has_file(self, license_id: int) -> bool:
        """Whether the licensee gets what was sold."""
        return self.house.download(license_id) == self.house.sale.file.read_bytes()

    def answer(self, number: int, path: str) -> int:
        """The status of a guardian's answer to whoever asks for a share."""
        return httpx.get(f"http://127.0.0.1:{self.ports[number]}/shares/{path}").status_code


@pytest.fixture
def guarded(start: Any, chain_for: Any, ipfs_node: Any, tmp_path: Path) -> Guarded:
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

    def begin(number: int) -> Process:
        settings = {"BIODESCI_HOME": house.members[number].home, "BIODESCI_GUARDIAN_PORT": ports[number]}
        process: Process = start("guardian", **settings)
        return process

    return Guarded(house, ports, begin)


def test_one_of_three_guardians_gives_its_share_to_the_others_alone_and_ends_on_a_signal(
    guarded: Guarded,
) -> None:
    """How two deliver is tried in `market/test_guarding.py`, without processes."""
    one = guarded.begin(0)
    bought = guarded.house.buy()
    one.wait(lambda: f"licence {bought}: a share is released" in one.log())
    fellow = guarded.house.members[2].chain.address
    assert guarded.answer(0, f"{bought}/{fellow}") == 200
    stranger = guarded.house.sale.buyer.address
    for path in (f"{bought}/{stranger}", f"{bought + 1}/{fellow}", f"0/{fellow}", "x/y"):
        assert guarded.answer(0, path) in {404, 422}, path
    assert guarded.state(bought) is LicenseState.PURCHASED
    assert one.terminate() == 0


@pytest.mark.deep
def test_two_of_three_guardians_deliver_whichever_is_gone_and_one_does_not(guarded: Guarded) -> None:
    one, two = guarded.begin(0), guarded.begin(1)
    first = guarded.house.buy()
    two.wait(lambda: f"licence {first}: delivered in" in one.log() + two.log())
    assert guarded.state(first) is LicenseState.DELIVERED
    assert guarded.has_file(first)

    one.kill()
    second = guarded.house.buy()
    two.wait(lambda: f"licence {second}: a share is released" in two.log())
    time.sleep(2)
    assert guarded.state(second) is LicenseState.PURCHASED

    three = guarded.begin(2)
    three.wait(lambda: f"licence {second}: delivered in" in two.log() + three.log())
    assert guarded.has_file(second)
