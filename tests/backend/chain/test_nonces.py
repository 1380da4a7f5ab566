"""Who used a nonce is found without an archive node: by counts where there is state, else block by block."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from biodesci.chain.nonces import NonceUser
from tests.backend.chain.bare import WHERE, Bare, bare_chain
from tests.backend.chain.crooked import CrookedNode, crooked_node

KEPT = 128  # blocks whose state a node keeps by default (geth, Besu's Bonsai, Nethermind, reth with --full)


@pytest.fixture(scope="module")
def chain() -> Iterator[Bare]:
    with bare_chain() as started:
        started.rpc("anvil_mine", hex(300))
        yield started


@pytest.fixture
def node(chain) -> Iterator[CrookedNode]:
    with crooked_node(chain.url) as crooked:
        yield crooked


@pytest.fixture
def outbox(chain, node, tmp_path):
    return chain.outbox(tmp_path / "work.sqlite", url=node.url)


def use_nonce(chain: Bare, outbox) -> bytes:
    """Another program's transaction with the account's first nonce."""
    fields = {"to": WHERE, "value": 0, "nonce": 0, "gas": 50_000, "chainId": chain.web3.eth.chain_id}
    fields |= {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9}
    raw = outbox.sender.signer.sign_transaction(fields).raw_transaction
    return bytes(
        chain.web3.eth.wait_for_transaction_receipt(chain.web3.eth.send_raw_transaction(raw))[
            "transactionHash"
        ]
    )


def pruned(chain: Bare):
    """A node that has no state but of the last blocks."""

    def rule(method, params, result):
        if method == "eth_getTransactionCount" and params[1].startswith("0x"):
            assert int(params[1], 16) >= chain.web3.eth.block_number - KEPT, "asked for state that is gone"
        return result

    return rule


def user(outbox, since: int) -> NonceUser:
    return NonceUser(outbox.sender.web3, outbox.sender.address, 0, since)


@pytest.mark.parametrize("blocks_since", [0, 60, 127, 700])
@pytest.mark.parametrize("before", [0, 250], ids=lambda n: f"{n} blocks before")
def test_who_used_a_nonce_is_found(chain, node, outbox, blocks_since, before):
    since = chain.web3.eth.block_number
    chain.rpc("anvil_mine", hex(before))
    used_by = use_nonce(chain, outbox)
    chain.rpc("anvil_mine", hex(blocks_since))
    looking = user(outbox, since)
    with node.telling(pruned(chain)):
        found = [looking.hash(0) for _ in range(12)]
    assert used_by in found, "it takes a few looks, of so many blocks each"
    assert set(found) <= {used_by, None}


def test_a_nonce_that_is_free_has_no_user(chain, node, outbox):
    since = chain.web3.eth.block_number
    chain.rpc("anvil_mine", hex(400))
    with node.telling(pruned(chain)):
        assert user(outbox, since).hash(0) is None


def test_a_block_counts_when_it_is_deep_enough(chain, outbox):
    since = chain.web3.eth.block_number
    used_by = use_nonce(chain, outbox)
    looking = user(outbox, since)
    assert looking.hash(2) is None
    chain.rpc("anvil_mine", hex(2))
    assert looking.hash(2) == used_by


def test_a_node_without_the_block_decides_nothing_and_is_asked_again(chain, node, outbox):
    """Of several behind one address, the one that tells of blocks lags."""
    since = chain.web3.eth.block_number
    used_by = use_nonce(chain, outbox)
    block = hex(chain.web3.eth.block_number)
    chain.rpc("anvil_mine", hex(200))
    looking = user(outbox, since)

    def lagging(method, params, result):
        pruned(chain)(method, params, result)
        return None if method == "eth_getBlockByNumber" and params[0] == block else result

    with node.telling(lagging):
        assert [looking.hash(0) for _ in range(3)] == [None] * 3
    with node.telling(pruned(chain)):
        assert used_by in [looking.hash(0) for _ in range(5)]
