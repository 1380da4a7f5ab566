"""When is a transaction lost? Only where the chain shows which other one has its nonce.

What a node leaves out, tells late, or tells of a block that it is still making, lets nothing be sent twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from web3 import Web3

from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.sending import Sending
from biodesci.core.errors import UnavailableError
from tests.backend.chain.crooked import CrookedNode, crooked_node
from tests.waiting import wait_for

PUBLICATION = (b"\x01" * 32, b"\x02" * 32, b"\x03" * 32, 1, bytes(32))
SURE_AFTER_S = 0.4
WRONG_FOR_S = 2.5 * SURE_AFTER_S  # longer than the outbox takes to be sure


def patience(seconds: float) -> Sending:
    """Waits so long for a block, and is sure sooner than usual, so that a node need not lie for long."""
    return Sending(block_timeout=seconds, sure_after=SURE_AFTER_S)


@pytest.fixture
def node(localnet) -> Iterator[CrookedNode]:
    with crooked_node(localnet.rpc_url) as crooked:
        yield crooked
    localnet.rpc("evm_setAutomine", True)


@pytest.fixture
def owner(node, localnet, tmp_path) -> Chain:
    """Reads and sends through the crooked node."""
    deployment = load_deployment(localnet.deployment_file)
    return Chain(node.url, deployment, localnet.account(), tmp_path, sending=patience(60))


def publish(owner: Chain) -> bytes:
    with owner.intent("publication", "one") as intent:
        receipt = intent.resume() or intent.send(owner.datasets.functions.publish(PUBLICATION, []))
        return bytes(receipt["transactionHash"])


def publish_but_die(owner: Chain, node: CrookedNode, localnet) -> bytes:
    """Signed, noted, sent, mined; but the process ends before it has the receipt. The transaction's hash."""

    def no_receipt(method, _params, result):
        if method == "eth_getTransactionReceipt":
            raise ConnectionAbortedError
        return result

    owner.sending, usual = patience(0.2), owner.sending
    try:
        with node.telling(no_receipt), pytest.raises(UnavailableError):
            publish(owner)
    finally:
        owner.sending = usual
    wait_for(lambda: published(owner, localnet) == 1)  # anvil answers before it has the block
    return bytes(Web3.keccak(hexstr=node.sent[0]))


def published(owner: Chain, localnet) -> int:
    """As the honest node says."""
    return int(localnet.web3.eth.get_transaction_count(owner.address))


def null_receipts(until: float):
    """A node that lags, or that has not indexed its transactions yet."""

    def rule(method, _params, result):
        return None if method == "eth_getTransactionReceipt" and time.monotonic() < until else result

    return rule


@pytest.mark.parametrize("blocks_since", [0, 3, 70, 200])
def test_a_receipt_that_comes_late_is_waited_for(owner, node, localnet, blocks_since):
    """The nonce is used by this very transaction; the node that tells of receipts lags behind."""
    paid = publish_but_die(owner, node, localnet)
    localnet.rpc("anvil_mine", hex(blocks_since))
    with node.telling(null_receipts(time.monotonic() + WRONG_FOR_S)):
        assert publish(owner) == paid
    assert published(owner, localnet) == 1


def test_a_receipt_that_never_comes_leaves_it_open(owner, node, localnet):
    paid = publish_but_die(owner, node, localnet)
    localnet.rpc("anvil_mine", hex(100))
    owner.sending = patience(WRONG_FOR_S)
    with (
        node.telling(null_receipts(time.monotonic() + 60)),
        pytest.raises(UnavailableError, match="may still"),
    ):
        publish(owner)
    assert published(owner, localnet) == 1
    assert publish(owner) == paid


def test_a_nonce_counted_before_its_block_is_shown_decides_nothing(owner, node, localnet):
    """A node that is slow in making a block counts what is in it, at the number of the block before."""
    pending = publish_unmined(owner, localnet)

    def ahead(method, params, result):
        return (
            "0x1" if method == "eth_getTransactionCount" and params[1] not in ("pending", "0x0") else result
        )

    owner.sending = patience(WRONG_FOR_S)
    with node.telling(ahead), pytest.raises(UnavailableError):
        publish(owner)
    mine_again(owner, localnet)
    assert publish(owner) == pending
    assert published(owner, localnet) == 1
    assert {bytes(Web3.keccak(hexstr=raw)) for raw in node.sent} == {pending}


