"""That a log is in a block: Merkle-Patricia proofs against the roots in the block's header.

A block's receipts lie in a trie under the header's `receiptsRoot`, its transactions in one under
`transactionsRoot`, each under its place in the block (Yellow Paper, sections 4.3.2 and 4.4.2, appendix D).
The nodes of the trie on the way to a receipt prove it; whoever has the header needs nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import rlp  # type: ignore[import-untyped]
from eth_utils.crypto import keccak
from trie import HexaryTrie  # type: ignore[import-untyped]
from trie.exceptions import InvalidNode, MissingTrieNode, ValidationError  # type: ignore[import-untyped]

from biodesci.chain import encoded
from biodesci.chain.encoded import HeaderRead, LogRead
from biodesci.core.errors import IntegrityError

# What the trie raises, knowingly or not, for nodes that somebody made up.
_NO_PROOF: Final = (
    MissingTrieNode, InvalidNode, ValidationError, rlp.exceptions.RLPException, ValueError, TypeError,
    IndexError, KeyError,
)  # fmt: skip
_REMEDY: Final = "Use the file as it was exported."


@dataclass(frozen=True)
class Proof:
    """The nodes of the receipts' and the transactions' tries on the way to some of a block's transactions,
    RLP-encoded, each once, from the root down."""

    receipts: tuple[bytes, ...]
    transactions: tuple[bytes, ...]


@dataclass(frozen=True)
class Proven:
    """A transaction that is in a block: its hash, the chain that it was signed for where it names one, and
    the logs of its receipt in their order."""

    hash: bytes
    chain_id: int | None
    logs: tuple[LogRead, ...]


def prove(
    header: HeaderRead, receipts: Sequence[bytes], sent: Sequence[bytes], places: Iterable[int]
) -> Proof:
    """Of the transactions at some places of a block, of which all receipts and transactions are given.

    Raises IntegrityError where those are not what the header commits to.
    """
    wanted = sorted(set(places))
    return Proof(
        _nodes(receipts, header.receipts_root, wanted, f"receipts of block {header.number}"),
        _nodes(sent, header.transactions_root, wanted, f"transactions of block {header.number}"),
    )


def check(header: HeaderRead, proof: Proof, places: Iterable[int]) -> dict[int, Proven]:
    """The transactions at some places of a block. Raises IntegrityError where the proof is not one."""
    receipts = _of_nodes(proof.receipts, header.receipts_root)
    transactions = _of_nodes(proof.transactions, header.transactions_root)
    proven = {}
    for place in places:
        sent = _open(transactions, place)
        logs = encoded.read_logs(_open(receipts, place))
        proven[place] = Proven(keccak(sent), encoded.chain_of(sent), logs)
    return proven


def require_whole(header: HeaderRead, receipts: Sequence[bytes]) -> None:
    """Raises IntegrityError where these are not all receipts of the block."""
    if _trie(receipts).root_hash != header.receipts_root:
        raise IntegrityError(
            f"The receipts that the file gives for block {header.number} are not the block's.", _REMEDY
        )


def _trie(values: Sequence[bytes]) -> Any:
    trie = HexaryTrie({})
    for place, value in enumerate(values):
        trie[encoded.index(place)] = value
    return trie


def _nodes(values: Sequence[bytes], root: bytes, places: Sequence[int], what: str) -> tuple[bytes, ...]:
    trie = _trie(values)
    if trie.root_hash != root:
        raise IntegrityError(
            f"The {what}, as the chain node shows them, are not what the block's header commits to: the node "
            "left something out, or the chain has some of a form that is not known here.",
            "Ask another chain node; if it stays so, update BioDeSci.",
        )
    # A dict keeps their order, and each once: proofs of one block share their first nodes.
    return tuple(
        {rlp.encode(node): None for place in places for node in trie.get_proof(encoded.index(place))}
    )


def _of_nodes(nodes: Sequence[bytes], root: bytes) -> Any:
    """The part of a trie that these nodes are."""
    return HexaryTrie({keccak(node): node for node in nodes}, root)


def _open(trie: Any, place: int) -> bytes:
    try:
        value = trie.get(encoded.index(place))
    except _NO_PROOF as exc:
        raise IntegrityError("A proof of the file does not lead to its block's header.", _REMEDY) from exc
    if not value or not isinstance(value, bytes):
        raise IntegrityError("A proof of the file shows that there is nothing of the kind.", _REMEDY)
    return value
