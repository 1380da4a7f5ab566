"""The card of a dataset as it is published: Croissant 1.0 JSON-LD with DUO terms, public for ever.

Format: https://docs.mlcommons.org/croissant/docs/croissant-spec.html. A card leaves only as such a document.
Cards of strangers and of earlier versions are read otherwise (published_card.py).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    WithJsonSchema,
    model_validator,
)

from biodesci.core import duo
from biodesci.core.airlock import counts
from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.card_files import FileObject, Filled, PlainFile, SchemaFile
from biodesci.core.documents.organization import Organization
from biodesci.core.documents.values import Bytes32, Count, Disease, DuoBits, Text
from biodesci.core.errors import InputError

MAX_FIELDS: Final = 500
"""How many columns a card describes; of more the names and types are in a file beside it (SchemaFile)."""
MAX_TABLES: Final = 64
"""How many tables a card describes."""
LONGEST_NAME: Final = 200
"""Characters of a column's name; a column with a longer one is not described."""
CONFORMS_TO: Final = "http://mlcommons.org/croissant/1.0"
CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "biodesci": "urn:biodesci:",
    "DUO": "http://purl.obolibrary.org/obo/DUO_",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def _is_croissant(context: dict[str, Any]) -> dict[str, Any]:
    if context != CONTEXT:
        raise ValueError("it should be the context that the schema of a card has")
    return context


_Context = Annotated[dict[str, Any], AfterValidator(_is_croissant), WithJsonSchema({"const": CONTEXT})]
_About = Annotated[int, Field(ge=counts.TENS, multiple_of=counts.TENS, lt=1 << 53)]
DataType = Literal["sc:Float", "sc:Integer", "sc:Boolean", "sc:Text", "sc:Date", "sc:DateTime"]


class Category(Part):
    """A bar of a histogram: how many people have a value. None: withheld."""

    value: Text
    count: _About | None


class Interval(Part):
    """A bar of a histogram: how many people have a number from `low` up to `high`. None: withheld."""

    low: Annotated[float, Field(alias="from")]
    high: Annotated[float, Field(alias="to")]
    count: _About | None


class Statistics(Part):
    """What may be told of a column's values, by the airlock's rules. What is absent is withheld, or makes no
    sense for its type. A `null_share` of 0 stands for fewer than 11 people; `distinct` is how many different
    values there are."""

    null_share: Annotated[float | None, Field(ge=0, le=1)] = None
    distinct: _About | None = None
    mean: float | None = None
    std: float | None = None
    histogram: Annotated[tuple[Category | Interval, ...] | None, Field(min_length=1)] = None


class Reference(Part):
    """The file that a column is in."""

    id: Annotated[Literal["data"], Field(alias="@id")] = "data"


class Extract(Part):
    """How the column is named there."""

    column: Filled


class Source(Part):
    """Where a column's values come from."""

    file_object: Reference
    extract: Extract


class Column(Part):
    """A column of a table in the file. `id` is unique in the card, and has no white space."""

    type: Annotated[Literal["cr:Field"], Field(alias="@type")] = "cr:Field"
    id: Annotated[str, Field(alias="@id", pattern=r"^[a-z0-9-]+/[A-Za-z0-9_.-]{1,60}$")]
    name: Annotated[Filled, Field(max_length=LONGEST_NAME)]
    description: Text
    data_type: DataType
    source: Source
    statistics: Annotated[Statistics | None, Field(alias="biodesci:statistics")] = None
    unit: Annotated[Filled | None, Field(alias="biodesci:unit")] = None

    @model_validator(mode="after")
    def _is_of_one_column(self) -> Self:
        if self.source.extract.column != self.name:
            raise ValueError("its source should be the column that it names")
        if self.statistics == Statistics():
            raise ValueError("where nothing may be told there should be no statistics")
        return self


Counted = Literal["people", "people, a row each"]


