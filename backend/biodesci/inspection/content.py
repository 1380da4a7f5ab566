"""What a format's reader gives of a source: a stream of tables, passages, members and findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from typing import BinaryIO, Final, NamedTuple, Protocol

import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.finding import Finding
from biodesci.inspection.source import Source

MOST_COLUMNS: Final = 500_000
"""Of a table that is looked at: each takes some kilobytes, and up to a third of a millisecond."""


class MovedColumn(NamedTuple):
    """A column whose days a de-identification moved: of which table of which file of the copy, by its path
    within the folder. Of a copy that is one file `file` is empty."""

    file: str
    table: str
    column: str


@dataclass(frozen=True)
class Moved:
    """What the report beside a de-identified copy says. `copy` is the SHA-256 of the copy (32 bytes), and
    `report` that of the report: who reads of it later knows which one was meant."""

    columns: frozenset[MovedColumn]
    copy: bytes
    report: bytes


@dataclass(frozen=True)
class Declared:
    """What the steward says of the data; every table is looked at in its light.

    `person` is the column that says whose record a row is, `codes` are columns whose values are codes that
    may be published, `quasi` those by which somebody who knows a person could find it (age, postcode).
    `pseudonyms` hold ids that lead to nobody outside. `header` is False for a table without column names.
    `rows_are_people` says of data that are one table, and `people_tables` of those tables among several, by
    name, that each row is another person. `moved` are columns of a de-identified copy whose days moved.
    """

    person: str | None = None
    codes: frozenset[str] = frozenset()
    quasi: tuple[str, ...] = ()
    pseudonyms: frozenset[str] = frozenset()
    header: bool | None = None
    rows_are_people: bool = False
    people_tables: frozenset[str] = frozenset()
    moved: Moved | None = None


class Rows(Enum):
    """What the rows of a table are, by its format: another person each, things (images, signals), of which
    nobody can say more, or nobody knows: then its steward has to say it."""

    UNKNOWN = "unknown"
    PEOPLE = "people"
    THINGS = "things"


@dataclass(frozen=True)
class Table:
    """A table: each batch has the columns of `schema`.

    Of a format whose values are texts (CSV, JSON lines) all columns are strings as the file writes them, so
    that `000.1` stays a code; others have the types that the file gives. Missing values are null, texts
    that stand for one ("NA") are left to who reads. The caller reads `batches` once, to their end, before it
    takes the next item. `labels` are what the file says of columns, such as SPSS's variable labels.
    Numbers with decimal commas, or with a sign between thousands, are handed on as programs read them:
    "1.234,5" as "1234.5". `rows` is what the format says of the rows.
    """

    name: str
    schema: pa.Schema
    batches: Iterable[pa.RecordBatch]
    labels: dict[str, str] = field(default_factory=dict)
    rows: Rows = Rows.UNKNOWN


def require_width(columns: int, place: str) -> None:
    """Raises InputError for a table of more columns than can be looked at one by one."""
    if columns > MOST_COLUMNS:
        raise InputError(
            f"{place} has {columns:,} columns, and each of at most {MOST_COLUMNS:,} is looked at by itself.",
            "Write a row for what is a column now (genes down, samples across), or several narrower tables.",
        )


@dataclass(frozen=True)
class Passage:
    """A text outside of tables: a tag, a header's line, an attribute. `place` holds nothing of the text.
    Of `is_list` each line is a text by itself, such as a file's name."""

    place: str
    text: str
    is_list: bool = False


@dataclass(frozen=True)
class Member:
    """A file within an archive or a folder, to be inspected in turn."""

    source: Source


@dataclass(frozen=True)
class Residue:
    """Bytes in which text may stand that their reader does not give: deleted, unused and unknown parts.

    `opened` gives them from their beginning. `given` reads anew what the reader gave of these bytes: text
    that stands there, too, was looked at already. Where no reader gives anything of them it is None.
    """

    place: str
    opened: Callable[[], AbstractContextManager[BinaryIO]]
    given: Callable[[], Iterable[Item]] | None = None


Item = Table | Passage | Member | Finding | Residue


class Format(Protocol):
    """A file format. `name` is its name in words, `media_type` what the card gives as encoding format."""

    name: str
    media_type: str

    def recognises(self, source: Source) -> bool:
        """Whether the source's content (not its ending) is of this format."""

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """What the source holds. Raises InputError for one that is damaged, with the place and the mend."""
