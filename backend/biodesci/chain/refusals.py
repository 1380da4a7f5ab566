"""What nodes of all makes say when they don't take a transaction: one table, with where the words are from.

Words are compared in lower case, anywhere in the message: nodes put them behind a prefix, or details after
them. The order counts: "replacement transaction underpriced" is not "underpriced".

Read in these files, in copies of 2024 to 2026:
    geth        core/txpool/errors.go, core/txpool/legacypool/legacypool.go; also op-geth, BSC
    erigon      txnprovider/txpool/txpoolcfg/txpoolcfg.go (DiscardReason.String)
    Nethermind  Nethermind.TxPool/TxPoolErrorMessages.cs; before 2026 names of fields in AcceptTxResult.cs
    Besu        ethereum/api, RpcErrorType.java
    reth        crates/rpc/rpc-eth-types/src/error/mod.rs (RpcPoolError, RpcInvalidTransactionError) and
                crates/transaction-pool/src/error.rs
    others      chainlink's core/chains/evm/client/errors.go, which has the words of parity, Arbitrum,
                Avalanche, Celo, Harmony, Klaytn, Metis, Moonbeam and zkSync; Conflux's page of errors
Words with "unread" behind them are from memory: nobody has compared them with a source.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final


class Refusal(Enum):
    """Why a node did not take a transaction, as far as it matters for what is done next."""

    KNOWN = auto()  # it has this very transaction
    NONCE_USED = auto()  # a transaction with the nonce is in a block; which one, the chain says
    REPLACES_TOO_CHEAPLY = auto()  # it has another with the nonce, and wants more of a raise
    TOO_CHEAP = auto()  # below what this node, or this block, takes
    FULL = auto()  # no room at the moment, for anybody or for this account
    NO_FUNDS = auto()  # the account cannot pay
    FOR_GOOD = auto()  # anything else: time and fees change nothing


_WORDS: Final[tuple[tuple[Refusal, tuple[str, ...]], ...]] = (
    (
        Refusal.REPLACES_TOO_CHEAPLY,
        (
            "replacement transaction underpriced",  # geth, erigon, Besu, reth, Nethermind 2026
            "could not replace existing tx",  # erigon
            "replacementnotallowed",  # Nethermind
            "another transaction with same nonce in the queue",  # parity
            "another tx which has the same nonce",  # Klaytn
            "insufficient gas price to replace",  # reth, inside
        ),
    ),
    (
        Refusal.KNOWN,
        (
            "already known",  # geth, erigon, reth, Nethermind 2026
            "known transaction",  # Besu, geth of old, zkSync
            "alreadyknown",  # Nethermind
            "ownnoncealreadyused",  # Nethermind
            "already imported",  # anvil, parity
            "same hash was already imported",  # parity
            "alreadyimported",  # Moonbeam
            "existing tx with same hash",  # erigon of old; unread
            "existing txn with same hash",  # erigon
            "already exist",  # Conflux
        ),
    ),
    (
        Refusal.NONCE_USED,
        (
            "nonce too low",  # geth, erigon, Besu, reth, Arbitrum, zkSync, Avalanche
            "oldnonce",  # Nethermind
            "nonce is too low",  # parity
            "invalid transaction nonce",  # Arbitrum of old: too low or too high
            "pool(stale)",  # Moonbeam
            "stale nonce",  # Conflux: "discarded due to a too stale nonce"
            "already finalized",  # Harmony
        ),
    ),
    (
        Refusal.FULL,
        (
            "pool is full",  # geth and reth ("txpool is full"), erigon ("pending sub-pool is full"), Besu
            "pool full",  # Arbitrum: "sequencer pending tx pool full, please try again"
            "queue full",  # Arbitrum
            "too many transactions in the queue",  # parity
            "transaction limit reached",  # geth, reth: of an account that delegates (EIP-7702)
            "notcurrentnoncefordelegation",  # Nethermind, of the same
            "delegatorhaspendingtx",  # Nethermind, of the same
            "delegation nonce gap",  # Nethermind 2026, of the same
            "delegation authority has pending",  # Nethermind 2026, of the same
            "gapped-nonce tx",  # geth, of the same
            "future transaction tries to replace pending",  # geth
            "already reserved",  # geth, reth: another kind of transaction of the account is in the pool
            "node is syncing",  # Nethermind 2026
            "sync is still in progress",  # Besu
            "account limit exceeded",  # geth: "account limit exceeded: pooled 64 txs"
            "exceeded max transaction pool",  # reth; unread
            "nonce too high",  # Nethermind, Arbitrum: what it follows on has not arrived there
            "noncegap",  # Nethermind
            "nonce too far in future",  # Nethermind 2026
            "nonce is too distant",  # Besu
            "lower nonce",  # Besu: "An invalid transaction with a lower nonce exists"
        ),
    ),
    (
        Refusal.NO_FUNDS,
        (
            "insufficient funds",  # geth, erigon, reth, Nethermind, Arbitrum, parity, anvil
            "insufficientfunds",  # Nethermind
            "upfront cost exceeds account balance",  # Besu
            "insufficient balance",  # zkSync, erigon, parity
            "not enough funds",  # Arbitrum of old
            "would cause overdraft",  # geth: with what the account has in the pool already
            "out of balance",  # Conflux
        ),
    ),
    (
        Refusal.TOO_CHEAP,
        (
            "underpriced",  # geth, erigon, reth ("transaction underpriced")
            "less than block base fee",  # geth, reth, Arbitrum, zkSync
            "fee too low",  # erigon
            "feetoolow",  # Nethermind: also FeeTooLowToCompete
            "below current base fee",  # Besu
            "below configured minimum",  # Besu: "Gas price below configured minimum gas price"
            "gas price too low",  # Arbitrum, Metis
            "gas price is too low",  # parity
            "gas price below",  # Besu; Polygon zkEVM, unread
            "gas tip cap",  # geth: "gas tip cap 1, minimum needed 2"; unread
            "minimum needed",  # BSC, bor; unread
            "price minimum floor",  # Celo
            "unacceptable gas price",  # zkSync
            "max fee per gas is less",  # anvil; unread
            "below minimum required priority fee",  # reth
        ),
    ),
)


def classify(message: str) -> Refusal:
    """What the words of a node's refusal mean."""
    text = message.lower()
    for refusal, words in _WORDS:
        if any(part in text for part in words):
            return refusal
    return Refusal.FOR_GOOD