class RecordSet(Part):
    """A table in the file. `columns` is how many columns it has, of which `field` may have fewer; `rows` and
    `people` are absent where there are fewer than 11 people, and `people` where no column says who they
    are. `counted` says whom its counts are of: people, whom a column tells apart, or by the word of the
    owner or by the format "a row each". Where nobody knows whose the rows are, it is absent, and nothing but
    `rows` is counted."""

    type: Annotated[Literal["cr:RecordSet"], Field(alias="@type")] = "cr:RecordSet"
    id: Annotated[str, Field(alias="@id", pattern=r"^records(-[1-9][0-9]?)?$")]
    name: str
    columns: Annotated[Count, Field(alias="biodesci:columns")]
    rows: Annotated[_About | None, Field(alias="biodesci:rows")] = None
    people: Annotated[_About | None, Field(alias="biodesci:people")] = None
    counted: Annotated[Counted | None, Field(alias="biodesci:counted")] = None
    field: Annotated[tuple[Column, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_named_by_its_id(self) -> Self:
        if self.name != self.id or any(not column.id.startswith(f"{self.id}/") for column in self.field):
            raise ValueError("its name, and its fields' @ids, should be those of its @id")
        return self


class FoundKind(Part):
    """A kind of identifier that was found, and how grave it is. How often and where only the owner knows."""

    kind: Filled
    level: Literal["stop", "ask", "note"]


class IdentifierCheck(Part):
    """What was looked at before the file was published, and what was found there that may name people. The
    file was published in spite of what has the level "stop"; the reason is the owner's, and not public.
    """

    checked: Literal["content, column names, public texts"] = "content, column names, public texts"
    findings: tuple[FoundKind, ...]
    note: Literal["A pass is evidence, not anonymity."] = "A pass is evidence, not anonymity."
    airlock: Annotated[Literal["biodesci/airlock/1"], Field(alias="biodesci:airlock")] = "biodesci/airlock/1"


class NamedDisease(Part):
    """A disease with its name in the ontology; empty where that has none."""

    id: Disease
    name: Text


class PermittedDiseases(Part):
    """What the term DS permits: the diseases that the owner `named`, the release of MONDO that they are of
    (`ontology`), all that descend from them there (`permitted`), and the `root` over all, which is on chain.

    With `permitted` a buyer proves a disease without the ontology, as the web page does.
    """

    named: tuple[NamedDisease, ...]
    ontology: Text
    permitted: tuple[Disease, ...]
    root: Bytes32


class DatasetCard(Document):
    """A card tells what the airlock's rules let through (core/airlock): no minimum or maximum, and no count
    of fewer than 11 people; all counts are rounded. `terms` are DUO bits, of which `usageInfo` has the ids;
    `biodesci:records` is absent for a file that is no table, or a short one.
    """

    title: ClassVar = "dataset card"
    remedy: ClassVar = "Its publisher has to publish the dataset again."
    limit: ClassVar = 4 << 20
    must_be_canonical: ClassVar = True

    context: Annotated[_Context, Field(alias="@context")] = CONTEXT
    type: Annotated[Literal["sc:Dataset"], Field(alias="@type")] = "sc:Dataset"
    conforms_to: Literal["http://mlcommons.org/croissant/1.0"] = CONFORMS_TO
    name: Text
    description: Text
    version: Annotated[str, Field(pattern=r"^[1-9][0-9]*\.0\.0$")]
    date_published: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    url: Filled
    cite_as: Filled
    license: Filled
    usage_info: tuple[Text, ...]
    terms: Annotated[DuoBits, Field(alias="biodesci:terms")]
    distribution: Annotated[
        tuple[FileObject | PlainFile | SchemaFile, ...], Field(min_length=2, max_length=2 + MAX_TABLES)
    ]
    identifier_check: Annotated[IdentifierCheck, Field(alias="biodesci:identifierCheck")]
    creator: Organization | None = None
    keywords: Annotated[tuple[Text, ...] | None, Field(min_length=1)] = None
    records: Annotated[_About | None, Field(alias="biodesci:records")] = None
    fields_told: Annotated[Count | None, Field(alias="biodesci:fieldsTold")] = None
    record_set: Annotated[tuple[RecordSet, ...] | None, Field(min_length=1, max_length=MAX_TABLES)] = None
    diseases: Annotated[PermittedDiseases | None, Field(alias="biodesci:diseases")] = None

    @property
    def schema_files(self) -> tuple[SchemaFile, ...]:
        """The files that name all columns of tables with more than the card describes."""
        return tuple(file for file in self.distribution if isinstance(file, SchemaFile))

    @model_validator(mode="after")
    def _is_described(self) -> Self:
        require_described(self.name, self.terms)
        kinds = [type(file) for file in self.distribution]
        if kinds != [FileObject, PlainFile, *[SchemaFile] * len(self.schema_files)]:
            raise ValueError("distribution should have the container, the file in it, and schemas of tables")
        if len({file.id for file in self.schema_files}) != len(self.schema_files):
            raise ValueError("each schema of distribution should be there once")
        if self.usage_info != tuple(duo.ids(self.terms)):
            raise ValueError("usageInfo should have the ids of biodesci:terms")
        columns = [column for table in self.record_set or () for column in table.field]
        if len({column.id for column in columns}) != len(columns):
            raise ValueError("each @id of recordSet should be there once")
        if self.fields_told != (len(columns) or None):
            raise ValueError("biodesci:fieldsTold should be how many fields recordSet has")
        return self


def require_described(name: str, terms: int) -> None:
    """Raises InputError for a card without a name, and for terms (DUO bits) that permit nothing."""
    if not name.strip():
        raise InputError("A dataset needs a name.", "Give --name.")
    if not duo.is_valid(terms):
        raise InputError("The terms permit nothing.", "Name a permission, such as GRU or HMB.")
