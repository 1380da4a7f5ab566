"""A worker whose transaction no block takes answers the requests behind it, and waits for none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.sending import Sending
from biodesci.core.onchain import RequestState
from biodesci.inference import worker as serve
from biodesci.inference.requests import read_request
from biodesci.ipfs.client import Ipfs
from biodesci.store.work import opened
from tests.backend.conftest import entries_of
from tests.faults.held import HeldTransaction
from tests.faults.proxy import FaultProxy
from tests.waiting import in_time, wait_for

pytestmark = pytest.mark.timeout(240)


def test_a_held_transaction_of_one_request_holds_up_no_other_answer(
    world: Any, localnet: Any, x: np.ndarray
) -> None:
    first, second = world.request(x), world.request(x)
    w, deployment = world.worker, load_deployment(localnet.deployment_file)
    with FaultProxy(localnet.rpc_url) as proxy:
        chain = Chain(proxy.url, deployment, w.chain.account, w.home, sending=Sending(stuck_after=3_600))
        server = serve.Server(chain, world.ipfs, w.home, w.seed, world.policy)
        held = HeldTransaction(most=1)
        with proxy.fault(held):
            with in_time():  # before, it waited for the first one's block, for two minutes
                assert server.serve_pending() == []
            assert len(held.held) == 1
            assert len(entries_of(chain)) == 2, "both answers are on their way"
            assert server.serve_pending() == []
            assert len(entries_of(chain)) == 2, "each is there once"
        done: list[int] = []

        def is_done() -> bool:
            done.extend(server.serve_pending())
            return len(done) == 2

        wait_for(is_done)
        assert sorted(done) == [first, second]
        assert entries_of(chain) == []
        assert server.unanswered == 0
    for request_id in (first, second):
        assert read_request(w.chain, request_id).state is RequestState.COMMITTED
        world.collect(request_id)


def test_a_commitment_that_a_reorganization_takes_back_is_made_again(
    world: Any, localnet: Any, x: np.ndarray
) -> None:
    """Its request was read long ago, and its commitment noted as done with the first block that had it."""
    w = world.worker
    server = serve.Server(w.chain, world.ipfs, w.home, w.seed, world.policy)
    request_id = world.request(x)
    localnet.rpc("anvil_mine", hex(100))
    before = localnet.rpc("evm_snapshot")
    assert server.serve_pending() == [request_id]
    localnet.rpc("evm_revert", before)
    localnet.rpc("evm_increaseTime", 7)
    localnet.rpc("anvil_mine", hex(4))
    assert server.serve_pending() == [request_id]
    assert read_request(w.chain, request_id).state is RequestState.COMMITTED
    world.collect(request_id)


def test_a_request_that_is_gone_for_good_is_forgotten(world: Any, localnet: Any, x: np.ndarray) -> None:
    """It was there when it was read; a person would be told for ever of something that fails."""
    w = world.worker
    away = Ipfs("http://127.0.0.1:9", timeout=1.0)
    server = serve.Server(w.chain, away, w.home, w.seed, world.policy)
    before = localnet.rpc("evm_snapshot")
    request_id = world.request(x)
    assert server.serve_pending() == []
    localnet.rpc("evm_revert", before)
    localnet.rpc("anvil_mine", hex(5))
    assert server.serve_pending() == []
    assert server.unanswered >= 1, "the reorganization may bring it back yet"
    localnet.rpc("anvil_mine", hex(70))
    wait_for(lambda: server.serve_pending() == [] and server.unanswered == 0)
    assert request_id not in server.serve_pending()


def test_a_request_that_is_refused_is_forgotten_once_its_deadline_has_passed(
    world: Any, localnet: Any, x: np.ndarray
) -> None:
    """Anybody may ask for what this worker does not serve, as often as they pay for the gas."""
    w = world.worker
    strict = replace(world.policy, minimum_fee=10**18)
    server = serve.Server(w.chain, world.ipfs, w.home, w.seed, strict)
    first = world.request(x)
    assert server.serve_pending() == []
    localnet.pass_time(read_request(w.chain, first).deadline - w.chain.now() + 1)
    assert server.serve_pending() == []
    second = world.request(x)
    assert server.serve_pending() == []
    noted = opened(w.chain.work_location).checkpoint(f"inference {w.chain.address} {w.chain.identity}")
    assert first not in json.loads(noted)["state"]["unsettled"]
    assert second in world.serve(), "a run with another policy answers it yet"


def test_an_answer_is_replaced_where_no_block_takes_it(world: Any, localnet: Any, x: np.ndarray) -> None:
    request_id = world.request(x)
    w, deployment = world.worker, load_deployment(localnet.deployment_file)
    with FaultProxy(localnet.rpc_url) as proxy:
        chain = Chain(proxy.url, deployment, w.chain.account, w.home, sending=Sending(stuck_after=0.2))
        server = serve.Server(chain, world.ipfs, w.home, w.seed, world.policy)
        with proxy.fault(HeldTransaction(most=1, lost=True)):
            wait_for(lambda: server.serve_pending() == [request_id])
            assert entries_of(chain) == []
    world.collect(request_id)
