"""Each fault and each worker: with the fault it goes on, or waits with a sentence; after it all ends right.

"Right": nothing is lost and nothing happens twice. The index under the same faults: test_matrix_index.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.attacks.sites import Sites
from tests.backend.conftest import Localnet
from tests.faults.cases import AFTERWARDS_S, EACH, Case
from tests.faults.proxy import FaultProxy
from tests.faults.world import Serving, World, attempt, persist, roster


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
                persist(run, seconds=AFTERWARDS_S, until=until)
            elif not attempt(run) or (until is not None and not until()):
                waiting.append((run, until))
    for run, until in waiting:
        persist(run, seconds=AFTERWARDS_S, until=until)

    persist(network.custodian.poll, seconds=AFTERWARDS_S, until=lambda: network.is_delivered(bought[0]))
    assert network.count("datasets", "DatasetPublished", begin, owner=network.seller.address) == 1
    assert network.count("licenses", "LicensePurchased", begin, licensee=network.buyer.address) == 2
    assert network.count("licenses", "LicenseDelivered", begin, licenseId=licence) == 1
    assert network.count("licenses", "KeyRedelivered", begin, licenseId=licence) == 0
    assert serving.answers(request, begin) == 1
