"""k-anonymity and l-diversity: how many people share a combination of quasi-identifiers.

Sweeney (2002) k-anonymity; Machanavajjhala et al. (2007) l-diversity. Memory is bounded: combinations are
told apart by 64-bit hashes, and beyond a number of them only those are counted whose hash ends in enough zero
bits. Such a sample keeps or drops whole combinations, so that the share of people in small groups stays an
unbiased estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa

from biodesci.core.airlock.rules import SMALL
from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.hashing import hashed, mixed
from biodesci.inspection.identifiers.headings import Heading
from biodesci.inspection.identifiers.persons import is_doubtful

_MOST: Final = 20_000  # combinations that are counted
_KINDS: Final = 2  # different sensitive values of a group, from which on it is diverse
_FEW: Final = 2  # quasi-identifiers below which nothing is combined


@dataclass(slots=True)
class _Group:
    """Hashes of people and of sensitive values: as many as tell a small group from others."""

    people: set[int] = field(default_factory=set)
    rows: int = 0
    sensitive: dict[str, set[int]] = field(default_factory=dict)


class Combinations:
    """Counts the combinations of one table, fed batch by batch. `read` is what its columns' names say."""

    def __init__(self, schema: pa.Schema, read: Sequence[Heading], declared: Declared) -> None:
        # Of two columns of one name, the last one counts.
        self._places = {
            field.name: place for place, field in enumerate(schema) if not pa.types.is_nested(field.type)
        }
        flat = list(self._places)
        by_name = dict(zip(schema.names, read, strict=True))
        self.declared = bool(declared.quasi)
        said = [name for name in declared.quasi if name in self._places]
        guessed = [name for name in flat if by_name[name].quasi and name not in said]
        # One column alone is no combination: it goes with those that were guessed.
        self.quasi = said if len(said) >= _FEW else [*said, *guessed]
        people = [name for name in flat if by_name[name].person]
        # Of several such columns the card takes the same one. Rows would make small groups look large.
        self.person = (
            declared.person if declared.person in self._places else min(people, key=is_doubtful, default=None)
        )
        self.sensitive = [name for name in flat if by_name[name].sensitive and name not in self.quasi]
        self._groups: dict[int, _Group] = {}
        self._people: set[int] = set()
        self._people_mask = self._rows = 0
        self._mask = 0  # a combination is counted where its hash has no bit of the mask

    @property
    def sampled(self) -> bool:
        """Whether there are too many combinations to count them all."""
        return self._mask > 0

    def feed(self, batch: pa.RecordBatch) -> None:
        """Counts more rows."""
        if len(self.quasi) < _FEW or not batch.num_rows:
            return

        def hashes_of(*names: str) -> Any:
            return _hashes([batch.column(self._places[name]) for name in names])

        hashes = hashes_of(*self.quasi)
        people = hashes_of(self.person) if self.person else None
        sensitive = {name: hashes_of(name) for name in self.sensitive}
        self._rows += batch.num_rows
        if people is not None:
            self._meet(people)
        counted = np.flatnonzero((hashes & np.uint64(self._mask)) == 0)
        order = counted[np.argsort(hashes[counted], kind="stable")]
        for rows in np.split(order, np.flatnonzero(hashes[order][1:] != hashes[order][:-1]) + 1):
            if len(rows):
                self._count(int(hashes[rows[0]]), rows, people, sensitive)
        while len(self._groups) > _MOST:
            self._mask = self._mask * 2 + 1
            self._groups = {key: group for key, group in self._groups.items() if not key & self._mask}

    def _meet(self, people: Any) -> None:
        """Counts different people, beyond a number of them in a sample, too."""
        counted = people[(people & np.uint64(self._people_mask)) == 0]
        self._people.update(np.unique(counted).tolist())
        while len(self._people) > _MOST:
            self._people_mask = self._people_mask * 2 + 1
            self._people = {person for person in self._people if not person & self._people_mask}

    def _count(self, key: int, rows: Any, people: Any, sensitive: dict[str, Any]) -> None:
        group = self._groups.setdefault(key, _Group())
        group.rows += len(rows)
        if people is not None and len(group.people) < SMALL:
            group.people.update(np.unique(people[rows])[:SMALL].tolist())
        for name, hashes in sensitive.items():
            kinds = group.sensitive.setdefault(name, set())
            if len(kinds) < _KINDS:
                kinds.update(np.unique(hashes[rows])[:_KINDS].tolist())

    def finish(self, place: str) -> list[Finding]:
        """What asks: the share of people in small groups, and of those whose group gives a diagnosis away."""
        if not self._groups:
            return []
        sizes = [len(group.people) if self.person else group.rows for group in self._groups.values()]
        small = sum(size for size in sizes if size < SMALL) * (self._mask + 1)
        total = len(self._people) * (self._people_mask + 1) if self.person else self._rows
        of = ", ".join(repr(name) for name in self.quasi)
        about = (
            f", estimated from a sample: there are more than {_MOST:,} combinations" if self.sampled else ""
        )
        unit = f"people (by {self.person!r})" if self.person else "rows"
        findings = []
        if small:
            share = f"{min(100, 100 * small / total):.0f}" if small / total >= 0.01 else "less than 1"
            reason = f"{share}% of {unit} share theirs with fewer than {SMALL - 1} others{about}"
            findings.append(Finding(f"{place}columns {of}", "rare combination", Level.ASK, reason))
        level = Level.ASK if self.declared else Level.NOTE
        for name in self.sensitive:
            alike = (self._mask + 1) * sum(
                group.rows
                for size, group in zip(sizes, self._groups.values(), strict=True)
                if size >= SMALL and len(group.sensitive[name]) == 1
            )
            if alike:
                share = f"{min(100, 100 * alike / self._rows):.0f}"
                reason = f"{share}% of rows are in a group that has one value of {name!r}{about}"
                findings.append(Finding(f"{place}columns {of}", "group of one kind", level, reason))
        return findings


def _hashes(columns: list[pa.Array]) -> Any:
    """A 64-bit hash of the columns of each row (uint64), the same in every run: so is the sample."""
    mix = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        mix = mixed(mix ^ hashed(column))
    return mix
