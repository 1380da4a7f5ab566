"""Which nonce an account has next, and which transaction has used one: without an archive node."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, cast

from web3 import Web3

from biodesci.chain.provider import Provider

_KEPT: Final = 120  # blocks whose state every node has
_AT_ONCE: Final = 100  # blocks that are looked through before somebody else has a turn


def used(web3: Web3, address: str) -> int:
    """How many transactions of the account are in the chain, as its latest block says: the next nonce
    there."""
    return int(web3.eth.get_transaction_count(Web3.to_checksum_address(address), "latest"))


def pending(web3: Web3, address: str) -> int:
    """As `used`, counting what the node has in no block yet."""
    return int(web3.eth.get_transaction_count(Web3.to_checksum_address(address), "pending"))


def at(web3: Web3, address: str, block: int) -> int:
    """As `used`, in a block of the last hundred. Raises UnavailableError from a node that has it not yet."""
    return int(web3.eth.get_transaction_count(Web3.to_checksum_address(address), block))


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
        goes up. Nodes keep the state of some 128 blocks: older blocks are looked through, from `since` on.
        """
        head = int(self._web3.eth.block_number) - depth
        if head < 0 or self._count(head) <= self._nonce:
            self._searched = self._since  # what was shown before, another node or a reorganization took back
            return None
        oldest = max(self._since, head - _KEPT)
        if oldest == self._since or self._count(oldest) <= self._nonce:
            return self._shown([self._where(oldest, head)])
        return self._search(oldest)

    def _count(self, block: int) -> int:
        return at(self._web3, self._account, block)

    def _where(self, unused: int, shown: int) -> int:
        """The block at which the count goes over the nonce."""
        while shown - unused > 1:
            middle = (unused + shown) // 2
            if self._count(middle) > self._nonce:
                shown = middle
            else:
                unused = middle
        return shown

    def _search(self, last: int) -> bytes | None:
        """From the block of the signing on, a piece with each call: it may be long ago."""
        end = min(last, self._searched + _AT_ONCE)
        user = self._shown(range(self._searched + 1, end + 1))
        # At the end without it: the blocks were another node's than the count. From the beginning, then.
        self._searched = end if user is None and end < last else self._since
        return user

    def _shown(self, blocks: Iterable[int]) -> bytes | None:
        provider = cast("Provider", self._web3.provider)
        for block in provider.batch([("eth_getBlockByNumber", [hex(number), True]) for number in blocks]):
            for sent in block["transactions"] if block is not None else ():
                if sent["from"].lower() == self._account.lower() and int(sent["nonce"], 16) == self._nonce:
                    return bytes.fromhex(sent["hash"].removeprefix("0x"))
        return None
