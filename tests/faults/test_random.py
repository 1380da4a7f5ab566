"""Weeks of a network in a minute: trade, faults, kills, reorganizations, full disks, in any order.

In the end all faults are off: the index is that of an honest node, each licence was delivered once or
refunded, and nothing is left in the outbox. `SEED=7 pytest …` repeats a run.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from biodesci.chain.records import License
from biodesci.core.errors import BioDeSciError, UnavailableError
from biodesci.core.onchain import DAY, LicenseState
from biodesci.index.database import Store
from biodesci.ipfs.client import Ipfs
from biodesci.market import license, offers
from biodesci.market.card import DatasetMeta
from biodesci.market.offers import OfferTerms
from biodesci.market.publish import publish
from biodesci.market.purchase import purchase
from biodesci.store.engine import Location
from tests.backend.acting import acting
from tests.backend.conftest import IpfsNode, Localnet, entries_of
from tests.backend.disks import Disk, small_disk
from tests.backend.postgres import Server, running
from tests.faults import faults, lies
from tests.faults.faults import Fault
from tests.faults.held import HeldTransaction
from tests.faults.proxy import FaultProxy
from tests.faults.workers import Worker
from tests.faults.world import HMB, PRICE, World, dump
from tests.waiting import wait_for

_FAULTS: tuple[Callable[[], Fault], ...] = (
    lambda: faults.RangeLimit(20), lambda: faults.ResultLimit(10), lambda: faults.Slow(0.03),
    lambda: faults.TooManyRequests("http", 0.05), lambda: faults.TooManyRequests("request rate", 0.05),
    faults.Html, lambda: faults.Dead("reset"), faults.Dead, faults.BatchRefused, faults.ReceiptsRefused,
    lambda: faults.Pruned(8), lambda: lies.Lag(3), lambda: lies.Lag(3, whole=True), lies.Cut, lies.Drop,
    lambda: lies.WrongHash("logs"), lies.HeadBack, HeldTransaction,
)  # fmt: skip
_STEP_S = 0.4
_TRADING = ("buy", "buy", "publish", "offer", "refund")
_TROUBLE = ("fault on", "fault on", "fault off", "kill", "reorg", "disk", "database", "blocks")


class Weeks:
    """A custodian and an indexer as processes behind the provider; trade comes by the honest node.

    With a `server`, index and work are databases of its, on a disk that is full now and then.
    """

    def __init__(self, world: World, location: Location, server: Server | None, dice: random.Random) -> None:
        self.world, self.location, self.server, self.dice = world, location, server, dice
        self.disk = Disk(server.folder) if server is not None else None
        self.on: list[Fault] = []
        self.offers = [world.offer]
        self.did: list[str] = []
        folder, proxy = world.folder, world.proxy
        common = {
            "RPC_URL": proxy.url, "IPFS_API": world.ipfs.api, "POLL_INTERVAL": "0.1",
            "DEPLOYMENT": str(world.localnet.deployment_file), "STUCK_AFTER": "1",
        }  # fmt: skip
        if isinstance(location, str):
            common["DATABASE_URL"] = location
            honest = world.seller.honest  # shares its account's work with the custodian
            honest.sending = dataclasses.replace(honest.sending, work=location)
        index = {**common, "HOME": str(folder / "indexer")}
        self.custodian = Worker("custodian", folder, {**common, "HOME": str(world.seller.home)})
        self.indexer = Worker("indexer", folder, index)
        self.workers = (self.custodian, self.indexer)

    def step(self, kind: str) -> None:
        """One thing that happens."""
        self.did.append(kind)
        getattr(self, "_" + kind.replace(" ", "_"))()
        for worker in self.workers:
            worker.start()

    def _buy(self) -> None:
        with contextlib.suppress(BioDeSciError):  # a reorganization may have taken the offer
            purchase(self.world.buyer.honest, self.dice.choice(self.offers), HMB, again=True)

    def _publish(self) -> None:
        member = acting(self.world.seller.honest, self.world.ipfs, self.world.seller.home)
        file = self.world.cohort()
        done = publish(member, file, DatasetMeta(file.stem, "", HMB), OfferTerms(price=PRICE))
        if done.offer_id is not None:
            self.offers.append(done.offer_id)

    def _offer(self) -> None:
        terms = OfferTerms(price=PRICE, delivery_window=DAY)
        self.offers.append(offers.create(self.world.seller.honest, self.world.dataset, terms))

    def _refund(self) -> None:
        """A day and more goes by; what was not delivered meanwhile is paid back."""
        self.world.localnet.pass_time(DAY + 60)
        for licence in self.licences():
            if licence.state is LicenseState.PURCHASED:
                with contextlib.suppress(BioDeSciError):  # delivered at this moment
                    license.refund(self.world.buyer.honest, licence.id)

    def _fault_on(self) -> None:
        fault = self.dice.choice(_FAULTS)()
        is_known = any(isinstance(one, type(fault)) for one in self.on)
        if len(self.on) < 3 and not is_known:
            self.world.proxy.begin(fault)
            self.on.append(fault)
            self.did[-1] += f" {fault}"

    def _fault_off(self) -> None:
        if self.on:
            self.world.proxy.end(self.on.pop(self.dice.randrange(len(self.on))))

    def _kill(self) -> None:
        self.dice.choice(self.workers).kill()

    def _reorg(self) -> None:
        """1 to 30 blocks are replaced by empty ones; those of the beginning stay."""
        head = self.world.reader.honest.block_number()
        depth = min(self.dice.randint(1, 30), head - self.world.first_block)
        if depth > 0:
            self.world.localnet.rpc("anvil_reorg", depth, [])
            self.did[-1] += f" {depth}"

    def _disk(self) -> None:
        if self.server is not None and self.disk is not None and self.dice.random() < 0.5:
            self.did[-1] += " of the server"
            self.disk.fill()
            self._blocks()
            time.sleep(1)
            self.disk.free()
            if not self.server.is_running():  # it had no space for its own log
                self.server.start()
            return
        worker = self.dice.choice(self.workers)
        worker.fill_disk(full=True)
        self.world.localnet.rpc("anvil_mine", hex(2))
        time.sleep(0.3)
        worker.fill_disk(full=False)

    def _database(self) -> None:
        """In order, or by a crash."""
        if self.server is not None:
            self.server.restart(self.dice.choice((signal.SIGINT, signal.SIGQUIT)))

    def _blocks(self) -> None:
        self.world.localnet.rpc("anvil_mine", hex(self.dice.randint(1, 20)))

    def licences(self) -> list[License]:
        """All of them, as the honest node has them."""
        chain = self.world.reader.honest
        count = int(chain.call(chain.lens.functions.licenseCount()))
        return [chain.read(License, number) for number in range(1, count + 1)]

    def end(self) -> None:
        """All is well again."""
        for fault in self.on:
            self.world.proxy.end(fault)
        self.on.clear()
        for worker in self.workers:
            worker.start()

    def is_at_rest(self) -> bool:
        """Whether everybody has done what is to be done. Buyers take back what comes too late."""
        now = self.world.reader.honest.now()
        for licence in self.licences():
            if licence.state is LicenseState.PURCHASED and licence.deadline < now:
                with contextlib.suppress(BioDeSciError):
                    license.refund(self.world.buyer.honest, licence.id)
        if any(licence.state is LicenseState.PURCHASED for licence in self.licences()):
            return False
        try:
            with Store(self.location, read_only=True) as store:
                cursor = store.cursor()
        except UnavailableError:  # its indexer has not begun yet
            return False
        is_read = cursor is not None and cursor.number == self.world.reader.honest.block_number()
        return is_read and self.left() == []

    def left(self) -> list[str]:
        """What the outbox of who sells still holds: its own, and the custodian's."""
        return [
            f"{entry.kind} {entry.about}: nonce {entry.nonce}, {len(entry.attempts)} attempts, "
            f"confirmed {entry.confirmed}"
            for entry in entries_of(self.world.seller.honest)
        ]


