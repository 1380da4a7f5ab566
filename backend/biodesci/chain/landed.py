"""What took effect, until it is so deep in the chain that no reorganization takes it back.

A node puts the transactions of replaced blocks back among those that wait, but not all, nor does every
node; and in the new chain one may fail. Whoever counted it as done has to learn of it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import orjson
from web3.types import TxReceipt

from biodesci.chain.blocks import headers
from biodesci.store.work import opened

if TYPE_CHECKING:
    from biodesci.chain.client import Chain

_DEEP: Final = 256  # blocks; the index takes as many back
_log = logging.getLogger(__name__)


class Landed:
    """The blocks of what an account did of one kind; stored, if the client has a home."""

    def __init__(self, chain: Chain, kind: str) -> None:
        self._chain = chain
        self._name = f"landed {kind} {chain.address} {chain.identity}"
        where = chain.work_location
        self._work = None if where is None else opened(where)
        self._blocks = self._load()  # what it is about: its block's number and hash
        self._fresh = set(self._blocks)  # that may be of different chains
        self._seen = -1

    @property
    def known(self) -> int:
        """How much is noted."""
        return len(self._blocks)

    def add(self, about: str, receipt: TxReceipt) -> None:
        """This took effect, in the receipt's block. To be stored by `store`."""
        self._blocks[about] = (int(receipt["blockNumber"]), f"0x{bytes(receipt['blockHash']).hex()}")
        self._fresh.add(about)

    def taken_back(self, head: int) -> list[str]:
        """What that is about whose block is another one now, as far as the chain is seen up to `head`.

        It is forgotten with that, as is what is deep enough. Asks the node once for each new head: a block's
        hash stands for all below it. Raises UnavailableError.
        """
        if head == self._seen or not self._blocks:
            return []
        seen = {about: block for about, block in self._blocks.items() if block[0] <= head}
        known = [about for about in seen if about not in self._fresh]
        probes = self._fresh.intersection(seen).union(sorted(known, key=seen.__getitem__)[-1:])
        gone = self._replaced({about: seen[about] for about in probes}) and self._replaced(seen)
        for about in gone:
            _log.warning("%s: the chain reorganised, and took it back", about)
        self._fresh -= seen.keys()
        self._seen = head
        kept = {
            about: block
            for about, block in self._blocks.items()
            if about not in gone and block[0] > head - _DEEP
        }
        if kept != self._blocks:
            self._blocks = kept
            self.store()
        return gone

    def _replaced(self, blocks: dict[str, tuple[int, str]]) -> list[str]:
        numbers = sorted({number for number, _ in blocks.values()})
        now = {header.number: header.hash.lower() for header in headers(self._chain, numbers)}
        return [about for about, (number, block_hash) in blocks.items() if now[number] != block_hash]

    def store(self) -> None:
        """Outlives the process from here on; what is deep by the newest of it is forgotten."""
        newest = max((number for number, _ in self._blocks.values()), default=0)
        self._blocks = {about: one for about, one in self._blocks.items() if one[0] > newest - _DEEP}
        if self._work is not None:
            self._work.put_checkpoint(self._name, orjson.dumps(self._blocks))

    def _load(self) -> dict[str, tuple[int, str]]:
        data = None if self._work is None else self._work.checkpoint(self._name)
        if data is None:
            return {}
        try:
            return {about: (int(number), str(known)) for about, (number, known) in orjson.loads(data).items()}
        except (ValueError, TypeError, AttributeError) as exc:
            _log.warning("the note of %s cannot be read (%r): it is begun anew", self._name, exc)
            return {}
