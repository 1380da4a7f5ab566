"""Writes a dataset's audit trail: its events as CSV or FHIR, and beside them the proofs of each.

Events come from the chain, block after block, so that memory is bounded whatever the trail's length. None is
missing (`chain.logs.pieces`, checked); the files are there at the end, or not at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Final, Literal

from eth_utils.crypto import keccak

from biodesci.chain import blocks, inclusion, whole
from biodesci.chain.blocks import Sought
from biodesci.chain.client import Chain
from biodesci.chain.completeness import Log
from biodesci.chain.encoded import LogRead
from biodesci.chain.logs import Piece, pieces
from biodesci.chain.whole import Whole
from biodesci.core.documents.base import Document
from biodesci.core.documents.trail import TrailBlock, TrailEnd, TrailHead, TrailPlace
from biodesci.core.errors import NotFoundError, StateError, UnavailableError
from biodesci.market.trail.fhir import Fhir
from biodesci.market.trail.following import CONTRACTS, Decoder, Entry, Following, TrailEvent
from biodesci.market.trail.spreadsheet import Spreadsheet

Format = Literal["csv", "fhir", "both"]
PROOFS: Final = ".proofs.jsonl"
RENDERINGS: Final[dict[Format, tuple[type[Spreadsheet | Fhir], ...]]] = {
    "csv": (Spreadsheet,),
    "fhir": (Fhir,),
    "both": (Spreadsheet, Fhir),
}
_AT_ONCE: Final = 16  # blocks that are read whole
_AT_ONCE_BARE: Final = 100


@dataclass(frozen=True)
class Exported:
    """What was written of blocks `first` to `last`."""

    files: tuple[Path, ...]
    events: int
    blocks: int
    first: int
    last: int
    last_hash: str


def stem(file: Path) -> Path:
    """The name without what this module puts behind it."""
    for ending in (Spreadsheet.ending, Fhir.ending, PROOFS, ".json"):
        if file.name.endswith(ending) and file.name != ending:
            return file.with_name(file.name.removesuffix(ending))
    return file


def targets(file: Path, form: Format) -> list[Path]:
    """The files that an export writes, the proofs last."""
    endings = [*(rendering.ending for rendering in RENDERINGS[form]), PROOFS]
    return [stem(file).with_name(stem(file).name + ending) for ending in endings]


def export(
    chain: Chain,
    dataset_id: int,
    file: Path,
    form: Format = "both",
    *,
    complete: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Exported:
    """Writes the trail up to the last block that counts. `progress` is called with how many blocks are read,
    of how many. With `complete` every block's header is in the proofs, and so is what rules out further
    events.

    Raises NotFoundError where there is no such dataset, StateError where a file is there already, and
    UnavailableError where the chain does not answer, or reorganises meanwhile.
    """
    _require(chain, dataset_id)
    written = targets(file, form)
    for target in written:
        if target.exists():
            raise StateError(f"There is a file {target} already.", "Name another one.")
    head = _head(chain, dataset_id, complete)
    total = head.last - head.first + 1
    with ExitStack() as stack:
        partials = [target.with_name(f".{target.name}.partial") for target in written]
        for partial in partials:
            stack.callback(partial.unlink, missing_ok=True)
        *shown, proofs = [stack.enter_context(partial.open("wb")) for partial in partials]
        writer = _Writer(
            head, [(make(head), to) for make, to in zip(RENDERINGS[form], shown, strict=True)], proofs
        )
        for block, entries in _blocks(chain, head, lambda last: progress(last - head.first + 1, total)):
            writer.block(block, entries)
        writer.end()
        for partial, target in zip(partials, written, strict=True):
            partial.replace(target)
    return Exported(
        tuple(written), writer.events, writer.blocks, head.first, head.last, "0x" + head.last_hash.hex()
    )


def _require(chain: Chain, dataset_id: int) -> None:
    if not 1 <= dataset_id <= chain.call(chain.datasets.functions.datasetCount()):
        raise NotFoundError(f"There is no dataset {dataset_id}.", "List them: biodesci dataset list.")


def _head(chain: Chain, dataset_id: int, complete: bool) -> TrailHead:
    deployed = chain.deployment.contracts
    first, last = min(deployed[name].block for name in CONTRACTS), chain.counted_head()
    if last < first:
        raise StateError(
            "No block with the contracts counts yet: all could be taken back by a reorganization.",
            "Wait for the chain's next blocks.",
        )
    (ending,) = blocks.headers(chain, [last])
    return TrailHead(
        chain_id=chain.chain_id,
        dataset_id=dataset_id,
        first=first,
        last=last,
        last_hash=bytes.fromhex(ending.hash[2:]),
        contracts={name: deployed[name].address for name in CONTRACTS},
        complete=complete,
    )


def _blocks(
    chain: Chain, head: TrailHead, progress: Callable[[int], None]
) -> Iterator[tuple[Whole, list[TrailEvent]]]:
    """The blocks that get a line, with the dataset's events in them by their numbers in the block."""
    decoder, following = Decoder(head.contracts), Following(head.dataset_id)
    sought, parent = Sought(decoder.addresses), b""
    for piece in pieces(chain, head.first, head.last, list(head.contracts.values())):
        chosen = _chosen(piece, decoder, following)
        ends = {head.first, head.last} & set(range(piece.first, piece.last + 1))
        numbers = list(range(piece.first, piece.last + 1)) if head.complete else sorted({*chosen, *ends})
        hashes = {number: header.hash for number, header in piece.headers.items()}
        for block in _read(chain, numbers, lambda bloom: head.complete and sought.may_be_in(bloom), chosen):
            number = block.read.number
            known = hashes.get(number, "0x" + block.read.hash.hex())
            is_linked = not head.complete or block.read.parent == (parent or block.read.parent)
            is_last = number != head.last or block.read.hash == head.last_hash
            if known != "0x" + block.read.hash.hex() or not is_linked or not is_last:
                raise UnavailableError(
                    f"The chain reorganised at block {number} while it was read.", "Repeat the command."
                )
            parent = block.read.hash
            yield block, chosen.get(number, [])
            progress(number)
        progress(piece.last)


