"""Logs of a range of blocks, piece by piece: as large as the node allows, several at once, none missing.

Providers refuse what spans too many blocks or has too many results, each in its own words, and with limits
that change. So a piece that is refused is halved (or cut to what the refusal allows), and pieces grow while
they are answered. Nodes also answer short, without saying so: behind a balancer one lags, an index has gaps.
So the headers of a piece must chain, and where a block's bloom says that logs may be there, `completeness.py`
compares what was given with the block's receipts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from tenacity import wait_random_exponential

from biodesci.chain import completeness
from biodesci.chain.answers import TooMuchError
from biodesci.chain.blocks import Header, NoBlockError, Sought, headers
from biodesci.chain.completeness import Log, Raw, ShortError
from biodesci.core.errors import UnavailableError

if TYPE_CHECKING:
    from biodesci.chain.client import Chain
    from biodesci.chain.endpoint import Endpoint

__all__ = ["Log", "Piece", "Span", "Topics", "pieces"]

_TOGETHER: Final = 4  # requests at once
_FIRST: Final = 200  # blocks
_MOST: Final = 50_000
_MOST_CHECKED: Final = 2_000  # each block's header is read
_LOGS: Final = 4_000  # in a piece, about
_FORGET_AFTER: Final = 16  # pieces
_MOST_SLOW: Final = 3
_READINGS: Final = 4
_wait = wait_random_exponential(multiplier=0.15, max=2.0)

Topics = Sequence[bytes | Sequence[bytes] | None]


@dataclass(frozen=True)
class Piece:
    """All logs sought of the blocks `first` to `last`, in order; `headers`: of all blocks that have logs, and
    of `last`. `parent` is the hash of the block before `first`."""

    first: int
    last: int
    parent: str
    headers: Mapping[int, Header]
    logs: Sequence[Log]


@dataclass
class Span:
    """How many blocks the next piece has: what a client learnt of its node. Threads may share one."""

    size: int = _FIRST
    refused: int | None = None  # the smallest size that was refused lately
    _answered: int = field(default=0, repr=False)

    @property
    def is_untried(self) -> bool:
        """Whether it is not known yet if the node answers at this size: then one piece is asked for."""
        return self._answered == 0

    def accept(self, blocks: int, logs: int, most: int) -> None:
        """So many blocks were answered with so many logs."""
        self._answered += 1
        if self.refused is not None and self._answered % _FORGET_AFTER == 0:
            self.refused *= 2
        if logs > _LOGS:
            self.size = max(1, min(self.size, blocks * _LOGS // logs))
        elif blocks >= self.size and (self.refused is None or 2 * self.size < self.refused):
            self.size = min(2 * self.size, max(most, self.size))

    def refuse(self, blocks: int, allowed: int | None, *, is_slow: bool = False) -> None:
        """So many blocks were too much; `allowed` are not, where the node says so. `is_slow`: it was learnt
        by waiting in vain, which cannot be done often."""
        size = allowed or max(1, blocks // (4 if is_slow else 2))
        if size < self.size:
            self.size, self.refused = size, (size + 1 if allowed else blocks)
        self._answered = 0

    def forget(self) -> None:
        """One block alone was refused, so it was not for its size."""
        self.size, self.refused, self._answered = _FIRST, None, 0


@dataclass(frozen=True)
class _Part:
    first: int
    last: int
    reading: Future[Piece]

    @property
    def blocks(self) -> int:
        return self.last - self.first + 1


def pieces(
    chain: Chain,
    first: int,
    last: int,
    addresses: Sequence[str],
    topics: Topics | None = None,
    *,
    checked: bool = True,
) -> Iterator[Piece]:
    """The logs of blocks `first` to `last` (inclusive), in order, each piece as soon as it is there.

    `topics` as in eth_getLogs: at each place one, several or any (None). `checked`: nothing is missing, by
    headers, blooms and receipts; otherwise a second node is asked for the same, if there is one.

    Raises UnavailableError where the chain's nodes do not answer, lack blocks, answer short again and again,
    or the chain reorganises meanwhile; what was handed on before stays true of the blocks whose hashes it
    names.
    """
    reader = _Reader(chain, _sought(addresses, topics), checked)
    most, span = (_MOST_CHECKED if checked else _MOST), chain.span
    parts: deque[_Part] = deque()
    pool = ThreadPoolExecutor(_TOGETHER, thread_name_prefix="logs")

    def ask(start: int, end: int) -> list[_Part]:
        """Parts of the present size."""
        size = min(span.size, most)
        return [
            _Part(one, min(one + size - 1, end), pool.submit(reader.read, one, min(one + size - 1, end)))
            for one in range(start, end + 1, size)
        ]

    start, slow, before = first, 0, ""
    try:
        while parts or start <= last:
            while start <= last and len(parts) < (1 if span.is_untried else _TOGETHER):
                parts += ask(start, min(start + min(span.size, most) - 1, last))
                start = parts[-1].last + 1
            part = parts.popleft()
            try:
                piece = part.reading.result()
            except TooMuchError as exc:
                if part.blocks == 1:
                    span.forget()
                    raise
                span.refuse(part.blocks, exc.allowed, is_slow=exc.is_slow)
                slow = slow + 1 if exc.is_slow else 0
                if slow >= _MOST_SLOW:
                    raise  # what was learnt is kept: whoever comes again begins with less
                parts.extendleft(reversed(ask(part.first, part.last)))
                continue
            except NoBlockError:
                # A node that stays behind still has what lies below.
                if part.blocks == 1:
                    raise
                middle = part.first + part.blocks // 2
                for one, end in ((middle, part.last), (part.first, middle - 1)):
                    parts.appendleft(_Part(one, end, pool.submit(reader.read, one, end)))
                continue
            if before and piece.parent and piece.parent != before:
                raise _reorganising(part.first)
            slow, before = 0, piece.headers[piece.last].hash
            span.accept(part.blocks, len(piece.logs), most)
            yield piece
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _sought(addresses: Sequence[str], topics: Topics | None) -> Sought:
    places = []
    for place in topics or ():
        places.append(None if place is None else (place,) if isinstance(place, bytes) else tuple(place))
    return Sought(tuple(bytes.fromhex(address[2:]) for address in addresses), tuple(places))


def _reorganising(block: int) -> UnavailableError:
    return UnavailableError(f"The chain reorganised at block {block} while it was read.", "Try again.")


@dataclass(frozen=True)
class _Reader:
    """Reads one piece; several threads at once."""

    chain: Chain
    sought: Sought
    checked: bool

    def read(self, first: int, last: int) -> Piece:
        """Once more where the node's answers do not fit each other, a few times."""
        attempt = 1
        while True:
            try:
                return self._read(first, last, attempt)
            except (ShortError, NoBlockError) as exc:
                if attempt == _READINGS or (isinstance(exc, NoBlockError) and first < last):
                    raise
                self.chain.provider.pause(0.1 * 2**attempt)
                attempt += 1

    def _read(self, first: int, last: int, attempt: int) -> Piece:
        try:
            return self._once(first, last, attempt)
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise ShortError(f"The chain node gives logs or receipts that are none ({exc!r}).") from exc

    def _once(self, first: int, last: int, attempt: int) -> Piece:
        query = self._query(first, last)
        node: Endpoint | None
        try:
            raw, node = self.chain.provider.logs(query, last - first + 1)
        except TooMuchError:
            # A block may hold more than a node gives. Its receipts have all of it.
            if first < last or not self.checked:
                raise
            raw, node = [], None
        of_block = completeness.by_block(raw, first, last)
        if self.checked:
            chained = headers(self.chain, range(first, last + 1))
            _check_chain(chained)
            is_last_word = attempt > 1 or node is None
            completeness.check(self.chain, self.sought, chained, of_block, node, is_last_word=is_last_word)
        else:
            completeness.compare(self.chain, query, of_block, (first, last), node)
            chained = headers(self.chain, sorted({*of_block, first, last}))
        return _piece(first, last, chained, of_block)

    def _query(self, first: int, last: int) -> dict[str, Any]:
        topics = [
            options if options is None else ["0x" + one.hex() for one in options]
            for options in self.sought.topics
        ]
        return {
            "fromBlock": hex(first),
            "toBlock": hex(last),
            "address": ["0x" + one.hex() for one in self.sought.addresses],
            **({"topics": topics} if topics else {}),
        }


def _check_chain(chained: Sequence[Header]) -> None:
    for parent, child in pairwise(chained):
        if child.parent != parent.hash:
            raise ShortError(f"The headers of blocks {parent.number} and {child.number} do not chain.")


def _piece(first: int, last: int, chained: Sequence[Header], of_block: Mapping[int, list[Raw]]) -> Piece:
    """Of raw logs, whose blocks must be those of the headers."""
    kept = {header.number: header for header in chained if header.number in of_block}
    logs: list[Log] = []
    for number in sorted(of_block):
        header = kept[number]
        logs += completeness.read(header, of_block[number])
    kept[last] = chained[-1]
    return Piece(first, last, chained[0].parent, kept, logs)