@pytest.fixture
def network(localnet: Localnet, ipfs_node: IpfsNode, tmp_path: Path) -> Iterator[World]:
    with FaultProxy(localnet.rpc_url) as proxy:
        yield World(localnet, proxy, Ipfs(ipfs_node.api, timeout=2.0), tmp_path)


def run(network: World, location: Location, server: Server | None, steps: int) -> None:
    seed = int(os.environ.get("SEED") or str(random.randrange(1 << 32)), 0)
    print(f"SEED={seed}")
    dice = random.Random(seed)
    weeks = Weeks(network, location, server, dice)
    try:
        for worker in weeks.workers:
            worker.start()
        for _ in range(steps):
            weeks.step(dice.choice(_TRADING if dice.random() < 0.45 else _TROUBLE))
            time.sleep(_STEP_S)
        weeks.end()
        wait_for(weeks.is_at_rest, 90, 0.3)
    finally:
        print(", ".join(weeks.did))
        for worker in weeks.workers:
            worker.stop()
            print(worker.name, worker.tail())
    with Store(location, read_only=True) as store:
        assert dump(store) == network.rebuilt()
    for licence in weeks.licences():
        delivered = network.count("licenses", "LicenseDelivered", licenseId=licence.id)
        refunded = network.count("licenses", "LicenseRefunded", licenseId=licence.id)
        assert (delivered, refunded) in {(1, 0), (0, 1)}, licence
        assert network.count("licenses", "KeyRedelivered", licenseId=licence.id) == 0
    assert weeks.left() == []


def test_some_days(network: World, tmp_path: Path) -> None:
    run(network, tmp_path / "indexer" / "index.sqlite", None, 24)


@pytest.mark.deep
@pytest.mark.timeout(1_800)
def test_many_weeks(network: World, tmp_path: Path) -> None:
    run(network, tmp_path / "indexer" / "index.sqlite", None, 220)


@pytest.mark.deep
@pytest.mark.timeout(1_800)
def test_many_weeks_on_postgresql(network: World) -> None:
    with small_disk(256) as disk, running(disk.folder) as server:
        run(network, server.url(server.database()), server, 220)
