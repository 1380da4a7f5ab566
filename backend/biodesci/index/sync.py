"""Follows the chain: new blocks, reorganisations, logs that came late; and what events name elsewhere.

A piece of the log counts once it is checked (`chain/logs.py`) and follows the block where the index stands.
Nothing here asks the chain for state: rows come from logs alone.
"""

from __future__ import annotations

import gc
import logging
import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from eth_utils.address import to_checksum_address

from biodesci.chain import heads
from biodesci.chain.blocks import headers
from biodesci.chain.client import Chain
from biodesci.chain.completeness import ShortError
from biodesci.chain.decoding import decode
from biodesci.chain.heads import Head
from biodesci.chain.logs import Log, Piece, pieces
from biodesci.core.errors import BioDeSciError, IntegrityError, UnavailableError
from biodesci.index import elsewhere
from biodesci.index.database import Block, Event, Store
from biodesci.index.institutions import Ask
from biodesci.ipfs.client import Ipfs

_log = logging.getLogger(__name__)
_INDEXED: Final = (
    "DatasetNFT", "AccessLicense", "ModelRegistry", "InferenceCommitment", "KeyRegistry", "VisaRegistry",
    "GuardedCustody",
)  # fmt: skip
_REORGS: Final = 5  # in one step: a chain that changes faster is waited for
_MOST_HEADERS: Final = 64
_BEHIND_S: Final = 10.0
_STEP_S: Final = 15.0
_COLLECT: Final = (50_000, 20, 100)  # gc.set_threshold
_T = TypeVar("_T")


@dataclass(frozen=True)
class Synced:
    """`block` is the last one read; `rolled_back` counts events that a reorganisation took away."""

    block: int
    events: int
    rolled_back: int
    read: int  # documents and tokens
    is_whole: bool  # nothing more is to be read just now

    @property
    def did_something(self) -> bool:
        """Whether the next step may have something to do at once."""
        return bool(self.events or self.rolled_back or self.read) or not self.is_whole


class _ForkError(Exception):
    """What was read does not follow the block where the index stands."""


def sync(chain: Chain, ipfs: Ipfs, store: Store, ask: Ask | None = None) -> Synced:
    """Reads all blocks up to the last that counts, then what is due elsewhere."""
    return Follower(chain, ipfs, store, patience=0, longest=math.inf, ask=ask).step()


