"""Makes the card of a dataset from what its owner says, what was stored, and what may be told of its tables.

Croissant 1.0: every card that is made here loads in the `mlcroissant` package, which a test and publishing
itself check (market/croissant_check.py). So no @id has white space, no object is empty, no name is missing,
and the encrypted file has a FileObject of its own, with the plain one contained in it.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from biodesci.core import cid, duo
from biodesci.core.airlock.differencing import (
    NOTHING,
    Bar,
    ColumnStatistics,
    Release,
    is_as_large,
    withheld_beside,
    withheld_renamed,
)
from biodesci.core.airlock.overlap import Sketch, may_share_people
from biodesci.core.container import ContainerInfo
from biodesci.core.documents.card_files import FileObject, PlainFile, SchemaFile
from biodesci.core.documents.dataset_card import (
    LONGEST_NAME,
    MAX_FIELDS,
    MAX_TABLES,
    Category,
    Column,
    Counted,
    DatasetCard,
    DataType,
    Extract,
    IdentifierCheck,
    Interval,
    PermittedDiseases,
    RecordSet,
    Reference,
    Source,
    Statistics,
)
from biodesci.core.documents.organization import Organization
from biodesci.core.documents.published_card import PublishedCard
from biodesci.core.documents.published_tables import releases

_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_DUO: Final = "http://purl.obolibrary.org/obo/DUO_"
_ENDINGS: Final = {"text/tab-separated-values": ".tsv", "application/vnd.apache.parquet": ".parquet"}
_Files = tuple[FileObject, PlainFile, *tuple[SchemaFile, ...]]


@dataclass(frozen=True)
class About:
    """What a dataset's owner says about it; `terms` are the bits of its data use terms (core/duo.py). The
    creator's `domain` proves whose the owner's account is."""

    name: str
    description: str
    terms: int
    creator: str = ""
    domain: str = ""
    license: str = ""
    keywords: Sequence[str] = ()
    diseases: PermittedDiseases | None = None


@dataclass(frozen=True)
class Earlier:
    """A card that its owner published before: an earlier version of the same dataset, or of another one.
    `sketches` are of its tables; None where the owner's home has none."""

    card: PublishedCard
    is_same_dataset: bool = True
    sketches: tuple[Sketch, ...] | None = None


@dataclass(frozen=True)
class Edition:
    """Which version of the dataset a card is of, and the day it is published on. `previous` are all cards
    that the owner published before: what changed since one of them by fewer than 11 people is not told."""

    version: int
    published: date
    previous: tuple[Earlier, ...] = ()


@dataclass(frozen=True)
class StoredFile:
    """The encrypted file: the CID digest of its container, what the container says, and the media type of
    the plain file. `served_at` is the origin of its owner's server; None for a public copy on IPFS."""

    content: bytes
    info: ContainerInfo
    media_type: str
    served_at: str | None = None


@dataclass(frozen=True)
class StoredSchema:
    """A Parquet file that names all columns of a table: the digest of its CID, its bytes, and their hash."""

    content: bytes
    size: int
    sha256: bytes


@dataclass(frozen=True)
class DescribedColumn:
    """A column and what the airlock releases of it."""

    name: str
    data_type: DataType
    released: ColumnStatistics = NOTHING
    unit: str = ""


