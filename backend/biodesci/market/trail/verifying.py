"""Checks an audit trail without asking anybody: from the proofs the files are made again, byte for byte.

1. Each header has the hash that counts for it, and headers of neighbouring blocks link.
2. Each event's receipt and transaction are under the roots in the header, and signed for the named chain.
3. Each event is about the dataset, by the contracts' logs, and in the order of the chain.
4. In a complete trail, no block is left out, and a block whose bloom may hold more shows all its receipts,
   which have no further event of the dataset.
5. The CSV or FHIR file is what these events give.

That the blocks are those of the chain is not in the file. It follows from hashes that the verifier has from
elsewhere: a trusted one stands for its block, and for those that link to it. Failure raises.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from biodesci.chain import inclusion
from biodesci.chain.blocks import Sought
from biodesci.chain.encoded import HeaderRead, LogRead, read_header, read_logs
from biodesci.chain.inclusion import Proof
from biodesci.core.documents.deployment import Deployment
from biodesci.core.documents.trail import TrailBlock, TrailEnd, TrailHead
from biodesci.core.errors import IntegrityError, NotFoundError
from biodesci.market.trail.exporting import PROOFS, stem
from biodesci.market.trail.fhir import Fhir
from biodesci.market.trail.following import Decoder, Entry, Following, TrailEvent
from biodesci.market.trail.spreadsheet import Spreadsheet

_REMEDY: Final = "Use the file as `biodesci dataset audit-export` wrote it."
_ENDINGS: Final = (Spreadsheet, Fhir)


@dataclass
class Verified:
    """What a trail's files prove. `anchored` of the `blocks` follow from hashes that the verifier trusts."""

    head: TrailHead
    files: tuple[Path, ...]
    events: int = 0
    blocks: int = 0
    anchored: int = 0


@dataclass(frozen=True)
class Trust:
    """What the verifier knows from elsewhere: hashes of blocks, and where the contracts are."""

    hashes: frozenset[bytes] = frozenset()
    deployment: Deployment | None = None


def verify(
    file: Path, trust: Trust = Trust(), seen: Callable[[HeaderRead], None] = lambda header: None
) -> Verified:
    """Checks the CSV, FHIR or proofs file of a trail, and those that lie beside it under the same name.

    `seen` is called with each block. Raises NotFoundError where there are no proofs, and IntegrityError for
    anything in the files that does not follow from the proofs.
    """
    base = stem(file)
    proofs = base.with_name(base.name + PROOFS)
    beside = [(made, base.with_name(base.name + made.ending)) for made in _ENDINGS]
    for path in (proofs, file):
        if not path.is_file():
            raise NotFoundError(
                f"There is no file {path}.", "Keep the files of an export together; name one of them."
            )
    with ExitStack() as stack:
        lines = _Lines(stack.enter_context(proofs.open("rb")))
        head = TrailHead.parse(lines.next())
        _require_known(head, trust.deployment)
        shown = [_Compared(made(head), path, stack) for made, path in beside if path.is_file()]
        verified = Verified(head, (*(one.path for one in shown), proofs))
        checker = _Checker(head, trust.hashes)
        for raw in lines.blocks():
            header, entries = checker.block(TrailBlock.parse(raw))
            seen(header)
            for entry in entries:
                for one in shown:
                    one.entry(entry)
            verified.events += len(entries)
        checker.finish()
        verified.blocks, verified.anchored = checker.blocks, checker.anchored
        lines.end(verified)
        for one in shown:
            one.end()
    return verified


def _require_known(head: TrailHead, deployment: Deployment | None) -> None:
    Decoder(head.contracts)
    if deployment is None:
        return
    known = {name: deployment.contracts[name].address for name in head.contracts}
    first = min(deployment.contracts[name].block for name in head.contracts)
    if (head.chain_id, head.contracts) != (deployment.chain_id, known) or head.first > first:
        raise IntegrityError(
            "The trail is not of the contracts that the deployment file names, or begins after them.",
            "Name the deployment file of the trail's network (BIODESCI_DEPLOYMENT); if it is, do not rely on "
            "this trail.",
        )


class _Lines:
    """The lines of the proofs, with the digest of those before the last."""

    def __init__(self, source: BinaryIO) -> None:
        self._source, self._digest = source, hashlib.sha256()
        self._ahead = self._read()

    def next(self) -> bytes:
        """The next line, which is not the last."""
        line, self._ahead = self._ahead, self._read()
        self._digest.update(line + b"\n")
        return line

    def blocks(self) -> Iterator[bytes]:
        """The lines between the first and the last."""
        while True:
            line = self._ahead
            following = self._read()
            if not following:
                return
            self._digest.update(line + b"\n")
            self._ahead = following
            yield line

    def end(self, verified: Verified) -> None:
        """Raises IntegrityError unless the last line counts what was read."""
        made = TrailEnd(blocks=verified.blocks, events=verified.events, sha256=self._digest.digest())
        if TrailEnd.parse(self._ahead) != made:
            raise IntegrityError("The proofs were cut or changed: their last line counts others.", _REMEDY)

    def _read(self) -> bytes:
        line = self._source.readline(TrailBlock.limit + 2)
        if line and not line.endswith(b"\n"):
            raise IntegrityError("The proofs are cut off.", _REMEDY)
        return line.removesuffix(b"\n")