@dataclass
class Follower:
    """Keeps an index up with the chain, step by step. One question is asked while nothing changes.

    `patience` in seconds: a node whose head comes back is behind, until then, and no fork. `longest` in
    seconds: a step that has read blocks for so long ends, so that whoever watches sees how far it has come.
    """

    chain: Chain
    ipfs: Ipfs
    store: Store
    patience: float = _BEHIND_S
    longest: float = _STEP_S
    ask: Ask | None = None  # asks domains who is behind an account
    _seen: tuple[str, Block | None] | None = field(default=None, repr=False)
    _behind_since: float | None = field(default=None, repr=False)
    _trouble: bool = field(default=True, repr=False)  # one may be noted, by a run before

    def step(self) -> Synced:
        """Reads what is new, or for as long as a step may take; then what is due elsewhere.

        Raises UnavailableError where chain or database cannot be used; what was read until then is kept.
        """
        try:
            synced = self._step()
        except BioDeSciError as exc:
            self._note(exc)
            raise
        if self._trouble:
            self.store.trouble_is_over(_now())
            self._trouble = False
        return synced

    def _step(self) -> Synced:
        head = heads.read(self.chain.provider, self.chain.confirmations)
        until = time.monotonic() + self.longest
        cursor = self.store.cursor()
        applied = rolled_back = 0
        if self._seen != (head.hash, cursor):
            if self.store.identity() != self.chain.identity:
                self.store.begin(self.chain.identity)
            for attempt in range(_REORGS):
                try:
                    applied += self._read(head, until)
                    break
                except _ForkError:
                    if attempt == _REORGS - 1:
                        raise UnavailableError(
                            "The chain reorganises again and again.", "Try again."
                        ) from None
                    rolled_back += self._to_the_fork(head)
        cursor = self.store.cursor()
        reached, start = (cursor.number, cursor.number + 1) if cursor else (0, self._first)
        if start <= head.counted:
            self._seen = None
            return Synced(reached, applied, rolled_back, 0, is_whole=False)
        late, has_gap = self._read_again(until)
        self._seen = (head.hash, cursor) if self._behind_since is None else None
        read, is_all = elsewhere.read(self.chain, self.ipfs, self.store, head.latest, self.ask)
        return Synced(reached, applied + late, rolled_back, read, is_all and not has_gap)

    @property
    def _first(self) -> int:
        return self.chain.deployment.first_block

    def _read(self, head: Head, until: float) -> int:
        """From where the index stands up to the last block that counts, or `until` then (on the monotonic
        clock); how many events came."""
        cursor, applied = self.store.cursor(), 0
        if cursor is not None and head.counted <= cursor.number:
            self._check_stands(head, cursor)
            return 0
        self._behind_since = None
        start = self._first if cursor is None else cursor.number + 1
        with _few_collections():
            read = _until(until, pieces(self.chain, start, head.counted, self._addresses()))
            for parent, events, last in _ahead((piece.parent, *self._events(piece)) for piece in read):
                if cursor is not None and parent != cursor.hash:
                    raise _ForkError
                applied += self.store.apply(events, last, after=cursor, latest=head.counted)
                cursor = last
                if self.chain.stop.is_set():
                    break
        return applied

    def _check_stands(self, head: Head, cursor: Block) -> None:
        """The chain has no block after the cursor: whether it has the cursor itself."""
        if cursor.number <= head.latest:
            (header,) = headers(self.chain, [cursor.number])
            if header.hash != cursor.hash:
                raise _ForkError
            self._behind_since = None
            return
        # One of several nodes may be behind; only a chain that stays shorter is another one.
        self._behind_since = self._behind_since or time.monotonic()
        if time.monotonic() - self._behind_since >= self.patience:
            raise _ForkError

    def _to_the_fork(self, head: Head) -> int:
        """Takes back what the chain has not any more; how many events went."""
        cursor = self.store.cursor()
        number, size, fork = (cursor.number if cursor else 0) + 1, 2, self._first - 1
        while known := self.store.known_below(number, size):
            there = [block for block in known if block.number <= head.latest]
            found = headers(self.chain, [block.number for block in there])
            same = [block for block, header in zip(there, found, strict=True) if block.hash == header.hash]
            if same:
                fork = same[0].number
                break
            number, size = known[-1].number, min(2 * size, _MOST_HEADERS)
        _log.warning("chain reorganised above block %d", fork)
        self._behind_since = None
        return self.store.roll_back(fork)

    def _read_again(self, until: float) -> tuple[int, bool]:
        """Once more what something says that it was not all read, or `until` then; how many events came late,
        and whether some of it is left."""
        gap, cursor, late = self.store.due_gap(_now()), self.store.cursor(), 0
        if gap is None or cursor is None:
            return 0, False
        start = reached = max(gap.first, self._first)
        try:
            for piece in _until(until, pieces(self.chain, start, cursor.number, self._addresses())):
                events, last = self._events(piece)
                if last.number == cursor.number and last != cursor:
                    raise UnavailableError("The chain reorganised while it was read again.", "Try again.")
                late += self.store.apply(events, cursor, after=cursor)
                self.store.read_again(last.number, _now())
                reached = last.number
                if reached >= gap.last or self.chain.stop.is_set():
                    break
        except UnavailableError as exc:
            self.store.could_not_read_again(exc.message, _now())
            raise
        _log.warning("blocks %d to %d were read again: %d events were missing", start, reached, late)
        return late, reached < min(gap.last, cursor.number)

    def _addresses(self) -> list[str]:
        return [self.chain.deployment.contracts[name].address for name in _INDEXED]

    def _events(self, piece: Piece) -> tuple[list[Event], Block]:
        """A piece's logs, decoded, and its last block."""
        blocks = {number: Block(number, header.hash, header.time) for number, header in piece.headers.items()}
        contracts = self.chain.deployment.contracts
        names: dict[str, str] = {to_checksum_address(contracts[name].address): name for name in _INDEXED}
        return _decoded(piece.logs, names, blocks), blocks[piece.last]

    def _note(self, exc: BioDeSciError) -> None:
        cursor = self._seen[1] if self._seen else None
        try:
            cursor = self.store.cursor()
            short = isinstance(exc, ShortError)
            self.store.note_trouble(exc.message, _now(), cursor.number + 1 if short and cursor else None)
            self._trouble = True
        except (BioDeSciError, RuntimeError):
            _log.debug("the trouble could not be noted")


def _until(until: float, made: Iterator[_T]) -> Iterator[_T]:
    """One, and then those that are asked for before that time (on the monotonic clock)."""
    for one in made:
        yield one
        if time.monotonic() >= until:
            return


def _ahead(made: Iterator[_T]) -> Iterator[_T]:
    """The next is made while the last is used: a database lets other threads run while it writes."""
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming = pool.submit(next, made, None)
        while (one := coming.result()) is not None:
            coming = pool.submit(next, made, None)
            yield one


@contextmanager
def _few_collections() -> Iterator[None]:
    """Events and rows are a hundred thousand objects that hold no cycles: looking for some among them at
    Python's usual pace takes a fifth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(*_COLLECT)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _decoded(logs: Sequence[Log], names: dict[str, str], blocks: dict[int, Block]) -> list[Event]:
    events = []
    for log in logs:
        contract, why = names[log.address], ""
        name, args = "", None
        try:
            if (read := decode(contract, log)) is None:
                topic = "0x" + log.topics[0].hex() if log.topics else "none"
                why = f"No event of {contract} has its topic ({topic})."
            else:
                name, args = read
        except IntegrityError as exc:
            name, why = "undecodable", exc.message
        events.append(Event(blocks[log.block], log.index, log.tx_hash, contract, name, args, why))
    return events


def _now() -> int:
    return int(time.time())
