"""Each fault and each worker: with the fault it goes on, or waits with a sentence; after it all ends right.

"Right": nothing is lost, nothing happens twice, and the index is that of an honest node, row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from biodesci.index.database import Store
from biodesci.ipfs.client import Ipfs
from tests.attacks.sites import Sites
from tests.backend.conftest import IpfsNode, Localnet
from tests.faults.faults import (
    BatchRefused,
    BatchShuffled,
    Dead,
    Fault,
    Html,
    Pruned,
    RangeLimit,
    ReceiptsRefused,
    ResultLimit,
    Slow,
    TooManyRequests,
)
from tests.faults.held import HeldTransaction
from tests.faults.lies import Cut, Drop, HeadBack, Lag, WrongHash
from tests.faults.proxy import FaultProxy
from tests.faults.world import Serving, World, attempt, dump, persist, roster

_AFTERWARDS_S = 60.0


@dataclass(frozen=True)
class Case:
    """`goes_on`: workers have to end right while the fault is there; else they may wait. `deep`: another
    wording of a fault that each change is tried against. `sending`: it is of transactions, which an index,
    that reads logs alone, does not notice: the two are tried together in `make test-deep`."""

    name: str
    fault: Callable[[], Fault]
    goes_on: bool = True
    deep: bool = False
    sending: bool = False


CASES = (
    Case("20 blocks, the range named", lambda: RangeLimit(20, "alchemy")),
    Case("20 blocks, unnamed", lambda: RangeLimit(20, "ankr"), deep=True),
    Case("20 blocks, Besu", lambda: RangeLimit(20, "besu"), deep=True),
    Case("few results", lambda: ResultLimit(5)),
    Case("few results, geth", lambda: ResultLimit(5, "geth"), deep=True),
    # Its Retry-After is longer than these clients' patience: of many questions in a row, few may be refused.
    Case("429 of HTTP", lambda: TooManyRequests("http", 0.005)),
    Case("429 in JSON", lambda: TooManyRequests("compute units", 0.02), deep=True),
    Case("429 as -32005", lambda: TooManyRequests("request rate", 0.02), deep=True),
    Case("30 ms", lambda: Slow(0.03)),
    Case("no batches", BatchRefused),
    Case("small batches", lambda: BatchRefused(5), deep=True),
    Case("shuffled batches", BatchShuffled, deep=True),
    Case("no receipts", ReceiptsRefused, sending=True),
    Case("pruned", lambda: Pruned(16)),
    Case("one held transaction", lambda: HeldTransaction(most=1, lost=True), sending=True),
    Case("every transaction held", HeldTransaction, goes_on=False, sending=True),
    Case("logs lag", lambda: Lag(3), goes_on=False),
    Case("a node lags", lambda: Lag(3, whole=True), goes_on=False),
    Case("cut", Cut, goes_on=False),
    Case("drop", Drop, goes_on=False, deep=True),
    Case("wrong hashes of logs", lambda: WrongHash("logs"), goes_on=False, deep=True),
    Case("wrong hashes of blocks", lambda: WrongHash("headers"), goes_on=False, deep=True),
    Case("the head jumps back", HeadBack, goes_on=False),
    Case("HTML", Html, goes_on=False),
    Case("refused", Dead, goes_on=False, deep=True),
    Case("reset", lambda: Dead("reset"), goes_on=False, deep=True),
    Case("silent", lambda: Dead("hang"), goes_on=False),
)

EACH = [pytest.param(case, id=case.name, marks=[pytest.mark.deep] * case.deep) for case in CASES]
OF_READERS = [
    pytest.param(case, id=case.name, marks=[pytest.mark.deep] * (case.deep or case.sending)) for case in CASES
]


@pytest.fixture(scope="module")
def proxy(localnet: Localnet) -> Iterator[FaultProxy]:
    with FaultProxy(localnet.rpc_url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def network(
    localnet: Localnet, proxy: FaultProxy, ipfs_node: IpfsNode, tmp_path_factory: pytest.TempPathFactory
) -> World:
    return World(localnet, proxy, Ipfs(ipfs_node.api, timeout=2.0), tmp_path_factory.mktemp("network"))


@pytest.fixture(scope="module")
def serving(network: World, world: Any) -> Serving:
    worker = world.worker
    return Serving(world, network.behind(worker.chain.account, worker.home))


@pytest.fixture(scope="module")
def round_id(network: World) -> int:
    """Of a round with three nodes."""
    made = iter(range(9))

    def chain_for() -> Any:
        return network.party(f"site-{next(made)}").honest

    sites = Sites(chain_for, network.ipfs, network.folder / "sites", 3)
    opened = sites.open()
    for node in sites.nodes:
        node.step()
    return opened


@pytest.mark.parametrize("case", EACH)
def test_every_worker_ends_right(
    case: Case, network: World, serving: Serving, round_id: int, localnet: Localnet, proxy: FaultProxy
) -> None:
    localnet.rpc("anvil_mine", hex(25))
    begin = network.reader.honest.block_number() + 1  # what is before is other cases', more with each
    file, fault = network.cohort(), case.fault()
    told, request = roster(network.reader.honest, round_id), serving.ask()
    licence = network.buy_honestly()
    bought: list[int] = []

    def read_roster() -> None:
        assert roster(network.reader.chain, round_id) == told

    work: list[tuple[Callable[[], object], Callable[[], bool] | None]] = [
        (network.custodian.poll, lambda: network.is_delivered(licence)),
        (serving.serve, lambda: serving.answers(request, begin) == 1),
        (read_roster, None),
        (lambda: network.publish(file), None),
        (lambda: bought.append(network.buy()), None),
    ]
    waiting = []
    with proxy.fault(fault):
        for run, until in work:
            if case.goes_on:
                persist(run, seconds=_AFTERWARDS_S, until=until)
            elif not attempt(run) or (until is not None and not until()):
                waiting.append((run, until))
    for run, until in waiting:
        persist(run, seconds=_AFTERWARDS_S, until=until)

    persist(network.custodian.poll, seconds=_AFTERWARDS_S, until=lambda: network.is_delivered(bought[0]))
    assert network.count("datasets", "DatasetPublished", begin, owner=network.seller.address) == 1
    assert network.count("licenses", "LicensePurchased", begin, licensee=network.buyer.address) == 2
    assert network.count("licenses", "LicenseDelivered", begin, licenseId=licence) == 1
    assert network.count("licenses", "KeyRedelivered", begin, licenseId=licence) == 0
    assert serving.answers(request, begin) == 1


@pytest.mark.parametrize("case", OF_READERS)
def test_the_index_is_that_of_an_honest_node(
    case: Case, network: World, localnet: Localnet, proxy: FaultProxy
) -> None:
    localnet.rpc("anvil_mine", hex(25))
    fault = case.fault()
    with proxy.fault(fault), network.fresh_index() as (store, look):
        for _ in range(2):
            network.buy_honestly()
            localnet.rpc("anvil_mine", hex(2))
            attempt(look)
        if case.goes_on:
            persist(look, seconds=_AFTERWARDS_S, until=lambda: is_at_head(store, network))
        proxy.end(fault)
        persist(look, seconds=_AFTERWARDS_S, until=lambda: is_at_head(store, network))
        assert dump(store) == network.rebuilt()


def is_at_head(store: Store, network: World) -> bool:
    cursor = store.cursor()
    return cursor is not None and cursor.number == network.reader.honest.block_number()