@dataclass(frozen=True)
class DescribedTable:
    """A table as it may be told: rounded numbers of `rows` and `people`, None where they are withheld, and
    some of its columns, of which there are `width`. `sampled` says that a sample of the people was counted:
    one of them stands for many, so that no difference to an earlier release is small enough to be told.
    `counted` is of whom, if known. `sketch` is never told: by it the owner's home sees whether other tables
    are of the same people. `schema` is named by a card that has no room for all columns."""

    width: int
    columns: tuple[DescribedColumn, ...]
    rows: int | None = None
    people: int | None = None
    counted: Counted | None = None
    sampled: bool = False
    sketch: Sketch | None = None
    schema: StoredSchema | None = None

    def akin(self, previous: Iterable[Earlier]) -> Iterator[Release]:
        """The earlier tables that may be of the same people. Tables have no lasting names: all count."""
        for earlier in previous:
            for release in releases(earlier.card):
                if self._may_share_people(earlier, release):
                    yield release

    def since(self, earlier: Iterable[Release]) -> DescribedTable:
        """Without what changed by fewer than 11 people since one of the earlier releases."""
        table = self
        for one in earlier:
            table = table._without(one, withheld_renamed)
        return table

    def beside(self, other: DescribedTable) -> DescribedTable:
        """The same, of a table that the same card releases, if it may be of the same people."""
        if self.sketch is not None and other.sketch is not None:
            is_akin = may_share_people(self.sketch, other.sketch)
        else:
            common = self._release.columns.keys() & other._release.columns.keys()
            is_akin = bool(common) or is_as_large(self._release, other._release)
        return self._without(other._release, withheld_beside) if is_akin else self

    @property
    def _release(self) -> Release:
        return Release(self.people, self.rows, {column.name: column.released for column in self.columns})

    def _without(self, earlier: Release, rule: Callable[[Release, Release], Release]) -> DescribedTable:
        if self.sampled:
            release = Release(None, None, dict.fromkeys(self._release.columns, NOTHING))
        else:
            release = rule(self._release, earlier)
        columns = tuple(replace(column, released=release.columns[column.name]) for column in self.columns)
        return replace(self, columns=columns, rows=release.rows, people=release.people)

    def _may_share_people(self, earlier: Earlier, release: Release) -> bool:
        names = {column.name for column in self.columns}
        if earlier.is_same_dataset and names & release.columns.keys():
            return True
        if self.sketch is None or earlier.sketches is None:
            return is_as_large(Release(self.people, self.rows, {}), release)
        return any(may_share_people(self.sketch, sketch) for sketch in earlier.sketches)


def compared(tables: Sequence[DescribedTable], previous: Sequence[Earlier] = ()) -> list[DescribedTable]:
    """The tables that a card has room for, without what they would give away together, or with a card that
    was published before: of two that differ by fewer than 11 people the later one withholds what changed."""
    done: list[DescribedTable] = []
    for table in tables[:MAX_TABLES]:
        released = table.since(table.akin(previous))
        for other in done:
            released = released.beside(other)
        done.append(released)
    return done


def build(
    about: About,
    file: StoredFile,
    check: IdentifierCheck,
    edition: Edition,
    tables: Sequence[DescribedTable] = (),
) -> DatasetCard:
    """The card of a dataset. Columns beyond MAX_FIELDS, and then as many as it takes for readers to accept
    the card, are left out of it; `biodesci:columns` says how many there are, and the table's schema beside
    the card what they are called.

    Raises InputError without a name, for terms that permit nothing, and for what does not fit a card.
    """
    tables = compared(tables, edition.previous)
    most = MAX_FIELDS
    while True:
        record_sets = _record_sets(tables, most)
        schemas = _schema_files(tables, record_sets)
        files: _Files = (_file_object(file), _plain_file(file.media_type), *schemas)
        card = _card(about, files, check, edition, record_sets)
        if card.fits or not most:
            card.to_bytes()  # says how much too large it is
            return card
        most //= 2


def _card(
    about: About,
    files: _Files,
    check: IdentifierCheck,
    edition: Edition,
    record_sets: tuple[RecordSet, ...],
) -> DatasetCard:
    url = f"ipfs://{cid.from_digest(files[0].content)}"
    version = f"{edition.version}.0.0"
    who = f"{about.creator} " if about.creator else ""
    terms = tuple(duo.ids(about.terms))
    return DatasetCard(
        name=about.name,
        description=about.description,
        version=version,
        date_published=edition.published.isoformat(),
        url=url,
        cite_as=f"{who}({edition.published.year}). {about.name}, version {version}. {url}",
        license=about.license or ", ".join(_DUO + term.removeprefix("DUO:") for term in terms) or "none",
        usage_info=terms,
        terms=about.terms,
        distribution=files,
        identifier_check=check,
        creator=Organization.of(about.creator, about.domain),
        keywords=tuple(about.keywords) or None,
        records=record_sets[0].rows if len(record_sets) == 1 else None,
        fields_told=sum(len(table.field) for table in record_sets) or None,
        record_set=record_sets or None,
        diseases=about.diseases,
    )


