"""What took effect and is taken back by a reorganization is told once, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.landed import Landed
from biodesci.chain.provider import Provider


@pytest.fixture
def chain(localnet: Any, tmp_path: Path) -> Chain:
    deployment = load_deployment(localnet.deployment_file)
    return Chain(localnet.rpc_url, deployment, localnet.account(), tmp_path)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many headers each question was for; the node answers all the same."""
    counted: list[int] = []
    real = Provider.batch

    def batch(self: Provider, calls: Any) -> Any:
        counted.append(len(calls))
        return real(self, calls)

    monkeypatch.setattr(Provider, "batch", batch)
    return counted


def sent(localnet: Any) -> Any:
    """The receipt of something that one of the node's accounts sent."""
    accounts = localnet.web3.eth.accounts
    done = localnet.web3.eth.send_transaction({"from": accounts[1], "to": accounts[2], "value": 1})
    return localnet.web3.eth.wait_for_transaction_receipt(done)


def back_to(localnet: Any, snapshot: Any, blocks: int) -> None:
    """The blocks since then are replaced by others, so many."""
    localnet.rpc("evm_revert", snapshot)
    localnet.rpc("evm_increaseTime", 7)
    localnet.rpc("anvil_mine", hex(blocks))


def test_what_is_taken_back_is_told_once(chain: Chain, localnet: Any) -> None:
    landed = Landed(chain, "sale")
    landed.add("the old one", sent(localnet))
    before = localnet.rpc("evm_snapshot")
    landed.add("the new one", sent(localnet))
    assert landed.taken_back(chain.block_number()) == []
    back_to(localnet, before, 3)
    assert landed.taken_back(chain.block_number()) == ["the new one"]
    assert landed.taken_back(chain.block_number()) == []
    localnet.rpc("evm_mine")
    assert landed.taken_back(chain.block_number()) == []


def test_what_landed_in_different_chains_is_told_apart(chain: Chain, localnet: Any) -> None:
    """A reorganization came between two receipts: one block says nothing of the other."""
    landed = Landed(chain, "sale")
    before = localnet.rpc("evm_snapshot")
    landed.add("of the first chain", sent(localnet))
    back_to(localnet, before, 3)
    landed.add("of the second chain", sent(localnet))
    assert landed.taken_back(chain.block_number()) == ["of the first chain"]


def test_a_head_that_jumps_back_takes_nothing_back(chain: Chain, localnet: Any) -> None:
    landed = Landed(chain, "sale")
    landed.add("a sale", sent(localnet))
    assert landed.taken_back(chain.block_number() - 1) == []
    assert landed.taken_back(chain.block_number()) == []


def test_another_process_knows_of_it_until_it_is_done_again(chain: Chain, localnet: Any) -> None:
    """One that was told, and ended before it had done anything, has lost nothing."""
    landed = Landed(chain, "sale")
    before = localnet.rpc("evm_snapshot")
    landed.add("a sale", sent(localnet))
    assert Landed(chain, "another kind").taken_back(chain.block_number()) == []
    back_to(localnet, before, 3)
    assert landed.taken_back(chain.block_number()) == ["a sale"]
    after = Landed(chain, "sale")
    assert after.taken_back(chain.block_number()) == ["a sale"]
    after.add("a sale", sent(localnet))
    assert Landed(chain, "sale").taken_back(chain.block_number()) == []
    localnet.rpc("evm_mine")
    assert after.taken_back(chain.block_number()) == []


def test_what_a_command_did_beside_the_worker_is_noted_too(chain: Chain, localnet: Any) -> None:
    """`biodesci dataset release` delivers with the account of a custodian that runs meanwhile."""
    worker, command = Landed(chain, "sale"), Landed(chain, "sale")
    before = localnet.rpc("evm_snapshot")
    command.add("by a command", sent(localnet))
    worker.add("by the worker", sent(localnet))
    assert worker.taken_back(chain.block_number()) == []
    back_to(localnet, before, 3)
    assert worker.taken_back(chain.block_number()) == ["by a command", "by the worker"]
    command.add("by a command", sent(localnet))
    worker.add("by the worker", sent(localnet))
    localnet.rpc("evm_mine")
    assert worker.taken_back(chain.block_number()) == []
    assert Landed(chain, "sale").taken_back(chain.block_number()) == []


def test_what_a_command_did_again_is_not_told_of_by_the_worker(chain: Chain, localnet: Any) -> None:
    worker = Landed(chain, "sale")
    before = localnet.rpc("evm_snapshot")
    worker.add("a sale", sent(localnet))
    back_to(localnet, before, 3)
    Landed(chain, "sale").add("a sale", sent(localnet))
    assert worker.taken_back(chain.block_number()) == []


def test_what_is_deep_is_forgotten(chain: Chain, localnet: Any, asked: list[int]) -> None:
    landed = Landed(chain, "sale")
    landed.add("a deep one", sent(localnet))
    localnet.rpc("anvil_mine", hex(300))
    assert landed.taken_back(chain.block_number()) == []
    assert asked == []
    before = localnet.rpc("evm_snapshot")
    landed.add("a later one", sent(localnet))
    back_to(localnet, before, 3)
    assert Landed(chain, "sale").taken_back(chain.block_number()) == ["a later one"]
    assert asked == [1, 1], "nothing else is stored"


def test_nothing_is_asked_while_nothing_is_known_or_new(
    chain: Chain, localnet: Any, asked: list[int]
) -> None:
    landed = Landed(chain, "sale")
    assert landed.taken_back(chain.block_number()) == []
    assert asked == []
    for name in ("one", "two", "three"):
        landed.add(name, sent(localnet))
    head = chain.block_number()
    assert landed.taken_back(head) == landed.taken_back(head) == []
    assert asked == [3]
    localnet.rpc("evm_mine")
    assert landed.taken_back(chain.block_number()) == []
    assert asked == [3, 1], "of what is known to be of one chain, the last stands for all"
