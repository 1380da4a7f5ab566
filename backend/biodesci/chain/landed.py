"""What took effect, until it is so deep in the chain that no reorganization takes it back; and what one took.

A node puts the transactions of replaced blocks back among those that wait, but not all, nor does every
node; and in the new chain one may fail. Whoever counted it as done has to learn of it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import orjson
from web3.types import TxReceipt

from biodesci.chain.blocks import headers
from biodesci.core.onchain import DEEPEST_REORG
from biodesci.store import checkpoints
from biodesci.store.work import opened

if TYPE_CHECKING:
    from biodesci.chain.client import Chain

_FOR_GOOD: Final = 64  # blocks; most reorganizations are of one or two
_Block = tuple[int, str]  # number and hash
_log = logging.getLogger(__name__)


class Landed:
    """The blocks of what an account did of one kind; stored, if the client has a home, with what other
    processes of the account did.

    What is taken back stays noted until it is done anew, or deep: a restart before that tells it again.
    """

    def __init__(self, chain: Chain, kind: str) -> None:
        self._chain = chain
        self._name = f"landed {kind} {chain.address} {chain.identity}"
        where = chain.work_location
        self._work = None if where is None else opened(where)
        self._blocks: dict[str, _Block] = {}  # by what it is about
        self._fresh: set[str] = set()  # that may be of different chains
        self._told: set[str] = set()
        self._seen = -1
        self._unreadable: bytes | None = None

    def add(self, about: str, receipt: TxReceipt) -> None:
        """This took effect, in the receipt's block. Forgets what is deep by that one."""
        number = int(receipt["blockNumber"])
        done = {about: (number, f"0x{bytes(receipt['blockHash']).hex()}")}
        if self._work is None:
            self._note(done, number)
            return
        with self._work.transaction() as connection:
            self._note(self._parsed(checkpoints.read(connection, self._name)) | done, number)
            checkpoints.put(connection, self._name, orjson.dumps(self._blocks))

    def taken_back(self, head: int) -> list[str]:
        """What that is about whose block is another one now, as far as the chain is seen up to `head`.

        Each is told once. Asks the node once for each new head while something is not deep: a block's hash
        stands for all below it. Raises UnavailableError.
        """
        if head == self._seen:
            return []
        if self._work is not None:
            self._note(self._parsed(self._work.checkpoint(self._name)), head)
        seen = {
            about: block
            for about, block in self._blocks.items()
            if block[0] <= head and about not in self._told
        }
        if not seen:
            self._seen = head
            return []
        known = [about for about in seen if about not in self._fresh]
        probes = self._fresh.intersection(seen).union(sorted(known, key=seen.__getitem__)[-1:])
        gone = self._replaced({about: seen[about] for about in probes}) and self._replaced(seen)
        for about in gone:
            _log.warning("%s: the chain reorganised, and took it back", about)
        self._fresh -= seen.keys()
        self._told.update(gone)
        self._seen = head
        return gone

    def _replaced(self, blocks: dict[str, _Block]) -> list[str]:
        numbers = sorted({number for number, _ in blocks.values()})
        now = {header.number: header.hash.lower() for header in headers(self._chain, numbers)}
        return [about for about, (number, block_hash) in blocks.items() if now[number] != block_hash]

    def _note(self, done: dict[str, _Block], head: int) -> None:
        """Adds what was done, by this or another process; without what is deep by now."""
        done = {about: block for about, block in done.items() if self._blocks.get(about) != block}
        self._fresh |= done.keys()
        self._told -= done.keys()
        self._blocks = {
            about: block for about, block in (self._blocks | done).items() if block[0] > head - DEEPEST_REORG
        }
        self._fresh &= self._blocks.keys()
        self._told &= self._blocks.keys()

    def _parsed(self, data: bytes | None) -> dict[str, _Block]:
        if data is None:
            return {}
        try:
            return {about: (int(number), str(known)) for about, (number, known) in orjson.loads(data).items()}
        except (ValueError, TypeError, AttributeError) as exc:
            if data != self._unreadable:
                self._unreadable = data
                _log.warning("the note of %s cannot be read (%r): it is begun anew", self._name, exc)
            return {}


class Gone:
    """Numbers on chain that were there when they were read, and are not any more."""

    def __init__(self) -> None:
        self._since: dict[int, int] = {}

    def is_for_good(self, number: int, head: int) -> bool:
        """Whether that has been so for long enough not to expect it back. `head` is the latest block."""
        return head - self._since.setdefault(number, head) >= _FOR_GOOD

    def forget(self, number: int) -> None:
        """It is there, or nothing is to be done of it."""
        self._since.pop(number, None)
