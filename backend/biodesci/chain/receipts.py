"""The receipts of blocks, however a node gives them: by block, or by transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hexbytes import HexBytes
from web3.exceptions import TransactionNotFound
from web3.types import TxReceipt

from biodesci.chain.answers import UnknownMethodError
from biodesci.chain.blocks import Header, bloom_of
from biodesci.core.errors import UnavailableError

if TYPE_CHECKING:
    from biodesci.chain.client import Chain

Receipt = dict[str, Any]
_BY_BLOCK, _BY_TRANSACTION = "eth_getBlockReceipts", "eth_getTransactionReceipt"


def of_blocks(chain: Chain, headers: Sequence[Header]) -> list[list[Receipt] | None] | None:
    """The receipts of each block; None for a block whose node shows none, or not all, or those of another
    fork. None for all where no node gives receipts in either way.

    Raises UnavailableError where the nodes do not answer.
    """
    provider = chain.provider
    if _BY_BLOCK not in provider.lacking:
        try:
            given = provider.batch([(_BY_BLOCK, [hex(header.number)]) for header in headers])
            return [_of(header, receipts) for header, receipts in zip(headers, given, strict=True)]
        except UnknownMethodError:
            provider.lacking.add(_BY_BLOCK)
    if _BY_TRANSACTION not in provider.lacking:
        try:
            return [_one_by_one(chain, header) for header in headers]
        except UnknownMethodError:
            provider.lacking.add(_BY_TRANSACTION)
    return None


def unlike_last(chain: Chain, ends: Sequence[tuple[Header, dict[str, Any]]]) -> list[Header]:
    """The blocks of whose last transaction the raw log given is not the last one, by that one's receipt and
    the bloom in it; all of them where no node gives receipts so."""
    provider = chain.provider
    if not ends or _BY_TRANSACTION in provider.lacking:
        return [header for header, _ in ends]
    try:
        given = provider.batch([(_BY_TRANSACTION, [header.last_tx]) for header, _ in ends])
    except UnknownMethodError:
        provider.lacking.add(_BY_TRANSACTION)
        return [header for header, _ in ends]
    return [
        header
        for (header, log), receipt in zip(ends, given, strict=True)
        if not _ends_with(header, receipt, log)
    ]


def _ends_with(header: Header, receipt: Any, log: dict[str, Any]) -> bool:
    if not isinstance(receipt, dict) or receipt.get("blockHash") != header.hash:
        return False
    logs = receipt.get("logs")
    if not isinstance(logs, list) or not logs or not isinstance(logs[-1], dict):
        return False
    names = ("logIndex", "topics", "data", "transactionHash")
    return all(logs[-1].get(name) == log[name] for name in names) and holds_its_bloom(receipt)


def holds_its_bloom(receipt: Receipt) -> bool:
    """Whether a receipt's logs set every bit of its own bloom: a node that lost some has that still."""
    own = bytes.fromhex((receipt.get("logsBloom") or "0x")[2:])
    return not int.from_bytes(own) & ~bloom_of(receipt["logs"])


def _one_by_one(chain: Chain, header: Header) -> list[Receipt] | None:
    (block,) = chain.provider.batch([("eth_getBlockByNumber", [hex(header.number), False])])
    if not isinstance(block, dict) or block.get("hash") != header.hash:
        return None
    given = chain.provider.batch([(_BY_TRANSACTION, [one]) for one in block["transactions"]])
    return _of(header, given)


def _of(header: Header, receipts: Any) -> list[Receipt] | None:
    """What a node gave, if it is of this block, and goes to the block's last transaction. Some chains have
    receipts of their own behind that."""
    if not isinstance(receipts, list):
        return None
    for receipt in receipts:
        if not isinstance(receipt, dict) or receipt.get("blockHash") != header.hash:
            return None
        if not isinstance(receipt.get("logs"), list):
            return None
    is_whole = not header.last_tx or any(one.get("transactionHash") == header.last_tx for one in receipts)
    return receipts if is_whole else None


def of_transaction(chain: Chain, tx_hash: HexBytes) -> TxReceipt:
    """Of a transaction whose log the node has shown. Raises UnavailableError where it is not there."""
    try:
        return chain.web3.eth.get_transaction_receipt(tx_hash)
    except TransactionNotFound as exc:
        raise UnavailableError(
            f"The chain node shows a log of transaction {tx_hash.to_0x_hex()}, and no receipt: it lags, or "
            "the chain is reorganising.",
            "Try again.",
        ) from exc
