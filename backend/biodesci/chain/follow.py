"""How a worker follows the chain: what it read is not read again, after a restart either.

It notes the ends of what it read with their blocks' hashes. A block's hash stands for all blocks below it, so
one header tells whether all that was read is still so; after a reorganization it goes back to the last end
that is. What was read and what it made of it are stored together, so that a crash loses neither alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from biodesci.chain.blocks import headers
from biodesci.chain.logs import Piece, Topics, pieces
from biodesci.core.errors import UnavailableError
from biodesci.store.work import opened

if TYPE_CHECKING:
    from biodesci.chain.client import Chain

_NEAR: Final = 64  # ends that are kept one by one: reorganizations are short
_SELDOM: Final = 64  # blocks without a log, of which nothing is stored
_log = logging.getLogger(__name__)


@dataclass
class Trail:
    """Ends of what was read, oldest first, each a block's number and hash."""

    ends: list[tuple[int, str]] = field(default_factory=list)

    def reached(self, chain: Chain, last: int) -> int | None:
        """The last block that was read and is still in the chain, as far as it is seen up to `last`.

        Ends that are not are forgotten. For a head that only jumped back nothing is read again.
        """
        seen = [end for end in self.ends if end[0] <= last]
        is_other = False
        while seen and headers(chain, [seen[-1][0]])[0].hash != seen[-1][1]:
            _log.warning("the chain reorganised: block %d is another one now", seen[-1][0])
            seen.pop()
            is_other = True
        if is_other:
            self.ends = seen
        return self.ends[-1][0] if self.ends else None

    def add(self, number: int, block_hash: str) -> None:
        """What comes next was read up to this block. Ends are kept the sparser, the older they are."""
        self.ends.append((number, block_hash))
        if len(self.ends) > 2 * _NEAR:
            self.ends = self.ends[:-_NEAR:2] + self.ends[-_NEAR:]


class Follower:
    """Reads what is new of one kind of log. `state` is the worker's own, of what JSON has; it is stored with
    the place in the chain under `name`, if the client has a home."""

    def __init__(self, chain: Chain, name: str, first: int) -> None:
        self._chain, self._first = chain, first
        self._name = f"{name} {chain.identity}"
        self._trail = Trail()
        self._stored_at = -1
        self.state: dict[str, Any] = {}
        where = chain.work_location
        self._work = None if where is None else opened(where)
        self._load()

    @property
    def next_block(self) -> int:
        """The first block that was not read yet."""
        return self._trail.ends[-1][0] + 1 if self._trail.ends else self._first

    def restart(self, last: int) -> int:
        """Reads all again from the first block on: something else is looked for. Up to the block that this
        gives back, what was read before is still so, as far as the chain is seen up to `last`."""
        reached = self._trail.reached(self._chain, last)
        self._trail = Trail()
        return self._first - 1 if reached is None else reached

    def news(self, last: int, addresses: list[str], topics: Topics | None) -> Iterator[Piece]:
        """The pieces up to `last` that were not read, or are others since a reorganization.

        A piece counts as read when the next one is asked for: whoever takes it has used it then, and changed
        `state`. Raises UnavailableError; what was handed on before is kept.
        """
        reached = self._trail.reached(self._chain, last)
        start = self._first if reached is None else reached + 1
        before = self._trail.ends[-1][1] if self._trail.ends else None
        for piece in pieces(self._chain, start, last, addresses, topics):
            if before is not None and piece.parent != before:
                raise UnavailableError(f"The chain reorganised at block {piece.first}.", "Try again.")
            before = piece.headers[piece.last].hash
            yield piece
            self._trail.add(piece.last, before)
            self._store(is_due=bool(piece.logs))

    def _store(self, *, is_due: bool) -> None:
        """With logs at once, else now and then: an idle chain is not written down block by block."""
        block = self.next_block - 1
        if self._work is None or not (is_due or block - self._stored_at >= _SELDOM):
            return
        self.store()

    def store(self) -> None:
        """Stores place and state, after a change of `state` outside of `news`."""
        if self._work is None:
            return
        document = {"ends": self._trail.ends, "state": self.state}
        self._work.put_checkpoint(self._name, orjson.dumps(document))
        self._stored_at = self.next_block - 1

    def _load(self) -> None:
        data = None if self._work is None else self._work.checkpoint(self._name)
        if data is None:
            return
        try:
            document = orjson.loads(data)
            self._trail.ends = [(int(number), str(known)) for number, known in document["ends"]]
            self.state = dict(document["state"])
        except (ValueError, TypeError, KeyError) as exc:
            _log.warning("the note of %s cannot be read (%r): all is read again", self._name, exc)
            self._trail, self.state = Trail(), {}
            return
        self._stored_at = self.next_block - 1