class _Compared:
    """A CSV or FHIR file, which must be what the proven events give."""

    def __init__(self, rendering: Spreadsheet | Fhir, path: Path, stack: ExitStack) -> None:
        self.path = path
        self._rendering = rendering
        self._source = stack.enter_context(path.open("rb"))
        self._require(rendering.begin(), "its beginning")

    def entry(self, entry: Entry) -> None:
        """Reads one event."""
        where = f"the event {entry.name} of block {entry.block.number}"
        self._require(self._rendering.entry(entry), where)

    def end(self) -> None:
        """Reads the rest."""
        self._require(self._rendering.end(), "its end")
        if self._source.read(1):
            raise IntegrityError(f"{self.path} has more in it than events that are proven.", _REMEDY)

    def _require(self, made: bytes, where: str) -> None:
        if self._source.read(len(made)) != made:
            raise IntegrityError(
                f"{self.path} is not what the chain's log says: look at {where}.",
                f"It was changed since it was exported (a spreadsheet that saves it does so). {_REMEDY}",
            )


@dataclass
class _Checker:
    """Checks blocks in their order, and counts which of them follow from trusted hashes."""

    head: TrailHead
    trusted: frozenset[bytes]
    blocks: int = 0
    anchored: int = 0
    _linked: int = 0  # blocks up to the last one that each link to the next, and are not anchored yet
    _last: HeaderRead | None = None
    _missing: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._decoder, self._following = Decoder(self.head.contracts), Following(self.head.dataset_id)
        self._sought = Sought(self._decoder.addresses)
        self._missing = set(self.trusted)

    def block(self, block: TrailBlock) -> tuple[HeaderRead, list[Entry]]:
        """The block's header, and its events."""
        header = read_header(block.header)
        self._link(header)
        listed = [(place.transaction, log) for place in block.events for log in place.logs]
        transactions = [place.transaction for place in block.events]
        if sorted(set(listed)) != listed or sorted(set(transactions)) != transactions:
            raise self._wrong(header, "its events are not in the order of the chain")
        proof = Proof(tuple(block.receipts), tuple(block.transactions))
        proven = inclusion.check(header, proof, transactions)
        events: list[TrailEvent] = []
        if self.head.complete:
            events = self._all(header, block.all_receipts)
        else:
            for place, log in listed:
                logs = proven[place].logs
                event = self._decoder.read(logs[log], (place, log)) if log < len(logs) else None
                if event is None:
                    raise self._wrong(header, "a log in it is no event of the contracts")
                events.append(event)
        about = self._following.of_block(events)
        if [event.place for event in about] != listed:
            raise self._wrong(header, "its events are not those of the dataset")
        if any(one.chain_id not in (None, self.head.chain_id) for one in proven.values()):
            raise self._wrong(header, "a transaction in it was signed for another chain")
        return header, [
            Entry(header, proven[place].hash, place, log, event.contract, event.name, event.args)
            for event in about
            for place, log in (event.place,)
        ]

    def finish(self) -> None:
        """Raises IntegrityError unless the blocks went to the last one."""
        if self._last is None or self._last.hash != self.head.last_hash:
            raise IntegrityError("The trail does not go to the block that it names as its last.", _REMEDY)
        if self._missing:
            raise IntegrityError(
                f"No block of the trail has the hash 0x{min(self._missing).hex()}.",
                "Compare it with what your source says; the trail may be of a fork that the chain left.",
            )

    def _link(self, header: HeaderRead) -> None:
        before = self._last
        is_next = before is not None and header.number == before.number + 1
        if before is None:
            is_right = header.number == self.head.first
        else:
            is_right = before.number < header.number <= self.head.last
        if not is_right or (self.head.complete and before is not None and not is_next):
            raise self._wrong(header, "it is not the one that has to come here")
        if is_next and before is not None and header.parent != before.hash:
            raise self._wrong(header, "it does not follow the block before it")
        self._linked = self._linked + 1 if is_next else 1
        if header.hash in self.trusted:
            self.anchored, self._linked = self.anchored + self._linked, 0
            self._missing.discard(header.hash)
        self.blocks, self._last = self.blocks + 1, header

    def _all(self, header: HeaderRead, receipts: Sequence[bytes] | None) -> list[TrailEvent]:
        """All events of the contracts in a block."""
        if not self._sought.may_be_in(header.bloom):
            return []
        if receipts is None:
            raise self._wrong(header, "it may have further events, and does not show all its receipts")
        inclusion.require_whole(header, receipts)
        events: list[TrailEvent] = []
        for place, receipt in enumerate(receipts):
            for log, read in enumerate(read_logs(receipt)):
                events += self._decoded(read, (place, log))
        return events

    def _decoded(self, log: LogRead, place: tuple[int, int]) -> list[TrailEvent]:
        event = self._decoder.read(log, place)
        return [] if event is None else [event]

    @staticmethod
    def _wrong(header: HeaderRead, why: str) -> IntegrityError:
        return IntegrityError(f"Block {header.number} of the trail is wrong: {why}.", _REMEDY)
