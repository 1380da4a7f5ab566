"""With whom a site's statistics are summed: always with the same others, on the same records.

Statistics do not depend on weights, so the difference of two sums that have all sites but one in common is
that one's. The contract keeps whole sums apart (contracts/training/Disclosures.sol); a node asks the same
before it deals anything. What the chain cannot know, the site's home does: which table was summed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from biodesci.chain.client import Chain
from biodesci.chain.records import Disclosure, Enrolment, Round
from biodesci.core import files
from biodesci.core.documents.base import Document
from biodesci.core.documents.values import BareAddress, BareBytes32, Uint256, Version1
from biodesci.core.errors import AccessDeniedError, IntegrityError
from biodesci.registry import rounds

RISK = (
    "Statistics do not change with the model. Whoever sees two sums of them can take one from the other, so "
    "where one site is in only one of the two, what is left is that site's: how many records it has, and the "
    "mean and spread of each column; where records were added, it is theirs."
)


def alike(chain: Chain, seats: Sequence[Enrolment], *, is_whole: bool) -> list[Enrolment]:
    """The most of these seats of a Statistics round that may be summed together; of equally many, the first.

    Those are seats whose datasets are in no sum yet, or in the same one in the same versions, or are all
    released. `is_whole`: nobody can enrol any more, so that all sites of an earlier sum have to be there.
    """
    groups: dict[tuple[bool, int], list[Enrolment]] = {}
    for seat in seats:
        known = chain.read(Disclosure, seat.dataset_id)
        if known.released or not known.round_id:
            groups.setdefault((known.released, 0), []).append(seat)
        elif known.version == seat.version:
            groups.setdefault((False, known.round_id), []).append(seat)
    if is_whole:
        for key in [key for key in groups if key[1]]:
            if len(groups[key]) != rounds.read(chain, key[1]).committed:
                del groups[key]
    return max(groups.values(), key=len, default=[])


def require(chain: Chain, seats: Sequence[Enrolment], *, is_whole: bool) -> None:
    """Raises AccessDeniedError, naming a dataset that doesn't fit, unless all these seats are `alike`."""
    most = alike(chain, seats, is_whole=is_whole)
    odd = [seat for seat in seats if seat not in most]
    if not odd:
        return
    known = chain.read(Disclosure, odd[0].dataset_id)
    if known.released:
        what = "was released for a sum with others, and datasets beside it were not"
    elif known.round_id:
        what = f"is in the statistics of round {known.round_id}, with other sites or in another version"
    else:
        what = "is neither in the statistics of the datasets beside it nor released"
    raise AccessDeniedError(
        f"Dataset {odd[0].dataset_id} {what}: the difference of two sums could be a single site's.",
        "This site takes no part. Ask for a round of the same sites as before.",
    )


def require_same(chain: Chain, seats: Sequence[Enrolment]) -> None:
    """Raises AccessDeniedError unless these seats' datasets are those of one sum of statistics, all of them.

    Of training rounds this is asked where a site's operator wants it: then no two sums that it is in differ
    in any site, but no site may drop out either.
    """
    known = [chain.read(Disclosure, seat.dataset_id).round_id for seat in seats]
    if len(set(known)) == 1 and known[0] and rounds.read(chain, known[0]).committed == len(seats):
        return
    raise AccessDeniedError(
        "This round would sum updates of other sites than those of the statistics that this site is in.",
        "The site's operator wants the same sites in all sums (BIODESCI_SAME_SITES): ask for such a round.",
    )


def release(chain: Chain, dataset_id: int, *, released: bool) -> None:
    """Let a dataset's next statistics be summed with others than before, or take that back; by its owner or
    operator. `RISK` says what may be seen then.
    """
    chain.send(chain.models.functions.releaseStatistics(dataset_id, released))


class SummedTable(Document):
    """That a site gave the statistics of a table, whose SHA-256 is `table`, to a round."""

    title: ClassVar = "note of a table that was summed"
    remedy: ClassVar = "Restore it from a copy of the site's home folder."
    limit: ClassVar = 4 << 10
    refusal: ClassVar = IntegrityError

    version: Version1 = 1
    chain_id: Uint256
    registry: BareAddress
    dataset_id: Uint256
    round_id: Uint256
    table: BareBytes32


class Ledger:
    """Which tables a site gave to Statistics rounds; a folder in its home."""

    def __init__(self, home: Path, chain: Chain, dataset_id: int) -> None:
        self._home, self._chain, self._dataset_id = home / "statistics", chain, dataset_id
        self._registry = rounds.raw(chain.models.address)

    def require(self, table: bytes) -> None:
        """That sums with this table (CSV) show nothing that earlier ones do not.

        Raises AccessDeniedError where the dataset is in a sum with another table, or the table in one as
        another dataset, unless the dataset was released on chain.
        """
        disclosure = self._chain.read(Disclosure, self._dataset_id)
        if disclosure.released:
            return
        digest = hashlib.sha256(table).digest()
        if disclosure.round_id:
            path = self._path(disclosure.round_id)
            if path.exists() and SummedTable.parse(files.read(path)).table == digest:
                return
            raise self._denied(
                f"Round {disclosure.round_id} summed another table's statistics as dataset "
                f"{self._dataset_id}, or this home folder does not know which"
            )
        for note in self._notes():
            if note.table == digest and not self._is_void(note):
                raise self._denied(
                    f"Round {note.round_id} summed this very table's statistics as dataset {note.dataset_id}"
                )

    def note(self, round_: Round, table: bytes) -> None:
        """Record, before anything leaves, that a round gets this table's statistics."""
        path = self._path(round_.id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        note = SummedTable(
            chain_id=self._chain.chain_id,
            registry=self._registry,
            dataset_id=self._dataset_id,
            round_id=round_.id,
            table=hashlib.sha256(table).digest(),
        )
        files.write_private(path, note.to_bytes())

    def _is_void(self, note: SummedTable) -> bool:
        """Whether the round ended before it was fixed who is summed: of other contracts nobody is asked."""
        if (note.chain_id, note.registry) != (self._chain.chain_id, self._registry):
            return False
        return not self._chain.read(Disclosure, note.dataset_id).round_id

    def _notes(self) -> Iterator[SummedTable]:
        for path in sorted(self._home.glob("*/*/*.json")):
            yield SummedTable.parse(files.read(path))

    def _path(self, round_id: int) -> Path:
        where = f"{self._chain.chain_id}-{self._registry.hex()}"
        return self._home / where / str(self._dataset_id) / f"{round_id}.json"

    def _denied(self, what: str) -> AccessDeniedError:
        return AccessDeniedError(
            f"{what}: the difference of two sums could be single records'.",
            "Take part with the table of before, as the dataset of before.",
        )
