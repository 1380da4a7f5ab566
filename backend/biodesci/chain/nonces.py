"""Which nonce an account has next, and which transaction has used one: without an archive node."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, cast

from web3 import Web3
from web3.exceptions import BlockNotFound, Web3RPCError
from web3.types import TxData

from biodesci.core.errors import UnavailableError

_AT_ONCE: Final = 500  # blocks that are looked through before somebody else has a turn


def used(web3: Web3, address: str) -> int:
    """How many transactions of the account are in the chain, as its latest block says: the next nonce
    there."""
    return int(web3.eth.get_transaction_count(Web3.to_checksum_address(address), "latest"))


def pending(web3: Web3, address: str) -> int:
    """As `used`, counting what the node has in no block yet."""
    return int(web3.eth.get_transaction_count(Web3.to_checksum_address(address), "pending"))


class NonceUser:
    """Looks for the transaction that used an account's nonce, and goes on where it was when it is asked
    again.

    `since` is a block at which the nonce was free: the latest when the transaction was signed.
    """

    def __init__(self, web3: Web3, address: str, nonce: int, since: int) -> None:
        self._web3, self._account = web3, Web3.to_checksum_address(address)
        self._nonce, self._since = nonce, since
        self._searched = since  # up to this block, nothing has used it

    def hash(self, depth: int) -> bytes | None:
        """The transaction's hash; None until a block so deep shows it.

        A count of nonces is no evidence by itself. Behind one address may be several nodes, of which one
        lags; a node may count what is in the block that it is making; and what it says of its latest block
        may be of the next one. So the transaction itself has to be shown, in the block at which the count
        goes up. Nodes keep the state of some 128 blocks, so older blocks are looked through from `since` on.
        """
        head = int(self._web3.eth.block_number) - depth
        count = self._count(head) if head >= 0 else None
        if count is not None and count <= self._nonce:
            self._searched = (
                self._since
            )  # whatever was shown before, another node or a reorganization took back
            return None
        if count is None and head > self._since and not self._is_used():
            return None
        block = self._where(head) if count is not None else None
        if block is not None:
            return self._shown([block])
        return self._search(head)

    def _is_used(self) -> bool:
        return used(self._web3, self._account) > self._nonce

    def _count(self, block: int) -> int | None:
        """None where the node has not the state of that block."""
        try:
            return int(self._web3.eth.get_transaction_count(self._account, block))
        except (UnavailableError, Web3RPCError, BlockNotFound):
            return None

    def _where(self, head: int) -> int | None:
        """The block at which the count goes over the nonce; None where that is older than the node's
        state."""
        unused, shown, step = head - 1, head, 2
        while unused > self._since:
            count = self._count(unused)
            if count is None:
                return None
            if count <= self._nonce:
                break
            unused, shown, step = shown - step, unused, 2 * step
        unused = max(unused, self._since)
        while shown - unused > 1:
            middle = (unused + shown) // 2
            count = self._count(middle)
            if count is None:
                return None
            if count > self._nonce:
                shown = middle
            else:
                unused = middle
        return shown

    def _search(self, head: int) -> bytes | None:
        """From the block of the signing on, in pieces: it may be long ago."""
        last = min(head, self._searched + _AT_ONCE)
        found = self._shown(range(self._searched + 1, last + 1))
        if found is None:
            # At the end without it: the blocks were another node's than the count. From the beginning, then.
            self._searched = last if last < head else self._since
        return found

    def _shown(self, blocks: Iterable[int]) -> bytes | None:
        for number in blocks:
            try:
                block = self._web3.eth.get_block(number, full_transactions=True)
            except BlockNotFound:
                return None
            for sent in cast("Sequence[TxData]", block["transactions"]):
                if sent["from"] == self._account and sent["nonce"] == self._nonce:
                    return bytes(sent["hash"])
        return None