def publish_unmined(owner: Chain, localnet) -> bytes:
    """The hash of what is signed, noted and sent, but in no block: none is made until `mine_again`."""
    localnet.rpc("evm_setAutomine", False)
    owner.sending = patience(0.2)
    with pytest.raises(UnavailableError, match="not in a block yet"):
        publish(owner)
    (waiting,) = localnet.rpc("txpool_content")["pending"][owner.address.lower()].values()
    return bytes.fromhex(waiting["hash"][2:])


def mine_again(owner: Chain, localnet) -> None:
    """Takes back what `publish_unmined` changed."""
    localnet.rpc("evm_setAutomine", True)
    owner.sending = patience(60)


def use_nonce_elsewhere(owner: Chain, localnet, lost: bytes) -> None:
    """The same account sends something else from another machine, and that is what a block takes."""
    localnet.rpc("anvil_dropTransaction", Web3.to_hex(lost))
    fee = 10**10
    rival = {"to": owner.address, "value": 1, "nonce": 0, "gas": 21_000, "chainId": owner.chain_id}
    fees = {"maxFeePerGas": fee, "maxPriorityFeePerGas": fee}
    localnet.web3.eth.send_raw_transaction(owner.signer().sign_transaction(rival | fees).raw_transaction)
    localnet.rpc("evm_mine")


def test_a_block_that_comes_between_two_questions_decides_nothing(owner, node, localnet):
    """The nonce is free; then a block takes the transaction; then the nonce is used."""
    pending = publish_unmined(owner, localnet)
    asked: list[str] = []

    def mines_after_the_count(method, _params, result):
        if method == "eth_getTransactionCount" and not asked:
            asked.append(method)
            localnet.rpc("evm_mine")
        return result

    owner.sending = patience(60)
    with node.telling(mines_after_the_count):
        assert publish(owner) == pending
    assert asked
    assert published(owner, localnet) == 1


def test_another_nodes_older_chain_decides_nothing(owner, node, localnet):
    """Receipts and blocks from a node that has not the block yet, the count of nonces from another."""
    paid = publish_but_die(owner, node, localnet)
    mined_in, until = int(localnet.web3.eth.block_number), time.monotonic() + WRONG_FOR_S
    localnet.rpc("evm_mine")

    def torn(method, params, result):
        if time.monotonic() > until:
            return result
        if method == "eth_getTransactionReceipt":
            return None
        if method == "eth_getBlockByNumber" and params[0] == hex(mined_in):
            return None
        return result

    with node.telling(torn):
        assert publish(owner) == paid
    assert published(owner, localnet) == 1


def test_a_node_without_the_state_of_old_blocks_leaves_it_open(owner, node, localnet):
    publish_but_die(owner, node, localnet)
    localnet.rpc("anvil_mine", hex(200))
    head = int(localnet.web3.eth.block_number)

    def pruned(method, params, result):
        if method == "eth_getTransactionReceipt":
            return None
        if (
            method == "eth_getTransactionCount"
            and params[1].startswith("0x")
            and int(params[1], 16) < head - 128
        ):
            raise ConnectionAbortedError
        return result

    owner.sending = patience(WRONG_FOR_S)
    with node.telling(pruned), pytest.raises(UnavailableError):
        publish(owner)
    assert published(owner, localnet) == 1


@pytest.mark.parametrize("blocks_since", [0, 70])
def test_what_another_transaction_replaced_is_signed_anew(owner, localnet, blocks_since):
    """The chain shows who has the nonce: this one can never take effect, and the intent still has to."""
    lost = publish_unmined(owner, localnet)
    use_nonce_elsewhere(owner, localnet, lost)
    mine_again(owner, localnet)
    localnet.rpc("anvil_mine", hex(blocks_since))
    assert publish(owner) != lost
    assert published(owner, localnet) == 2


def test_another_transaction_counts_when_it_is_deep_enough(owner, localnet):
    owner.confirmations = 3
    lost = publish_unmined(owner, localnet)
    use_nonce_elsewhere(owner, localnet, lost)
    mine_again(owner, localnet)
    localnet.rpc("anvil_mine", "0x2")
    owner.sending = patience(WRONG_FOR_S)
    with pytest.raises(UnavailableError):
        publish(owner)
    assert published(owner, localnet) == 1
    localnet.rpc("evm_mine")
    with pytest.raises(UnavailableError, match="0 blocks deep, not 3"):
        publish(owner)
    assert published(owner, localnet) == 2