def _chosen(piece: Piece, decoder: Decoder, following: Following) -> dict[int, list[TrailEvent]]:
    chosen = {}
    for number, logs in groupby(piece.logs, key=lambda log: log.block):
        events = [event for log in logs if (event := decoder.read(_as_read(log), (0, log.index)))]
        if about := following.of_block(events):
            chosen[number] = about
    return chosen


def _as_read(log: Log) -> LogRead:
    return LogRead(bytes.fromhex(log.address[2:]), log.topics, log.data)


def _read(
    chain: Chain, numbers: Sequence[int], may_have: Callable[[bytes], bool], chosen: Mapping[int, object]
) -> Iterator[Whole]:
    """The blocks, with their contents where they are in `chosen` or their blooms `may_have` more."""
    step = _AT_ONCE_BARE if len(chosen) < len(numbers) / 4 else _AT_ONCE
    for start in range(0, len(numbers), step):
        part = numbers[start : start + step]
        read = whole.read(chain, part, [number in chosen for number in part])
        again = [block.read.number for block in read if block.contents is None and may_have(block.read.bloom)]
        filled = {block.read.number: block for block in whole.read(chain, again, [True] * len(again))}
        yield from (filled.get(block.read.number, block) for block in read)


class _Writer:
    """Writes the files, and counts."""

    def __init__(
        self, head: TrailHead, shown: Sequence[tuple[Spreadsheet | Fhir, BinaryIO]], proofs: BinaryIO
    ) -> None:
        self._shown, self._proofs, self._is_complete = shown, proofs, head.complete
        self._digest = hashlib.sha256()
        self.events = self.blocks = 0
        self._line(head)
        for rendering, target in shown:
            target.write(rendering.begin())

    def block(self, block: Whole, events: Sequence[TrailEvent]) -> None:
        """A block's line, and its events."""
        contents, places = block.contents, {}
        proof = inclusion.Proof((), ())
        if contents is not None and events:
            places = {event.place: contents.places[event.place[1]] for event in events}
            proof = inclusion.prove(
                block.read, contents.receipts, contents.transactions, (one for one, _ in places.values())
            )
        for event in events:
            self._entry(block, event, *places[event.place])
        by_transaction = groupby(sorted(places.values()), key=lambda place: place[0])
        all_receipts = contents.receipts if contents is not None and self._is_complete else None
        self._line(
            TrailBlock(
                header=block.header,
                events=[
                    TrailPlace(transaction=transaction, logs=[log for _, log in logs])
                    for transaction, logs in by_transaction
                ],
                receipts=list(proof.receipts),
                transactions=list(proof.transactions),
                all_receipts=None if all_receipts is None else list(all_receipts),
            )
        )
        self.blocks, self.events = self.blocks + 1, self.events + len(events)

    def _entry(self, block: Whole, event: TrailEvent, transaction: int, log: int) -> None:
        assert block.contents is not None, "events are in blocks that were read whole"
        entry = Entry(
            block.read, keccak(block.contents.transactions[transaction]), transaction, log,
            event.contract, event.name, event.args,
        )  # fmt: skip
        for rendering, target in self._shown:
            target.write(rendering.entry(entry))

    def end(self) -> None:
        """The files' ends."""
        for rendering, target in self._shown:
            target.write(rendering.end())
        end = TrailEnd(blocks=self.blocks, events=self.events, sha256=self._digest.digest())
        self._proofs.write(end.to_bytes() + b"\n")

    def _line(self, document: Document) -> None:
        line = document.to_bytes() + b"\n"
        self._digest.update(line)
        self._proofs.write(line)
