"""How many people a cell is of, where a person may have several rows.

Rows are kept in a DuckDB table, exactly up to 8 million cells. Of a larger table the rows of a sample of the
persons are kept, chosen by a hash of who they are, so that each of them is there with all of their rows
(Gibbons, "Distinct Sampling for Highly-Accurate Answers to Distinct Values Queries and Event Reports", VLDB
2001): every count is then the sample's, times what it stands for. A cell with fewer than 11 persons of the
sample is as one with fewer than 11: what is told is of 11 at least.

What does not fit the limit of memory DuckDB writes to a folder for its owner's eyes, which is removed at the
end. It is not encrypted there, as the table itself is not: without an extension that it would have to fetch,
DuckDB refuses to encrypt what it writes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from biodesci.core.airlock.rules import SMALL
from biodesci.inspection.summary import texts
from biodesci.inspection.summary.column import is_number, is_text

if TYPE_CHECKING:
    import duckdb

_MEMORY: Final = "300MB"
_MOST_CELLS: Final = 8_000_000
_MOST_HALVED: Final = 40


@dataclass(frozen=True)
class Counted:
    """How many persons each cell is of, how many have a value at all, and how many a row without one."""

    cells: Mapping[Any, int]
    present: int
    missing: int


class People:
    """The rows of a table with a column of persons, in which distinct persons are counted: all of them, or a
    sample of one in 2^`halved`."""

    def __init__(self, person: int, width: int) -> None:
        import duckdb  # noqa: PLC0415 - only tables with a column of persons need it

        self._person, self._width = person, width
        # For its owner's eyes (mode 0700), and removed with this object.
        self._folder = tempfile.TemporaryDirectory(prefix="biodesci-")
        self._database: duckdb.DuckDBPyConnection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": _MEMORY,
                "temp_directory": self._folder.name,
                "preserve_insertion_order": False,
            },
        )
        self._database.execute("SET enable_progress_bar = false")  # it would write into the command's output
        self._is_empty = True
        self._kept = 0
        self.halved = 0
        self.repeat = False

    def feed(self, batch: pa.RecordBatch) -> None:
        """Takes more rows in."""
        arrays = [_plain(batch.column(i)) for i in (*range(self._width), self._person)]
        names = [*(f"c{i}" for i in range(self._width)), "person"]
        self._database.register("batch", pa.Table.from_arrays(arrays, names))
        # A hash of 64 bits is compared faster than a text; where two persons have one, fewer are counted.
        hashed = "SELECT * REPLACE (hash(CAST(person AS VARCHAR)) AS person) FROM batch WHERE person NOTNULL"
        select = f"SELECT * FROM ({hashed}) WHERE {self._is_in_sample()}"  # noqa: S608 - a number
        into = "CREATE TABLE rows AS" if self._is_empty else "INSERT INTO rows"
        ((added,),) = self._database.execute(f"{into} {select}").fetchall()
        self._database.unregister("batch")
        self._is_empty = False
        self._kept += added
        while self._kept * (self._width + 1) > _MOST_CELLS and self.halved < _MOST_HALVED:
            self._halve()

    def _halve(self) -> None:
        """Keeps the rows of half of the persons."""
        self.halved += 1
        keep = f"CREATE TABLE fewer AS SELECT * FROM rows WHERE {self._is_in_sample()}"  # noqa: S608 - a number
        ((self._kept,),) = self._database.execute(keep).fetchall()
        self._database.execute("DROP TABLE rows; ALTER TABLE fewer RENAME TO rows")

    def _is_in_sample(self) -> str:
        return f"person % {1 << self.halved} = 0"

    def _stands_for(self, count: int) -> int:
        """How many persons there are of whom `count` are in the sample; fewer than 11 are never more."""
        return count if count < SMALL else count << self.halved

    def close(self) -> None:
        """Removes everything."""
        self._database.close()
        self._folder.cleanup()

    def number(self) -> int:
        """How many persons there are; `repeat` then says whether one of them has several rows."""
        if self._is_empty:
            return 0
        # Unlike count(DISTINCT ...), this may go to disk.
        ((count,),) = self._rows("SELECT count(*) FROM (SELECT DISTINCT person FROM rows)")
        self.repeat = count < self._kept
        return self._stands_for(int(count))

    def values(self, column: int, named: Sequence[str] | None) -> Counted:
        """Persons by value, where the values of a column are texts that may be told: by each of all values,
        or by those of `named` and, as None, by all others together."""
        if named is None:
            return self._counted(_value(column))
        words = ", ".join("'" + word.replace("'", "''") + "'" for word in named) or "NULL"
        value = _value(column)
        return self._counted(f"CASE WHEN {value} IN ({words}) THEN {value} WHEN {value} NOTNULL THEN '' END")

    def presence(self, column: int) -> Counted:
        """Persons with a value, under True, and without one."""
        return self._counted(f"CASE WHEN {_value(column)} NOTNULL THEN TRUE END")

    def bins(self, column: int, exponent: int, step: int) -> Counted:
        """Persons by bin of `step` cells (cells.py); what is no number counts as missing."""
        number = f"TRY_CAST(trim(CAST(c{column} AS VARCHAR)) AS DOUBLE)"
        scaled = f"floor({number} * {10.0**-exponent!r}::DOUBLE + 1e-7)"
        return self._counted(
            f"CASE WHEN isfinite({number}) THEN CAST(floor({scaled} / {step}) AS BIGINT) END"
        )

    def _counted(self, cell: str) -> Counted:
        # Of the data only the values that may be told stand in it, with their quotes doubled.
        query = f"CREATE OR REPLACE TEMP TABLE cells AS SELECT DISTINCT {cell} AS cell, person FROM rows"  # noqa: S608
        self._rows(query)
        counted = self._rows("SELECT cell, count(*) FROM cells GROUP BY cell")
        counts: dict[Any, int] = {cell: self._stands_for(count) for cell, count in counted}
        missing = counts.pop(None, 0)
        ((present,),) = self._rows(
            "SELECT count(*) FROM (SELECT DISTINCT person FROM cells WHERE cell NOTNULL)"
        )
        self._rows("DROP TABLE cells")
        return Counted(counts, self._stands_for(int(present)), missing)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._database.execute(query).fetchall()
        return rows


def _value(column: int) -> str:
    text = f"trim(CAST(c{column} AS VARCHAR))"
    words = ", ".join(f"'{word}'" for word in sorted(texts.MISSING))
    return f"CASE WHEN lower({text}) NOT IN ({words}) THEN {text} END"


def _plain(array: pa.Array) -> pa.Array:
    """What DuckDB takes, and compares as texts do; of what is neither text, number nor time only whether it
    is there."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_float16(array.type):
        return array.cast(pa.float32())
    if is_text(array.type) or is_number(array.type) or pa.types.is_boolean(array.type):
        return array
    if pa.types.is_date(array.type) or pa.types.is_timestamp(array.type):
        return array
    return pc.if_else(array.is_valid(), "there", pa.scalar(None, pa.string()))