def _file_object(file: StoredFile) -> FileObject:
    return FileObject(
        content=file.content,
        size=file.info.size,
        sha256=file.info.sha256,
        content_root=file.info.content_root,
        segment_size=file.info.segment_size,
        plaintext_size=file.info.plaintext_size,
        served_at=file.served_at,
    )


def _plain_file(media_type: str) -> PlainFile:
    name = "data" + (_ENDINGS.get(media_type) or mimetypes.guess_extension(media_type) or "")
    return PlainFile(name=name, content=name, encoding_format=media_type)


def _schema_files(tables: Sequence[DescribedTable], record_sets: Iterable[RecordSet]) -> Iterator[SchemaFile]:
    described = {table.id: len(table.field) for table in record_sets}
    for i, table in enumerate(tables):
        if table.schema is not None and described.get(_set_id(i), 0) < table.width:
            name = "schema" if i == 0 else f"schema-{i + 1}"
            yield SchemaFile(
                id=name,
                name=f"{name}.parquet",
                content=table.schema.content,
                size=table.schema.size,
                sha256=table.schema.sha256,
            )


def _set_id(table: int) -> str:
    return "records" if table == 0 else f"records-{table + 1}"


def _record_sets(tables: Sequence[DescribedTable], most: int) -> tuple[RecordSet, ...]:
    record_sets = []
    for i, table in enumerate(tables):
        set_id = _set_id(i)
        columns = fields(table, set_id, most)
        most -= len(columns)
        if columns:
            record_sets.append(
                RecordSet(
                    id=set_id,
                    name=set_id,
                    columns=table.width,
                    rows=table.rows,
                    people=table.people,
                    counted=table.counted,
                    field=columns,
                )
            )
    return tuple(record_sets)


def fields(table: DescribedTable, set_id: str = "records", most: int = MAX_FIELDS) -> tuple[Column, ...]:
    """A table's columns as the card has them, of which there are `most` at most."""
    columns: dict[str, Column] = {}
    for position, column in enumerate(table.columns):
        # An index that pandas wrote has no name; this is how its reader, and mlcroissant's, call it.
        name = column.name if column.name.strip() else f"Unnamed: {position}"
        if len(name) > LONGEST_NAME or len(columns) >= most:
            continue
        column_id = f"{set_id}/{name}"
        if not _PLAIN_ID.fullmatch(name) or column_id in columns:
            column_id = f"{set_id}/column-{position + 1}"
        while column_id in columns:
            column_id += "-"
        columns[column_id] = Column(
            id=column_id,
            name=name,
            description="",
            data_type=column.data_type,
            source=Source(file_object=Reference(), extract=Extract(column=name)),
            statistics=_statistics(column.released),
            unit=column.unit or None,
        )
    return tuple(columns.values())


def _statistics(released: ColumnStatistics) -> Statistics | None:
    statistics = Statistics(
        null_share=released.missing,
        distinct=released.distinct,
        mean=None if released.moments is None else released.moments.mean,
        std=None if released.moments is None else released.moments.std,
        histogram=tuple(map(_bar, released.bars)) or None,
    )
    return None if statistics == Statistics() else statistics


def _bar(bar: Bar) -> Category | Interval:
    if bar.value is not None:
        return Category(value=bar.value, count=bar.count)
    assert bar.low is not None and bar.high is not None, "a bar has a value or two edges"
    return Interval(low=bar.low, high=bar.high, count=bar.count)
