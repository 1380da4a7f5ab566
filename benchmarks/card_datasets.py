"""What the cards of two datasets of nearly the same people give away together, over real tables and generated
ones: columns of which some cell is seen to grow, and so says where the few who came are.

The second dataset has 1, 3 or 7 rows more and other names of columns, in the same order: the attacker lays
columns side by side. The peer are the same two cards, each made without a look at the other.
"""

from __future__ import annotations

from itertools import islice

import pyarrow as pa

from benchmarks import card
from biodesci.core.airlock.differencing import ColumnStatistics, withheld_renamed
from biodesci.core.airlock.overlap import Sketch, may_share_people
from biodesci.core.airlock.rules import SMALL
from biodesci.inspection.likeness import Likeness

MORE = (1, 3, 7)
REAL, GENERATED = 60, 40
_KEY = b"\x05" * 32


def figures() -> dict[str, dict[str, object]]:
    tables = [*islice(card._real_tables(), REAL), *map(card.generated, range(GENERATED))]
    ours = alone = columns = missed = 0
    for table in tables:
        for more in MORE:
            if table.num_rows - more >= SMALL:
                grown, plainly, is_recognised = compared(table, more)
                ours, alone, columns = ours + grown, alone + plainly, columns + table.num_columns
                missed += not is_recognised
    return {
        "card.grown_columns": {
            "value": ours,
            "unit": "columns",
            "peer": f"cards of the same {columns} columns that are not compared: {alone}",
            "how": f"columns a cell of which grew between the cards of two datasets, the second with 1, 3 or "
            f"7 people more and other names of columns; {REAL} tables of installed packages, {GENERATED} "
            f"generated; {missed} of the pairs were not recognised",
        }
    }


def compared(table: pa.Table, more: int) -> tuple[int, int, bool]:
    """In how many columns a cell grew with so many rows more: between our cards, and between cards that are
    not compared; and whether both were recognised as of the same people."""
    earlier = table.slice(0, table.num_rows - more)
    first = card._card(earlier)
    renamed = table.rename_columns([f"c{i}" for i in range(table.num_columns)])
    alone = card._card(renamed)
    is_recognised = may_share_people(_sketch(renamed), _sketch(earlier))
    second = withheld_renamed(alone, first) if is_recognised else alone
    before = list(first.columns.values())
    ours, plainly = (
        sum(_has_grown(was, now) for was, now in zip(before, one.columns.values(), strict=True))
        for one in (second, alone)
    )
    return ours, plainly, is_recognised


def _has_grown(before: ColumnStatistics, after: ColumnStatistics) -> bool:
    counts = {(bar.value, bar.low, bar.high): bar.count for bar in before.bars}
    now = {(bar.value, bar.low, bar.high): bar.count for bar in after.bars if bar.count is not None}
    return any(counts.get(cell) not in (None, count) for cell, count in now.items())


def _sketch(table: pa.Table) -> Sketch:
    likeness = Likeness(table.schema, None, _KEY)
    for batch in table.to_batches():
        likeness.feed(batch)
    return likeness.finish()
