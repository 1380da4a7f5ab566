"""Nodes of all makes refuse a transaction in words of their own; what is done next depends on what they mean.

The messages are those of the sources that chain/refusals.py names; where it says "unread", from memory.
"""

from __future__ import annotations

import pytest

from biodesci.chain.refusals import Refusal, classify

SAID = {
    Refusal.KNOWN: (
        "already known",
        "ALREADY_EXISTS: already known",
        "known transaction: 7d1f2f5a",
        "Known transaction",
        "AlreadyKnown",
        "OwnNonceAlreadyUsed",
        "transaction already imported",
        "Transaction with the same hash was already imported.",
        "existing txn with same hash",
        "INTERNAL_ERROR: existing tx with same hash",
        "submit transaction to pool failed: Pool(AlreadyImported)",
        "known transaction. transaction with hash 0x6013 is already in the system",
    ),
    Refusal.NONCE_USED: (
        "nonce too low",
        "nonce too low: next nonce 12, tx nonce 11",
        "nonce too low: address 0x499c current nonce (42) > tx nonce (30)",
        "nonce too low: address 0x0499, tx: 0 state: 1",
        "nonce too low. allowed nonce range: 427 - 477, actual: 426",
        "Nonce too low",
        "OldNonce, Current nonce: 22, nonce of rejected tx: 17",
        "Transaction nonce is too low. Try incrementing the nonce.",
        "invalid transaction nonce",
        "Pool(Stale)",
        "Transaction 0x4a2c is discarded due to a too stale nonce",
    ),
    Refusal.REPLACES_TOO_CHEAPLY: (
        "replacement transaction underpriced",
        "replacement transaction underpriced: new tx gas tip cap 1 <= 2 queued tx gas tip cap",
        "Replacement transaction underpriced",
        "could not replace existing tx",
        "INTERNAL_ERROR: could not replace existing tx",
        "ReplacementNotAllowed",
        "Transaction gas price 100wei is too low. There is another transaction with same nonce in the queue "
        "with gas price 150wei. Try increasing the gas price or incrementing the nonce.",
        "there is another tx which has the same nonce in the tx pool",
    ),
    Refusal.TOO_CHEAP: (
        "transaction underpriced",
        "transaction underpriced: tip needed 25000000000, tip permitted 1000000000",
        "transaction underpriced: gas tip cap 1, minimum needed 100000000",
        "max fee per gas less than block base fee: address 0x52, maxFeePerGas: 1, baseFee: 100000000",
        "max fee per gas less than block base fee",
        "fee too low",
        "underpriced",
        "FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 50, BaseFee: 100, MaxPriorityFeePerGas:50, "
        "Block number: 5",
        "FeeTooLow, EffectivePriorityFeePerGas too low 10 < 20, BaseFee: 30",
        "FeeTooLowToCompete",
        "Gas price below configured minimum gas price",
        "Gas price below current base fee",
        "transaction priority fee below minimum required priority fee 100",
        "gas price too low",
        "gas price too low: 18000000000 wei, use at least tx.gasPrice = 19500000000 wei",
        "Transaction gas price is too low. It does not satisfy your node's minimal gas price "
        "(minimal: 100 got: 50). Try increasing the gas price.",
        "gasprice is less than gas price minimum floor",
        "The operator included transaction with an unacceptable gas price",
    ),
    Refusal.FULL: (
        "txpool is full",
        "pending sub-pool is full",
        "baseFee sub-pool is full",
        "Transaction pool is full",
        "sequencer pending tx pool full, please try again: context deadline exceeded",
        "queue full",
        "There are too many transactions in the queue. Your transaction was dropped due to limit. "
        "Try increasing the fee.",
        "in-flight transaction limit reached for delegated accounts",
        "NotCurrentNonceForDelegation",
        "NonceGap, Future nonce. Expected nonce: 10",
        "nonce too high: address 0x336, tx: 1 state: 0",
        "An invalid transaction with a lower nonce exists",
        "Transaction nonce is too distant from current sender nonce",
        "nonce too far in future",
        "delegation nonce gap, delegated sender already has a pending transaction",
        "delegation authority has pending transaction",
        "gapped-nonce tx from delegated accounts",
        "future transaction tries to replace pending",
        "address already reserved",
        "node is syncing",
        "Initial sync is still in progress",
        "account limit exceeded: pooled 64 txs",
    ),
    Refusal.NO_FUNDS: (
        "insufficient funds for transfer",
        "insufficient funds for gas * price + value",
        "insufficient funds for gas * price + value: balance 1, tx cost 2, overshot 1",
        "insufficient funds for gas * price + value: address 0xb68 have 33 want 95",
        "Insufficient funds for gas * price + value",
        "transaction would cause overdraft",
        "transaction would cause overdraft: balance 1, queued cost 2, tx cost 3, overshot 4",
        "InsufficientFunds, Account balance: 4740799397601480913, cumulative cost: 22019342038993800000",
        "Upfront cost exceeds account balance",
        "insufficient balance for transfer",
        "insufficient funds for gas + value. balance: 42, fee: 72, value: 0",
        "not enough funds for gas",
        "Insufficient funds. The account you tried to send transaction from does not have enough funds.",
    ),
    Refusal.FOR_GOOD: (
        "intrinsic gas too low",
        "exceeds block gas limit",
        "invalid sender",
        "oversized data",
        "tx fee (1.10 ether) exceeds the configured cap (1.00 ether)",
        "Transaction fee cap exceeded",
        "Sender account not authorized to send transactions",
        "GasLimitExceeded, Gas limit: 100, gas limit of rejected tx: 150",
        "invalid chain id for signer: have 1 want 31337",
        "only replay-protected (EIP-155) transactions allowed over RPC",
        "fork supporting this transaction type is not activated yet",
        "",
    ),
}


@pytest.mark.parametrize(
    ("meant", "message"), [(meant, message) for meant, messages in SAID.items() for message in messages]
)
def test_what_a_node_says_is_understood(meant, message):
    assert classify(message) is meant
    assert classify(f"err: {message.upper()}") is meant


def test_each_meaning_is_tried():
    assert set(SAID) == set(Refusal)
