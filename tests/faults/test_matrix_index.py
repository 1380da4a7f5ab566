"""Each fault and the index: after it, it is that of an honest node, row by row.

On a chain of its own, as both would read all that the workers of test_matrix.py did before.
"""

from __future__ import annotations

import pytest

from biodesci.index.database import Store
from tests.backend.conftest import Localnet
from tests.faults.cases import AFTERWARDS_S, OF_READERS, Case
from tests.faults.proxy import FaultProxy
from tests.faults.world import World, attempt, dump, persist


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
            persist(look, seconds=AFTERWARDS_S, until=lambda: is_at_head(store, network))
        proxy.end(fault)
        persist(look, seconds=AFTERWARDS_S, until=lambda: is_at_head(store, network))
        assert dump(store) == network.rebuilt()


def is_at_head(store: Store, network: World) -> bool:
    cursor = store.cursor()
    return cursor is not None and cursor.number == network.reader.honest.block_number()
