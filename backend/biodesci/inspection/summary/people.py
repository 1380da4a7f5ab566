"""How many people a cell is of, where a person may have several rows.

Rows are kept in a DuckDB table in memory as long as they fit the limit; beyond it DuckDB writes to a folder
for its owner's eyes, which is removed at the end. They are not encrypted there, as the table itself is not:
without an extension that it would have to fetch, DuckDB refuses to encrypt what it writes.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from biodesci.inspection.summary import texts
from biodesci.inspection.summary.column import is_number, is_text

if TYPE_CHECKING:
    import duckdb

_MEMORY: Final = "300MB"
_WORDS: Final = (
    r"patient|patienten|participant|subject|person|personen|proband|probanden|volunteer|donor|usubj|subj|"
    r"individual|mrn|nhs|pat|paciente|paziente|sujet|sujeto|患者"
)
_PERSON: Final = re.compile(
    rf"(?:{_WORDS})_?(?:id|no|nr|num|number|nummer|code|key|name|ref|pseudonym)?|id|pid|empi|eid|iid|record_id",
    re.IGNORECASE,
)


def person_column(names: Sequence[str], declared: str | None) -> int | None:
    """Which column says whose record a row is: the declared one, else the first with a name that says so.

    A column that says something else is no harm: its different values are fewer than the rows, and so is
    every count that is told.
    """
    if declared in names:
        return names.index(declared)
    plain = [re.sub(r"[\s.\-]+", "_", name.strip()) for name in names]
    return next((i for i, name in enumerate(plain) if _PERSON.fullmatch(name)), None)


@dataclass(frozen=True)
class Counted:
    """How many persons each cell is of, how many have a value at all, and how many a row without one."""

    cells: Mapping[Any, int]
    present: int
    missing: int


class People:
    """The rows of a table with a column of persons, in which distinct persons are counted exactly."""

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
        self._is_empty = True

    def feed(self, batch: pa.RecordBatch) -> None:
        """Takes more rows in."""
        arrays = [_plain(batch.column(i)) for i in (*range(self._width), self._person)]
        names = [*(f"c{i}" for i in range(self._width)), "person"]
        self._database.register("batch", pa.Table.from_arrays(arrays, names))
        # A hash of 64 bits is compared faster than a text; where two persons have one, fewer are counted.
        select = "SELECT * REPLACE (hash(CAST(person AS VARCHAR)) AS person) FROM batch WHERE person NOTNULL"
        self._database.execute(f"{'CREATE TABLE rows AS' if self._is_empty else 'INSERT INTO rows'} {select}")
        self._database.unregister("batch")
        self._is_empty = False

    def close(self) -> None:
        """Removes everything."""
        self._database.close()
        self._folder.cleanup()

    def number(self) -> int:
        """How many persons there are."""
        if self._is_empty:
            return 0
        # Unlike count(DISTINCT ...), this may go to disk.
        return int(self._rows("SELECT count(*) FROM (SELECT DISTINCT person FROM rows)")[0][0])

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
        counts: dict[Any, int] = dict(self._rows("SELECT cell, count(*) FROM cells GROUP BY cell"))
        missing = counts.pop(None, 0)
        ((present,),) = self._rows(
            "SELECT count(*) FROM (SELECT DISTINCT person FROM cells WHERE cell NOTNULL)"
        )
        self._rows("DROP TABLE cells")
        return Counted(counts, int(present), missing)

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
    if is_text(array.type) or is_number(array.type) or pa.types.is_boolean(array.type):
        return array
    if pa.types.is_date(array.type) or pa.types.is_timestamp(array.type):
        return array
    return pc.if_else(array.is_valid(), "there", pa.scalar(None, pa.string()))
